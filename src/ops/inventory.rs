//! The inventories of an estate: found by the connections of its accounts, and checked with its files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Sink};
use crate::env::Env;
use crate::inventory::{self, codes};
use crate::model::{AccountName, Desired};
use crate::product::Products;
use crate::provider::inventory::{File, NAME};
use crate::text::{Source, Sources, Span};

/// Reads the inventory of each account that has one, for what is wrong with it. Their texts join the sources.
pub(super) fn check(
    env: &Env,
    root: &Path,
    desired: &Desired,
    products: &Products,
    sources: &mut Sources,
    sink: &mut Sink,
) {
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
        inventory::read(
            &source,
            sources.next_id(),
            name,
            product,
            file.today(),
            &mut found,
        );
        sources.add(source);
        found.sort();
        sink.append(found);
    }
}
