//! What people read: every command's output, in every format that it has.

use super::builder::cli;
use super::estates::{ACME, CAPABILITIES, CLEO_FOR_BOB, CLEO_TOO, GIVERS, SETTINGS, SUPPORT};

/// Three mistakes in two files.
const WRONG: (&str, &str) = (
    "people/wrong.yaml",
    "users:
  dora:
    logins: {github: bob}
    acess: {acme-code: {role: member}}
  emil:
    logins: {github: emil}
    access: {acme-code: {role: membr}}
",
);

#[test]
fn validate_tells_all_problems_with_their_places() {
    let acme = cli().files(&ACME).file(WRONG.0, WRONG.1);
    insta::assert_snapshot!("validate_wrong", acme.args("validate").shown());
}

/// What a run says, without pictures: messages with their codes.
fn codes(estate: &str) -> Vec<String> {
    let run = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("all.yaml", estate)
        .run_args("validate --format json");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let problems = report["problems"].as_array().unwrap().iter();
    let codes = problems.map(|it| it["code"].as_str().unwrap().to_owned());
    codes.collect()
}

#[test]
fn what_could_not_be_read_is_not_taken_for_not_written() {
    let estate = |plan: &str, manager: &str| {
        format!(
            "accounts:
  acme-inbox:
    product: respond-io
    connection: {{provider: directory}}
    settings: {{{plan}}}
    access:
      ana@acme.example: {{role: owner}}
      bob@acme.example: {{role: agent, options: {{mask: [phone]}}}}
{manager}
users:
  ana@acme.example: {{name: Ana}}
  bob@acme.example: {{name: Bob}}
  zed@acme.example: {{name: Zed}}
"
        )
    };
    let zed = "      zed@acme.example: {role: manager}";
    let of = |plan: &str, manager: &str| codes(&estate(plan, manager));
    assert!(of("plan: advanced", zed).is_empty());
    assert_eq!(of("plan: growth", zed), ["RULE007"]);
    assert_eq!(of("", zed), ["RULE007"]);
    assert_eq!(of("plan: advanced", ""), ["RULE005"]);
    // Each of these says what the rule would ask for, in a way that cannot be read.
    assert_eq!(of("plan: advnced", zed), ["LANG010"]);
    assert_eq!(of("pln: advanced", zed), ["REF002"]);
    assert_eq!(
        of("plan: {value: advanced, until: 2100-01-01}", zed),
        ["SCHEMA002"]
    );
    let misspelt = [
        ("      zed@acme.example: {role: managr}", "REF002"),
        ("      zet@acme.example: {role: manager}", "REF001"),
        ("      zed@acme.example: {rolle: manager}", "SCHEMA001"),
    ];
    for (manager, code) in misspelt {
        assert_eq!(of("plan: advanced", manager), [code], "{manager}");
    }
    // What is written and read right is still judged.
    assert_eq!(
        of("plan: growth, pln: advanced", zed),
        ["REF002", "RULE007"]
    );
}

#[test]
fn a_product_whose_definition_cannot_be_read_is_not_called_unknown() {
    let estate = |product: &str, title: &str| {
        format!(
            "accounts: {{maps: {{product: {product}, access: {{ana@acme.example: {{role: boss}}}}}}}}
users: {{ana@acme.example: {{name: Ana}}}}
products:
  atlas:
    {title}: Atlas
    user: {{identity: email, fold: case, roles: one}}
    roles: {{boss: {{rank: 1, administers: true}}}}
"
        )
    };
    assert!(codes(&estate("atlas", "title")).is_empty());
    assert_eq!(codes(&estate("globe", "title")), ["REF001"]);
    assert_eq!(codes(&estate("atlas", "titel")), ["SCHEMA001", "SCHEMA002"]);
    // A slip of the pen is told in any case.
    assert_eq!(
        codes(&estate("dailybitz", "titel")),
        ["REF001", "SCHEMA001", "SCHEMA002"]
    );
}

#[test]
fn problems_in_formats_for_programs() {
    let acme = cli().files(&ACME).file(WRONG.0, WRONG.1);
    for format in ["json", "github", "sarif", "markdown"] {
        let run = acme.run_args(&format!("validate --format {format}"));
        assert_eq!(run.code, 1, "{format}");
        if matches!(format, "json" | "sarif") {
            let _: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        }
        if format != "sarif" {
            insta::assert_snapshot!(format!("validate_wrong_{format}"), run.stdout);
        }
    }
}

#[test]
fn annotations_count_paths_from_the_repository() {
    let wrong = cli()
        .files(&ACME.map(|(path, text)| {
            (
                Box::leak(format!("estate/{path}").into_boxed_str()) as &str,
                text,
            )
        }))
        .file("estate/people/wrong.yaml", WRONG.1)
        .file(".git/HEAD", "");
    let run = wrong.args("validate --dir estate --format github").run();
    assert!(
        run.stdout.contains("file=estate/people/wrong.yaml"),
        "{}",
        run.stdout
    );
}

#[test]
fn what_follows_from_an_unreadable_line_is_not_told_again() {
    let typo = cli().files(&[
        ("seatplan.yaml", "{seatplan: 1, name: small, defaults: {unmanaged: remove}}\n"),
        (
            "code.yaml",
            "accounts:\n  small-code:\n    product: github-organization\n    access:\n      ana: {rolse: admin}\n",
        ),
        ("people.yaml", "users:\n  ana: {logins: {github: ana-small}}\n"),
    ]);
    let shown = typo.args("validate").run();
    assert_eq!(shown.code, 1);
    assert!(shown.stdout.contains("SCHEMA001"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("RULE009"), "{}", shown.stdout);
}

#[test]
fn validate_says_what_was_read() {
    insta::assert_snapshot!("validate_fine", cli().files(&ACME).args("validate").shown());
}

#[test]
fn plan_apply_and_nothing_left_to_do() {
    let acme = cli().files(&ACME);
    insta::assert_snapshot!("plan", acme.run_args("plan").stdout);
    insta::assert_snapshot!(
        "plan_markdown",
        acme.run_args("plan --format markdown")
            .stdout
            .replace(
                // The day on which the test runs.
                &jiff::Timestamp::now().strftime("%Y-%m-%d %H").to_string(),
                "TODAY",
            )
            .lines()
            .filter(|it| !it.starts_with("Plan "))
            .collect::<Vec<_>>()
            .join("\n")
    );
    insta::assert_snapshot!("plan_github", acme.run_args("plan --format github").stdout);
    let json: serde_json::Value =
        serde_json::from_str(&acme.run_args("plan --format json").stdout).unwrap();
    assert_eq!(json["report"], "plan");
    assert_eq!(json["version"], 1);
    let schema: serde_json::Value =
        serde_json::from_str(&acme.run_args("schema report").stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&json)
        .map(|it| it.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let applied = acme.run_args("apply --yes");
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let last = applied.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("Applied: "), "{}", applied.stdout);
    insta::assert_snapshot!("plan_nothing", acme.run_args("plan").stdout);
    insta::assert_snapshot!("drift_nothing", acme.run_args("drift").stdout);
    insta::assert_snapshot!("apply_nothing", acme.run_args("apply --yes").stdout);
}

#[test]
fn one_seat_too_few_is_refused_with_the_arithmetic_and_the_line() {
    let acme = cli()
        .files(&ACME)
        .after("apply --yes")
        .file(CLEO_TOO.0, CLEO_TOO.1);
    insta::assert_snapshot!("plan_refused", acme.shown_args("plan --out one.json"));
    assert!(!acme.path().join("one.json").exists());
}

#[test]
fn the_last_seat_is_freed_before_it_is_taken() {
    let acme = cli()
        .files(&ACME)
        .after("apply --yes")
        .file(CLEO_FOR_BOB.0, CLEO_FOR_BOB.1);
    let acme = acme.file(
        "accounts/code.yaml",
        &super::estates::CODE.1.replace("[ana, bob]", "[ana, cleo]"),
    );
    insta::assert_snapshot!("plan_swap", acme.shown_args("plan"));
    insta::assert_snapshot!("apply_swap", in_order(&acme.shown_args("apply --yes")));
}

#[test]
fn drift_is_told_as_drift() {
    let acme = cli()
        .files(&ACME)
        .after("apply --yes")
        .file(CLEO_FOR_BOB.0, CLEO_FOR_BOB.1);
    let acme = acme.file(
        "accounts/code.yaml",
        &super::estates::CODE.1.replace("[ana, bob]", "[ana]"),
    );
    insta::assert_snapshot!("drift", acme.args("drift").shown());
}

#[test]
fn a_guard_says_how_to_accept() {
    let settings = SETTINGS.replace("max: 1", "max: 0");
    let acme = cli()
        .files(&ACME)
        .file("seatplan.yaml", &settings)
        .after("apply --yes")
        .file(
            "accounts/code.yaml",
            &super::estates::CODE.1.replace("[ana, bob]", "[ana]"),
        )
        .file(CLEO_FOR_BOB.0, CLEO_FOR_BOB.1);
    insta::assert_snapshot!("plan_guard", acme.args("plan").shown());
}

#[test]
fn a_saved_plan_is_applied_and_a_changed_one_is_not() {
    let acme = cli().files(&ACME).after("plan --out one.json");
    let text = std::fs::read_to_string(acme.path().join("one.json")).unwrap();
    let acme = acme.file("two.json", &text.replacen("\"ana-m\"", "\"eve-x\"", 1));
    insta::assert_snapshot!(
        "apply_changed_plan",
        acme.run_args("apply two.json --yes").stderr
    );
    assert_eq!(acme.run_code("apply one.json --yes"), 0);
}

#[test]
fn show_names_the_lines_behind_everything() {
    let acme = cli().files(&ACME);
    let shown: Vec<String> = [
        "user ana",
        "account acme-code",
        "product github-organization",
    ]
    .iter()
    .map(|what| acme.run_args(&format!("show {what}")).stdout)
    .collect();
    insta::assert_snapshot!("show", shown.join("\n----\n"));
    insta::assert_snapshot!("show_unknown", acme.args("show user anna").shown());
}

#[test]
fn show_names_the_team_or_bundle_that_gives_each_part() {
    let acme = cli().files(&GIVERS);
    let shown: Vec<String> = [
        "user bob@acme.example",
        "user ana@acme.example",
        "account acme-support",
    ]
    .iter()
    .map(|what| acme.run_args(&format!("show {what}")).stdout)
    .collect();
    insta::assert_snapshot!("show_givers", shown.join("\n----\n"));
    let json = acme
        .run_args("show user bob@acme.example --format json")
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = &json["shown"]["user"]["accesses"][1]["lines"];
    insta::assert_snapshot!(
        "show_givers_json",
        serde_json::to_string_pretty(lines).unwrap()
    );
}

#[test]
fn show_tells_who_may_do_something_and_what_decides_it() {
    let support = cli().files(&SUPPORT);
    let shown: Vec<String> = [
        "show who-can settings.data-export --account acme-support",
        "show who-can shortcuts --account acme-support",
        "show who-can settings.data-exprot --account acme-support",
        "show who-can data-export --account acme-support",
        "show user mia@acme.example",
    ]
    .iter()
    .map(|args| support.shown_args(args))
    .collect();
    insta::assert_snapshot!("show_who_can", shown.join("\n"));
}

#[test]
fn who_may_in_part_who_asks_an_owner_and_what_a_grant_opens() {
    let crm = cli().files(&CAPABILITIES);
    let shown: Vec<String> = [
        "show who-can deals --account acme-crm",
        "show who-can deals.delete --account acme-crm",
        "show who-can reports --account acme-crm",
        "show user bob@acme.example",
    ]
    .iter()
    .map(|args| crm.shown_args(args))
    .collect();
    insta::assert_snapshot!("show_who_can_in_part", shown.join("\n"));
    let json = crm.run_args("show who-can deals.delete --account acme-crm --format json");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let view = &json["shown"]["who_can"];
    assert_eq!(view["owners"], serde_json::json!(["ana@acme.example"]));
    insta::assert_snapshot!(
        "show_who_can_json",
        serde_json::to_string_pretty(&view["people"][1]).unwrap()
    );
}

#[test]
fn who_may_by_a_role_that_the_account_owns_with_the_line_that_lists_it() {
    let books = cli().files(&[
        (
            "seatplan.yaml",
            "{seatplan: 1, name: acme, timezone: Europe/Paris, defaults: {unmanaged: remove}}\n",
        ),
        (
            "books.yaml",
            "accounts:
  acme-books:
    product: dailybiz
    roles:
      clerk: {module: invoicing, allow: [invoice.read, invoice.create]}
      reader:
        module: crm
        allow: [client]
    access:
      boss@acme.example: {options: {admin: true}}
      ana@acme.example: {roles: [clerk, reader]}
      bob@acme.example: {roles: [reader]}
      eve@acme.example: {}
users:
  boss@acme.example: {}
  ana@acme.example: {}
  bob@acme.example: {}
  eve@acme.example: {}
",
        ),
    ]);
    let shown: Vec<String> = [
        "show who-can invoice.create --account acme-books",
        // What lists a capability lists what lies under it.
        "show who-can client --account acme-books",
        "show who-can invoice.creat --account acme-books",
        "show user ana@acme.example",
    ]
    .iter()
    .map(|args| books.shown_args(args))
    .collect();
    insta::assert_snapshot!("show_who_can_owned_roles", shown.join("\n"));
}

#[test]
fn why_tells_what_holds_and_what_lost_and_to_what() {
    let support = cli().files(&SUPPORT);
    let shown: Vec<String> = [
        "why mia@acme.example acme-support",
        "why mia@acme.example acme-support contact_visibility",
        "why bob@acme.example acme-support restrict_workflows",
        "why eva@acme.example acme-support",
        "why tom@acme.example acme-support",
        "why tom@acme.example acme-support --at 2027-06-01",
        "why eva@acme.example acme-support contact",
        "why leo@acme.example acme-support",
        "why zoe@acme.example acme-support",
    ]
    .iter()
    .map(|args| support.shown_args(args))
    .collect();
    insta::assert_snapshot!("why", shown.join("\n"));
}

#[test]
fn init_writes_an_estate_that_plans() {
    let run = cli().args("init new --yes --owner dana@acme.example");
    insta::assert_snapshot!("init", run.shown());
    assert_eq!(run.run_code("validate --dir new"), 0);
    insta::assert_snapshot!("init_plan", run.run_args("plan --dir new").stdout);
    assert_eq!(run.run_code("init new --yes"), 1, "it overwrites nothing");
}

#[test]
fn import_writes_what_nobody_wrote_down() {
    let acme = cli().files(&ACME).after("apply --yes");
    insta::assert_snapshot!(
        "import_nothing",
        acme.run_args("import --account acme-code").stdout
    );
}

#[test]
fn colours_are_there_when_asked_for_and_gone_when_not() {
    let acme = cli().files(&ACME);
    assert!(
        acme.run_args("validate --color always")
            .stdout
            .contains("\u{1b}[")
    );
    assert!(
        !acme
            .run_args("validate --color never")
            .stdout
            .contains('\u{1b}')
    );
    assert!(
        !acme.run_args("validate").stdout.contains('\u{1b}'),
        "a pipe has no colours"
    );
}

#[test]
fn narrow_terminals_and_plain_ones_get_what_fits() {
    let acme = cli()
        .files(&ACME)
        .file(WRONG.0, WRONG.1)
        .variable("COLUMNS", "60")
        .variable("TERM", "dumb");
    let run = acme.run_args("validate");
    insta::assert_snapshot!("validate_narrow", run.stdout);
}

/// Lines of steps that were under way at the same time may come in any order.
fn in_order(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..]
            .iter()
            .take_while(|it| it.starts_with("  ok "))
            .count();
        lines[start..start + run].sort_unstable();
        start += run.max(1);
    }
    lines.join("\n")
}

/// The workflow installs nothing by a name that anybody could register.
#[test]
fn the_workflow_builds_the_commit_that_was_named() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let run = cli();
    let args = "init new --yes --source https://git.example/seatplan";
    assert_eq!(run.run_code(args), 64, "a repository without a commit");
    assert_eq!(run.run_code(&format!("{args} --commit main")), 64);
    assert_eq!(run.run_code(&format!("{args} --commit {commit}")), 0);
    assert_eq!(run.run_code("init other --yes"), 0);
    let read = |folder: &str| {
        let path = run
            .path()
            .join(folder)
            .join(".github/workflows/seatplan.yaml");
        std::fs::read_to_string(path).unwrap()
    };
    insta::assert_snapshot!("init_workflow", read("new"));
    assert!(read("other").contains("  source: \"\"\n  commit: \"\"\n"));
}

/// What a newcomer gets wrong in the first hour, and what the program answers.
#[test]
fn mistakes_of_the_first_hour_are_told_with_what_to_write() {
    let mistakes = [
        (
            "a list without brackets",
            "users:\n  eve: {logins: {github: eve}, teams: platform}\n",
        ),
        (
            "a role alone",
            "users:\n  eve: {logins: {github: eve}, access: {acme-code: member}}\n",
        ),
        (
            "no space",
            "users:\n  eve: {logins: {github: eve}, access: {acme-code: {role:member}}}\n",
        ),
        ("a tab", "users:\n\teve: {}\n"),
        (
            "a date as people write it",
            "users:\n  eve: {leaves: 30.06.2035}\n",
        ),
        (
            "a key of this file in the singular",
            "user:\n  eve: {}\nteams: {}\n",
        ),
    ];
    let said: Vec<String> = mistakes
        .iter()
        .map(|(what, text)| {
            let acme = cli().files(&ACME).file("people/eve.yaml", text);
            format!("## {what}\n{}", acme.run_args("validate").stdout)
        })
        .collect();
    insta::assert_snapshot!("mistakes", said.join("\n"));
}

#[test]
fn a_city_is_near_its_time_zone() {
    let settings = SETTINGS.replace("Europe/Paris", "paris");
    let run = cli().files(&ACME).file("seatplan.yaml", &settings);
    let said = run.run_args("validate").stdout;
    assert!(said.contains("did you mean \"Europe/Paris\"?"), "{said}");
}

/// Who is named elsewhere and stands in a file that cannot be read is not unknown.
#[test]
fn names_in_a_file_that_cannot_be_read_are_not_told_again() {
    let acme = cli().files(&ACME).file(
        "people/all.yaml",
        &super::estates::PEOPLE.1.replace("users:", "user:"),
    );
    let said = acme.run_args("validate").stdout;
    assert!(said.contains("did you mean \"users\"?"), "{said}");
    assert!(!said.contains("REF001"), "{said}");
}

/// A folder that was mistyped is no other estate, even inside of one.
#[test]
fn a_folder_that_is_not_there_is_told() {
    let run = cli().files(&ACME).run_args("plan --dir nowhere");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("there is no folder"), "{}", run.stderr);
}

#[test]
fn an_estate_inside_another_is_told_once() {
    let mut acme = cli().files(&ACME);
    for (path, text) in ACME {
        acme = acme.file(&format!("copy/{path}"), text);
    }
    let said = acme.run_args("validate").stdout;
    assert!(said.contains("Refused: 1 error "), "{said}");
    assert!(said.contains("FILE010"), "{said}");
}
