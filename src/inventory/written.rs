//! What stands in an inventory, with places; what it means only the product knows.

use std::fmt;

use crate::diagnostic::{Diagnostic, Sink};
use crate::inventory::codes;
use crate::model::{Grant, Lot, Quantity};
use crate::text::{Span, Spanned, Word, inert};
use crate::yaml::{
    Decode, Decoder, Document, Entries, Node, NodeKind, codes as yaml_codes, decode_struct,
};

/// Who stands for something, and since when it is so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stood {
    /// The day.
    pub on: jiff::civil::Date,
    /// Who or what.
    pub standing: Standing,
}

/// Who or what stands for something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A person has seen it.
    Attested(String),
    /// A program has read it from here.
    Read(String),
}

impl Stood {
    /// Days from then to `today`; negative for a day to come.
    pub fn age(&self, today: jiff::civil::Date) -> i64 {
        i64::from((today - self.on).get_days())
    }
}

/// `attested by dana@acme.example on 2026-11-02`; inert.
impl fmt::Display for Stood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.standing {
            Standing::Attested(by) => write!(f, "attested by {} on {}", inert(by), self.on),
            Standing::Read(from) => write!(f, "read from {} on {}", inert(from), self.on),
        }
    }
}

/// One inventory. A section that is `None` is not written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) account: Spanned<Word>,
    pub(super) target: Option<Spanned<Word>>,
    pub(super) stood: Spanned<Stood>,
    pub(super) settings: Option<Entries<Stated<Literal>>>,
    pub(super) seats: Option<Entries<Stated<Seats>>>,
    pub(super) cancelled: Option<Entries<Spanned<Cancelled>>>,
    pub(super) teams: Option<Entries<Spanned<Team>>>,
    pub(super) access: Option<Entries<Spanned<Access>>>,
    /// Sections of another name: the kinds of objects that the account owns.
    pub(super) objects: Vec<(Spanned<Word>, Entries<Spanned<Object>>)>,
}

decode_struct! {
    /// Who has seen something, and when.
    pub(super) struct Attested("an attestation") {
        /// Who: an address.
        pub(super) by: Spanned<Word>,
        /// The day.
        pub(super) on: Day,
    }
}

decode_struct! {
    /// What is cancelled of a pool, and there until the billing cycle ends; `seats` says what is left then.
    pub(super) struct Cancelled("what is cancelled") {
        /// How many are there, and paid for, until then.
        pub(super) there: Seats,
        /// The last day on which they are, where it is known.
        pub(super) until: Option<Day>,
    }
}

decode_struct! {
    /// Where a program has read something, and when.
    pub(super) struct ReadFrom("a reading") {
        /// From what: the name of an export, a URL.
        pub(super) from: Spanned<Word>,
        /// The day.
        pub(super) on: Day,
    }
}

decode_struct! {
    /// What one person has.
    pub(super) struct Access("an access of an inventory") {
        /// The role.
        pub(super) role: Option<Spanned<Word>>,
        /// The roles, where the product allows several.
        #[schemars(default)]
        pub(super) roles: Vec<Spanned<Word>>,
        /// Options; what is not written is at the product's default.
        #[schemars(default)]
        pub(super) options: Entries<Stated<Literal>>,
        /// Rights to use add-ons; what is not written is at the account's default.
        #[schemars(default)]
        pub(super) grants: Entries<Spanned<GrantWord>>,
        /// The life-cycle state; active if not written.
        pub(super) state: Option<Spanned<Word>>,
        /// Who has seen it.
        pub(super) attested: Option<Spanned<Attested>>,
        /// Where it was read.
        pub(super) read: Option<Spanned<ReadFrom>>,
    }
}

decode_struct! {
    /// A team at the vendor.
    pub(super) struct Team("a team of an inventory") {
        /// Who is in it, without those who lead it.
        #[schemars(default)]
        pub(super) members: Vec<Spanned<Word>>,
        /// Who leads it.
        #[schemars(default)]
        pub(super) leads: Vec<Spanned<Word>>,
        /// The team that it lies in.
        pub(super) parent: Option<Spanned<Word>>,
        /// Who has seen it.
        pub(super) attested: Option<Spanned<Attested>>,
        /// Where it was read.
        pub(super) read: Option<Spanned<ReadFrom>>,
    }
}

/// The right to use an add-on: `access` or `none`.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct GrantWord(pub(super) Grant);

impl Decode for GrantWord {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "access" => Some(Self(Grant::Access)),
            NodeKind::Scalar { text, .. } if text == "none" => Some(Self(Grant::None)),
            _ => cx.expected(node, "\"access\" or \"none\""),
        }
    }
}

impl schemars::JsonSchema for GrantWord {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GrantWord".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": ["access", "none"]})
    }
}

/// An object that the account owns.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) fields: Vec<(Spanned<Word>, Stated<Literal>)>,
    pub(super) stood: Option<Spanned<Stood>>,
    pub(super) state: Option<Spanned<Word>>,
}

/// A value, or that nobody knows it.
#[derive(Clone, Debug)]
pub(super) struct Stated<T> {
    pub(super) value: Result<Spanned<T>, Spanned<Word>>,
    pub(super) stood: Option<Spanned<Stood>>,
}

/// A value whose type only the product knows.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Literal {
    /// One word, and whether it stands without quotes.
    Scalar(Word, bool),
    /// Words.
    List(Vec<Spanned<Word>>),
}

/// A quantity that is bought.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Seats(pub(super) Quantity);

/// A day: `2026-11-02`.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Day(pub(super) jiff::civil::Date);

/// Reads the one key of the file; reports and gives `None` if there is no inventory in it.
pub(super) fn decode(document: &Document<'_>, start: Span, sink: &mut Sink) -> Option<Written> {
    let entries = match document.root.as_ref().map(|it| (&it.kind, it)) {
        Some((NodeKind::Mapping(entries), _)) => entries.as_slice(),
        _ => &[],
    };
    let Some(inventory) = entries.iter().find(|it| it.key.text == "inventory") else {
        if !sink.has_errors() {
            let message = "the file has no key \"inventory\"";
            sink.push(Diagnostic::new(&codes::NOT_AN_INVENTORY, message).at(start, ""));
        }
        return None;
    };
    for other in entries.iter().filter(|it| it.key.text != "inventory") {
        let message = format!("the key \"{}\" stands beside the inventory", other.key.text);
        sink.push(
            Diagnostic::new(&codes::NOT_AN_INVENTORY, message)
                .at(other.key.span, "")
                .help("put what shall be into a file of its own"),
        );
    }
    let mut cx = Decoder::new();
    let written = Written::decode(&inventory.value, &mut cx);
    sink.append(cx.sink);
    written
}

const KEYS: &[&str] = &[
    "account",
    "target",
    "attested",
    "read",
    "settings",
    "seats",
    "cancelled",
    "teams",
    "access",
];

impl Decode for Written {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return cx.expected(node, "a mapping (an inventory)");
        };
        let account = match node.get("account") {
            Some(it) => Spanned::decode(it, cx),
            None => {
                cx.missing_key::<Self>("account", node.span, "an inventory");
                None
            }
        };
        let stood = stood(node, cx);
        if stood.is_none() && node.get("attested").is_none() && node.get("read").is_none() {
            let message = "nobody stands for what this inventory says";
            cx.sink.push(
                Diagnostic::new(&codes::NOBODY_STANDS, message)
                    .at(entries.first().map_or(node.span, |it| it.key.span), "")
                    .help("write \"attested: {by: ADDRESS, on: DAY}\""),
            );
        }
        let objects = entries
            .iter()
            .filter(|it| !KEYS.contains(&it.key.text.as_ref()))
            .filter_map(|it| {
                let objects = Entries::decode(&it.value, cx)?;
                Some((Spanned::new(Word::new(&it.key.text), it.key.span), objects))
            })
            .collect();
        Some(Self {
            target: section(node, "target", cx),
            settings: section(node, "settings", cx),
            seats: section(node, "seats", cx),
            cancelled: section(node, "cancelled", cx),
            teams: section(node, "teams", cx),
            access: section(node, "access", cx),
            objects,
            account: account?,
            stood: stood?,
        })
    }
}

fn section<T: Decode>(node: &Node<'_>, key: &str, cx: &mut Decoder) -> Option<T> {
    T::decode(node.get(key)?, cx)
}

/// Who stands for a mapping: its `attested:` or `read:`.
fn stood(node: &Node<'_>, cx: &mut Decoder) -> Option<Spanned<Stood>> {
    let attested = section::<Spanned<Attested>>(node, "attested", cx);
    let read = section::<Spanned<ReadFrom>>(node, "read", cx);
    if let (Some(attested), Some(read)) = (&attested, &read) {
        let message = "either a person has seen this or a program has read it";
        cx.sink.push(
            Diagnostic::new(&codes::NOBODY_STANDS, message)
                .at(read.span, "")
                .at(attested.span, "here a person")
                .help("keep the later one"),
        );
    }
    of_keys(attested.as_ref(), read.as_ref())
}

pub(super) fn of_keys(
    attested: Option<&Spanned<Attested>>,
    read: Option<&Spanned<ReadFrom>>,
) -> Option<Spanned<Stood>> {
    let attested = attested.map(|it| {
        let stood = Stood {
            on: it.value.on.0,
            standing: Standing::Attested(it.value.by.value.as_str().to_owned()),
        };
        Spanned::new(stood, it.span)
    });
    attested.or_else(|| {
        read.map(|it| {
            let stood = Stood {
                on: it.value.on.0,
                standing: Standing::Read(it.value.from.value.as_str().to_owned()),
            };
            Spanned::new(stood, it.span)
        })
    })
}

impl<T: Decode> Decode for Stated<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            let value = Ok(Spanned::decode(node, cx)?);
            return Some(Self { value, stood: None });
        };
        const KEYS: &[&str] = &["is", "unknown", "attested", "read"];
        for entry in entries {
            if !KEYS.contains(&entry.key.text.as_ref()) {
                cx.unknown_key(
                    &entry.key.text,
                    entry.key.span,
                    KEYS,
                    "a value of an inventory",
                );
            }
        }
        let value = match (node.get("is"), node.get("unknown")) {
            (Some(value), None) => Ok(Spanned::decode(value, cx)?),
            (None, Some(why)) => Err(Spanned::decode(why, cx)?),
            _ => return cx.expected(node, "a value, {is: VALUE, ...} or {unknown: WHY}"),
        };
        let stood = stood(node, cx);
        Some(Self { value, stood })
    }
}

impl Decode for Object {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let entries = match &node.kind {
            NodeKind::Mapping(entries) => entries.as_slice(),
            _ if node.is_null() => &[],
            _ => return cx.expected(node, "a mapping (an object of an inventory)"),
        };
        let fields = entries
            .iter()
            .filter(|it| !matches!(it.key.text.as_ref(), "attested" | "read" | "state"))
            .filter_map(|it| {
                let value = Stated::decode(&it.value, cx)?;
                Some((Spanned::new(Word::new(&it.key.text), it.key.span), value))
            })
            .collect();
        Some(Self {
            fields,
            stood: stood(node, cx),
            state: section(node, "state", cx),
        })
    }
}

impl Decode for Literal {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Sequence(_) => Vec::decode(node, cx).map(Self::List),
            NodeKind::Scalar { text, plain } if !node.is_null() => {
                match cx.refuse_invisible(text, node.span) {
                    true => None,
                    false => Some(Self::Scalar(Word::new(text), *plain)),
                }
            }
            _ => cx.expected(node, "a value"),
        }
    }
}

decode_struct! {
    struct LotEntry("a lot") {
        /// Seats in one batch.
        size: std::num::NonZeroU32,
        /// Number of batches.
        count: u32,
    }
}

impl Decode for Seats {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Sequence(_) = &node.kind else {
            return u32::decode(node, cx).map(|it| Self(Quantity::Number(it)));
        };
        let mut by_size: std::collections::BTreeMap<u32, u32> = Default::default();
        for lot in Vec::<LotEntry>::decode(node, cx)? {
            let count = by_size.entry(lot.size.get()).or_default();
            *count = count.saturating_add(lot.count);
        }
        let lots = by_size.into_iter().filter(|(_, count)| *count > 0);
        let lots = lots.map(|(size, count)| Lot { size, count });
        Some(Self(Quantity::Lots(lots.collect())))
    }
}

impl Decode for Day {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Scalar { text, .. } = &node.kind else {
            return cx.expected(node, "a day (YYYY-MM-DD)");
        };
        match text.parse() {
            Ok(day) if text.len() == "2026-11-02".len() => Some(Self(day)),
            _ => {
                let message = format!("expected a day, found {}", node.describe());
                let diagnostic = Diagnostic::new(&yaml_codes::WRONG_TYPE, message);
                let help = "write a day of the calendar as YYYY-MM-DD";
                cx.sink.push(diagnostic.at(node.span, "").help(help));
                None
            }
        }
    }
}

impl<T: serde::Serialize> serde::Serialize for Stated<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Ok(value) => value.value.serialize(serializer),
            Err(why) => serializer.collect_map([("unknown", why.value.as_str())]),
        }
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Stated<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Stated_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        let (attested, read) = (
            generator.subschema_for::<Attested>(),
            generator.subschema_for::<ReadFrom>(),
        );
        schemars::json_schema!({"anyOf": [
            value,
            {
                "type": "object", "additionalProperties": false, "required": ["is"],
                "properties": {"is": value, "attested": attested, "read": read},
            },
            {
                "type": "object", "additionalProperties": false, "required": ["unknown"],
                "properties": {"unknown": {"type": "string", "description": "Why nobody knows it."}},
            },
        ]})
    }
}

impl schemars::JsonSchema for Literal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Literal".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["boolean", "integer", "string", "array"], "items": {"type": "string"}
        })
    }
}

impl schemars::JsonSchema for Seats {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seats".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let number = generator.subschema_for::<u32>();
        let lot = generator.subschema_for::<LotEntry>();
        schemars::json_schema!({"anyOf": [number, {"type": "array", "items": lot}]})
    }
}

/// What is written below `inventory:`, aside from the things that accounts own, whose names only products know.
impl schemars::JsonSchema for Written {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Inventory".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut attested = generator.subschema_for::<Attested>();
        let mut read = generator.subschema_for::<ReadFrom>();
        let mut settings = generator.subschema_for::<Entries<Stated<Literal>>>();
        let mut seats = generator.subschema_for::<Entries<Stated<Seats>>>();
        let mut cancelled = generator.subschema_for::<Entries<Spanned<Cancelled>>>();
        let mut teams = generator.subschema_for::<Entries<Spanned<Team>>>();
        let mut access = generator.subschema_for::<Entries<Spanned<Access>>>();
        for (schema, text) in [
            (
                &mut attested,
                "Who has seen all this, and when; else `read`.",
            ),
            (
                &mut read,
                "From what a program has read all this, and when; else `attested`.",
            ),
            (
                &mut settings,
                "Settings; without the key nobody knows them.",
            ),
            (&mut seats, "What is bought, by pool: a number or lots."),
            (
                &mut cancelled,
                "What is cancelled and there until the billing cycle ends, by pool; `seats` says what is left then.",
            ),
            (
                &mut teams,
                "Teams; `{}` where there are none, and without the key nobody knows.",
            ),
            (
                &mut access,
                "Who has access, and what; without the key nobody knows.",
            ),
        ] {
            schema.insert("description".to_owned(), text.into());
        }
        schemars::json_schema!({
            "description": "The actual state of one account, as somebody has seen it.",
            "type": "object",
            "additionalProperties": false,
            "required": ["account"],
            "properties": {
                "account": {"type": "string", "description": "The account, as it is called in the estate."},
                "target": {"type": "string", "description": "The tenant's own id at the vendor."},
                "attested": attested,
                "read": read,
                "settings": settings,
                "seats": seats,
                "cancelled": cancelled,
                "teams": teams,
                "access": access,
            },
        })
    }
}

impl schemars::JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
    }
}
