//! The README: its commands do what it says, its YAML is an estate, its links lead somewhere.

use std::path::Path;

use seatplan::env::Env;
use seatplan::{config, ops};

use crate::console;

fn readme() -> String {
    std::fs::read_to_string(console::repository().join("README.md")).unwrap()
}

#[test]
fn commands_of_the_readme_do_what_it_says() {
    let copy = tempfile::tempdir().unwrap();
    let examples = console::repository().join("examples");
    console::copy(&examples, &copy.path().join("examples"));
    let commands = console::run(&console::repository().join("README.md"), copy.path());
    assert!(commands >= 3, "only {commands} commands ran");
}

/// Every YAML block starts with the name of its file; together they are one estate.
#[test]
fn yaml_of_the_readme_is_a_valid_estate() {
    let folder = tempfile::tempdir().unwrap();
    let text = readme();
    for block in console::blocks(&text) {
        if block.info != "yaml" {
            continue;
        }
        let first = block.text.lines().next().unwrap_or_default();
        let name = first.strip_prefix("# ").and_then(|it| it.split(':').next());
        let path = folder
            .path()
            .join(name.expect("a block starts with its file's name"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &block.text).unwrap();
    }
    let env = Env::system().unwrap();
    let mut loaded = ops::estate::load(&env, folder.path()).unwrap();
    config::resolve(loaded.config, &loaded.products, env.now(), &mut loaded.sink);
    let said: Vec<&str> = loaded
        .sink
        .diagnostics()
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(said, [""; 0]);
}

#[test]
fn local_links_lead_to_files() {
    for page in [
        "README.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
    ] {
        let page = console::repository().join(page);
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || link.contains("://") {
                continue;
            }
            let target = page.parent().unwrap_or(Path::new("")).join(path);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}
