//! The inventories of an estate: found by the connections of its accounts, and checked with its files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Sink};
use crate::env::Env;
use crate::inventory::{self, Stood, codes};
use crate::model::{AccountName, Address, Desired, Finding};
use crate::product::Products;
use crate::provider::inventory::{File, NAME};
use crate::text::{Source, SourceId, Sources, Span};

/// What an account's inventory says about who has seen what.
#[derive(Clone, Debug)]
pub struct Attestations {
    /// Who stands for what, and since when.
    pub stood: BTreeMap<Address, Stood>,
    /// The inventory among the sources.
    pub source: SourceId,
    /// The present day.
    pub today: jiff::civil::Date,
    /// Days for which what people have seen counts; without end if `None`.
    pub counts_days: Option<u32>,
    /// What is older than that, in words: one for each person and day.
    pub aged: Vec<Finding>,
}

/// Reads the inventory of each account that has one, for what is wrong with it and for who has seen what. Their texts join
/// the sources.
pub(super) fn check(
    env: &Env,
    root: &Path,
    desired: &Desired,
    products: &Products,
    sources: &mut Sources,
    sink: &mut Sink,
) -> BTreeMap<AccountName, Attestations> {
    let mut attestations = BTreeMap::new();
    let mut seen: BTreeMap<&str, (&AccountName, Span)> = BTreeMap::new();
    for (name, account) in &desired.accounts {
        let connection = &account.connection;
        let Some(product) = products.get(&account.product) else {
            continue; // The files were refused for it before.
        };
        if connection.provider != NAME {
            continue;
        }
        let Some(path) = &connection.file else {
            let message = format!("the inventory of \"{}\" has no file", name.as_str());
            sink.push(
                Diagnostic::new(&codes::NO_FILE, message)
                    .at(connection.span, "")
                    .help("write \"file:\" with a path from the folder of seatplan.yaml"),
            );
            continue;
        };
        if let Some((other, span)) = seen.insert(path, (name, connection.span)) {
            let message = format!(
                "\"{}\" and \"{}\" name one inventory",
                other.as_str(),
                name.as_str()
            );
            sink.push(
                Diagnostic::new(&codes::OTHER_ACCOUNT, message)
                    .at(connection.span, "")
                    .at(span, "the other one")
                    .help("give each account a file of its own"),
            );
            continue;
        }
        let file = File {
            env: env.clone(),
            root: root.to_owned(),
            path: path.clone(),
            account: name.clone(),
            product: std::sync::Arc::clone(product),
            attested_for_days: connection.attested_for_days,
            held: None,
        };
        let text = match file.text() {
            Ok(text) => text,
            Err(why) => {
                let message = format!("the inventory \"{path}\" cannot be read: {why}");
                sink.push(
                    Diagnostic::new(&codes::NO_FILE, message)
                        .at(connection.span, "")
                        .help("see `seatplan explain INV007` for how to begin one"),
                );
                continue;
            }
        };
        let source = Source::new(path.as_str(), text);
        let mut found = Sink::new();
        let (id, today) = (sources.next_id(), file.today());
        let read = inventory::read(&source, id, name, product, today, &mut found);
        if let Some(mut inventory) = read {
            let counts_days = connection.attested_for_days;
            let aged = counts_days.map(|days| inventory.age(today, days));
            let of_account = Attestations {
                stood: inventory.stood,
                source: id,
                today,
                counts_days,
                aged: aged.unwrap_or_default(),
            };
            attestations.insert(name.clone(), of_account);
        }
        sources.add(source);
        found.sort();
        sink.append(found);
    }
    attestations
}
