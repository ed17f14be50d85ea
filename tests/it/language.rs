//! The language: what a small estate means, or what is wrong with it.
//!
//! Each test shows one behaviour. `wants` prints the desired state with the line behind each part, `problems` the
//! diagnostics with their lines. Unless a test says otherwise it is noon UTC of 21 November 2026.

use std::fmt::Write as _;

use insta::assert_snapshot;
use seatplan::config::{self, Config, Settings};
use seatplan::diagnostic::Sink;
use seatplan::model::{Desired, Resource, Value};
use seatplan::text::{Source, Sources, Span};
use seatplan::yaml;

const AT: &str = "2026-11-21T12:00:00Z";

const SETTINGS: &str =
    "{seatplan: 1, name: example, timezone: Europe/Paris, defaults: {unmanaged: remove}}";

/// A product with everything that a test may need; the account `hub` uses it.
const CHAT: &str = "
# file: chat.yaml
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: many}
    roles: {admin: {rank: 2, administers: true}, member: {rank: 1}, guest: {rank: 0}}
    options:
      mute: {type: switch, default: false}
      quota: {type: count}
      view: {type: enum, values: [all, own], default: all}
      mask: {type: set, values: [phone, email], default: []}
      note: {type: text}
      hours: {type: hours}
      backup: {type: user}
    settings:
      plan: {type: enum, values: [free, paid], source: written}
      parts: {type: set, values: [calls, mail], source: written}
    teams: {nested: true, lead: lead, always_lead: [admin]}
    pools: {seat: {unit: seat, capacity: [{purchased: true}], overflow: refuse}}
";

struct Read {
    sources: Sources,
    desired: Desired,
    sink: Sink,
}

/// Reads an estate: one file, or several that begin with `# file: NAME`. Without a file that has `seatplan:` there is one.
fn read_at(at: &str, text: &str) -> Read {
    let mut files: Vec<(String, String)> = vec![("a.yaml".into(), String::new())];
    for line in text.trim_start_matches('\n').lines() {
        match line.strip_prefix("# file: ") {
            Some(name) => files.push((name.into(), String::new())),
            None => writeln!(files.last_mut().unwrap().1, "{line}").unwrap(),
        }
    }
    files.retain(|(_, text)| !text.trim().is_empty());
    let mut sources = Sources::new();
    let mut sink = Sink::new();
    let (mut settings, mut read): (Option<Settings>, Vec<config::File>) = (None, Vec::new());
    let has_settings = |text: &str| text.trim_start_matches('{').starts_with("seatplan:");
    if !files.iter().any(|(_, text)| has_settings(text)) {
        files.push(("seatplan.yaml".into(), SETTINGS.into()));
    }
    for (name, text) in files {
        let source = Source::new(name, text);
        let document = yaml::parse(&source, sources.next_id(), &mut sink);
        if has_settings(source.text()) {
            settings = config::decode_settings(&document, &mut sink);
        } else {
            read.push(config::decode_file(&document, &source, &mut sink));
        }
        drop(document);
        sources.add(source);
    }
    let settings = settings.unwrap_or_else(|| {
        let source = Source::new("seatplan.yaml", SETTINGS);
        let document = yaml::parse(&source, sources.next_id(), &mut Sink::new());
        config::decode_settings(&document, &mut Sink::new()).unwrap()
    });
    let config = Config::merge(settings, read, &mut sink);
    let products = config::products(&config, &mut sink);
    let desired = config::resolve(config, &products, at.parse().unwrap(), &mut sink);
    sink.sort();
    Read {
        sources,
        desired,
        sink,
    }
}

impl Read {
    fn line(&self, span: Span) -> String {
        let place = self.sources.place(span);
        format!("{}:{}", place.path, place.line)
    }

    /// One line a problem: code, lines, message, help.
    fn problems(&self) -> String {
        let mut out = String::new();
        for it in self.sink.diagnostics() {
            let lines: Vec<_> = it
                .labels
                .iter()
                .map(|label| self.line(label.span))
                .collect();
            write!(out, "{} {} {}", it.code.id, lines.join("+"), it.message).unwrap();
            if let Some(help) = &it.help {
                write!(out, " ({help})").unwrap();
            }
            out.push('\n');
        }
        out
    }

    /// One line a resource or absence, with the line behind each part.
    fn wants(&self) -> String {
        assert_eq!(self.problems(), "", "this estate should have no problem");
        let mut out = String::new();
        for (address, entry) in self.desired.state.iter() {
            write!(out, "{address}:").unwrap();
            match &entry.resource {
                Resource::Access(access) => {
                    let roles: Vec<_> = access.roles.iter().map(|it| it.as_str()).collect();
                    write!(out, " [{}]", roles.join(", ")).unwrap();
                    for (name, value) in access.options.iter() {
                        write!(out, " {name}={value}").unwrap();
                    }
                }
                Resource::Team(team) => {
                    let parent = team.parent.as_ref().map(|it| it.as_str());
                    write!(out, " in {}", parent.unwrap_or("nothing")).unwrap();
                }
                Resource::Member(member) => {
                    write!(out, " {}", if member.lead { "lead" } else { "member" }).unwrap();
                }
                Resource::Setting(value) => write!(out, " {value}").unwrap(),
                Resource::Seats(quantity) => write!(out, " {quantity}").unwrap(),
                other => write!(out, " {other:?}").unwrap(),
            }
            let lines: Vec<_> = entry
                .origins
                .iter()
                .map(|it| format!("{} {}", it.field, self.line(it.span)))
                .collect();
            writeln!(out, " ({})", lines.join(", ")).unwrap();
        }
        for (address, absence) in &self.desired.absences {
            write!(out, "{address}: absent, {:?}", absence.reason).unwrap();
            if let Some((subject, span)) = &absence.hand_over_to {
                write!(out, ", to {subject} {}", self.line(*span)).unwrap();
            }
            writeln!(out, " ({})", self.line(absence.span)).unwrap();
        }
        for (address, formers) in &self.desired.formers {
            for former in formers {
                let line = self.line(former.span);
                writeln!(out, "{address}: formerly {} ({line})", former.address).unwrap();
            }
        }
        out
    }
}

/// The desired state of an estate that also has the product `chat`.
fn wants(text: &str) -> String {
    read_at(AT, &format!("{text}{CHAT}")).wants()
}

fn wants_at(at: &str, text: &str) -> String {
    read_at(at, &format!("{text}{CHAT}")).wants()
}

fn problems(text: &str) -> String {
    read_at(AT, &format!("{text}{CHAT}")).problems()
}

mod files {
    use super::*;

    #[test]
    fn the_same_user_in_two_files_is_refused_with_both_places() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {}
# file: b.yaml
users:
  bob@acme.example: {}
  ana@acme.example: {}
"), @r#"LANG002 b.yaml:3+a.yaml:2 the user "ana@acme.example" is written twice (keep one of them and move into it what the other says)"#);
    }

    #[test]
    fn teams_bundles_and_accounts_are_unique_too() {
        assert_snapshot!(problems("
teams: {x: {}}
bundles: {x: {}}
accounts: {x: {product: chat}}
# file: b.yaml
teams: {x: {}}
bundles: {x: {}}
accounts: {x: {product: chat}}
"), @r#"
        LANG002 b.yaml:1+a.yaml:1 the team "x" is written twice (keep one of them and move into it what the other says)
        LANG002 b.yaml:2+a.yaml:2 the bundle "x" is written twice (keep one of them and move into it what the other says)
        LANG002 b.yaml:3+a.yaml:3 the account "x" is written twice (keep one of them and move into it what the other says)
        "#);
    }

    #[test]
    fn which_file_a_thing_stands_in_means_nothing() {
        let apart = wants(
            "
# file: z.yaml
users: {ana@acme.example: {access: {hub: {role: member}}}}
# file: b/c.yaml
accounts: {hub: {product: chat}}
",
        );
        let together = wants(
            "
# file: z.yaml
users: {ana@acme.example: {access: {hub: {role: member}}}}
accounts: {hub: {product: chat}}
",
        );
        assert_eq!(apart, together);
    }

    #[test]
    fn policies_are_not_available_yet() {
        assert_snapshot!(problems("policies: {a: {}}"), @"LANG003 a.yaml:1 policies are not available yet (delete them: nothing would check them)");
    }

    #[test]
    fn a_version_to_come_names_the_version_that_is_needed() {
        assert_snapshot!(problems("seatplan: 2\nname: x\nnovelty: true\n"), @r#"LANG001 a.yaml:1 version "2" of the language is not known (this file needs a seatplan that reads version 2; this is seatplan 0.1.0, which reads version 1)"#);
    }

    #[test]
    fn unknown_keys_of_an_account_are_told_with_the_nearest() {
        assert_snapshot!(problems("accounts: {hub: {product: chat, unmanged: report}}"), @r#"SCHEMA001 a.yaml:1 unknown key "unmanged" in an account of chat (did you mean "unmanaged"?)"#);
    }

    #[test]
    fn a_literal_credential_is_refused_unseen() {
        let read = read_at(
            AT,
            &format!("accounts: {{hub: {{product: chat, connection: {{token: hunter22}}}}}}{CHAT}"),
        );
        assert_snapshot!(read.problems(), @"YAML016 a.yaml:1 this looks like a secret; it is not read and not shown (write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it)");
        assert!(!format!("{:?}", read.sink).contains("hunter22"));
    }

    #[test]
    fn a_url_with_a_password_is_refused_unseen() {
        let read = read_at(
            AT,
            &format!(
                "accounts: {{hub: {{product: chat, connection: {{url: \"https://me:hunter22@x.example\"}}}}}}{CHAT}"
            ),
        );
        assert_snapshot!(read.problems(), @"YAML016 a.yaml:1 this looks like a password in a URL; it is not read and not shown (write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it)");
        assert!(!format!("{:?}", read.sink).contains("hunter22"));
    }

    #[test]
    fn guards_that_guard_nothing_are_refused() {
        assert_snapshot!(problems("
seatplan: 1
name: x
guards: {removals: {window: 7d}}
"), @r#"LANG004 a.yaml:3 the guard on removals has no limit (write "max:", a number of people, or "percent:", or both)"#);
        assert_snapshot!(problems("
seatplan: 1
name: x
guards: {removals: {max: 5, percent: 150, window: 2w}}
"), @r#"
        LANG004 a.yaml:3 expected a share from 0 to 100, found 150
        LANG004 a.yaml:3 expected a number of days, found "2w" (write it as "7d", from 1d to 366d)
        "#);
    }

    #[test]
    fn an_unknown_provider_is_told_with_those_that_are_known() {
        assert_snapshot!(problems("accounts: {hub: {product: chat, connection: {provider: ldap}}}"), @r#"REF001 a.yaml:1 unknown provider "ldap" (the providers are directory, inventory)"#);
        assert_eq!(config::PROVIDERS, seatplan::provider::NAMES);
    }
}

mod places {
    use super::*;

    #[test]
    fn access_stands_under_the_user() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    access:
      hub: {role: member}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [member] (value a.yaml:4, role a.yaml:4)");
    }

    #[test]
    fn access_stands_under_a_team_and_reaches_members_and_leads() {
        assert_snapshot!(wants("
users:
  ana@acme.example: {teams: [support]}
  bob@acme.example: {}
teams:
  support:
    leads: [bob@acme.example]
    access: {hub: {role: member}}
accounts: {hub: {product: chat}}
"), @r#"
        hub/access/ana@acme.example: [member] (value a.yaml:7, value a.yaml:2, role a.yaml:7)
        hub/access/bob@acme.example: [member] (value a.yaml:7, value a.yaml:6, role a.yaml:7)
        "#);
    }

    #[test]
    fn access_stands_in_a_bundle() {
        assert_snapshot!(wants("
users:
  ana@acme.example: {bundles: [base]}
bundles:
  base:
    hub: {role: member}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [member] (value a.yaml:5, value a.yaml:2, role a.yaml:5)");
    }

    #[test]
    fn access_stands_under_the_account_for_users_and_teams() {
        assert_snapshot!(wants("
users:
  ana@acme.example: {teams: [support]}
  dana: {email: dana@acme.example}
teams: {support: {}}
accounts:
  hub:
    product: chat
    access:
      dana: {role: admin}
      team/support: {role: member}
"), @r#"
        hub/access/ana@acme.example: [member] (value a.yaml:10, value a.yaml:2, role a.yaml:10)
        hub/access/dana@acme.example: [admin] (value a.yaml:9, role a.yaml:9)
        "#);
    }

    #[test]
    fn a_user_can_be_named_by_the_address_in_email() {
        assert_snapshot!(wants("
users: {dana: {email: dana@acme.example}}
accounts: {hub: {product: chat, access: {dana@acme.example: {role: admin}}}}
"), @"hub/access/dana@acme.example: [admin] (value a.yaml:2, role a.yaml:2)");
    }

    #[test]
    fn a_subject_has_one_access_to_an_account() {
        assert_snapshot!(problems("
users:
  ana@acme.example:
    access: {hub: {role: member}}
accounts:
  hub:
    product: chat
    access:
      ana@acme.example: {role: admin}
"), @"LANG002 a.yaml:8+a.yaml:3 one access is written twice (keep one of them; several periods are written as one list)");
    }

    #[test]
    fn a_user_under_two_names_is_one_subject() {
        assert_snapshot!(problems("
users: {dana: {email: dana@acme.example}}
accounts:
  hub:
    product: chat
    access:
      dana@acme.example: {role: admin}
      dana: {role: member}
"), @"LANG002 a.yaml:7+a.yaml:6 one access is written twice (keep one of them; several periods are written as one list)");
    }

    #[test]
    fn a_team_has_one_access_to_an_account() {
        assert_snapshot!(problems("
teams:
  support:
    access: {hub: {role: member}}
accounts:
  hub:
    product: chat
    access:
      team/support: {role: member}
"), @r#"LANG002 a.yaml:8+a.yaml:3 access to "hub" is written twice for one subject (keep one of them; several periods are written as one list)"#);
    }

    #[test]
    fn what_a_team_has_the_teams_in_it_have() {
        assert_snapshot!(wants("
users: {ana@acme.example: {teams: [night]}}
teams:
  staff: {access: {hub: {role: guest}}}
  support: {parent: staff}
  night: {parent: support}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] (value a.yaml:3, value a.yaml:1, role a.yaml:3)");
    }
}

mod precedence {
    use super::*;

    #[test]
    fn each_field_comes_from_the_nearest_place_that_says_it() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    teams: [support]
    bundles: [base]
    access:
      hub: {options: {note: own}}
bundles:
  base:
    hub: {options: {note: bundle, view: own}}
teams:
  support:
    access:
      hub: {role: member, options: {note: team, view: all, quota: 5}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [member] note=own quota=5 view=own (value a.yaml:6, role a.yaml:13, note a.yaml:6, view a.yaml:9, quota a.yaml:13)");
    }

    #[test]
    fn options_of_a_teams_role_do_not_follow_a_nearer_role_that_cannot_have_them() {
        assert_snapshot!(wants("
users:
  dana: {email: dana@acme.example}
  mo@acme.example: {teams: [support], access: {desk: {options: {contact_visibility: self}}}}
teams: {support: {leads: [dana]}}
accounts:
  desk:
    product: respond-io
    teams: {support: {from: support}}
    access:
      dana@acme.example: {role: owner}
      team/support: {role: agent, options: {contact_visibility: team}}
"), @r#"
        desk/team/support: in nothing (value a.yaml:8)
        desk/access/dana@acme.example: [owner] (value a.yaml:10, role a.yaml:10)
        desk/access/mo@acme.example: [agent] contact_visibility=self (value a.yaml:3, role a.yaml:11, contact_visibility a.yaml:3)
        desk/team/support/member/dana@acme.example: member (value a.yaml:4)
        desk/team/support/member/mo@acme.example: member (value a.yaml:3)
        "#);
    }

    #[test]
    fn roles_of_several_teams_unite() {
        assert_snapshot!(wants("
users: {ana@acme.example: {teams: [a, b]}}
teams:
  a: {access: {hub: {role: guest}}}
  b: {access: {hub: {roles: [member, guest]}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest, member] (value a.yaml:3, value a.yaml:1, value a.yaml:4, value a.yaml:1, role a.yaml:3, role a.yaml:4)");
    }

    #[test]
    fn an_own_empty_list_of_roles_is_no_role() {
        assert_snapshot!(wants("
users: {ana@acme.example: {teams: [a], access: {hub: {roles: []}}}}
teams:
  a: {access: {hub: {role: guest}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [] (value a.yaml:1, role a.yaml:1)");
    }

    #[test]
    fn two_teams_that_disagree_are_refused_with_both_lines() {
        assert_snapshot!(problems("
users: {ana@acme.example: {teams: [a, b]}}
teams:
  a: {access: {hub: {role: guest, options: {view: own}}}}
  b: {access: {hub: {role: guest, options: {view: all}}}}
accounts: {hub: {product: chat}}
"), @r#"LANG008 a.yaml:4+a.yaml:3+a.yaml:1 "ana@acme.example" gets two values for "view" on "hub" (write the value under the user: that comes first)"#);
    }

    #[test]
    fn two_bundles_that_disagree_are_refused_with_both_lines() {
        assert_snapshot!(problems("
users: {ana@acme.example: {bundles: [a, b]}}
bundles:
  a: {hub: {options: {quota: 1}}}
  b: {hub: {options: {quota: 2}}}
accounts: {hub: {product: chat}}
"), @r#"LANG008 a.yaml:4+a.yaml:3+a.yaml:1 "ana@acme.example" gets two values for "quota" on "hub" (write the value under the user: that comes first)"#);
    }

    #[test]
    fn two_teams_with_different_roles_disagree_where_a_user_has_one() {
        assert_snapshot!(problems("
users: {ana@acme.example: {teams: [a, b]}}
teams:
  a: {access: {desk: {role: agent}}}
  b: {access: {desk: {role: manager}}}
accounts: {desk: {product: respond-io}}
"), @r#"LANG008 a.yaml:4+a.yaml:3+a.yaml:1 "ana@acme.example" gets two values for "role" on "desk" (write the value under the user: that comes first)"#);
    }

    #[test]
    fn the_own_value_settles_what_teams_disagree_on() {
        assert_snapshot!(wants("
users: {ana@acme.example: {teams: [a, b], access: {hub: {options: {view: own}}}}}
teams:
  a: {access: {hub: {role: guest, options: {view: own}}}}
  b: {access: {hub: {role: guest, options: {view: all}}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] view=own (value a.yaml:1, role a.yaml:3, role a.yaml:4, view a.yaml:1)");
    }

    #[test]
    fn none_under_the_user_comes_before_what_a_team_gives() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    teams: [a]
    access:
      hub: none
teams:
  a: {access: {hub: {role: guest}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: absent, None (a.yaml:5)");
    }

    #[test]
    fn access_under_the_user_comes_before_none_of_a_team() {
        assert_snapshot!(wants("
users: {ana@acme.example: {teams: [a], access: {hub: {role: guest}}}}
teams:
  a: {access: {hub: none}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] (value a.yaml:1, role a.yaml:1)");
    }

    #[test]
    fn a_team_that_gives_and_one_that_denies_are_refused() {
        assert_snapshot!(problems("
users: {ana@acme.example: {teams: [a, b]}}
teams:
  a: {access: {hub: {role: guest}}}
  b: {access: {hub: none}}
accounts: {hub: {product: chat}}
"), @r#"LANG008 a.yaml:4+a.yaml:3+a.yaml:1 "ana@acme.example" gets both access and none on "hub" (write the access, or none, under the user: that comes first)"#);
    }

    #[test]
    fn braces_record_somebody_without_a_role() {
        assert_snapshot!(wants("
users: {ana@acme.example: {access: {hub: {}}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [] (value a.yaml:1)");
    }

    #[test]
    fn an_access_that_is_not_written_out_is_refused() {
        assert_snapshot!(problems("
users: {ana@acme.example: {access: {hub: }}}
accounts: {hub: {product: chat}}
"), @r#"SCHEMA003 a.yaml:1 expected an access: a mapping, "none" or a list of periods, found nothing"#);
    }

    #[test]
    fn options_at_the_default_are_left_out_but_keep_their_line() {
        assert_snapshot!(wants("
users: {ana@acme.example: {access: {hub: {role: guest, options: {view: all}}}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] (value a.yaml:1, role a.yaml:1, view a.yaml:1)");
    }
}

mod values {
    use super::*;

    #[test]
    fn options_have_the_type_that_the_product_declares() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    access:
      hub:
        role: guest
        options:
          mute: true
          quota: 5
          view: own
          mask: [phone, email]
          note: \"free text\"
          hours: \"Mon-Fri 08:00-19:00\"
          backup: bob@acme.example
  bob@acme.example: {}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] backup=bob@acme.example hours=Mon-Fri 08:00-19:00 mask=[email, phone] mute=true note=free text quota=5 view=own (value a.yaml:4, role a.yaml:5, mute a.yaml:7, quota a.yaml:8, view a.yaml:9, mask a.yaml:10, note a.yaml:11, hours a.yaml:12, backup a.yaml:13)");
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_what_it_takes() {
        assert_snapshot!(problems("
users:
  ana@acme.example:
    access:
      hub:
        options:
          mute: \"true\"
          quota: 5.0
          view: owm
          mask: [phone, adress]
          note: [a]
          hours: Mon 8-12
          backup: nobody@acme.example
accounts: {hub: {product: chat}}
"), @r#"
        LANG010 a.yaml:6 the option "mute" of chat takes another type of value, found "true" (it takes true or false, without quotes)
        LANG010 a.yaml:7 the option "quota" of chat takes another type of value, found "5.0" (it takes a whole number from 0 to 4294967295, without quotes)
        LANG010 a.yaml:8 the option "view" of chat takes no "owm" (did you mean "own"?)
        LANG010 a.yaml:9 the option "mask" of chat takes no "adress" (it takes phone, email)
        LANG010 a.yaml:10 the option "note" of chat takes another type of value, found a list (it takes a text)
        LANG010 a.yaml:11 the option "hours" of chat cannot be read: "8" is not a time from 00:00 to 24:00 (write weekly hours as "Mon-Fri 08:00-19:00")
        REF001 a.yaml:12 unknown user "nobody@acme.example"
        "#);
    }

    #[test]
    fn a_text_without_quotes_that_others_read_differently_is_warned_about() {
        let read = read_at(AT, &format!("
users: {{ana@acme.example: {{access: {{hub: {{role: guest, options: {{note: no, quota: 5, mute: true}}}}}}}}}}
accounts: {{hub: {{product: chat}}}}
{CHAT}"));
        assert_snapshot!(read.problems(), @r#"SCHEMA006 a.yaml:1 "no" is read as text here, but not by every YAML reader (put it in quotes)"#);
        assert!(!read.sink.has_errors());
    }

    #[test]
    fn names_that_the_product_lacks_are_told_with_the_nearest() {
        assert_snapshot!(problems("
users:
  ana@acme.example:
    access:
      hub:
        role: admn
        options: {veiw: own}
        grants: {extra: access}
accounts:
  hub:
    product: chat
    settings: {paln: free}
    seats: {seats: 5}
    billing: {prices: {saet: \"1.00\"}, currency: Euro}
"), @r#"
        REF002 a.yaml:5 chat has no role "admn" (did you mean "admin"?)
        REF002 a.yaml:6 chat has no option "veiw" (did you mean "view"?)
        REF002 a.yaml:7 chat has no grant "extra" (it has no grants at all)
        REF002 a.yaml:11 chat has no setting "paln" (did you mean "plan"?)
        REF002 a.yaml:12 chat has no pool "seats" (did you mean "seat"?)
        REF002 a.yaml:13 chat has no pool "saet" (did you mean "seat"?)
        LANG004 a.yaml:13 "Euro" is not the code of a currency (write three capital letters: EUR)
        "#);
    }

    #[test]
    fn settings_and_seats_are_resources() {
        assert_snapshot!(wants("
accounts:
  hub:
    product: chat
    settings: {plan: paid}
    seats: {seat: 25}
  lots:
    product: chat
    seats: {seat: [{size: 50, count: 2}, {size: 10, count: 1}, {size: 50, count: 1}]}
"), @r#"
        hub/setting/plan: paid (value a.yaml:4)
        hub/seats/seat: 25 (value a.yaml:5)
        lots/seats/seat: 1 x 10 + 3 x 50 (value a.yaml:8)
        "#);
    }

    #[test]
    fn what_is_wrong_with_a_team_is_said_once_however_many_members_it_has() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {teams: [a]}
  bob@acme.example: {teams: [a]}
teams: {a: {access: {hub: {role: gest}}}}
accounts: {hub: {product: chat, teams: {a: {from: a}}}}
"), @r#"REF002 a.yaml:4 chat has no role "gest" (did you mean "guest"?)"#);
    }
}

mod time {
    use super::*;

    const PERIOD: &str = "
users:
  ana@acme.example:
    access:
      hub: {role: member, from: 2026-12-01, until: 2026-12-10}
accounts: {hub: {product: chat}}
";

    #[test]
    fn nothing_is_wanted_before_from() {
        assert_snapshot!(wants_at("2026-11-30T22:59:59Z", PERIOD), @"");
    }

    #[test]
    fn from_is_the_first_day_in_the_time_zone_of_the_estate() {
        assert_snapshot!(wants_at("2026-11-30T23:00:00Z", PERIOD), @"hub/access/ana@acme.example: [member] (value a.yaml:4, role a.yaml:4)");
        let read = read_at("2026-11-30T23:00:00Z", &format!("{PERIOD}{CHAT}"));
        assert_eq!(
            read.desired.starts.values().next().unwrap().to_string(),
            "2026-12-01"
        );
    }

    #[test]
    fn until_is_the_last_day() {
        assert_snapshot!(wants_at("2026-12-10T22:59:59Z", PERIOD), @"hub/access/ana@acme.example: [member] (value a.yaml:4, role a.yaml:4)");
    }

    #[test]
    fn a_passed_until_is_an_absence_and_a_warning_with_the_instant() {
        let read = read_at("2026-12-10T23:00:00Z", &format!("{PERIOD}{CHAT}"));
        assert_snapshot!(read.problems(), @"TIME004 a.yaml:4 this access ended with 2026-12-10 (once it has been taken away, the line can be deleted)");
        assert_eq!(read.sink.error_count(), 0);
        assert_eq!(
            read.sink.diagnostics()[0].labels[0].text,
            "at 2026-12-10T23:00:00Z"
        );
        assert_eq!(read.desired.absences.len(), 1);
        assert!(read.desired.state.is_empty());
    }

    #[test]
    fn a_passed_until_leaves_what_a_team_gives() {
        let read = read_at(
            AT,
            &format!(
                "
users:
  ana@acme.example:
    teams: [a]
    access: {{hub: {{role: admin, until: 2026-01-31}}}}
teams: {{a: {{access: {{hub: {{role: guest}}}}}}}}
accounts: {{hub: {{product: chat}}}}
{CHAT}"
            ),
        );
        let (_, entry) = read.desired.state.iter().next().unwrap();
        let Resource::Access(access) = &entry.resource else {
            panic!("an access")
        };
        assert_eq!(access.roles, ["guest".into()]);
        assert!(read.desired.absences.is_empty());
    }

    #[test]
    fn of_several_periods_the_one_of_today_holds() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    access:
      hub:
        - {role: guest, until: 2026-11-20}
        - {role: member, from: 2026-11-21, until: 2026-11-21}
        - {role: admin, from: 2026-11-22}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [member] (value a.yaml:4, role a.yaml:6)");
    }

    #[test]
    fn between_two_periods_there_is_no_access() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    access:
      hub:
        - {role: guest, until: 2026-11-20}
        - {role: admin, from: 2026-11-22}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: absent, Until (a.yaml:5)");
    }

    #[test]
    fn periods_that_share_a_day_are_refused() {
        assert_snapshot!(problems("
users:
  ana@acme.example:
    access:
      hub:
        - {role: admin, from: 2026-11-21}
        - {role: guest, until: 2026-11-21}
accounts: {hub: {product: chat}}
"), @r#"LANG007 a.yaml:5+a.yaml:6 two periods of one access overlap ("until" is the last day of a period, "from" the first of the next)"#);
    }

    #[test]
    fn days_that_cannot_be_meant_are_refused_with_the_reason() {
        assert_snapshot!(problems("
users:
  a@acme.example: {access: {hub: {from: 2026-12-02, until: 2026-12-01}}}
  b@acme.example: {leaves: 2026-12-01 10:00}
  c@acme.example: {leaves: 2026-02-30}
  d@acme.example: {leaves: 1.12.2026}
  e@acme.example: {access: {hub: {until: 9999-12-31}}}
accounts: {hub: {product: chat}}
"), @r#"
        TIME003 a.yaml:2+a.yaml:2 this access ends before it starts
        TIME001 a.yaml:3 "2026-12-01 10:00" is not a day: it has a time of day, but days begin at 00:00 in the time zone of the estate (write a day of the calendar as YYYY-MM-DD, without a time)
        TIME001 a.yaml:4 "2026-02-30" is not a day: the calendar does not have it (write a day of the calendar as YYYY-MM-DD, without a time)
        TIME001 a.yaml:5 "1.12.2026" is not a day: it is not written as four digits, two and two (write a day of the calendar as YYYY-MM-DD, without a time)
        TIME005 a.yaml:6 9999-12-31 is so far away that it means "for ever" (leave the key out for an access without an end)
        "#);
    }

    #[test]
    fn a_day_without_midnight_is_told_with_its_first_instant() {
        let read = read_at(
            AT,
            &format!(
                "
# file: seatplan.yaml
seatplan: 1
name: x
timezone: Africa/Cairo
defaults: {{unmanaged: report}}
# file: a.yaml
users: {{ana@acme.example: {{leaves: 2027-04-30}}}}
{CHAT}"
            ),
        );
        assert_snapshot!(read.problems(), @"TIME005 a.yaml:1 2027-04-30 begins at 01:00:00 in Africa/Cairo: the clocks are put forward at midnight");
        assert_eq!(
            read.sink.diagnostics()[0].labels[0].text,
            "this is 2027-04-29T22:00:00Z"
        );
    }

    #[test]
    fn who_has_left_is_absent_from_every_account() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    leaves: 2026-11-21
    hand_over_to: bob@acme.example
    access:
      hub: {role: guest, hand_over_to: cleo@acme.example}
  bob@acme.example: {}
  cleo@acme.example: {}
accounts:
  hub: {product: chat}
  other: {product: chat}
  code: {product: github-organization}
"), @r#"
        hub/access/ana@acme.example: absent, Leaves, to cleo@acme.example a.yaml:6 (a.yaml:3)
        other/access/ana@acme.example: absent, Leaves, to bob@acme.example a.yaml:4 (a.yaml:3)
        "#);
    }

    #[test]
    fn leaves_is_the_first_day_without_access() {
        assert_snapshot!(wants_at("2026-11-20T22:59:59Z", "
users: {ana@acme.example: {leaves: 2026-11-21, access: {hub: {role: guest}}}}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: [guest] (value a.yaml:1, role a.yaml:1)");
    }

    #[test]
    fn none_says_who_takes_over() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    access:
      hub: {none: true, hand_over_to: bob@acme.example}
  bob@acme.example: {}
accounts: {hub: {product: chat}}
"), @"hub/access/ana@acme.example: absent, None, to bob@acme.example a.yaml:4 (a.yaml:4)");
    }

    #[test]
    fn an_unknown_time_zone_is_told_with_the_nearest() {
        assert_snapshot!(problems("
# file: seatplan.yaml
seatplan: 1
name: x
timezone: Europe/Pariss
# file: a.yaml
users: {}
"), @r#"TIME002 seatplan.yaml:3 unknown time zone "Europe/Pariss" (did you mean "Europe/Paris"?)"#);
    }
}

mod priority {
    use super::*;

    fn priority(text: &str) -> Vec<u32> {
        let read = read_at(AT, &format!("{text}{CHAT}"));
        assert_eq!(read.problems(), "");
        read.desired.priorities.into_values().collect()
    }

    #[test]
    fn the_nearest_priority_counts() {
        let own = priority(
            "
users:
  ana@acme.example: {teams: [a], access: {hub: {priority: 1}}}
teams: {a: {access: {hub: {role: member, priority: 7}}}}
accounts: {hub: {product: chat}}
",
        );
        assert_eq!(own, [1]);
        let team = priority(
            "
users:
  ana@acme.example: {teams: [a], access: {hub: {role: member}}}
teams: {a: {access: {hub: {role: guest, priority: 7}}}}
accounts: {hub: {product: chat}}
",
        );
        assert_eq!(team, [7]);
    }

    #[test]
    fn two_teams_that_disagree_are_refused() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {teams: [a, b]}
teams:
  a: {access: {hub: {role: member, priority: 7}}}
  b: {access: {hub: {role: member, priority: 8}}}
accounts: {hub: {product: chat}}
"), @r#"LANG008 a.yaml:5+a.yaml:4+a.yaml:2 "ana@acme.example" gets two values for "priority" on "hub" (write the value under the user: that comes first)"#);
    }

    #[test]
    fn a_priority_is_a_whole_number() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {access: {hub: {role: member, priority: -1}}}
  bob@acme.example: {access: {hub: {role: member, priority: high}}}
accounts: {hub: {product: chat}}
"), @r#"
        SCHEMA005 a.yaml:2 expected a whole number, found "-1" (write digits only, without quotes, from 0 to 4294967295)
        SCHEMA005 a.yaml:3 expected a whole number, found "high" (write digits only, without quotes, from 0 to 4294967295)
        "#);
    }
}

mod dated_settings {
    use super::*;

    const TRIAL: &str = "
accounts:
  hub:
    product: chat
    settings:
      plan:
        value: paid
        until: 2026-12-10
        then: free
";

    #[test]
    fn the_first_value_is_wanted_through_its_last_day_of_the_estate() {
        assert_snapshot!(wants_at("2026-12-10T22:59:59Z", TRIAL), @"hub/setting/plan: paid (value a.yaml:6)");
        let read = read_at("2026-12-10T22:59:59Z", &format!("{TRIAL}{CHAT}"));
        let later = &read.desired.accounts["hub"].later_settings["plan"];
        assert_eq!(
            (
                later.from.to_string(),
                later.value.to_string(),
                read.line(later.span)
            ),
            (
                "2026-12-11".to_owned(),
                "free".to_owned(),
                "a.yaml:8".to_owned()
            )
        );
    }

    #[test]
    fn the_other_value_is_wanted_from_the_next_day_on_and_its_line_is_the_cause() {
        let read = read_at("2026-12-10T23:00:00Z", &format!("{TRIAL}{CHAT}"));
        let (address, entry) = read.desired.state.iter().next().unwrap();
        assert_eq!(address.to_string(), "hub/setting/plan");
        assert_eq!(
            entry.resource,
            Resource::Setting(Value::Word("free".into()))
        );
        assert_eq!(read.line(entry.origins.first().unwrap().span), "a.yaml:8");
        assert!(read.desired.accounts["hub"].later_settings.is_empty());
        assert_eq!(read.sink.error_count(), 0);
        assert_snapshot!(read.problems(), @r#"TIME006 a.yaml:7 the setting "plan" of chat is free since 2026-12-11 (the line can be shortened: write "plan: free")"#);
    }

    #[test]
    fn both_values_are_those_of_the_setting() {
        assert_snapshot!(problems("
accounts:
  hub:
    product: chat
    settings:
      plan: {value: pad, until: 2026-12-10, then: [free]}
"), @r#"
        LANG010 a.yaml:5 the setting "plan" of chat takes no "pad" (did you mean "paid"?)
        LANG010 a.yaml:5 the setting "plan" of chat takes another type of value, found a list (it takes one of free, paid)
        "#);
    }

    #[test]
    fn a_set_may_have_a_last_day_too() {
        assert_snapshot!(problems("
accounts:
  hub:
    product: chat
    settings:
      parts: {value: [calls], until: 2026-11-20, then: [calls, mail]}
"), @r#"TIME006 a.yaml:5 the setting "parts" of chat is [calls, mail] since 2026-11-21 (the line can be shortened: write "parts: [calls, mail]")"#);
    }

    #[test]
    fn what_is_written_is_whole_and_known() {
        assert_snapshot!(problems("
accounts:
  hub: {product: chat, settings: {plan: {value: paid, until: 2026-12-10}}}
  pub: {product: chat, settings: {plan: {value: paid, untl: 2026-12-10, then: free}}}
  tub: {product: chat, settings: {plan: {value: paid, until: 2026-02-30, then: free}}}
  rub: {product: chat, settings: {plan: {value: paid, until: 9999-12-31, then: free}}}
"), @r#"
        SCHEMA002 a.yaml:2 a setting with a last day needs the key "then" (write "then:", the value from the next day on)
        SCHEMA002 a.yaml:3 a setting with a last day needs the key "until" (write "until:", the last day of that value, in the estate's time zone)
        SCHEMA001 a.yaml:3 unknown key "untl" in a setting with a last day (did you mean "until"?)
        TIME001 a.yaml:4 "2026-02-30" is not a day: the calendar does not have it (write a day of the calendar as YYYY-MM-DD, without a time)
        TIME005 a.yaml:5 9999-12-31 is so far away that it means "for ever" (write the value alone if it has no last day)
        "#);
    }

    /// Seats of the add-on are sold under the paid plan alone.
    const HALLS: &str = "
accounts:
  hub:
    product: halls
    settings: {plan: {value: trial, until: 2026-12-10, then: paid}}
    seats: {room: 3}
products:
  halls:
    title: Halls
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    settings: {plan: {type: enum, values: [trial, paid], default: trial, source: api}}
    pools:
      room:
        unit: room
        capacity: [{when: account.settings.plan == \"paid\", purchased: true}, {number: 5}]
        overflow: refuse
";

    #[test]
    fn seats_that_can_be_bought_once_a_setting_has_changed_are_wanted_from_then_on() {
        let read = read_at(AT, HALLS);
        let later = &read.desired.accounts["hub"].later_seats["room"];
        assert_eq!(
            (
                later.from.to_string(),
                later.quantity.to_string(),
                read.line(later.span)
            ),
            (
                "2026-12-11".to_owned(),
                "3".to_owned(),
                "a.yaml:5".to_owned()
            )
        );
        assert_snapshot!(read.wants(), @"hub/setting/plan: trial (value a.yaml:4)");
        let then = read_at("2026-12-10T23:00:00Z", HALLS).desired;
        assert!(then.accounts["hub"].later_seats.is_empty());
        let wanted: Vec<_> = then
            .state
            .iter()
            .map(|(address, _)| address.to_string())
            .collect();
        assert_eq!(wanted, ["hub/setting/plan", "hub/seats/room"]);
    }

    #[test]
    fn seats_are_wanted_today_where_only_another_setting_changes() {
        let paid = HALLS
            .replace("value: trial,", "value: paid,")
            .replace("then: paid", "then: trial");
        assert_snapshot!(read_at(AT, &paid).wants(), @r"
        hub/setting/plan: paid (value a.yaml:4)
        hub/seats/room: 3 (value a.yaml:5)
        ");
    }

    #[test]
    fn two_equal_values_change_nothing() {
        assert_snapshot!(problems("
accounts:
  hub: {product: chat, settings: {plan: {value: paid, until: 2026-12-10, then: paid}}}
"), @r#"TIME007 a.yaml:2+a.yaml:2 "value" and "then" of the setting "plan" of chat are the same (write "plan: paid", or correct one of the two)"#);
    }
}

mod unmanaged {
    use super::*;
    use seatplan::model::UnmanagedMode;

    fn mode(text: &str) -> UnmanagedMode {
        let read = read_at(AT, &format!("{text}{CHAT}"));
        assert_eq!(read.problems(), "");
        read.desired.accounts["hub"].unmanaged.mode
    }

    #[test]
    fn the_account_comes_before_the_defaults() {
        let text = "accounts: {hub: {product: chat, unmanaged: ignore}}";
        assert_eq!(mode(text), UnmanagedMode::Ignore);
    }

    #[test]
    fn there_is_no_default() {
        assert_snapshot!(problems("
# file: seatplan.yaml
seatplan: 1
name: x
# file: a.yaml
accounts: {hub: {product: chat}}
"), @r#"LANG006 a.yaml:1 nothing says what happens to people on "hub" to whom no access is written (write "unmanaged: remove", "report" or "ignore" here, or under "defaults:" in seatplan.yaml)"#);
    }

    #[test]
    fn an_account_to_which_nobody_has_access_removes_nobody() {
        let empty = "accounts: {hub: {product: chat, unmanaged: remove}}";
        assert_eq!(mode(empty), UnmanagedMode::Report);
        let none = "
users: {ana@acme.example: {access: {hub: none}}}
accounts: {hub: {product: chat, unmanaged: remove}}
";
        assert_eq!(mode(none), UnmanagedMode::Report);
        let one = "
users: {ana@acme.example: {access: {hub: {role: guest}}}}
accounts: {hub: {product: chat, unmanaged: remove}}
";
        assert_eq!(mode(one), UnmanagedMode::Remove);
    }

    #[test]
    fn an_empty_list_of_teams_manages_none() {
        let read = read_at(
            AT,
            &format!("accounts: {{hub: {{product: chat, teams: {{}}}}}}{CHAT}"),
        );
        assert!(!read.desired.accounts["hub"].manages_teams);
    }

    #[test]
    fn an_empty_kind_is_as_if_it_were_not_written() {
        let product = "
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one, owned_roles: rooms}
    objects: {rooms: {fields: {code: {type: text, required: true}}}}
users: {ana@x.example: {access: {hub: {role: small}}}}
";
        let read = |rooms: &str| {
            let account = format!("accounts: {{hub: {{product: rooms, rooms: {rooms}}}}}");
            read_at(AT, &format!("{account}{product}"))
        };
        let empty = read("{}");
        assert_snapshot!(empty.problems(), @r#"LANG014 a.yaml:1 "rooms" names nothing, so whatever the account has of it stays (to have one removed write its name with none, as in `NAME: none`; else delete the key)"#);
        assert!(empty.desired.accounts["hub"].manages_kinds.is_empty());
        // What is written with none goes; the rest is left alone as long as nothing shall be there.
        let none = read("{large: none}");
        assert_snapshot!(none.problems(), @"");
        assert!(none.desired.accounts["hub"].manages_kinds.is_empty());
        assert_eq!(none.desired.absences.len(), 1);
        let both = read("{large: none, tiny: {code: \"1\"}}");
        assert_snapshot!(both.problems(), @r#"REF002 a.yaml:7 rooms has no role "small" (it has tiny)"#);
        assert_eq!(both.desired.accounts["hub"].manages_kinds.len(), 1);
    }
}

mod references {
    use super::*;

    #[test]
    fn names_that_nothing_has_are_told_with_the_nearest() {
        assert_snapshot!(problems("
users:
  anna@acme.example: {teams: [suport], bundles: [bse], access: {hb: {role: guest}}, hand_over_to: ana@acme.example}
teams: {support: {parent: stuff}, staff: {}}
bundles: {base: {hubb: {role: guest}}}
accounts:
  hub: {product: chta}
  sub: {product: chat, parent: hbu, access: {ana@acme.example: {role: guest}, team/suport: {role: guest}}}
"), @r#"
        REF001 a.yaml:2 unknown team "suport" (did you mean "support"?)
        REF001 a.yaml:2 unknown bundle "bse" (did you mean "base"?)
        REF001 a.yaml:2 unknown account "hb" (did you mean "hub"?)
        REF001 a.yaml:2 unknown user "ana@acme.example" (did you mean "anna@acme.example"?)
        REF001 a.yaml:3 unknown team "stuff" (did you mean "staff"?)
        REF001 a.yaml:4 unknown account "hubb" (did you mean "hub"?)
        REF001 a.yaml:6 unknown product "chta" (did you mean "chat"?)
        REF001 a.yaml:7 unknown account "hbu" (did you mean "hub"?)
        REF001 a.yaml:7 unknown user "ana@acme.example" (did you mean "anna@acme.example"?)
        REF001 a.yaml:7 unknown team "suport" (did you mean "support"?)
        "#);
    }

    #[test]
    fn a_deleted_user_is_one_problem_for_each_place_that_still_names_them() {
        assert_snapshot!(problems("
# file: seatplan.yaml
seatplan: 1
name: x
defaults: {unmanaged: remove}
guards: {protected: [gone@acme.example]}
# file: a.yaml
users: {ana@acme.example: {hand_over_to: gone@acme.example, access: {hub: {role: guest}}}}
teams: {support: {leads: [gone@acme.example]}}
accounts:
  hub:
    product: chat
    access: {gone@acme.example: {role: guest}}
    teams: {x: {members: [gone@acme.example]}}
"), @r#"
        REF001 seatplan.yaml:4 unknown user "gone@acme.example"
        REF001 a.yaml:1 unknown user "gone@acme.example"
        REF001 a.yaml:2 unknown user "gone@acme.example"
        REF001 a.yaml:6 unknown user "gone@acme.example"
        REF001 a.yaml:7 unknown user "gone@acme.example"
        "#);
    }

    #[test]
    fn a_name_out_of_its_days_is_refused_with_the_present_one() {
        let read = |days: &str| {
            problems(&format!(
                "
products:
  crm:
    title: CRM
    user: {{identity: email, fold: case, roles: one}}
    roles: {{member: {{rank: 1}}}}
    grants: {{meetings: {{aliases: {{leads: {{{days}}}}}}}}}
accounts: {{hub: {{product: crm}}}}
users: {{ana@x.example: {{access: {{hub: {{role: member, grants: {{leads: access}}}}}}}}}}
"
            ))
        };
        assert_snapshot!(read("until: 2026-11-20"), @r#"REF004 a.yaml:8 nothing is called "leads" on 2026-11-21: the grant is "meetings""#);
        assert_snapshot!(read("since: 2026-11-22"), @r#"REF004 a.yaml:8 nothing is called "leads" on 2026-11-21: the grant is "meetings""#);
        assert_snapshot!(read("since: 2026-11-21, until: 2026-11-21"), @r#"REF003 a.yaml:8 the grant "leads" is called "meetings" here"#);
    }

    #[test]
    fn an_earlier_name_is_told_with_the_one_of_now() {
        assert_snapshot!(problems("
users: {ana@acme.example: {formerly: [ana.old@acme.example]}}
accounts: {hub: {product: chat, access: {ana.old@acme.example: {role: guest}}}}
"), @r#"REF001 a.yaml:2 unknown user "ana.old@acme.example" ("ana.old@acme.example" is "ana@acme.example" now)"#);
    }

    #[test]
    fn what_would_stand_for_many_people_stands_for_nobody() {
        assert_snapshot!(problems("
users:
  \"*\": {}
  \"*@acme.example\": {access: {hub: {role: guest}}}
  \"@acme.example\": {}
  bob: {email: \"bob@*.example\"}
teams:
  support: {leads: [\"@acme.example\"]}
  \"sup*\": {}
  \"@front\": {}
accounts: {hub: {product: chat, access: {\"team/*\": {role: guest}}}}
"), @r#"
        ID008 a.yaml:2 "*" would stand for everybody whom it fits (write each person, or a team in which each is named)
        ID008 a.yaml:3 "*@acme.example" would stand for everybody whom it fits (write each person, or a team in which each is named)
        ID008 a.yaml:4 "@acme.example" would stand for everybody whom it fits (write each person, or a team in which each is named)
        ID008 a.yaml:5 "bob@*.example" would stand for everybody whom it fits (write each person, or a team in which each is named)
        ID008 a.yaml:8 "sup*" would stand for everything that it fits (write each by its own name)
        LANG005 a.yaml:9 "@front" cannot be the name of a team: it begins with "@" (write it without the "@", here and where it is named)
        ID008 a.yaml:10 "*" would stand for everything that it fits (write each by its own name)
        "#);
    }

    #[test]
    fn who_is_nobody_lacks_nothing() {
        let found = problems(
            "
users:
  \"sales-*\": {access: {code: {role: member}, hub: {role: guest}}}
  \"*@acme.example\": {access: {code: {role: member}}}
accounts: {code: {product: github-organization}, hub: {product: chat}}
",
        );
        assert_snapshot!(found, @r#"
        ID008 a.yaml:2 "sales-*" would stand for everybody whom it fits (write each person, or a team in which each is named)
        ID008 a.yaml:3 "*@acme.example" would stand for everybody whom it fits (write each person, or a team in which each is named)
        "#);
    }

    #[test]
    fn a_price_without_quotes_and_a_lot_of_nothing_are_told_with_what_to_write() {
        let found = problems(
            "
accounts:
  hub:
    product: chat
    seats: {seat: [{size: 0, count: 2}]}
    billing: {currency: EUR, prices: {seat: 3.70}}
",
        );
        assert_snapshot!(found, @r#"
        SCHEMA005 a.yaml:4 expected a number from 1, found 0 (write 1 or more)
        LANG004 a.yaml:5 expected an amount in quotes, found the number 3.70 (write "3.70")
        "#);
    }

    #[test]
    fn a_cycle_of_teams_is_shown_as_a_path() {
        assert_snapshot!(problems("
teams:
  a: {parent: c}
  b: {parent: a}
  c: {parent: b}
  d: {parent: a}
"), @r#"LANG012 a.yaml:2+a.yaml:4+a.yaml:3 the team "a" lies in itself: "a" -> "c" -> "b" -> "a" (delete one of these parents)"#);
    }

    #[test]
    fn a_thousand_teams_in_each_other_are_no_problem() {
        let mut text = "users: {ana@acme.example: {teams: [t0999]}}\nteams:\n  t0000: {access: {hub: {role: guest}}}\n".to_owned();
        for at in 1..1000 {
            writeln!(text, "  t{at:04}: {{parent: t{:04}}}", at - 1).unwrap();
        }
        text.push_str("accounts: {hub: {product: chat}}\n");
        assert_snapshot!(wants(&text), @"hub/access/ana@acme.example: [guest] (value a.yaml:3, value a.yaml:1, role a.yaml:3)");
    }

    #[test]
    fn very_many_misspelt_names_are_told_in_little_time() {
        let mut text = "users:\n".to_owned();
        for at in 0..20_000 {
            writeln!(text, "  user{at:05}@acme.example: {{hand_over_to: nobody{at:05}@acme.example, teams: [tee{at}]}}").unwrap();
        }
        text.push_str("teams:\n");
        for at in 0..2_000 {
            writeln!(text, "  team-{at:04}: {{}}").unwrap();
        }
        let read = read_at(AT, &text);
        assert_eq!(read.sink.error_count(), 40_000);
        assert_eq!(read.sink.diagnostics().len(), Sink::KEPT_MAX);
    }

    #[test]
    fn names_with_a_slash_are_refused() {
        assert_snapshot!(problems("
users: {team/x: {}}
teams: {a/b: {}, \" c\": {}}
accounts: {\"\": {product: chat}}
"), @r#"
        LANG005 a.yaml:1 "team/x" cannot be a user's key: it holds "/"
        LANG005 a.yaml:2 "a/b" cannot be the name of a team: it holds "/"
        LANG005 a.yaml:2 " c" cannot be the name of a team: it begins or ends with a space
        YAML018 a.yaml:3 a key is empty (write a text; one that begins with a bracket needs quotes)
        "#);
    }

    #[test]
    fn one_thing_twice_in_a_list_is_refused() {
        assert_snapshot!(problems("
users: {ana@acme.example: {teams: [a, a], bundles: [b, b]}}
teams: {a: {leads: [ana@acme.example, ana@acme.example]}}
bundles: {b: {}}
"), @r#"
        LANG002 a.yaml:1+a.yaml:1 the team "a" is written twice (keep one of them)
        LANG002 a.yaml:1+a.yaml:1 the bundle "b" is written twice (keep one of them)
        LANG002 a.yaml:2+a.yaml:2 the lead "ana@acme.example" is written twice (keep one of them)
        "#);
    }
}

mod teams {
    use super::*;

    #[test]
    fn a_mirrored_team_has_the_members_and_leads_of_the_estates_team() {
        assert_snapshot!(wants("
users:
  ana@acme.example: {teams: [support]}
  bob@acme.example: {}
teams: {support: {leads: [bob@acme.example], parent: staff}, staff: {}}
accounts:
  hub:
    product: chat
    access: {team/support: {role: member}}
    teams: {help: {from: support}}
"), @r#"
        hub/team/help: in nothing (value a.yaml:9)
        hub/access/ana@acme.example: [member] (value a.yaml:8, value a.yaml:2, role a.yaml:8)
        hub/access/bob@acme.example: [member] (value a.yaml:8, value a.yaml:4, role a.yaml:8)
        hub/team/help/member/ana@acme.example: member (value a.yaml:2)
        hub/team/help/member/bob@acme.example: lead (value a.yaml:4, lead a.yaml:4)
        "#);
    }

    #[test]
    fn the_parent_is_mirrored_where_it_is_mirrored_too() {
        assert_snapshot!(wants("
teams:
  staff: {}
  support: {parent: staff}
accounts:
  hub:
    product: chat
    teams: {everybody: {from: staff}, help: {from: support}}
"), @r#"
        hub/team/everybody: in nothing (value a.yaml:7)
        hub/team/help: in everybody (value a.yaml:7, parent a.yaml:3)
        "#);
    }

    #[test]
    fn a_team_of_the_accounts_own_names_its_members() {
        assert_snapshot!(wants("
users: {ana@acme.example: {}, bob@acme.example: {}}
accounts:
  hub:
    product: chat
    access: {ana@acme.example: {role: member}, bob@acme.example: {role: admin}}
    teams:
      release: {members: [ana@acme.example, bob@acme.example], parent: all}
      all: {leads: [ana@acme.example]}
"), @r#"
        hub/team/all: in nothing (value a.yaml:8)
        hub/team/release: in all (value a.yaml:7, parent a.yaml:7)
        hub/access/ana@acme.example: [member] (value a.yaml:5, role a.yaml:5)
        hub/access/bob@acme.example: [admin] (value a.yaml:5, role a.yaml:5)
        hub/team/all/member/ana@acme.example: lead (value a.yaml:8, lead a.yaml:8)
        hub/team/release/member/ana@acme.example: member (value a.yaml:7)
        hub/team/release/member/bob@acme.example: lead (value a.yaml:7)
        "#);
    }

    #[test]
    fn teams_are_left_alone_where_the_account_has_none() {
        let read = read_at(
            AT,
            &format!(
                "
users: {{ana@acme.example: {{teams: [support], access: {{hub: {{role: guest}}}}}}}}
teams: {{support: {{}}}}
accounts: {{hub: {{product: chat}}}}
{CHAT}"
            ),
        );
        assert!(!read.desired.accounts["hub"].manages_teams);
        assert_eq!(read.desired.state.len(), 1);
    }

    #[test]
    fn who_has_no_access_today_is_not_in_the_team_today() {
        assert_snapshot!(wants("
users:
  ana@acme.example: {teams: [a], access: {hub: none}}
  bob@acme.example: {teams: [a], access: {hub: {role: guest, from: 2027-01-01}}}
  cleo@acme.example: {teams: [a], leaves: 2026-01-01, access: {hub: {role: guest}}}
  dan@acme.example: {teams: [a], access: {hub: {role: guest}}}
teams: {a: {}}
accounts: {hub: {product: chat, teams: {a: {from: a}}}}
"), @r#"
        hub/team/a: in nothing (value a.yaml:7)
        hub/access/dan@acme.example: [guest] (value a.yaml:5, role a.yaml:5)
        hub/team/a/member/dan@acme.example: member (value a.yaml:5)
        hub/access/ana@acme.example: absent, None (a.yaml:2)
        hub/access/cleo@acme.example: absent, Leaves (a.yaml:4)
        "#);
    }

    #[test]
    fn a_mirrored_team_says_nothing_of_its_own() {
        assert_snapshot!(problems("
users: {ana@acme.example: {teams: [a], access: {hub: {role: guest}}}}
teams: {a: {}}
accounts: {hub: {product: chat, teams: {a: {from: a, members: [ana@acme.example], parent: b}, b: {}}}}
"), @r#"
        LANG011 a.yaml:3+a.yaml:3 a team that mirrors another one has no members, leads or parent of its own
        LANG011 a.yaml:3+a.yaml:3 a team that mirrors another one has no members, leads or parent of its own
        "#);
    }

    #[test]
    fn what_the_products_teams_cannot_be_is_refused() {
        assert_snapshot!(problems("
users: {ana@acme.example: {access: {desk: {role: agent}}}}
accounts:
  desk:
    product: respond-io
    teams: {a: {leads: [ana@acme.example], parent: b}, b: {}}
"), @r#"
        REF002 a.yaml:5 teams of respond-io have no leads (write the user under "members")
        REF002 a.yaml:5 teams of respond-io do not lie in each other
        "#);
    }

    #[test]
    fn teams_of_an_account_cannot_lie_in_themselves() {
        assert_snapshot!(problems("
accounts: {hub: {product: chat, teams: {a: {parent: b}, b: {parent: a}, c: {parent: cc}}}}
"), @r#"
        LANG012 a.yaml:1+a.yaml:1 the team "a" lies in itself: "a" -> "b" -> "a" (delete one of these parents)
        REF001 a.yaml:1 unknown team "cc" (did you mean "c"?)
        "#);
    }
}

mod formerly {
    use super::*;

    #[test]
    fn an_earlier_address_is_a_rename() {
        assert_snapshot!(wants("
users: {ana@acme.example: {formerly: [Ana.M@acme.example], access: {hub: {role: guest}}}}
accounts: {hub: {product: chat}}
"), @r#"
        hub/access/ana@acme.example: [guest] (value a.yaml:1, role a.yaml:1)
        hub/access/ana@acme.example: formerly hub/access/ana.m@acme.example (a.yaml:1)
        "#);
    }

    #[test]
    fn an_earlier_handle_is_a_rename_where_the_product_knows_handles() {
        assert_snapshot!(wants("
users:
  ana@acme.example:
    logins: {github: ana-new}
    formerly: [github:Ana-Old]
    access: {hub: {role: guest}, code: {role: member}}
accounts: {hub: {product: chat}, code: {product: github-organization}}
"), @r#"
        code/access/ana-new: [member] (value a.yaml:5, role a.yaml:5)
        hub/access/ana@acme.example: [guest] (value a.yaml:5, role a.yaml:5)
        code/access/ana-new: formerly code/access/ana-old (a.yaml:4)
        "#);
    }

    #[test]
    fn teams_at_the_vendor_have_earlier_names() {
        assert_snapshot!(wants("
teams: {help: {formerly: [support]}, other: {formerly: [old]}}
accounts:
  hub:
    product: chat
    teams: {help: {from: help}, others: {from: other}, mine: {formerly: [yours]}}
"), @r#"
        hub/team/help: in nothing (value a.yaml:5)
        hub/team/mine: in nothing (value a.yaml:5)
        hub/team/others: in nothing (value a.yaml:5)
        hub/team/help: formerly hub/team/support (a.yaml:1)
        hub/team/mine: formerly hub/team/yours (a.yaml:5)
        "#);
    }

    #[test]
    fn an_identity_that_somebody_else_has_now_is_not_an_earlier_one() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {logins: {github: ana-new}, formerly: [github:ana]}
  eve@acme.example: {logins: {github: Ana}}
"), @r#"LANG013 a.yaml:2+a.yaml:3 "github:ana" cannot be an earlier identity of "ana@acme.example" (an identity that somebody else took over is not a rename: delete it here)"#);
    }

    #[test]
    fn two_users_cannot_have_one_earlier_identity() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {formerly: [old@acme.example]}
  eve@acme.example: {formerly: [old@acme.example]}
"), @r#"LANG013 a.yaml:3+a.yaml:2 "old@acme.example" cannot be an earlier identity of "eve@acme.example" (an identity that somebody else took over is not a rename: delete it here)"#);
    }

    #[test]
    fn a_team_name_that_is_in_use_is_not_an_earlier_one() {
        assert_snapshot!(problems("
accounts: {hub: {product: chat, teams: {a: {formerly: [b]}, b: {}}}}
"), @r#"LANG013 a.yaml:1+a.yaml:1 "b" cannot be an earlier name of "a""#);
    }
}

mod identities {
    use super::*;

    #[test]
    fn one_address_in_another_case_is_one_person() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {}
  Ana@Acme.example: {}
"), @r#"ID002 a.yaml:2+a.yaml:3 two users have the address "ana@acme.example" (make them one user, or correct the one that is wrong)"#);
    }

    #[test]
    fn one_handle_under_one_login_name_is_one_person() {
        assert_snapshot!(problems("
users:
  ana@acme.example: {logins: {github: ana, slack: ana}}
  bob@acme.example: {logins: {github: Ana, slack: bob}}
"), @r#"ID002 a.yaml:3+a.yaml:2 two users have the github handle "Ana" (make them one user, or correct the one that is wrong)"#);
    }

    #[test]
    fn dots_and_plus_parts_are_only_warned_about() {
        let read = read_at(
            AT,
            "
users:
  a.b@acme.example: {}
  ab@acme.example: {}
  ab+x@acme.example: {}
",
        );
        assert_snapshot!(read.problems(), @r#"
        ID005 a.yaml:3+a.yaml:2 the address "ab@acme.example" differs from another user's only in dots or in a "+" part
        ID005 a.yaml:4+a.yaml:2 the address "ab+x@acme.example" differs from another user's only in dots or in a "+" part
        "#);
        assert!(!read.sink.has_errors());
    }

    #[test]
    fn letters_that_look_alike_are_refused() {
        assert_snapshot!(problems("
users:
  mike@acme.example: {}
  mıke@acme.example: {}
"), @r#"ID003 a.yaml:3+a.yaml:2 the address "mıke@acme.example" looks like "mike@acme.example" of another user (type the identity anew, with the letters that are meant)"#);
    }

    #[test]
    fn other_writings_of_a_letter_are_refused() {
        assert_snapshot!(problems("
users:
  mi\u{212a}e@acme.example: {}
  ro\u{17f}e@acme.example: {}
  \u{fb01}ona@acme.example: {}
"), @r#"
        ID001 a.yaml:2 "miKe@acme.example" is not taken as an address: U+212A is another writing of a plainer character
        ID001 a.yaml:3 "roſe@acme.example" is not taken as an address: U+017F is another writing of a plainer character
        ID001 a.yaml:4 "ﬁona@acme.example" is not taken as an address: U+FB01 is another writing of a plainer character
        "#);
    }

    #[test]
    fn punycode_and_unicode_domains_are_one_address() {
        assert_snapshot!(problems("
users:
  ana@bücher.example: {}
  ana@xn--bcher-kva.example: {}
"), @r#"ID002 a.yaml:3+a.yaml:2 two users have the address "ana@xn--bcher-kva.example" (make them one user, or correct the one that is wrong)"#);
    }

    #[test]
    fn a_domain_that_looks_like_another_is_refused() {
        // The second domain is Cyrillic throughout.
        assert_snapshot!(problems("
users:
  ana@acop.example: {}
  ana@асор.example: {}
"), @r#"ID003 a.yaml:3+a.yaml:2 the address "ana@xn--80a2agc.example" looks like "ana@acop.example" of another user (type the identity anew, with the letters that are meant)"#);
    }

    #[test]
    fn letters_of_several_scripts_are_refused() {
        assert_snapshot!(problems("
users:
  ana@аcme.example: {}
  bоb: {logins: {github: \"dаna\"}}
"), @r#"
        ID001 a.yaml:2 "ana@аcme.example" is not taken as an address: in its domain "аcme.example", it has letters of several scripts: "а" is U+0430
        ID004 a.yaml:3 "bоb" cannot be a user's key: it has letters of several scripts: "о" is U+043E
        ID004 a.yaml:3 "dаna" cannot be a handle: it has letters of several scripts: "а" is U+0430
        "#);
    }

    #[test]
    fn ascii_names_that_look_alike_are_two_people() {
        assert_eq!(
            problems("users: {modem: {logins: {github: rn1}}, modern: {logins: {github: rnl}}}"),
            ""
        );
    }

    #[test]
    fn an_address_is_taken_in_its_strict_form_only() {
        assert_snapshot!(problems("
users:
  \"\\\"ana b\\\"@acme.example\": {}
  ana(x)@acme.example: {}
  ana@acme.example.: {}
  ana: {email: \"ana@@acme.example\"}
"), @r#"
        ID001 a.yaml:2 ""ana b"@acme.example" is not taken as an address: it has a space
        ID001 a.yaml:3 "ana(x)@acme.example" is not taken as an address: a comment in brackets is not taken
        ID001 a.yaml:4 "ana@acme.example." is not taken as an address: it ends in a dot
        ID001 a.yaml:5 "ana@@acme.example" is not taken as an address: it has two "@"
        "#);
    }

    #[test]
    fn keys_that_can_be_taken_for_something_else_are_warned_about() {
        assert_snapshot!(problems("
users:
  \"1\": {}
  dana: {}
  eve: {logins: {github: dana}}
"), @r#"
        ID007 a.yaml:2 the key "1" looks like an id that a vendor has given (take a key that people recognise)
        ID007 a.yaml:4+a.yaml:3 the github handle "dana" is the key of another user
        "#);
    }

    #[test]
    fn access_needs_the_identity_that_the_product_knows() {
        assert_snapshot!(problems("
users:
  ana: {access: {hub: {role: guest}}}
  bob@acme.example: {teams: [a]}
teams: {a: {access: {code: {role: member}}}}
accounts: {hub: {product: chat}, code: {product: github-organization}}
"), @r#"
        ID006 a.yaml:2+a.yaml:2 "ana" cannot have access to "hub" without an e-mail address (write "email:" under the user)
        ID006 a.yaml:4+a.yaml:3 "bob@acme.example" cannot have access to "code" without a github handle (write "logins: {github: HANDLE}" under the user)
        "#);
    }

    #[test]
    fn a_subject_is_folded_as_the_product_says() {
        assert_snapshot!(wants("
users: {Ana@ACME.example: {logins: {github: Ana-M}, access: {hub: {role: guest}, code: {role: member}}}}
accounts: {hub: {product: chat}, code: {product: github-organization}}
"), @r#"
        code/access/ana-m: [member] (value a.yaml:1, role a.yaml:1)
        hub/access/ana@acme.example: [guest] (value a.yaml:1, role a.yaml:1)
        "#);
    }
}
