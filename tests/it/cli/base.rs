//! `plan --base`: what a change cannot decide for itself.

use super::builder::{Cli, cli};
use super::repository::repository;

const SETTINGS: &str = "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
guards:
  removals: {max: 1, window: 7d}
  protected: [ana]
";

const CODE: &str = "accounts:
  acme-code: {product: github-organization, settings: {plan: free}}
";

const PEOPLE: &str = "users:
  ana: {logins: {github: ana}, access: {acme-code: {role: admin}}}
  bob: {logins: {github: bob}, access: {acme-code: {role: member}}}
  cleo: {logins: {github: cleo}, access: {acme-code: {role: member}}}
  dana: {email: dana@acme.example, logins: {github: dana}, access: {acme-code: {role: admin}}}
";

/// An estate whose account is as its first commit says.
fn acme() -> Cli {
    let files = [
        ("seatplan.yaml", SETTINGS),
        ("code.yaml", CODE),
        ("people.yaml", PEOPLE),
        (".gitignore", ".seatplan/\n"),
    ];
    repository(&files).after("apply --yes")
}

fn without(people: &[&str]) -> String {
    let is_left = |line: &&str| {
        !people
            .iter()
            .any(|it| line.starts_with(&format!("  {it}:")))
    };
    PEOPLE
        .lines()
        .filter(is_left)
        .map(|it| format!("{it}\n"))
        .collect()
}

#[test]
fn guards_are_those_of_the_base_and_a_change_that_loosens_them_is_told() {
    let loose = SETTINGS
        .replace("max: 1, window: 7d", "max: 9")
        .replace("  protected: [ana]\n", "");
    let acme = acme()
        .file("seatplan.yaml", &loose)
        .file("people.yaml", &without(&["bob", "cleo"]));
    assert_eq!(acme.run_code("plan"), 0, "its own guards allow it");
    let run = acme.args("plan --base main").run();
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_guards", short(&run.stdout));
}

#[test]
fn a_removal_names_the_line_that_the_change_took_away() {
    let acme = acme()
        .file("people.yaml", &without(&["bob"]))
        .commit("dana");
    let human = acme.run_args("plan --base HEAD^1");
    assert_eq!(human.code, 0, "{}{}", human.stdout, human.stderr);
    insta::assert_snapshot!("base_gone", short(&human.stdout));
    let markdown = acme.run_args("plan --base HEAD^1 --format markdown");
    insta::assert_snapshot!("base_gone_markdown", dateless(&short(&markdown.stdout)));
    let json = acme.run_args("plan --base HEAD^1 --format json").stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let was = &report["plan"]["steps"][0]["was"];
    assert_eq!(was["path"], "people.yaml");
    assert_eq!(was["line"], 3);
    let commit = acme.git("dana", "rev-parse HEAD^1");
    assert_eq!(was["revision"], commit[..7]);
    assert_eq!(report["base"]["revision"], "HEAD^1");
    // The commit itself is a digest, which the tests leave out.
    assert_eq!(report["plan"]["guards"]["from"], "HEAD^1");
    assert!(report["plan"]["guards"]["commit"].is_string());
}

#[test]
fn whoever_is_protected_at_the_base_is_so_under_any_name() {
    // Without the base, taking her off the list and out of the files at once would do.
    let open = SETTINGS.replace("  protected: [ana]\n", "");
    let acme = acme().file("seatplan.yaml", &open);
    let gone = acme.file("people.yaml", &without(&["ana"]));
    assert_eq!(gone.run_code("plan"), 0);
    let run = gone.run_args("plan --base main");
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert!(run.stdout.contains("GUARD003"), "{}", run.stdout);
    let other = PEOPLE.replace("github: ana}", "github: eve}");
    let renamed = gone.file("people.yaml", &other);
    let run = renamed.run_args("plan --base main");
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert!(run.stdout.contains("GUARD003"), "{}", run.stdout);
}

#[test]
fn a_saved_plan_carries_its_base_and_is_applied_without_it() {
    let acme = acme()
        .file("people.yaml", &without(&["bob"]))
        .commit("dana");
    let run = acme.run_args("plan --base HEAD^1 --out plan.json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let text = std::fs::read_to_string(acme.path().join("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        plan["guards"]["commit"],
        acme.git("dana", "rev-parse HEAD^1")
    );
    // The same commit under another name is the same plan; other guards are another one.
    acme.git("dana", "branch old HEAD^1");
    let digest = |args: &str| {
        acme.run_args(&format!("plan {args} --out other.json"));
        let text = std::fs::read_to_string(acme.path().join("other.json")).unwrap();
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        plan["digest"].clone()
    };
    assert_eq!(digest("--base old"), plan["digest"]);
    assert_ne!(digest(""), plan["digest"]);
    let run = acme.run_args("apply plan.json --yes");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn the_variable_names_a_base_and_an_empty_one_none() {
    let acme = acme().variable("SEATPLAN_BASE", "main");
    let run = acme.run_args("plan");
    assert!(run.stdout.contains("Base: main ("), "{}", run.stdout);
    let run = acme.variable("SEATPLAN_BASE", "").run_args("plan");
    assert!(!run.stdout.contains("Base:"), "{}", run.stdout);
}

#[test]
fn the_same_files_belong_to_the_estate_at_the_base() {
    let prefix = |path: &str| format!("estates/acme/{path}");
    let broken = "users: {broken: [";
    let files = [
        ("seatplan.yaml", SETTINGS),
        ("code.yaml", CODE),
        ("people.yaml", PEOPLE),
        (".hidden.yaml", broken),
        ("tests/one.yaml", broken),
        ("drafts/two.yaml", broken),
        ("inner/three.local.yaml", broken),
        ("inner/.gitignore", "*.local.yaml\n"),
    ];
    let files = files.map(|(path, text)| (prefix(path), text));
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let cli = repository(&files)
        .file(".gitignore", "drafts/\n.seatplan/\n")
        // Files that somebody once added in spite of the rules.
        .file(
            "estates/acme/above.yaml",
            "users: {zoe: {logins: {github: zoe}}}\n",
        );
    cli.git("dana", "add --all");
    cli.git(
        "dana",
        "add --force estates/acme/drafts/two.yaml estates/acme/inner/three.local.yaml",
    );
    let cli = cli
        .commit("dana")
        .file("estates/acme/people.yaml", &without(&["bob"]));
    let run = cli.run_args("plan --dir estates/acme --base main --format json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["problems"], serde_json::json!([]), "{}", run.stdout);
    assert_eq!(report["base"]["is_new"], false);
}

#[test]
fn an_estate_that_the_base_does_not_have_is_told() {
    let cli = repository(&[
        ("README.md", "nothing yet"),
        ("old/seatplan.yaml", SETTINGS),
    ])
    .file("seatplan.yaml", SETTINGS)
    .file("code.yaml", CODE)
    .file("people.yaml", PEOPLE);
    std::fs::remove_dir_all(cli.path().join("old")).unwrap();
    let run = cli.run_args("plan --base main");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_new", short(&run.stdout));
}

#[test]
fn a_base_whose_guards_cannot_be_read_is_refused_and_other_errors_are_told() {
    let broken = SETTINGS.replace("max: 1", "max: five");
    let files = [
        ("seatplan.yaml", broken.as_str()),
        ("code.yaml", CODE),
        ("people.yaml", PEOPLE),
    ];
    let cli = repository(&files).file("seatplan.yaml", SETTINGS);
    let run = cli.run_args("plan --base main");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_broken", short(&run.stdout));
    let files = [
        ("seatplan.yaml", SETTINGS),
        ("code.yaml", CODE),
        ("people.yaml", PEOPLE),
        ("x.yaml", "users: {a: {b: c}}"),
    ];
    let cli = repository(&files).file("x.yaml", "users: {zoe: {}}");
    let run = cli.run_args("plan --base main");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("warning") || run.stdout.contains("BASE003"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_base_that_is_not_there_says_how_to_get_it() {
    let acme = acme();
    let mut shown = String::new();
    for args in [
        "plan --base nowhere",
        "plan --base=--upload-pack=x",
        "plan --base HEAD:people.yaml",
    ] {
        let run = acme.run_args(args);
        assert_eq!(run.code, 1, "{args}: {}{}", run.stdout, run.stderr);
        shown.push_str(&format!("$ seatplan {args}\n{}", run.stdout));
    }
    // A clone of one commit.
    let shallow = cli()
        .variable("PATH", &std::env::var("PATH").unwrap_or_default())
        .variable("GIT_CONFIG_GLOBAL", "/dev/null");
    let from = acme.path();
    shallow.git(
        "dana",
        &format!("clone --quiet --depth=1 file://{} estate", from.display()),
    );
    let run = shallow.run_args("plan --dir estate --base HEAD^1");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    shown.push_str(&format!("$ seatplan plan --base HEAD^1\n{}", run.stdout));
    // No repository, and no git.
    let files = [
        ("seatplan.yaml", SETTINGS),
        ("code.yaml", CODE),
        ("people.yaml", PEOPLE),
    ];
    let path = std::env::var("PATH").unwrap_or_default();
    let bare = cli()
        .files(&files)
        .variable("PATH", &path)
        .variable("GIT_CEILING_DIRECTORIES", "/");
    let run = bare.run_args("plan --base main");
    assert_eq!(run.code, 1);
    shown.push_str(&format!("$ seatplan plan --base main\n{}", run.stdout));
    let run = cli().files(&files).run_args("plan --base main");
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("BASE001") && run.stdout.contains("git cannot be run"),
        "{}",
        run.stdout
    );
    insta::assert_snapshot!("base_missing", short(&shown));
}

#[test]
fn a_working_tree_that_lacks_what_the_base_has_is_told() {
    let acme = acme();
    acme.git("dana", "branch change");
    let acme = acme.file("people.yaml", &without(&["cleo"])).commit("ana");
    acme.git("dana", "checkout --quiet change");
    let run = acme.run_args("plan --base main");
    assert!(run.stdout.contains("BASE005"), "{}", run.stdout);
    acme.git("dana", "merge --quiet main");
    let run = acme.run_args("plan --base main");
    assert!(!run.stdout.contains("BASE005"), "{}", run.stdout);
}

#[test]
fn an_account_that_the_change_forgets_is_told() {
    let acme = acme()
        .file("people.yaml", "users: {ana: {logins: {github: ana}}}\n")
        .file("code.yaml", &CODE.replace("acme-code", "acme-more"));
    let open = SETTINGS.replace("[ana]", "[]");
    let run = acme
        .file("seatplan.yaml", &open)
        .run_args("plan --base main");
    assert!(
        run.stdout
            .contains("the account \"acme-code\" is not in the files any more"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_credential_is_not_sent_where_the_base_does_not_say() {
    let connected = |url: &str| {
        CODE.replace(
            "settings:",
            &format!("connection: {{url: \"{url}\", token: {{env: CODE_TOKEN}}}}, settings:"),
        )
    };
    let (here, there) = ("http://127.0.0.1:9", "http://127.0.0.1:10");
    let files = [
        ("seatplan.yaml", SETTINGS),
        ("code.yaml", &*connected(here)),
        ("people.yaml", PEOPLE),
    ];
    let cli = repository(&files).variable("CODE_TOKEN", "secret");
    let run = cli.run_args("plan --base main");
    assert!(!run.stdout.contains("BASE009"), "{}", run.stdout);
    let run = cli
        .file("code.yaml", &connected(there))
        .run_args("plan --base main");
    assert_eq!(run.code, 7, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_connection", short(&run.stdout));
}

#[test]
fn a_change_cannot_bring_a_repository_of_its_own() {
    let files = [
        ("estates/acme/seatplan.yaml", SETTINGS),
        ("estates/acme/code.yaml", CODE),
        ("estates/acme/people.yaml", PEOPLE),
    ];
    let cli = repository(&files);
    assert_eq!(cli.run_code("plan --dir estates/acme --base main"), 0);
    // What a bare repository consists of can be committed like any files, with settings that make it one of a working tree.
    cli.git(
        "dana",
        "init --quiet --bare --initial-branch=main estates/acme",
    );
    cli.git("dana", "--git-dir=estates/acme config core.bare false");
    cli.git("dana", "--git-dir=estates/acme config core.worktree .");
    cli.git("dana", "--git-dir=estates/acme --work-tree=estates/acme commit --quiet --allow-empty --message=mine");
    let run = cli.run_args("plan --dir estates/acme --base main");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("BASE001"), "{}", run.stdout);
}

#[test]
fn nothing_of_a_repository_is_run() {
    let acme = acme()
        .file("people.yaml", &without(&["bob"]))
        .commit("dana");
    let trap = "touch trapped";
    for name in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "diff.trap.textconv",
        "filter.trap.smudge",
        "gpg.program",
        "core.alternateRefsCommand",
        "log.showSignature",
    ] {
        let run = std::process::Command::new("git")
            .args([
                "config",
                name,
                if name == "log.showSignature" {
                    "true"
                } else {
                    trap
                },
            ])
            .current_dir(acme.path())
            .status()
            .unwrap();
        assert!(run.success(), "{name}");
    }
    let acme = acme.file(".gitattributes", "*.yaml diff=trap filter=trap\n");
    let run = acme.run_args("plan --base HEAD^1");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!acme.path().join("trapped").exists());
}

/// Short commit ids are other ones whenever a file of a test changes.
fn short(text: &str) -> String {
    let is_id = |word: &str| {
        word.len() == 7
            && word
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        out.push_str(if is_id(&word) { "COMMIT1" } else { &word });
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

fn dateless(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| match line.split_once(", made at ") {
            Some((before, after)) => {
                let rest = after.split_once("UTC").map_or("", |(_, rest)| rest);
                format!("{before}, made at DATE{rest}")
            }
            None => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

const BOOKS: &str = "accounts:
  small-support:
    product: respond-io
    connection: {provider: inventory, file: inventory/support.yaml}
    settings: {plan: advanced}
    access:
      dana@acme.example: {role: owner}
      eve@acme.example: {role: owner}
      bob@acme.example: {role: agent}
      zoe@acme.example: {role: agent}
users:
  dana@acme.example: {}
  eve@acme.example: {logins: {github: eve-l}}
  bob@acme.example: {}
  zoe@acme.example: {}
";

const SEEN: &str = "inventory:
  account: small-support
  attested: {by: dana@acme.example, on: 2026-01-02}
  settings: {}
  teams: {}
  access:
    dana@acme.example: {role: owner}
    eve@acme.example: {role: owner}
    bob@acme.example: {role: manager}
    carl@acme.example: {role: agent}
";

const SMALL: &str = "seatplan: 1
name: small
defaults: {unmanaged: report}
";

/// An estate with an account that people keep by hand.
fn small() -> Cli {
    repository(&[
        ("seatplan.yaml", SMALL),
        ("books.yaml", BOOKS),
        ("inventory/support.yaml", SEEN),
        (".gitignore", ".seatplan/\n"),
    ])
}

fn seen(before: &str, after: &str) -> String {
    assert!(SEEN.contains(before), "{before}");
    SEEN.replace(before, after)
}

#[test]
fn what_a_change_says_of_an_inventory_is_attested_and_not_what_the_plan_starts_from() {
    let text = seen(
        "bob@acme.example: {role: manager}",
        "bob@acme.example: {role: agent, attested: {by: eve@acme.example, on: 2026-01-05}}",
    )
    .replace("    carl@acme.example: {role: agent}\n", "");
    let small = small().file("inventory/support.yaml", &text).commit("dana");
    let without = small.run_args("plan");
    assert!(
        without.stdout.contains("Plan: 1 to add,"),
        "{}",
        without.stdout
    );
    let run = small.run_args("plan --base HEAD^1");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_attested", short(&run.stdout));
    let markdown = small.run_args("plan --base HEAD^1 --format markdown");
    insta::assert_snapshot!("base_attested_markdown", dateless(&short(&markdown.stdout)));
    let json = small.run_args("plan --base HEAD^1 --format json").stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let attested = &report["base"]["attestations"];
    assert_eq!(
        attested[0]["authors"],
        serde_json::json!(["dana@acme.example"])
    );
    assert_eq!(
        attested[0]["claims"][0]["attested"]["by"],
        "eve@acme.example"
    );
    assert!(attested[0]["settles"].is_string() && attested[1]["settles"].is_null());
    let github = small.run_args("plan --base HEAD^1 --format github").stdout;
    assert!(
        github.contains("; the change attests 2 things\n"),
        "{github}"
    );
}

#[test]
fn what_is_said_to_be_there_until_the_cycle_ends_is_attested() {
    let seen = |cancelled: &str| {
        format!(
            "inventory:
  account: small-meet
  attested: {{by: dana@acme.example, on: 2026-01-02}}
  settings: {{}}
  seats: {{presenters: 2, sub_accounts: []}}
{cancelled}  teams: {{}}
  sub_accounts: {{}}
  access:
    dana@acme.example: {{role: owner}}
"
        )
    };
    let books = "accounts:
  small-meet:
    product: clickmeeting
    connection: {provider: inventory, file: inventory/meet.yaml}
    seats: {presenters: 2}
    access: {dana@acme.example: {role: owner}}
users:
  dana@acme.example: {}
";
    let small = repository(&[
        ("seatplan.yaml", SMALL),
        ("books.yaml", books),
        ("inventory/meet.yaml", &seen("")),
        (".gitignore", ".seatplan/\n"),
    ]);
    let four = seen("  cancelled: {presenters: {there: 4, until: 2099-12-14}}\n");
    let small = small.file("inventory/meet.yaml", &four).commit("dana");
    let run = small.run_args("plan --base HEAD^1");
    let word = "seats of presenters: 2 (4 are there until 2099-12-14)";
    assert!(run.stdout.contains(word), "{}{}", run.stdout, run.stderr);
    let small = small.file("inventory/meet.yaml", &seen("")).commit("dana");
    let run = small.run_args("plan --base HEAD^1");
    let word = "seats of presenters: 2 (nothing else is there any more)";
    assert!(run.stdout.contains(word), "{}{}", run.stdout, run.stderr);
}

#[test]
fn nobody_attests_a_change_of_their_own_access() {
    let by = |who: &str| {
        let line =
            format!("bob@acme.example: {{role: owner, attested: {{by: {who}, on: 2026-01-05}}}}");
        seen("bob@acme.example: {role: manager}", &line)
    };
    // He names himself, he wrote the commit, and he did both under a name that another one wrote.
    for (claims, writes) in [
        ("bob@acme.example", "dana"),
        ("eve@acme.example", "Bob@acme.example"),
    ] {
        let small = small()
            .file("inventory/support.yaml", &by(claims))
            .commit(writes);
        let run = small.run_args("plan --base HEAD^1");
        assert_eq!(run.code, 1, "{claims}, {writes}: {}", run.stdout);
        assert!(run.stdout.contains("BASE007"), "{}", run.stdout);
    }
    let fine = small()
        .file("inventory/support.yaml", &by("eve@acme.example"))
        .commit("dana");
    let run = fine.run_args("plan --base HEAD^1");
    assert_eq!(run.code, 0, "{}", run.stdout);
    // One commit for each of two people, each by the other one.
    let both = by("eve@acme.example").replace(
        "    eve@acme.example: {role: owner}",
        "    eve@acme.example: {role: agent, attested: {by: bob@acme.example, on: 2026-01-06}}",
    );
    let crossed = fine.file("inventory/support.yaml", &both).commit("bob");
    let run = crossed.run_args("plan --base HEAD^1^1");
    assert_eq!(run.code, 0, "{}", run.stdout);
    // As a co-author, under the address that GitHub gives.
    let small = small().file(
        "inventory/support.yaml",
        &seen(
            "eve@acme.example: {role: owner}",
            "eve@acme.example: {role: agent, attested: {by: dana@acme.example, on: 2026-01-05}}",
        ),
    );
    small.git("dana", "add --all");
    small.git("dana", "commit --quiet --message=change --trailer=Co-authored-by:E<77+eve-l@users.noreply.github.com>");
    let run = small.run_args("plan --base HEAD^1");
    assert_eq!(run.code, 1, "{}", run.stdout);
    insta::assert_snapshot!("base_own", short(&run.stdout));
}

#[test]
fn what_is_not_committed_is_the_work_of_whoever_plans() {
    let line = "bob@acme.example: {role: owner, attested: {by: eve@acme.example, on: 2026-01-05}}";
    let small = small().file(
        "inventory/support.yaml",
        &seen("bob@acme.example: {role: manager}", line),
    );
    let own = |who: &str| small.git("dana", &format!("config user.email {who}@acme.example"));
    own("dana");
    assert_eq!(small.run_args("plan --base HEAD").code, 0);
    own("bob");
    let run = small.run_args("plan --base HEAD");
    assert_eq!(run.code, 1, "{}", run.stdout);
}

#[test]
fn an_inventory_that_is_new_is_the_change_s_own_word() {
    let small = repository(&[
        ("seatplan.yaml", SMALL),
        ("people.yaml", "users: {dana@acme.example: {}}"),
    ])
    .file("people.yaml", BOOKS)
    .file("inventory/support.yaml", SEEN)
    .commit("dana");
    let run = small.run_args("plan --base HEAD^1");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("base_new_inventory", short(&run.stdout));
}

#[test]
fn names_of_another_revision_are_as_inert_as_any() {
    let hostile = "\"a\\e[2J::error::b|<img src=x>@team\"";
    let small = small()
        .file(
            "inventory/support.yaml",
            &seen("carl@acme.example", hostile),
        )
        .commit("dana")
        .file("inventory/support.yaml", SEEN)
        .commit("a\u{1b}[31m|x@evil.example");
    for format in ["human", "markdown", "github", "sarif", "json"] {
        let run = small.run_args(&format!("plan --base HEAD^1 --format {format}"));
        assert!(!run.stdout.contains('\u{1b}'), "{format}: {:?}", run.stdout);
        let commands = run.stdout.lines().filter(|it| it.starts_with("::error::b"));
        assert_eq!(commands.count(), 0, "{format}");
        if format == "markdown" {
            assert!(!run.stdout.contains("<img"), "{}", run.stdout);
        }
    }
}
