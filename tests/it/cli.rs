//! The command line as people and CI services meet it: the real program, its output, its exit codes.

mod bad_wishes;
mod base;
mod builder;
mod cancelled;
mod estates;
mod exit_codes;
mod family;
mod guards;
mod injection;
mod interruptions;
mod output;
mod repository;
mod seats;
mod settings;
mod unknown_seats;
mod vendor;
mod waiting;

use builder::cli;

/// Help is read without a network, so it is reviewed like any other text.
#[test]
fn every_command_has_help_that_suffices() {
    let commands = [
        "",
        "init",
        "validate",
        "plan",
        "apply",
        "tasks",
        "tasks done",
        "drift",
        "seats",
        "import",
        "show",
        "show user",
        "show account",
        "show team",
        "show product",
        "why",
        "explain",
        "schema",
        "serve",
        "completions",
    ];
    let mut pages = String::new();
    for command in commands {
        let run = cli().args(&format!("{command} --help")).run();
        assert_eq!(run.code, 0, "{command}");
        pages.push_str(&format!("$ seatplan {command} --help\n{}\n", run.stdout));
    }
    insta::assert_snapshot!("help", pages);
}

#[test]
fn no_command_at_all_is_wrong_usage_and_shows_the_help() {
    let run = cli().run();
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("Usage: seatplan"), "{}", run.stderr);
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let run = cli().args(&format!("completions {shell}")).run();
        assert_eq!(run.code, 0);
        for command in ["validate", "plan", "apply", "drift"] {
            assert!(run.stdout.contains(command), "{shell} lacks {command}");
        }
    }
}

#[test]
fn every_schema_is_a_schema() {
    for what in ["estate", "settings", "product", "plan", "report"] {
        let run = cli().args(&format!("schema {what}")).run();
        let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
    }
}

#[test]
fn explain_shows_a_code_and_a_list() {
    insta::assert_snapshot!("explain", cli().args("explain seat001").shown());
    let list = cli().args("explain list").run();
    assert!(list.stdout.lines().count() > 30, "{}", list.stdout);
    insta::assert_snapshot!("explain_unknown", cli().args("explain SEAT999").shown());
}
