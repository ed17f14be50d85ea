//! Whole estates from disk: which files there are, and that their layout and order mean nothing.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use seatplan::config;
use seatplan::env::Env;
use seatplan::model::Desired;
use seatplan::ops::estate::{self, LoadError, Loaded};

const SETTINGS: &str =
    "seatplan: 1\nname: acme\ntimezone: Europe/Paris\ndefaults: {unmanaged: remove}\n";

/// What a small company writes, one thing a piece: the section it stands in and its text.
const PIECES: &[(&str, &str)] = &[
    (
        "users",
        "  alice@acme.example:\n    name: Alice Martin\n    teams: [support]\n    access:\n      acme-support: {role: manager, reason: \"trade fair\"}\n",
    ),
    (
        "users",
        "  dana@acme.example:\n    name: Dana\n    logins: {github: dana-k}\n    bundles: [everyday]\n",
    ),
    (
        "users",
        "  bob@acme.example:\n    logins: {github: bob}\n    leaves: 2026-12-01\n    access: {acme-code: {role: member}}\n",
    ),
    (
        "teams",
        "  support: {leads: [alice@acme.example], parent: staff}\n",
    ),
    ("teams", "  staff: {}\n"),
    ("bundles", "  everyday:\n    acme-code: {role: admin}\n"),
    (
        "accounts",
        "  acme-support:\n    product: respond-io\n    settings: {plan: advanced}\n    access:\n      dana@acme.example: {role: owner}\n      team/support: {role: agent}\n",
    ),
    (
        "accounts",
        "  acme-code:\n    product: github-organization\n    seats: {member: 25}\n",
    ),
];

fn env(root: &Path) -> Env {
    let now = "2026-11-16T09:00:00Z".parse().expect("an instant");
    Env::fixed(now, BTreeMap::new(), root)
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("it is below the root")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn load(root: &Path) -> Loaded {
    estate::load(&env(root), Path::new("")).expect("the root can be read")
}

/// An estate with `PIECES` put into files: `order` says in which order they are written, `file_of` into which file.
fn laid_out(order: &[usize], file_of: impl Fn(usize) -> String) -> (tempfile::TempDir, Loaded) {
    let folder = tempfile::tempdir().expect("a folder for one test");
    let mut files: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for &piece in order {
        let (section, text) = PIECES[piece];
        files
            .entry(file_of(piece))
            .or_default()
            .entry(section)
            .or_default()
            .push_str(text);
    }
    write(folder.path(), "seatplan.yaml", SETTINGS);
    for (path, sections) in files {
        let text: String = sections
            .iter()
            .map(|(section, text)| format!("{section}:\n{text}"))
            .collect();
        write(folder.path(), &path, &text);
    }
    let loaded = load(folder.path());
    (folder, loaded)
}

/// What the files say, without where.
fn said(loaded: &Loaded) -> (Vec<String>, Vec<String>) {
    let mut sink = seatplan::diagnostic::Sink::new();
    let at = "2026-11-16T09:00:00Z".parse().expect("an instant");
    let desired: Desired = config::resolve(loaded.config.clone(), &loaded.products, at, &mut sink);
    let problems = loaded.sink.diagnostics().iter().chain(sink.diagnostics());
    let problems = problems
        .map(|it| format!("{} {}", it.code.id, it.message))
        .collect();
    let resources = desired
        .state
        .iter()
        .map(|(address, entry)| format!("{address} {:?}", entry.resource));
    let absences = desired
        .absences
        .keys()
        .map(|address| format!("not {address}"));
    let resources = resources.chain(absences).collect();
    (resources, problems)
}

/// Users are resolved in shares of a thousand on all threads; what concerns users of several shares is told all the same.
#[test]
fn users_far_apart_are_compared_and_threads_change_nothing() {
    let mut text = String::from("users:\n");
    for user in 0..2_500 {
        let handle = match user {
            2_400 => 10,
            other => other,
        };
        let account = match user {
            7 | 1_207 | 2_407 => "acme-cod",
            _ => "acme-code",
        };
        // Handles stand in another order than keys.
        let handle = format!("h{}-{handle}", handle * 7_919 % 1_000);
        text.push_str(&format!(
            "  u{user:04}@acme.example: {{logins: {{github: {handle}}}, access: {{{account}: {{role: member}}}}}}\n"
        ));
    }
    let folder = tempfile::tempdir().expect("a folder for one test");
    write(folder.path(), "seatplan.yaml", SETTINGS);
    let accounts = "accounts:\n  acme-code: {product: github-organization}\n";
    write(folder.path(), "accounts.yaml", accounts);
    write(folder.path(), "users.yaml", &text);
    let loaded = load(folder.path());
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads can be started")
            .install(|| said(&loaded))
    };
    let (resources, problems) = on(1);
    assert_eq!((&resources, &problems), (&on(4).0, &on(4).1));
    assert_eq!(resources.len(), 2_500 - 3 - 1);
    let messages: Vec<_> = problems
        .iter()
        .filter_map(|it| it.split_once(' '))
        .collect();
    let messages: Vec<_> = messages.into_iter().map(|(_, message)| message).collect();
    assert_eq!(
        messages,
        [
            "two users have the github handle \"h190-10\"",
            "unknown account \"acme-cod\"",
            "unknown account \"acme-cod\"",
            "unknown account \"acme-cod\"",
        ]
    );
}

#[test]
fn one_file_or_many_say_the_same() {
    let all: Vec<usize> = (0..PIECES.len()).collect();
    let one = laid_out(&all, |_| "all.yaml".to_owned());
    let many = laid_out(&all, |piece| format!("deep/er/{piece}.yml"));
    assert_eq!(said(&one.1), said(&many.1));
    assert!(said(&one.1).0.len() >= 6, "{:#?}", said(&one.1));
    assert_eq!(said(&one.1).1, [""; 0]);
}

proptest! {
    #![proptest_config(crate::support::chance::cases(24))]

    /// Which file a thing stands in, and before which other, means nothing.
    #[test]
    fn layout_and_order_mean_nothing(
        order in Just((0..PIECES.len()).collect::<Vec<_>>()).prop_shuffle(),
        files in prop::collection::vec(0..5_usize, PIECES.len()),
    ) {
        let all: Vec<usize> = (0..PIECES.len()).collect();
        let plain = laid_out(&all, |_| "all.yaml".to_owned());
        let shuffled = laid_out(&order, |piece| format!("f{}/x.yaml", files[piece]));
        prop_assert_eq!(said(&plain.1), said(&shuffled.1));
    }
}

#[test]
fn sources_stand_in_the_order_of_their_paths_however_they_were_read() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    write(folder.path(), "seatplan.yaml", SETTINGS);
    for number in (0..60).rev() {
        write(
            folder.path(),
            &format!("people/{number:02}.yaml"),
            &format!("users:\n  u{number}: {{nmae: x}}\n"),
        );
    }
    let first = load(folder.path());
    let paths: Vec<_> = first
        .sources
        .iter()
        .map(|(_, it)| it.path().to_string())
        .collect();
    let mut sorted = paths[1..].to_vec();
    sorted.sort();
    assert_eq!(
        (paths[0].as_str(), &paths[1..]),
        ("seatplan.yaml", sorted.as_slice())
    );
    let places = |loaded: &Loaded| -> Vec<String> {
        let primary = loaded
            .sink
            .diagnostics()
            .iter()
            .filter_map(|it| it.primary());
        primary
            .map(|span| loaded.sources.place(span).to_string())
            .collect()
    };
    assert_eq!(places(&first).len(), 60);
    assert_eq!(places(&first), places(&load(folder.path())));
    assert!(places(&first).is_sorted());
}

#[test]
fn what_is_no_part_of_the_estate_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    let root = folder.path();
    write(root, "seatplan.yaml", SETTINGS);
    write(root, ".gitignore", "generated/\n/scratch.yaml\n");
    write(root, "people/a.yaml", "users:\n  ana: {}\n");
    for (number, path) in [
        ".github/workflows/ci.yml",
        ".hidden.yaml",
        "generated/b.yaml",
        "scratch.yaml",
        "tests/c.yaml",
    ]
    .iter()
    .enumerate()
    {
        write(root, path, &format!("users:\n  out{number}: {{}}\n"));
    }
    write(root, "notes.txt", "users:\n  out: {}\n");
    write(
        root,
        "inventory/books.yaml",
        "inventory:\n  acme-books: {}\n",
    );
    write(root, "people/tests/d.yaml", "users:\n  dan: {}\n");
    let loaded = load(root);
    assert_eq!(
        loaded.config.users.names().collect::<Vec<_>>(),
        ["ana", "dan"]
    );
    assert!(
        loaded.sink.diagnostics().is_empty(),
        "{:?}",
        loaded.sink.diagnostics()
    );
}

#[test]
fn globs_choose_files_and_may_name_tests() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    let root = folder.path();
    write(
        root,
        "seatplan.yaml",
        &format!("{SETTINGS}files: [\"people/*.yaml\", \"tests/**\"]\n"),
    );
    write(root, "people/a.yaml", "users:\n  ana: {}\n");
    write(root, "people/deep/b.yaml", "users:\n  bob: {}\n");
    write(root, "tests/c.yaml", "users:\n  carl: {}\n");
    write(root, "example/seatplan.yaml", SETTINGS);
    let loaded = load(root);
    assert_eq!(
        loaded.config.users.names().collect::<Vec<_>>(),
        ["ana", "carl"]
    );
    assert!(
        loaded.sink.diagnostics().is_empty(),
        "{:?}",
        loaded.sink.diagnostics()
    );
}

#[test]
fn another_estate_inside_is_refused() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    write(folder.path(), "seatplan.yaml", SETTINGS);
    write(folder.path(), "example/seatplan.yaml", SETTINGS);
    let loaded = load(folder.path());
    let codes: Vec<_> = loaded
        .sink
        .diagnostics()
        .iter()
        .map(|it| it.code.id)
        .collect();
    assert_eq!(codes, ["FILE010"]);
}

#[test]
fn broken_settings_do_not_hide_what_is_wrong_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    write(folder.path(), "seatplan.yaml", "seatplan: 1\nnmae: acme\n");
    write(
        folder.path(),
        "a.yaml",
        "accounts:\n  acme-code: {product: github-organization}\nusers:\n  ana: {nmae: Ana}\n",
    );
    let loaded = load(folder.path());
    let codes: Vec<_> = loaded
        .sink
        .diagnostics()
        .iter()
        .map(|it| it.code.id)
        .collect();
    assert_eq!(codes, ["SCHEMA002", "SCHEMA001", "SCHEMA001"]);
}

#[test]
fn the_root_is_the_nearest_folder_upwards_with_settings() {
    let folder = tempfile::tempdir().expect("a folder for one test");
    let root = folder.path();
    write(root, "seatplan.yaml", SETTINGS);
    write(root, "people/deep/a.yaml", "users:\n  ana: {}\n");
    let found = estate::find_root(&env(&root.join("people/deep")), None);
    assert_eq!(found.expect("it is above"), root);
    let found = estate::find_root(&env(root), Some(Path::new("people/deep/a.yaml")));
    assert_eq!(found.expect("it is above"), root);
    let elsewhere = tempfile::tempdir().expect("a folder for one test");
    let found = estate::find_root(&env(elsewhere.path()), None);
    assert!(matches!(found, Err(LoadError::NoEstate(from)) if from == elsewhere.path()));
}

/// Users, accesses and people are what an estate has many of; a field that is added to one of them is paid for by each.
#[test]
#[cfg(target_pointer_width = "64")]
fn what_there_are_many_of_takes_few_bytes() {
    use seatplan::config::AccessEntry;
    use seatplan::config::written::User;
    use seatplan::model::{Address, Entry, Person};
    use seatplan::text::{Span, Spanned, Word};

    let bytes = [
        ("a word", size_of::<Word>(), 16),
        ("a place that may be unknown", size_of::<Option<Span>>(), 12),
        ("a written user", size_of::<User>(), 128),
        (
            "a written access",
            size_of::<(Spanned<Word>, AccessEntry)>(),
            144,
        ),
        ("an address", size_of::<Address>(), 56),
        ("what stands there", size_of::<Entry>(), 112),
        ("a person", size_of::<Person>(), 80),
    ];
    for (what, bytes, most) in bytes {
        assert!(
            bytes <= most,
            "{what} takes {bytes} bytes, more than {most}"
        );
    }
}

/// A word that was read is a part of its file's text, not a copy of it.
#[test]
fn words_share_the_text_of_their_file() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "seatplan.yaml", SETTINGS);
    let text = "users:\n  alice@acme.example:\n    name: Alice Martin\n    logins: {github: \"alice-m\"}\n";
    write(folder.path(), "people.yaml", text);
    let loaded = load(folder.path());
    let (_, source) = loaded.sources.iter().last().expect("two files");
    let shares = |word: &str| {
        source
            .text()
            .as_bytes()
            .as_ptr_range()
            .contains(&word.as_ptr())
    };
    let (key, user) = loaded.config.users.get("alice@acme.example").expect("her");
    let handle = user.logins.get("github").expect("her handle");
    let name = user.name.as_deref().expect("her name");
    assert!([&*key.value, name, &*handle.value].into_iter().all(shares));
}
