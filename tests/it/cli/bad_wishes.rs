//! What is written well and cannot be wished for, and what is said of it: one test for each row of the corpus from B36 on.
//!
//! Every case is a whole run of the program on an estate of its own. The rows before are about single values and files.

use super::builder::{Cli, Run, cli};

const SETTINGS: &str = "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
";

/// An estate with these accounts and people in one file, `all.yaml`.
fn estate(all: &str) -> Cli {
    cli().file("seatplan.yaml", SETTINGS).file("all.yaml", all)
}

/// A code hosting organisation with settings of its own, and people with a line each.
fn code(settings: &str, people: &[&str]) -> String {
    let people: String = people.iter().map(|it| format!("  {it}\n")).collect();
    format!(
        "accounts:
  acme-code:
    product: github-organization
    {settings}
users:
{people}"
    )
}

const ANA: &str = "ana: {logins: {github: ana}, access: {acme-code: {role: admin}}}";
const BOB: &str = "bob: {logins: {github: bob}, access: {acme-code: {role: member}}}";

/// Runs what must be refused, and finds what must be said, in this order.
fn refused(estate: &Cli, args: &str, code: i32, said: &[&str]) -> Run {
    let run = estate.run_args(args);
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    // Boxes and ends of lines are the terminal's; what is said is the words.
    let all = format!("{}{}", run.stdout, run.stderr).replace('│', " ");
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    said.iter().fold(0, |from, it| {
        let at = all[from..].find(it);
        from + at.unwrap_or_else(|| panic!("it does not say `{it}`: {all}"))
    });
    run
}

#[test]
fn b36_an_unknown_role_team_account_or_right() {
    let all = code(
        "settings: {plan: free}",
        &[
            "ana: {logins: {github: ana}, access: {acme-code: {role: admn}}}",
            "bob: {logins: {github: bob}, access: {acme-code: {role: admin, options: {colour: red}}}}",
            "cleo: {teams: [platfrm], access: {acme-cod: {role: admin}}}",
        ],
    ) + "teams: {platform: {}}\n";
    let said = [
        "REF002: github-organization has no role \"admn\"",
        "all.yaml:6:",
        "did you mean \"admin\"?",
        "REF002: github-organization has no option \"colour\"",
        "REF001: unknown team \"platfrm\"",
        "did you mean \"platform\"?",
        "REF001: unknown account \"acme-cod\"",
        "did you mean \"acme-code\"?",
        "4 errors",
    ];
    refused(&estate(&all), "validate", 1, &said);
}

#[test]
fn b36_a_role_that_the_vendor_does_not_have_any_more() {
    let own = "products:
  own:
    title: Own
    user: {identity: email, fold: case, roles: one}
    roles: {admin: {rank: 2, administers: true}, ROLE: {rank: 1}}
";
    let all = "accounts: {own: {product: own}}\nusers:
  ana@acme.example: {access: {own: {role: admin}}}
  bob@acme.example: {access: {own: {role: editor}}}
";
    let estate = estate(all)
        .file("own.yaml", &own.replace("ROLE", "editor"))
        .after("apply --yes")
        .file("own.yaml", &own.replace("ROLE", "author"));
    let said = ["REF002: own has no role \"editor\"", "all.yaml:4:"];
    refused(&estate, "plan", 1, &said);
}

#[test]
fn b37_teams_in_a_circle_and_a_thousand_deep() {
    let circle = code("settings: {plan: free}", &[ANA])
        + "teams:\n  a: {parent: b}\n  b: {parent: c}\n  c: {parent: a}\n";
    let said = [
        "LANG012: the team \"a\" lies in itself: \"a\" -> \"b\" -> \"c\" -> \"a\"",
        "all.yaml:8:15",
        "delete one of these parents",
        "1 error",
    ];
    refused(&estate(&circle), "validate", 1, &said);

    let mut deep = code("settings: {plan: free}", &[ANA]) + "teams:\n  t0: {}\n";
    for at in 1..=1000 {
        deep.push_str(&format!("  t{at}: {{parent: t{}}}\n", at - 1));
    }
    assert_eq!(estate(&deep).run_code("validate"), 0);
}

#[test]
fn b38_what_excludes_each_other_names_both_lines() {
    let all = "accounts:
  own:
    product: own
    access:
      team/a: {roles: [pays]}
      team/b: {roles: [books]}
teams: {a: {}, b: {}}
users:
  ana@acme.example: {access: {own: {roles: [admin]}}}
  bob@acme.example: {teams: [a, b]}
products:
  own:
    title: Own
    user: {identity: email, fold: case, roles: many}
    roles: {admin: {rank: 2, administers: true}, pays: {rank: 1}, books: {rank: 1}}
    constraints:
      one-hand: {type: excludes, a: {role: pays}, b: {role: books}, text: whoever pays does not keep the books}
";
    let said = [
        "RULE002: \"bob@acme.example\" on \"own\": whoever pays does not keep the books",
        "all.yaml:5:",
        "team/b",
    ];
    refused(&estate(all), "validate", 1, &said);
}

#[test]
fn b39_an_add_on_without_what_it_is_added_to() {
    let all = "accounts:
  acme-crm:
    product: teamleader-focus
    settings: {customer_meeting: beyond, customer_meeting_active: false}
    seats: {customer_meeting: 1}
users:
  ana@acme.example: {access: {acme-crm: {role: admin}}}
  bob@acme.example: {access: {acme-crm: {grants: {customer_meeting: access}}}}
";
    let said = [
        "RULE009: \"bob@acme.example\" has no role on \"acme-crm\"",
        "RULE016: \"bob@acme.example\" on \"acme-crm\" cannot have \"customer_meeting\": it needs a role",
        "all.yaml:8:",
    ];
    refused(&estate(all), "validate", 1, &said);
}

#[test]
fn b40_one_seat_too_many_is_told_as_arithmetic() {
    let all = code(
        "settings: {plan: team}\n    seats: {member: 1}",
        &[ANA, BOB],
    );
    let said = [
        "SEAT001: \"acme-code\" is 1 seat of the pool \"member\" short",
        "all.yaml:8:",
        "seats: {member: 1}",
        "the quantity that is asked for",
        "ana takes a seat",
        "bob takes a seat",
        "used 0, freed 0, taken 2, after 2",
        "write `seats: {member: 2}` to buy 1 more, or leave out bob, the last in line",
    ];
    refused(&estate(&all), "plan", 1, &said);
}

#[test]
fn b40_a_limit_is_not_lowered_below_what_is_used() {
    let settings = "settings: {plan: team}\n    seats: {member: 2}";
    let less = "settings: {plan: team}\n    seats: {member: 1}";
    let estate = estate(&code(settings, &[ANA, BOB]))
        .after("apply --yes")
        .file("all.yaml", &code(less, &[ANA, BOB]));
    let said = [
        "SEAT001: \"acme-code\" is 1 seat of the pool \"member\" short",
        "purchased 2 (then 1), used 2, freed 0, taken 0, after 2",
    ];
    refused(&estate, "plan", 1, &said);
    assert_eq!(estate.run_code("apply --yes"), 1);
}

#[test]
fn b40_a_pool_that_two_products_share_is_counted_over_both() {
    let all = "products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles: {admin: {rank: 1, administers: true}}
    pools:
      user: {unit: seat, shared: family, capacity: [{purchased: true}], overflow: refuse}
  shop:
    title: Shop
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}, seller: {rank: 0}}
    pools:
      user: {unit: seat, shared: family, capacity: [{purchased: true}], overflow: refuse}
accounts:
  acme-books:
    product: books
    connection: {provider: directory}
    seats: {user: 2}
    access: {ana@acme.example: {role: admin}}
  acme-shop:
    product: shop
    parent: acme-books
    connection: {provider: directory}
    access:
      bob@acme.example: {role: owner}
      cleo@acme.example: {role: seller}
users: {ana@acme.example: {}, bob@acme.example: {}, cleo@acme.example: {}}
";
    let said = [
        "SEAT001: \"acme-books\" is 1 seat of the pool \"user\" short",
        "ana@acme.example takes a seat",
        "cleo@acme.example on \"acme-shop\" takes a seat",
        "purchased 0 (then 2), used 0, freed 0, taken 3, after 3",
        "of this \"acme-books\" used 0, freed 0, taken 1, after 1",
        "of this \"acme-shop\" used 0, freed 0, taken 2, after 2",
        "write `seats: {user: 3}` to buy 1 more, or leave out cleo@acme.example on \"acme-shop\", the last in line",
    ];
    refused(&estate(all), "plan", 1, &said);
}

#[test]
fn b41_a_limit_that_only_the_end_keeps_is_kept_all_the_way() {
    let settings = "settings: {plan: team}\n    seats: {member: 2}";
    let cleo = "cleo: {logins: {github: cleo}, access: {acme-code: {role: member}}}";
    let estate = estate(&code(settings, &[ANA, BOB]))
        .after("apply --yes")
        .file("all.yaml", &code(settings, &[ANA, cleo]));
    let run = estate.run_args("plan");
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("after - access bob"), "{}", run.stdout);
    assert_eq!(estate.run_code("apply --yes"), 0);
}

#[test]
fn b42_the_last_administrator_stays() {
    let without = ANA.replace("admin", "member");
    let estate = estate(&code("settings: {plan: free}", &[ANA, BOB]))
        .after("apply --yes")
        .file(
            "all.yaml",
            &code("settings: {plan: free}", &[&without, BOB]),
        );
    let said = [
        "GUARD002: this plan leaves \"acme-code\" without an active administrator",
        "ana stops administering",
        "give somebody else the role admin in the same change",
    ];
    // Nothing that can be said on the command line opens this door.
    for args in ["plan", "apply --yes", "apply --yes --accept-removals 1"] {
        refused(&estate, args, 4, &said);
    }
}

#[test]
fn b44_ends_in_the_past_after_the_start_without_a_day_and_for_ever() {
    let access = |name: &str, when: &str| {
        format!(
            "{name}: {{logins: {{github: {name}}}, access: {{acme-code: {{role: member, {when}}}}}}}"
        )
    };
    let all = code(
        "settings: {plan: free}",
        &[
            ANA,
            &access("past", "until: 2020-01-31"),
            &access("turned", "from: 2027-03-01, until: 2027-02-01"),
            &access("gap", "from: 2027-03-28T02:30:00"),
            &access("never", "until: 9999-12-31"),
        ],
    );
    let said = [
        "TIME004: this access ended with 2020-01-31",
        "at 2020-01-31T23:00:00Z",
        "TIME005: 9999-12-31 is so far away that it means \"for ever\"",
        "TIME003: this access ends before it starts",
        "its first day",
        "TIME001: \"2027-03-28T02:30:00\" is not a day",
        "write a day of the calendar as YYYY-MM-DD, without a time",
        "2 errors and 2 warnings",
    ];
    refused(&estate(&all), "validate", 1, &said);
}

#[test]
fn b46_nobody_stands_for_everybody() {
    let all = code(
        "settings: {plan: free}",
        &[
            ANA,
            "\"*\": {access: {acme-code: {role: member}}}",
            "\"*@acme.example\": {access: {acme-code: {role: member}}}",
            "\"@acme.example\": {access: {acme-code: {role: member}}}",
        ],
    );
    let said = [
        "ID008: \"*\" would stand for everybody whom it fits",
        "write each person, or a team in which each is named",
        "ID008: \"*@acme.example\"",
        "ID008: \"@acme.example\"",
        "3 errors",
    ];
    refused(&estate(&all), "validate", 1, &said);
}

#[test]
fn b47_a_provider_is_reached_by_https_or_on_this_machine_only() {
    for url in [
        "http://vendor.example",
        "https://user@vendor.example",
        "ftp://vendor.example",
        "http://169.254.169.254",
    ] {
        let connection =
            format!("connection: {{provider: directory, url: '{url}', token: {{env: TOKEN}}}}");
        let estate = estate(&code(&connection, &[ANA])).variable("TOKEN", "secret-of-ana");
        let run = refused(&estate, "validate", 1, &["CONN001: ", "all.yaml:4:"]);
        assert!(!run.stderr.contains("secret-of-ana") && !run.stdout.contains("secret-of-ana"));
    }
}

#[test]
fn b49_files_of_a_later_version() {
    let estate = cli()
        .file(
            "seatplan.yaml",
            &SETTINGS.replace("seatplan: 1", "seatplan: 2"),
        )
        .file("all.yaml", &code("settings: {plan: free}", &[ANA]));
    refused(&estate, "validate", 1, &["seatplan.yaml:1:11", "2"]);
}
