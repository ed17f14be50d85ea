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
            .map(|it| format!("gap {}: {}", it.word(), it.why)),
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
    gap setting: the inventory has no "settings:"
    gap access: the inventory has no "access:"
    gap team: the inventory has no "teams:"
    gap member: the inventory has no "teams:"
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
        looked_at: None,
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
        looked_at: None,
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

mod export {
    //! A vendor's export of users, read into an inventory.

    use std::collections::BTreeMap;
    use std::path::Path;

    use seatplan::env::Env;
    use seatplan::ops::import::export::{Options, Report, run};

    const ESTATE: &str = "\
seatplan: 1
name: acme
defaults: {unmanaged: report}
";

    const ACCOUNT: &str = "\
accounts:
  acme-support:
    product: respond-io
    connection: {provider: inventory, file: inventory/support.yaml}
";

    const EXPORT: &str = "\u{feff}Name,Email,Access Level,Status,Last Seen\r
Dana,Dana@acme.example,Owner,Active,today\r
\"Ana, the first\",ana@acme.example,Agent,Active,yesterday\r
Bob,bob@acme.example,agent,Pending,\r
";

    fn estate(inventory: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("seatplan.yaml", ESTATE);
        write("accounts/support.yaml", ACCOUNT);
        if let Some(text) = inventory {
            write("inventory/support.yaml", text);
        }
        folder
    }

    fn import(folder: &Path, export: &str, columns: Option<&str>) -> Result<Report, String> {
        std::fs::write(folder.join("users.csv"), export).unwrap();
        let columns = columns.map(|text| {
            std::fs::write(folder.join("columns.txt"), text).unwrap();
            "columns.txt".into()
        });
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let env = Env::fixed(now, BTreeMap::new(), folder);
        let options = Options {
            account: super::ACCOUNT.into(),
            file: "users.csv".into(),
            columns,
        };
        run(&env, None, &options).map_err(|error| error.to_string())
    }

    fn bad(report: &Report) -> String {
        let lines = report
            .bad
            .iter()
            .map(|it| format!("{}: {}\n", it.line, it.why));
        lines.collect()
    }

    #[test]
    fn an_export_becomes_an_inventory_with_people_who_have_not_accepted() {
        let folder = estate(None);
        let report = import(folder.path(), EXPORT, None).unwrap();
        assert_eq!((report.rows, bad(&report).as_str()), (3, ""));
        assert_eq!(report.unused, ["Name", "Last Seen"]);
        insta::assert_snapshot!(report.text.1, @r#"
        # Read from an export. Sections that are not here are not known: write "teams: {}" where there are none.
        inventory:
          account: acme-support
          read: {from: users.csv, on: 2026-11-22}
          access:
            ana@acme.example: {role: agent}
            bob@acme.example: {role: agent, state: invited}
            dana@acme.example: {role: owner}
        "#);
    }

    fn import_on(folder: &Path, day: &str, export: &str) -> Report {
        std::fs::write(folder.join("users.csv"), export).unwrap();
        let now = format!("{day}T10:00:00Z").parse().unwrap();
        let options = Options {
            account: super::ACCOUNT.into(),
            file: "users.csv".into(),
            columns: None,
        };
        run(&Env::fixed(now, BTreeMap::new(), folder), None, &options).unwrap()
    }

    fn lines(report: &Report) -> String {
        let diff = similar::TextDiff::from_lines(&report.text.0, &report.text.1);
        let changes = diff.iter_all_changes();
        let changed = changes.filter(|it| it.tag() != similar::ChangeTag::Equal);
        changed
            .map(|it| format!("{}{}", it.tag(), it.value()))
            .collect()
    }

    #[test]
    fn a_later_export_of_the_same_people_is_a_later_date() {
        let folder = estate(None);
        import_on(folder.path(), "2026-11-01", EXPORT);
        let report = import_on(folder.path(), "2026-11-22", EXPORT);
        assert_eq!((report.changed.len(), report.renewed), (0, 3));
        insta::assert_snapshot!(lines(&report), @"
        -  read: {from: users.csv, on: 2026-11-01}
        +  read: {from: users.csv, on: 2026-11-22}
        ");
        let again = import_on(folder.path(), "2026-11-22", EXPORT);
        assert_eq!((lines(&again).as_str(), again.renewed), ("", 0));
    }

    /// The head of this one also stands for settings and teams, which no export has seen; and nobody has looked at what Ana
    /// may see of her contacts since Dana did.
    #[test]
    fn an_export_renews_what_it_tells_and_nothing_else() {
        let folder = estate(Some(super::TEXT));
        let report = import_on(folder.path(), "2026-11-22", EXPORT);
        assert!(report.added.is_empty() && report.changed.is_empty() && report.removed.is_empty());
        assert_eq!(report.renewed, 3);
        insta::assert_snapshot!(lines(&report));
        let again = import_on(folder.path(), "2026-11-22", EXPORT);
        assert_eq!((lines(&again).as_str(), again.renewed), ("", 0));
        let later = import_on(folder.path(), "2026-12-24", EXPORT);
        assert_eq!(later.renewed, 3);
        assert!(
            later.text.1.contains(
                "contact_visibility: {is: team, attested: {by: dana@acme.example, on: 2026-11-02}}"
            ),
            "{}",
            later.text.1
        );
    }

    #[test]
    fn a_later_export_changes_only_what_changed() {
        let folder = estate(Some(super::TEXT));
        let later = EXPORT
            .replace(
                "Bob,bob@acme.example,agent,Pending",
                "Eve,eve@acme.example,Manager,Active",
            )
            .replace("ana@acme.example,Agent", "ana@acme.example,Manager");
        let report = import(folder.path(), &later, None).unwrap();
        let diff = similar::TextDiff::from_lines(&report.text.0, &report.text.1);
        let lines = diff
            .iter_all_changes()
            .filter(|it| it.tag() != similar::ChangeTag::Equal);
        let lines: String = lines
            .map(|it| format!("{}{}", it.tag(), it.value()))
            .collect();
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn nothing_is_written_while_a_row_is_wrong() {
        let folder = estate(Some(super::TEXT));
        let export = "\
Email,Role,Status
ana@acme.example,Admin,Active
bob@acme.example,Agent,Pendin
,Agent,Active
eve@acme.example,Agent
dana@acme.example,Owner,Active
DANA@acme.example,Agent,Active
\"multi
line@acme.example\",Agent,Active
";
        let report = import(folder.path(), export, None).unwrap();
        insta::assert_snapshot!(bad(&report), @r#"
        2: nothing says what the role "Admin" is
        3: nothing says what the state "Pendin" is; is it "Pending"?
        4: it names nobody
        5: it has 2 cells, and the head 3
        7: "dana@acme.example" stands on line 6 already
        8: the identity holds U+000A, which is not shown
        "#);
        let text = std::fs::read_to_string(folder.path().join("inventory/support.yaml")).unwrap();
        assert_eq!(text, super::TEXT);
    }

    #[test]
    fn other_columns_are_said_in_a_file() {
        let folder = estate(None);
        let export = "Courriel;Niveau;Masque\nana@acme.example;Gestionnaire;\nbob@acme.example;Agent;téléphone|email\n";
        let error = import(folder.path(), export, None).unwrap_err();
        assert!(
            error.contains("no column for the identity (\"Email\", \"Email Address\")"),
            "{error}"
        );
        let columns = "\
columns: {identity: Courriel, role: Niveau, options: {mask: Masque}}
roles: {Gestionnaire: manager}
values: {mask: {téléphone: phone}}
separator: \"|\"
";
        let report = import(folder.path(), export, Some(columns)).unwrap();
        assert_eq!(bad(&report), "");
        let text = report.text.1;
        assert!(text.contains("ana@acme.example: {role: manager}"), "{text}");
        assert!(
            text.contains("bob@acme.example: {role: agent, options: {mask: [email, phone]}}"),
            "{text}"
        );
    }

    #[test]
    fn an_export_without_rows_is_not_believed() {
        let folder = estate(Some(super::TEXT));
        let error = import(folder.path(), "Email,Role,Status\n", None).unwrap_err();
        assert_eq!(
            error,
            "the export has no rows, and an account without anybody is not believed"
        );
    }
}
