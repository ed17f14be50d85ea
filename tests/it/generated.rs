//! Files of the repository that are made from the code: the schemas that editors and other programs read.
//!
//! `UPDATE=1 cargo test --test it generated` writes them anew.

use std::path::Path;

use seatplan::{ops, output};

#[test]
fn schemas_are_those_of_the_code() {
    let schemas = [
        ("estate", ops::schema::estate()),
        ("inventory", ops::schema::inventory()),
        ("settings", ops::schema::settings()),
        ("product", ops::schema::product()),
        ("plan", ops::schema::plan()),
        ("report", output::json::schema()),
    ];
    let stale: Vec<&str> = schemas
        .into_iter()
        .filter(|(name, schema)| {
            let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
            !is_current(&format!("schemas/{name}.json"), &text)
        })
        .map(|(name, _)| name)
        .collect();
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; run `UPDATE=1 cargo test --test it generated` and commit"
    );
}

/// Whether a file has this text; writes it where `UPDATE` is set.
fn is_current(path: &str, text: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    std::fs::read_to_string(&path).is_ok_and(|there| there == text)
}
