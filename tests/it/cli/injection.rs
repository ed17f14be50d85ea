//! Names and texts from outside never become part of a terminal's, a review's or a CI service's language.

use super::builder::cli;
use super::estates::SETTINGS;

/// A file whose key holds escapes, and whose names look like markup and like commands of a CI service.
const FOREIGN: &str = "users:
  \"::error::owned\":
    name: \"##[add-mask]x\"
    logins: {github: eve}
    access: {acme-code: {role: admin}}
  'a|b<img src=x>`@everyone`':
    logins: {github: 'x-1'}
    access: {acme-code: {role: member}}
  \"esc\\e[2J\\u202e\":
    \"ke\\e]8;;https://evil.example\\ay\": 1
accounts:
  acme-code:
    product: github-organization
    settings: {plan: free}
    teams:
      '<img src=x onerror=alert(1)>|`@all`': {members: ['::error::owned']}
      '::add-mask::team': {}
";

#[test]
fn no_output_holds_a_control_character_or_starts_a_command() {
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("all.yaml", FOREIGN);
    for args in ["validate", "plan", "validate --format markdown"] {
        let run = acme.run_args(args);
        for text in [&run.stdout, &run.stderr] {
            assert_inert(text, args);
            let commands = text.lines().filter(|it| it.trim_start().starts_with("::"));
            assert_eq!(commands.count(), 0, "{args}: {text}");
            assert!(!text.contains("##["), "{args}: {text}");
        }
    }
    for format in ["github", "json", "sarif"] {
        let run = acme.run_args(&format!("validate --format {format}"));
        assert_inert(&run.stdout, format);
        assert!(!run.stdout.contains("##["), "{format}");
    }
    let annotations = acme.run_args("validate --format github").stdout;
    let ours = |line: &str| {
        ["::error ", "::warning ", "::notice "]
            .iter()
            .any(|it| line.starts_with(it))
    };
    assert!(annotations.lines().all(ours), "{annotations}");
}

/// The same names in a plan that is not refused: what a reviewer sees.
#[test]
fn names_in_a_review_are_no_markup() {
    let start = FOREIGN.find("  \"esc").unwrap();
    let end = FOREIGN.find("accounts:").unwrap();
    let fine = format!("{}{}", &FOREIGN[..start], &FOREIGN[end..]);
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("all.yaml", &fine);
    let markdown = acme.run_args("plan --format markdown");
    let text = &markdown.stdout;
    assert!(!text.contains("<img") && !text.contains("`@"), "{text}");
    for row in text.lines().filter(|it| it.starts_with("| add")) {
        assert_eq!(row.matches('|').count(), 5, "a name made a cell: {row}");
    }
    let human = acme.run_args("plan");
    assert_inert(&human.stdout, "plan");
    let lines = human
        .stdout
        .lines()
        .filter(|it| it.trim_start().starts_with("::"));
    assert_eq!(lines.count(), 0, "{}", human.stdout);
}

/// A literal secret is refused, and neither it nor its neighbours' snippets show it.
#[test]
fn a_secret_in_a_file_is_never_echoed() {
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
    let text = format!(
        "accounts:
  acme-code:
    product: github-organization
    settings: {{plan: free}}
    connection:
      url: https://directory.example
      token: {secret}
      nonsense: 1
"
    );
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("all.yaml", &text);
    for format in ["human", "json", "github", "sarif", "markdown"] {
        let run = acme.run_args(&format!("validate --format {format}"));
        assert_eq!(run.code, 1);
        assert!(
            !run.stdout.contains("0123456789abc"),
            "{format}: {}",
            run.stdout
        );
        assert!(
            !run.stderr.contains("0123456789abc"),
            "{format}: {}",
            run.stderr
        );
    }
    insta::assert_snapshot!("validate_secret", acme.run_args("validate").stdout);
}

fn assert_inert(text: &str, what: &str) {
    let unsafe_to_show = |c: char| c != '\n' && seatplan::text::is_unsafe_to_show(c);
    let found = text.chars().find(|c| unsafe_to_show(*c));
    assert_eq!(found, None, "{what}: {text}");
}
