//! Inventories: what they say, what is wrong with them, and how what people do is recorded in them.

use seatplan::diagnostic::Sink;
use seatplan::inventory::{self, Inventory, Seen, Standing, Stood, record, render};
use seatplan::model::{Access, Address, Member, Resource, Subject, Team, Value};
use seatplan::product::{Product, built_in, read};
use seatplan::text::{Source, Sources};

const ACCOUNT: &str = "acme-support";

const TEXT: &str = "\
# The workspace, as on its users page.
inventory:
  account: acme-support
  attested: {by: dana@acme.example, on: 2026-11-02}
  settings: {}
  teams:
    front: {leads: [Dana@acme.example], members: [ana@acme.example]} # the desk
  access:
    dana@acme.example: {role: owner} # the founder

    # a trainee
    ana@acme.example: {role: agent, options: {contact_visibility: team, mask: {unknown: nobody looked}}}
    bob@acme.example:
      role: agent # since May
      state: invited
      attested: {by: ana@acme.example, on: 2026-11-20}
";

fn product() -> Product {
    let mut table = built_in().iter();
    let (id, text) = table.find(|(id, _)| *id == "respond-io").unwrap();
    read(id, text).unwrap()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

fn stood(by: &str, on: &str) -> Stood {
    Stood {
        on: day(on),
        standing: Standing::Attested(by.to_owned()),
    }
}

/// An inventory and what is wrong with it, a line each.
fn look(text: &str) -> (Option<Inventory>, String) {
    let (mut sources, mut sink) = (Sources::new(), Sink::new());
    let source = Source::new("inventory/support.yaml", text);
    let id = sources.next_id();
    let today = day("2026-11-22");
    let read = inventory::read(&source, id, &ACCOUNT.into(), &product(), today, &mut sink);
    sources.add(source);
    sink.sort();
    let problems = sink.diagnostics().iter().map(|it| {
        let place = sources.place(it.primary().unwrap());
        let help = it.help.as_deref().unwrap_or_default();
        format!(
            "{} {}:{}: {}; {help}\n",
            it.code.id, place.line, place.column, it.message
        )
    });
    let problems = problems.collect();
    (read, problems)
}

fn told(inventory: &Inventory) -> String {
    let mut lines = Vec::new();
    for (address, entry) in inventory.state.iter() {
        let phase = inventory.phases.get(address);
        let phase = phase.map_or_else(String::new, |it| format!(" [{it}]"));
        let stood = &inventory.stood[address];
        lines.push(format!("{address}{phase} {stood}"));
        if let Resource::Access(access) = &entry.resource {
            let options = access.options.iter();
            let options: Vec<_> = options.map(|(name, it)| format!("{name}={it}")).collect();
            lines.push(format!("    {:?} {}", access.roles, options.join(" ")));
        }
    }
    lines.extend(
        inventory
            .gaps
            .iter()
            .map(|it| format!("gap {:?}: {}", it.kind, it.why)),
    );
    lines.extend(
        inventory
            .unknown
            .iter()
            .map(|it| format!("{}: {}", it.address, it.text)),
    );
    lines.join("\n")
}

#[test]
fn it_says_who_has_what_and_who_says_so() {
    let (inventory, problems) = look(TEXT);
    assert_eq!(problems, "");
    insta::assert_snapshot!(told(&inventory.unwrap()));
}

#[test]
fn a_missing_section_is_unknown_and_an_empty_one_is_known_to_be_empty() {
    let head =
        "inventory:\n  account: acme-support\n  attested: {by: d@x.example, on: 2026-11-02}\n";
    let (nothing, problems) = look(head);
    assert_eq!(problems, "");
    insta::assert_snapshot!(told(&nothing.unwrap()), @r#"
    gap Setting: the inventory has no "settings:"
    gap Access: the inventory has no "access:"
    gap Team: the inventory has no "teams:"
    gap Member: the inventory has no "teams:"
    "#);
    let (empty, problems) = look(&format!(
        "{head}  settings: {{}}\n  access: {{}}\n  teams: {{}}\n"
    ));
    assert_eq!((told(&empty.unwrap()), problems), Default::default());
}

#[test]
fn what_is_wrong_has_its_place_and_what_to_write_instead() {
    let (_, problems) = look(
        "\
inventory:
  account: acme-suport
  attested: {by: dana@acme.example, on: 2062-11-02}
  settings: {plan: advance, plann: advanced}
  seats: {agents: 3}
  accountants: {}
  access:
    ana@acme.example: {role: agnet, state: pending}
    Ana@acme.example: {role: agent, options: {mask: fax, restrict_settings: \"true\"}}
    eve@acme.example: {role: agent, restrict: true, options: {mask: {value: phone}}}
",
    );
    insta::assert_snapshot!(problems);
}

#[test]
fn what_is_no_inventory_is_said_to_be_none() {
    insta::assert_snapshot!(look("users: {}\n").1, @r#"INV001 1:1: the file has no key "inventory"; "#);
    insta::assert_snapshot!(look("inventory: {account: acme-support}\n").1, @r#"INV006 1:13: nobody stands for what this inventory says; write "attested: {by: ADDRESS, on: DAY}""#);
    let beside =
        "users: {}\ninventory: {account: acme-support, attested: {by: d, on: 2026-11-02}}\n";
    insta::assert_snapshot!(look(beside).1, @r#"INV001 1:1: the key "users" stands beside the inventory; put what shall be into a file of its own"#);
}

#[test]
fn what_was_seen_long_ago_is_aged() {
    let mut inventory = look(TEXT).0.unwrap();
    let aged = |it: &mut Inventory, days| {
        let findings = it.age(day("2026-11-22"), days);
        let lines: Vec<_> = findings
            .iter()
            .map(|it| format!("{}: {}", it.address, it.text))
            .collect();
        lines.join("\n")
    };
    assert_eq!(aged(&mut inventory, 20), "");
    insta::assert_snapshot!(aged(&mut inventory, 19), @"acme-support/team/front: aged: attested by dana@acme.example on 2026-11-02, 20 days ago and more than the 19 days that count; so are 4 more things");
}

fn access(role: &str, options: &[(&str, Value)]) -> Resource {
    Resource::Access(Access {
        roles: vec![role.into()],
        options: options
            .iter()
            .map(|(name, it)| ((*name).into(), it.clone()))
            .collect(),
        ..Access::default()
    })
}

fn person(subject: &str) -> Address {
    Address::access(&ACCOUNT.into(), &Subject::new(subject))
}

fn recorded(address: &Address, after: Option<&Resource>, phase: Option<&str>) -> String {
    let stood = stood("dana@acme.example", "2026-11-22");
    let seen = Seen {
        address,
        renamed_from: None,
        after,
        phase,
        stood: &stood,
    };
    let text = record(TEXT, &ACCOUNT.into(), &product(), &seen).unwrap();
    let diff = similar::TextDiff::from_lines(TEXT, &text);
    let lines = diff.iter_all_changes().filter_map(|it| match it.tag() {
        similar::ChangeTag::Equal => None,
        tag => Some(format!("{tag}{}", it.value())),
    });
    lines.collect()
}

#[test]
fn what_was_done_is_recorded_in_the_fewest_lines() {
    let mask = ("mask", Value::words(["phone".into(), "email".into()]));
    let eve = access("agent", std::slice::from_ref(&mask));
    insta::assert_snapshot!(recorded(&person("eve@acme.example"), Some(&eve), Some("invited")), @"+    eve@acme.example: {role: agent, options: {mask: [email, phone]}, state: invited, attested: {by: dana@acme.example, on: 2026-11-22}}");
    let bob = person("bob@acme.example");
    insta::assert_snapshot!(recorded(&bob, Some(&access("agent", &[])), None), @"
    -      state: invited
    -      attested: {by: ana@acme.example, on: 2026-11-20}
    +      attested: {by: dana@acme.example, on: 2026-11-22}
    ");
    insta::assert_snapshot!(recorded(&bob, Some(&access("manager", &[mask])), Some("invited")), @"
    -      role: agent # since May
    +      role: manager # since May
    -      attested: {by: ana@acme.example, on: 2026-11-20}
    +      attested: {by: dana@acme.example, on: 2026-11-22}
    +      options: {mask: [email, phone]}
    ");
    insta::assert_snapshot!(recorded(&person("ana@acme.example"), None, None), @r"
    -    front: {leads: [Dana@acme.example], members: [ana@acme.example]} # the desk
    +    front: {leads: [Dana@acme.example], members: []} # the desk
    -    # a trainee
    -    ana@acme.example: {role: agent, options: {contact_visibility: team, mask: {unknown: nobody looked}}}
    ");
}

#[test]
fn teams_and_places_in_them_are_recorded() {
    let team = Address::team(&ACCOUNT.into(), &"back".into());
    insta::assert_snapshot!(recorded(&team, Some(&Resource::Team(Team { parent: None })), None), @"+    back: {attested: {by: dana@acme.example, on: 2026-11-22}}");
    let subject = Subject::new("bob@acme.example");
    let place = Address::member(&ACCOUNT.into(), &"front".into(), &subject);
    insta::assert_snapshot!(recorded(&place, Some(&Resource::Member(Member { lead: false })), None), @"
    -    front: {leads: [Dana@acme.example], members: [ana@acme.example]} # the desk
    +    front: {leads: [Dana@acme.example], members: [ana@acme.example, bob@acme.example], attested: {by: dana@acme.example, on: 2026-11-22}} # the desk
    ");
    let front = Address::team(&ACCOUNT.into(), &"front".into());
    insta::assert_snapshot!(recorded(&front, None, None), @"
    -  teams:
    -    front: {leads: [Dana@acme.example], members: [ana@acme.example]} # the desk
    +  teams: {}
    ");
}

#[test]
fn quantities_and_settings_say_who_has_seen_them() {
    let plan = Address::setting(&ACCOUNT.into(), &"plan".into());
    let advanced = Resource::Setting(Value::Word("advanced".into()));
    insta::assert_snapshot!(recorded(&plan, Some(&advanced), None), @"
    -  settings: {}
    +  settings:
    +    plan: {is: advanced, attested: {by: dana@acme.example, on: 2026-11-22}}
    ");
}

#[test]
fn a_section_that_is_unknown_does_not_become_known_by_one_entry() {
    let text = TEXT.replace("  settings: {}\n", "");
    let plan = Address::setting(&ACCOUNT.into(), &"plan".into());
    let after = Resource::Setting(Value::Word("advanced".into()));
    let stood = stood("dana@acme.example", "2026-11-22");
    let seen = Seen {
        address: &plan,
        renamed_from: None,
        after: Some(&after),
        phase: None,
        stood: &stood,
    };
    assert!(record(&text, &ACCOUNT.into(), &product(), &seen).is_err());
}

#[test]
fn what_is_written_reads_back() {
    let (inventory, _) = look(TEXT);
    let mut inventory = inventory.unwrap();
    inventory.unknown.clear();
    let stood = stood("dana@acme.example", "2026-11-02");
    let text = render(
        &inventory,
        &ACCOUNT.into(),
        &product(),
        &stood,
        "Imported.\nTwo lines.",
    );
    let (back, problems) = look(&text);
    assert_eq!(
        (told(&back.unwrap()), problems.as_str()),
        (told(&inventory), ""),
        "{text}"
    );
    insta::assert_snapshot!(text);
}
