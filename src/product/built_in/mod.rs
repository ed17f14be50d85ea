//! The definitions that are compiled in: one YAML file each, and its id in this table.
//!
//! To add one, write `ID.yaml` here and a line below. It is read by the same reader as an estate's own `products:`; a test
//! reads every one of them.

/// The built-in definitions as id and YAML text, in the order of the ids. Each text is one definition's mapping.
pub fn built_in() -> &'static [(&'static str, &'static str)] {
    &[
        ("clickmeeting", include_str!("clickmeeting.yaml")),
        ("dailybiz", include_str!("dailybiz.yaml")),
        (
            "github-organization",
            include_str!("github-organization.yaml"),
        ),
        ("respond-io", include_str!("respond-io.yaml")),
        ("teamleader-focus", include_str!("teamleader-focus.yaml")),
    ]
}

#[cfg(test)]
mod tests {
    use super::built_in;

    #[test]
    fn table_and_folder_hold_the_same_products() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/product/built_in");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder is part of the sources")
            .filter_map(|entry| {
                let name = entry.expect("readable").file_name();
                Some(name.to_str()?.strip_suffix(".yaml")?.to_owned())
            })
            .collect();
        files.sort();
        let table: Vec<_> = built_in().iter().map(|(id, _)| *id).collect();
        assert_eq!(table, files);
    }
}
