//! An inventory: the actual state of one account as people have seen it, in a reviewed YAML file.
//!
//! It stands in for an API where a vendor has none that tells everything. Its only top-level key is `inventory:`, so that it
//! can never be taken for a file of the estate:
//!
//! ```yaml
//! inventory:
//!   account: acme-books
//!   attested: {by: dana@acme.example, on: 2026-11-02}    # who has seen all this, and when
//!   seats:
//!     invoicing: 3
//!     crm: {is: 2, attested: {by: ana@acme.example, on: 2026-11-20}}   # seen by somebody else, later
//!   access:
//!     ana@acme.example: {role: agent, options: {contact_visibility: team}}
//!     bob@acme.example: {role: agent, state: invited}
//!     eve@acme.example: {role: agent, options: {mask: {unknown: the list does not show it}}}
//!   teams: {}                                            # there are none; without the key nobody knows
//! ```
//!
//! # Design
//! - **Somebody stands for every value.** The file has a default (`attested:` by a person, or `read:` from an export by a
//!   program); an entry or a single value (`{is: VALUE, attested: ...}`) overrides it. What nobody stands for is not known.
//! - **A missing section is unknown, an empty one is known to be empty.** Nothing is planned on what is unknown.
//! - **One line a person**, so that a change of the actual state is a change of one line in a review.
//! - It is a room of its own, below the provider: reading, checking, recording and writing a file is computing, and the
//!   provider, the catalogue of codes and imports all need it. The provider only opens the file.
//! - Options that no API tells (`readable: false`) are known here: a person has looked.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Sink;
use crate::model::{AccountName, Address, Capacity, Fact, Finding, Gap, PoolName, Quantity, State};
use crate::product::Product;
use crate::text::{Source, SourceId, Span, Word};
use crate::yaml;

pub mod codes;
mod compare;
mod read;
mod record;
mod render;
mod written;

pub use compare::{Edit, Side, edits};
pub use record::{LookedAt, RecordError, Seen, record, record_ending, stand_for_people};
pub use render::render;
pub use written::{Standing, Stood};

/// What an inventory says, checked against the product.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The tenant's own id, where one is written.
    pub target: Option<String>,
    /// What there is.
    pub state: State,
    /// Life-cycle states that are not "active".
    pub phases: BTreeMap<Address, Word>,
    /// What is bought, by pool.
    pub pools: BTreeMap<PoolName, Fact<Capacity>>,
    /// What is there until the billing cycle ends, where some is cancelled, by pool; `pools` says what is left then. What
    /// ended before today is not here.
    pub ending: BTreeMap<PoolName, Ending>,
    /// Sections that are not written.
    pub gaps: Vec<Gap>,
    /// Single values that are said to be unknown.
    pub unknown: Vec<Finding>,
    /// Who stands for what; the oldest where several stand for parts of one thing.
    pub stood: BTreeMap<Address, Stood>,
    /// Everybody who stands for a thing or a part of it, for things whose parts say who.
    pub in_parts: BTreeMap<Address, BTreeSet<Stood>>,
    /// Where each thing stands.
    pub places: BTreeMap<Address, Span>,
}

/// A quantity that is there until the billing cycle ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How many are there until then.
    pub there: Quantity,
    /// The last day on which they are, where it is known.
    pub until: Option<jiff::civil::Date>,
}

/// The file of an inventory, for its JSON Schema: one key, and what is below it. What accounts own is added by product.
#[derive(Debug)]
pub struct File;

impl schemars::JsonSchema for File {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "InventoryFile".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let inventory = generator.subschema_for::<written::Written>();
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": false,
            "required": ["inventory"],
            "properties": {"inventory": inventory},
        })
    }
}

/// Reads the text of an inventory; `None`, and the reasons in the sink, if it holds none.
///
/// What is wrong is left out of the result: one that comes with errors is not to be planned on.
pub fn read(
    source: &Source,
    id: SourceId,
    account: &AccountName,
    product: &Product,
    today: jiff::civil::Date,
    sink: &mut Sink,
) -> Option<Inventory> {
    let document = yaml::parse(source, id, sink);
    let written = written::decode(&document, Span::point(id, 0), sink)?;
    Some(read::check(&written, account, product, today, sink))
}

impl Inventory {
    /// Marks what people have seen longer than `days` ago, and says so: one finding for each person and day.
    pub fn age(&mut self, today: jiff::civil::Date, days: u32) -> Vec<Finding> {
        let is_old = |stood: &Stood| stood.age(today) > i64::from(days);
        for fact in self.pools.values_mut() {
            if let Fact::Attested { by, on, aged, .. } = fact {
                let stood = Stood {
                    standing: Standing::Attested(by.clone()),
                    on: *on,
                };
                *aged = is_old(&stood);
            }
        }
        let mut old: BTreeMap<&Stood, (&Address, usize)> = BTreeMap::new();
        for (address, stood) in self.stood.iter().filter(|(_, it)| is_old(it)) {
            old.entry(stood).or_insert((address, 0)).1 += 1;
        }
        old.into_iter()
            .map(|(stood, (address, count))| {
                let rest = match count {
                    1 => String::new(),
                    more => format!("; so are {} more things", more - 1),
                };
                let age = stood.age(today);
                Finding {
                    address: address.clone(),
                    text: format!(
                        "aged: {stood}, {age} days ago and more than the {days} days that count{rest}"
                    ),
                }
            })
            .collect()
    }
}
