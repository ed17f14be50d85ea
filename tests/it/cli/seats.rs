//! `seats`: the table, and the year ahead.

use super::builder::{Cli, cli};
use super::estates::SETTINGS;

/// Two seats, of which one is Bob's until the end of March 2035; Cleo comes on the first of that month.
const CODE: &str = "accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    billing: {cycle: annual, renews_on: 2035-01-31, currency: EUR, fee: '9.00', notice_days: 30, prices: {member: '40.00'}}
";
const PEOPLE: &str = "users:
  ana:
    logins: {github: ana-m}
    access: {acme-code: {role: admin}}
  bob:
    logins: {github: bob}
    access: {acme-code: {role: member, until: 2035-03-31}}
";
const CLEO: &str = "users:
  cleo:
    logins: {github: cleo}
    access: {acme-code: {role: member, from: 2035-03-01}}
";

fn acme() -> Cli {
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file("code.yaml", CODE)
        .file("people.yaml", PEOPLE)
        .after("apply --yes")
        .file("cleo.yaml", CLEO)
}

#[test]
fn seats_are_told_with_their_cost_and_the_last_day_to_act() {
    let acme = acme();
    insta::assert_snapshot!("seats", acme.shown_args("seats --at 2035-01-01"));
    // 30 days before 2035-01-31 is 2035-01-01: one day later it is too late for a year.
    insta::assert_snapshot!(
        "seats_csv",
        acme.shown_args("seats --at 2035-01-02 --format csv")
    );
}

#[test]
fn a_forecast_names_the_first_day_on_which_seats_are_too_few_and_the_lines() {
    let acme = acme();
    let args = "seats --forecast --at 2035-01-01";
    insta::assert_snapshot!("seats_forecast", acme.shown_args(args));
    assert_eq!(acme.run_code(&format!("{args} --detailed-exitcode")), 2);
    // The last day before it: everybody has a seat.
    let before = format!("{args} --until 2035-02-28 --detailed-exitcode");
    assert_eq!(acme.run_code(&before), 0);
}

#[test]
fn what_programs_get_is_what_the_schema_says() {
    let acme = acme();
    let shown = acme.run_args("seats --forecast --at 2035-01-01 --format json");
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(json["report"], "seats");
    let overflow = &json["forecast"]["overflows"][0];
    assert_eq!(
        (&overflow["day"], &overflow["used"]),
        (&"2035-03-01".into(), &3.into())
    );
    let schema = acme.run_args("schema report").stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(&json).map(|it| it.to_string());
    assert_eq!(errors.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_forecast_ends_before_the_day_on_which_the_files_would_be_refused() {
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file(
            "all.yaml",
            "products:
  halls:
    title: Halls
    aliases: {rooms: {until: 2035-02-28}}
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
accounts:
  acme-halls:
    product: rooms
    billing: {cycle: monthly, renews_on: 2035-01-15, currency: EUR, fee: '9.00'}
    access: {ana@acme.example: {role: owner}}
users: {ana@acme.example: {}}
",
        )
        .after("apply --yes");
    let run = acme.run_args("seats --forecast --at 2035-01-01 --until 9999-12-31");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("From 2035-01-01 to 2035-02-28"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("2035-02-15"), "{}", run.stdout);
    assert!(run.stdout.contains("REF004"), "{}", run.stdout);
}

/// Ana and Bob use an add-on that everybody has while it is on trial, through the end of January 2035; only Ana is to have
/// it afterwards.
fn trial() -> Cli {
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file(
            "crm.yaml",
            "accounts:
  acme-crm:
    product: teamleader-focus
    settings:
      customer_meeting: {value: beyond-trial, until: 2035-01-31, then: beyond}
      customer_meeting_active: true
    seats: {customer_meeting: 1}
    billing: {cycle: annual, renews_on: 2035-06-01, currency: EUR, prices: {customer_meeting: '15.00'}}
    access:
      dana@acme.example: {role: admin, grants: {customer_meeting: none}}
      ana@acme.example: {role: user, grants: {customer_meeting: access}}
      bob@acme.example: {role: user}
users:
  dana@acme.example: {}
  ana@acme.example: {}
  bob@acme.example: {}
",
        )
}

#[test]
fn a_setting_with_a_last_day_is_shown_with_what_comes_after_it() {
    let shown = trial().shown_args("show account acme-crm");
    let settings: Vec<_> = { shown.lines() }
        .filter(|it| it.contains("beyond") || it.contains("seats of"))
        .collect();
    insta::assert_snapshot!(settings.join("\n"), @r"
    customer_meeting: beyond-trial  crm.yaml:5:33
    customer_meeting from 2035-02-01 on: beyond  crm.yaml:5:72
    seats of customer_meeting from 2035-02-01 on: 1  crm.yaml:7:31
    ");
}

#[test]
fn a_forecast_names_the_first_day_on_which_a_default_flips_and_who_loses_what() {
    let trial = trial().after("apply --yes");
    insta::assert_snapshot!(
        "seats_forecast_flip",
        trial.shown_args("seats --forecast --at 2035-01-01")
    );
    let shown = trial.run_args("seats --forecast --at 2035-01-01 --format json");
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let first = &json["forecast"]["flips"][0];
    assert_eq!(
        (&first["day"], &first["to"], &first["people"]),
        (&"2035-02-01".into(), &"none".into(), &1.into())
    );
    let day = &json["forecast"]["days"][0];
    assert_eq!(
        day["flips"][0]["people"],
        serde_json::json!(["bob@acme.example"])
    );
    // While it is on trial nothing is bought, and there is nothing to cancel.
    let today = trial.shown_args("seats --at 2035-01-01");
    assert!(today.contains("0.00 EUR  -"), "{today}");
    // The day before it the trial holds, and nobody loses anything.
    let before = trial.shown_args("seats --forecast --at 2035-01-01 --until 2035-01-31");
    assert!(!before.contains("flips"), "{before}");
}

/// Five seats, two people.
const HALLS: &str = "accounts:
  acme-halls:
    product: halls
    connection: {provider: directory, script: script.yaml}
    billing: {cycle: monthly, renews_on: 2035-01-15, NOTICE currency: EUR, fee: '9.00', prices: {seat: '10.00'}}
    seats: {seat: 5}
    access: {ana@acme.example: {role: owner}, bob@acme.example: {role: host}}
users: {ana@acme.example: {}, bob@acme.example: {}}
products:
  halls:
    title: Halls
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}, host: {rank: 0}}
    pools: {seat: {unit: seat, capacity: [{purchased: true}], overflow: refuse, charged: pro-rata, cancel_takes_effect: cycle-end}}
    operations: {access.remove: {via: api, then: leaving}}
    states: {leaving: {moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}}
";

fn halls(text: &str) -> Cli {
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file("script.yaml", "script: [{do: ignore}]\n")
        .file("all.yaml", text)
        .after("apply --yes")
}

fn fewer(text: &str) -> String {
    let text = text.replace("seat: 5", "seat: 2");
    text.replace(", bob@acme.example: {role: host}}", "}")
}

/// The lines of days of a forecast.
fn days(halls: &Cli, until: &str) -> Vec<String> {
    let run = halls.run_args(&format!("seats --forecast --at 2035-01-01 --until {until}"));
    let days = run.stdout.lines().map(str::trim);
    let days: Vec<_> = days
        .filter(|it| it.starts_with("2035") || it.contains("takes") || it.contains("frees"))
        .map(str::to_owned)
        .collect();
    assert!(!days.is_empty(), "{}{}", run.stdout, run.stderr);
    days
}

/// 20 days before 2035-01-15 is past: what is given up on 2035-01-01 is paid once more.
#[test]
fn what_is_given_up_too_late_is_paid_for_at_the_next_renewal() {
    let text = HALLS.replace("NOTICE", "notice_days: 20,");
    let halls = halls(&text).file("all.yaml", &fewer(&text));
    assert_eq!(
        days(&halls, "2035-03-01"),
        [
            // 9.00 + 5 x 10.00, then 9.00 + 2 x 10.00.
            "2035-01-15  acme-halls renews: 59.00 EUR",
            "2035-02-15  acme-halls seat: 2 -> 1 used of 2",
            "bob@acme.example frees 1",
            "2035-02-15  acme-halls: gone with the cycle: 3 of seat, cancelled before",
            "2035-02-15  acme-halls: gone with the cycle: bob@acme.example, cancelled before",
            "2035-02-15  acme-halls renews: 29.00 EUR",
        ]
    );
}

/// What was cancelled before the forecast begins goes with the next renewal.
#[test]
fn what_is_cancelled_goes_on_a_day_of_the_forecast() {
    let text = HALLS.replace("NOTICE ", "");
    let halls = halls(&text)
        .file("all.yaml", &fewer(&text))
        .after("apply --yes --accept-removals 1");
    let table = halls.run_args("seats --at 2035-01-01");
    for line in [
        "cancelled: 5 of seat are there and paid until 2035-01-15, 2 then",
        "in all: 59.00 EUR a month",
    ] {
        assert!(table.stdout.contains(line), "{}", table.stdout);
    }
    assert_eq!(halls.run_code("plan --detailed-exitcode"), 0);
    // Who goes over to an inventory takes along what is there until then.
    let import = halls.run_args("import --account acme-halls --inventory halls.yaml");
    assert_eq!(import.code, 0, "{}{}", import.stdout, import.stderr);
    let inventory = std::fs::read_to_string(halls.path().join("halls.yaml")).unwrap();
    assert!(
        inventory.contains("  cancelled:\n    seat: {there: 5, until: "),
        "{inventory}"
    );
    std::fs::remove_file(halls.path().join("halls.yaml")).unwrap();
    assert_eq!(
        days(&halls, "2035-02-01"),
        [
            "2035-01-15  acme-halls seat: 2 -> 1 used of 2",
            "bob@acme.example frees 1",
            "2035-01-15  acme-halls: gone with the cycle: 3 of seat, cancelled before",
            "2035-01-15  acme-halls: gone with the cycle: bob@acme.example, cancelled before",
            "2035-01-15  acme-halls renews: 29.00 EUR",
        ]
    );
}

/// A review and a spreadsheet say it too.
#[test]
fn what_goes_with_the_cycle_is_in_every_format_of_a_forecast() {
    let text = HALLS.replace("NOTICE ", "");
    let halls = halls(&text)
        .file("all.yaml", &fewer(&text))
        .after("apply --yes --accept-removals 1");
    let forecast = "seats --forecast --at 2035-01-01 --until 2035-02-01 --format";
    let markdown = halls.run_args(&format!("{forecast} markdown")).stdout;
    let csv = halls.run_args(&format!("{forecast} csv")).stdout;
    for line in [
        "| 2035-01-15 | acme-halls seat: 2 -&#62; 1 used of 2<br>`bob@acme.example` frees 1 |  |",
        "| 2035-01-15 | acme-halls: gone with the cycle: 3 of seat, cancelled before |  |",
        "| 2035-01-15 | acme-halls: gone with the cycle: `bob@acme.example`, cancelled before |  |",
    ] {
        assert!(markdown.contains(line), "{markdown}");
    }
    for line in [
        "2035-01-15,acme-halls,seats,seat,2,1,2,,,bob@acme.example frees 1,",
        "2035-01-15,acme-halls,gone,3 of seat,,,,,,,",
        "2035-01-15,acme-halls,gone,bob@acme.example,,,,,,,",
    ] {
        assert!(csv.contains(line), "{csv}");
    }
}

/// Bob goes and Eve comes on one day: as many seats are used, by others.
#[test]
fn a_day_on_which_one_goes_and_another_comes_is_told() {
    let text = HALLS.replace("NOTICE ", "").replace(
        "bob@acme.example: {role: host}}",
        "bob@acme.example: {role: host, until: 2035-01-20}, eve@acme.example: {role: host, from: 2035-01-21}}",
    );
    let text = text
        .replace(
            "bob@acme.example: {}}",
            "bob@acme.example: {}, eve@acme.example: {}}",
        )
        .replace(
            "    operations: {access.remove: {via: api, then: leaving}}\n",
            "",
        );
    assert_eq!(
        days(&halls(&text), "2035-02-01"),
        [
            "2035-01-15  acme-halls renews: 59.00 EUR",
            "2035-01-21  acme-halls seat: 2 used of 5",
            "bob@acme.example frees 1  all.yaml:7:85",
            "eve@acme.example takes 1  all.yaml:7:98",
        ]
    );
}

/// What was reviewed rests on the prices of then.
#[test]
fn a_saved_plan_is_refused_when_a_price_moved() {
    let text = HALLS.replace("NOTICE ", "");
    let halls = halls(&text).file("all.yaml", &text.replace("seat: 5", "seat: 6"));
    let saved = halls.run_args("plan --out plan.json");
    assert_eq!(saved.code, 0, "{}{}", saved.stdout, saved.stderr);
    let dearer = text.replace("seat: 5", "seat: 6").replace("10.00", "11.00");
    let halls = halls.file("all.yaml", &dearer);
    let run = halls.run_args("apply plan.json");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("the price of seat is not what it was"),
        "{}",
        run.stderr
    );
}

#[test]
fn seats_and_forecasts_can_be_pasted_into_a_ticket_or_a_spreadsheet() {
    let acme = acme();
    let table = acme.shown_args("seats --at 2035-01-01 --format markdown");
    insta::assert_snapshot!("seats_markdown", table);
    let forecast = "seats --forecast --at 2035-01-01 --format";
    let shown = acme.shown_args(&format!("{forecast} markdown"));
    insta::assert_snapshot!("seats_forecast_markdown", shown);
    let shown = acme.shown_args(&format!("{forecast} csv"));
    insta::assert_snapshot!("seats_forecast_csv", shown);
    let trial = trial().after("apply --yes");
    let shown = trial.shown_args(&format!("{forecast} markdown"));
    insta::assert_snapshot!("seats_forecast_flip_markdown", shown);
    let shown = trial.shown_args(&format!("{forecast} csv"));
    insta::assert_snapshot!("seats_forecast_flip_csv", shown);
}

/// Clocks in Cairo go from 00:00 to 01:00 on 2035-04-27: the day has no midnight, and begins nevertheless.
#[test]
fn a_forecast_finds_a_renewal_and_a_start_on_a_day_without_midnight() {
    let acme = cli()
        .file(
            "seatplan.yaml",
            "seatplan: 1\nname: acme\ntimezone: Africa/Cairo\ndefaults: {unmanaged: remove}\n",
        )
        .file(
            "code.yaml",
            &CODE.replace(
                "annual, renews_on: 2035-01-31",
                "monthly, renews_on: 2035-04-27",
            ),
        )
        .file("people.yaml", &PEOPLE.replace("2035-03-31", "2035-12-31"))
        .after("apply --yes")
        .file("cleo.yaml", &CLEO.replace("2035-03-01", "2035-04-27"));
    let shown = acme.shown_args("seats --forecast --at 2035-04-20 --until 2035-05-31");
    insta::assert_snapshot!("seats_forecast_no_midnight", shown);
}
