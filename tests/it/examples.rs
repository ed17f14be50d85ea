//! Every example: its files are valid unless its README says otherwise, and its README says what happens.

use std::path::PathBuf;

use crate::console;

fn examples() -> Vec<PathBuf> {
    let folder = console::repository().join("examples");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut examples: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    examples.sort();
    examples
}

#[test]
fn every_example_has_a_page_whose_commands_do_what_it_says() {
    let mut commands = 0;
    for example in examples() {
        let copy = tempfile::tempdir().unwrap();
        let folder = copy.path().join(example.file_name().unwrap());
        console::copy(&example, &folder);
        commands += console::run(&example.join("README.md"), &folder);
    }
    assert!(commands >= 5, "only {commands} commands ran");
}

#[test]
fn no_example_keeps_what_a_run_left_in_it() {
    for example in examples() {
        let ignored = example.join(".seatplan/.gitignore");
        assert!(
            !example.join(".seatplan").exists() || ignored.exists(),
            "{} has a .seatplan folder that git does not ignore",
            example.display()
        );
    }
}
