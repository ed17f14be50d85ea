//! Bad inputs and what is said about each: class, code, place and help, and how much is read of the rest.
//!
//! One test for each row of the corpus. Every case is a whole estate on disk, loaded as the program loads it; `ana` in the
//! same file, or in the next one, shows that reading goes on. Bounds are asserted by counts, never by the clock.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use seatplan::env::Env;
use seatplan::ops::estate::{self, Loaded};

const SETTINGS: &str =
    "seatplan: 1\nname: example\ntimezone: Europe/Paris\ndefaults: {unmanaged: remove}\n";

/// An estate in a folder of its own.
struct Estate(tempfile::TempDir);

impl Estate {
    fn new() -> Self {
        let estate = Self(tempfile::tempdir().expect("a folder for one test"));
        estate.write("seatplan.yaml", SETTINGS)
    }

    fn write(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("it is below the root")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn load(&self) -> Loaded {
        let now = "2026-12-01T00:00:00Z".parse().expect("an instant");
        let env = Env::fixed(now, Default::default(), self.0.path());
        estate::load(&env, Path::new("")).expect("the root can be read")
    }

    /// One paragraph for each problem: code, place, message; the other places; help.
    fn problems(&self) -> String {
        told(&self.load())
    }
}

fn told(loaded: &Loaded) -> String {
    let mut out = String::new();
    for it in loaded.sink.diagnostics() {
        let place = it
            .primary()
            .map(|span| loaded.sources.place(span).to_string());
        let place = place.unwrap_or_else(|| "nowhere".to_owned());
        writeln!(out, "{} {place} {}", it.code.id, it.message).expect("a text can be written to");
        for label in it.labels.iter().skip(1) {
            writeln!(
                out,
                "  at {} {}",
                loaded.sources.place(label.span),
                label.text
            )
            .expect("as above");
        }
        for note in &it.notes {
            writeln!(out, "  note: {note}").expect("as above");
        }
        if let Some(help) = &it.help {
            writeln!(out, "  help: {help}").expect("as above");
        }
    }
    out
}

/// The problems of an estate with one file.
fn problems(text: impl AsRef<[u8]>) -> String {
    Estate::new().write("a.yaml", text).problems()
}

/// The same, after asserting that the user `ana` was read in spite of them.
fn problems_beside_ana(text: &str) -> String {
    let estate = Estate::new().write("a.yaml", text);
    let loaded = estate.load();
    assert!(
        loaded.config.users.get("ana").is_some(),
        "ana is read\n{}",
        told(&loaded)
    );
    told(&loaded)
}

#[test]
fn b01_a_key_written_twice() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  bob: {name: Bob}\n  ana: {}\n  bob: {name: Bert}\n"), @r##"
    YAML002 a.yaml:4:3 the key "bob" is written twice
      at a.yaml:2:3 first here
      help: delete one of them, or join what they hold
    "##);
}

#[test]
fn b02_a_tab_in_the_indentation() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  bob:\n\tname: Bob\n  ana: {}\n"), @r##"
    YAML003 a.yaml:3:2 a tab stands where only spaces may stand
      help: write spaces; most editors can do that for a whole file
    "##);
}

#[test]
fn b03_words_that_other_readers_take_for_switches() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  bob: {name: no}\n  on: {name: NO}\n  ana: {name: \"yes\"}\n"), @r##"
    SCHEMA006 a.yaml:2:15 "no" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:3:3 "on" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:3:14 "NO" is read as text here, but not by every YAML reader
      help: put it in quotes
    "##);
}

#[test]
fn b04_texts_that_look_like_numbers_stay_as_they_are() {
    let estate = Estate::new().write(
        "a.yaml",
        "users:\n  0123: {name: 0o17}\n  ana: {name: 1e3}\n  12:30:45: {name: 12:30:45}\n",
    );
    let loaded = estate.load();
    for key in ["0123", "12:30:45"] {
        assert!(loaded.config.users.get(key).is_some(), "{key}");
    }
    insta::assert_snapshot!(told(&loaded), @r##"
    SCHEMA006 a.yaml:2:3 "0123" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:2:16 "0o17" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:3:15 "1e3" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:4:3 "12:30:45" is read as text here, but not by every YAML reader
      help: put it in quotes
    SCHEMA006 a.yaml:4:20 "12:30:45" is read as text here, but not by every YAML reader
      help: put it in quotes
    "##);
}

#[test]
fn b05_quantities_are_plain_digits() {
    let seats = [
        "5.0",
        "\"5\"",
        "-1",
        "1e2",
        "18446744073709551616",
        ".inf",
        "NaN",
        "05",
        "5",
    ];
    let text: String = seats
        .iter()
        .zip('a'..)
        .map(|(seats, name)| {
            format!("  {name}: {{product: github-organization, seats: {{member: {seats}}}}}\n")
        })
        .collect();
    insta::assert_snapshot!(problems(format!("accounts:\n{text}")), @r##"
    SCHEMA005 a.yaml:2:53 expected a whole number, found "5.0"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:3:53 expected a whole number, found "5"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:4:53 expected a whole number, found "-1"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:5:53 expected a whole number, found "1e2"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:6:53 expected a whole number, found "18446744073709551616"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:7:53 expected a whole number, found ".inf"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:8:53 expected a whole number, found "NaN"
      help: write digits only, without quotes, from 0 to 4294967295
    SCHEMA005 a.yaml:9:53 expected a whole number, found "05"
      help: write digits only, without quotes, from 0 to 4294967295
    "##);
}

#[test]
fn b06_an_alias_bomb() {
    let mut text = "users:\n  ana: {}\nl0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=9 {
        let inner = vec![format!("*l{}", level - 1); 9].join(", ");
        text += &format!("l{level}: &l{level} [{inner}]\n");
    }
    let told = problems_beside_ana(&text);
    let bombs: Vec<_> = told.lines().filter(|it| it.contains("YAML006")).collect();
    assert_eq!(
        bombs,
        [
            "YAML006 a.yaml:8:10 the aliases of this file stand for more than 100000 values or more than 64 levels"
        ]
    );
}

#[test]
fn b07_aliases_are_read_and_merge_keys_are_not() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: &ana {kind: employee}\n  bob: *ana\n  carl:\n    <<: *ana\n    name: Carl\n"), @r##"
    YAML009 a.yaml:5:5 merge keys "<<" are not read
      help: write what is shared once, as a bundle under bundles:, and name it in bundles: of each user
    "##);
}

#[test]
fn b08_an_anchor_that_holds_itself() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: {}\n  bob: &bob\n    teams: [*bob]\n"), @r##"
    YAML008 a.yaml:4:13 the alias "*bob" stands inside what it stands for
      help: write out what is meant here
    "##);
}

#[test]
fn b09_ten_thousand_brackets() {
    insta::assert_snapshot!(problems_beside_ana(&format!("users:\n  ana: {{}}\n  bob: {}\n", "[".repeat(10_000))), @r##"
    YAML004 a.yaml:3:73 lists and mappings stand in each other more than 64 deep
      help: write it flatter; nothing that is read here needs more than a few levels
    "##);
}

#[test]
fn b10_sizes_are_limited_and_the_limit_is_named() {
    let long_text = format!(
        "users:\n  ana: {{}}\n  bob: {{name: {}}}\n",
        "x".repeat(70_000)
    );
    insta::assert_snapshot!(problems_beside_ana(&long_text), @r##"
    YAML005 a.yaml:3:15 this text has 70000 bytes, more than 65536
      help: shorten it
    "##);
    let many_keys: String = (0..1_000_000).map(|n| format!("k{n}: 1\n")).collect();
    let told = problems(many_keys);
    assert!(
        told.contains("the file has more than 2000000 keys and values"),
        "{told}"
    );
    let estate = Estate::new().write("a.yaml", "");
    let file = std::fs::File::create(estate.path("a.yaml")).expect("a file");
    file.set_len(200 << 20).expect("a sparse file of 200 MiB");
    insta::assert_snapshot!(estate.problems(), @r##"
    YAML005 a.yaml:1:1 the file has 209715200 bytes, more than 33554432
      help: split it into several files
    "##);
}

#[test]
fn b11_bytes_that_are_not_text() {
    insta::assert_snapshot!(problems(b"users:\n  an\xe9: {}\n"), @r##"
    YAML020 a.yaml:2:5 the byte 0xe9 at offset 11 is not UTF-8
      help: save the file as UTF-8
    "##);
    insta::assert_snapshot!(problems(b"\xff\xfeu\0s\0e\0r\0s\0"), @r##"
    YAML020 a.yaml:1:1 the file is UTF-16, not UTF-8
      help: save the file as UTF-8
    "##);
    insta::assert_snapshot!(problems_beside_ana("users:\n  bob: {name: \u{feff}Bob}\n  ana: {}\n"), @r##"
    YAML014 a.yaml:2:15 a byte order mark stands in the middle of the file, at byte 21
      help: delete it; it comes from putting two files together
    "##);
    insta::assert_snapshot!(problems_beside_ana("users:\n  bob: {name: \"B\0ob\"}\n  ana: {}\n"), @r##"
    YAML013 a.yaml:2:17 a control character stands here, U+0000 at byte 23
      help: delete it; if the whole file is like this, save it as UTF-8
    "##);
    insta::assert_snapshot!(problems_beside_ana("\u{feff}users:\n  ana: {}\n"), @"");
}

#[test]
fn b12_characters_that_nobody_can_see() {
    let text = "users: # \u{202e}nimda\n  bob: {name: \"B\u{200b}ob\"}\n  \"b\u{202e}ob\": {}\n  eve: {name: \"E\\u202Eve\"}\n  tag: {name: \"T\u{e0041}ag\"}\n  ana: {}\n";
    insta::assert_snapshot!(problems_beside_ana(text), @r##"
    YAML015 a.yaml:1:10 this comment holds a character that is not shown: U+202E
      help: delete it; a reviewer may read something else than what is written
    SCHEMA007 a.yaml:2:15 this text holds a character that is not shown: U+200B
      help: delete it and type the text anew
    SCHEMA007 a.yaml:3:3 this text holds a character that is not shown: U+202E
      help: delete it and type the text anew
    SCHEMA007 a.yaml:4:15 this text holds a character that is not shown: U+202E
      help: delete it and type the text anew
    SCHEMA007 a.yaml:5:15 this text holds a character that is not shown: U+E0041
      help: delete it and type the text anew
    "##);
}

#[test]
fn b13_characters_that_steer_a_terminal() {
    let text = "users:\n  a: {name: \"\u{1b}[2J\"}\n  b: {name: \"\\e]8;;http://x\\a\"}\n  c: {name: \"\u{9b}0m\"}\n  d: {name: \"x\rAna\"}\n  ana: {}\n";
    insta::assert_snapshot!(problems_beside_ana(text), @r##"
    YAML013 a.yaml:2:14 a control character stands here, U+001B at byte 20
      help: delete it; a text that needs one cannot be a name
    SCHEMA007 a.yaml:3:13 this text holds a character that is not shown: U+001B
      help: delete it and type the text anew
    YAML013 a.yaml:4:14 a control character stands here, U+009B at byte 72
      help: delete it; a text that needs one cannot be a name
    YAML013 a.yaml:5:15 a control character stands here, U+000D at byte 93
      help: end lines with a line feed, or with a carriage return and a line feed
    "##);
}

#[test]
fn b14_an_unknown_key() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: {acces: {}}\n"), @r##"
    SCHEMA001 a.yaml:2:9 unknown key "acces" in a user
      help: did you mean "access"?
    "##);
}

#[test]
fn b15_a_key_that_looks_like_a_known_one() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: {Name: Ana, t\u{435}ams: []}\n"), @r##"
    SCHEMA001 a.yaml:2:9 unknown key "Name" in a user
      help: did you mean "name"?
    SCHEMA001 a.yaml:2:20 unknown key "tеams" in a user
      note: "е" is U+0435
      help: did you mean "teams"?
    "##);
}

#[test]
fn b16_several_documents() {
    insta::assert_snapshot!(problems_beside_ana("---\nusers:\n  ana: {}\n---\nusers:\n  bob: {}\n"), @r##"
    YAML011 a.yaml:4:1 a second document begins in this file; it is not read
      help: put it into a file of its own, or delete the line that separates them
    "##);
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: {}\n...\njunk\n"), @r##"
    YAML011 a.yaml:4:1 a second document begins in this file; it is not read
      help: put it into a file of its own, or delete the line that separates them
    "##);
    insta::assert_snapshot!(problems_beside_ana("---\nusers:\n  ana: {}\n...\n"), @"");
}

#[test]
fn b17_tags() {
    let text = "users:\n  bob: !!python/object:os.system {name: Bob}\n  carl: {name: !!binary aGk=}\n  dan: {name: !!str 12}\n  ana: {}\nteams: !include teams.yaml\n";
    insta::assert_snapshot!(problems_beside_ana(text), @r##"
    YAML010 a.yaml:2:8 tags are not read: "!!python/object:os.system"
      help: write the value itself, without a tag
    YAML010 a.yaml:3:16 tags are not read: "!!binary"
      help: write the value itself, without a tag
    YAML010 a.yaml:4:15 tags are not read: "!!str"
      help: put the text in quotes instead
    SCHEMA006 a.yaml:4:21 "12" is read as text here, but not by every YAML reader
      help: put it in quotes
    YAML010 a.yaml:6:8 tags are not read: "!include"
      help: delete it; every YAML file below seatplan.yaml is read, so files need not include each other
    "##);
}

#[test]
fn b18_nothing_empty_means_remove_everyone() {
    let estate = Estate::new()
        .write("a.yaml", "users: []\nteams: {}\nbundles:\n")
        .write("b.yaml", "")
        .write("c.yaml", "# nobody yet\n")
        .write("d.yaml", "~\n");
    insta::assert_snapshot!(estate.problems(), @r##"
    FILE009 a.yaml:1:1 the section "users" holds nothing
      help: delete the key, or write what belongs under it
    SCHEMA003 a.yaml:1:8 expected a mapping, found a list
    FILE009 a.yaml:2:1 the section "teams" holds nothing
      help: delete the key, or write what belongs under it
    FILE009 a.yaml:3:1 the section "bundles" holds nothing
      help: delete the key, or write what belongs under it
    FILE008 b.yaml:1:1 the file holds nothing
      help: delete the file, or write what belongs into it
    FILE008 c.yaml:1:1 the file holds nothing
      help: delete the file, or write what belongs into it
    FILE008 d.yaml:1:1 the file holds nothing
      help: delete the file, or write what belongs into it
    "##);
}

/// Where YAML 1.1 and 1.2, or two readers of one version, disagree, a text is what is written.
#[test]
fn b19_a_text_is_what_is_written() {
    let texts = [
        "yes",
        "Off",
        "0o17",
        "017",
        "0x1F",
        "1_000",
        "12:30:45",
        "2001-01-01",
        "=",
        "1e3",
        "+1",
        ".5",
        "nan",
    ];
    let users: String = texts
        .iter()
        .zip('a'..)
        .map(|(text, key)| format!("  {key}: {{name: {text}}}\n"))
        .collect();
    let loaded = Estate::new()
        .write("a.yaml", format!("users:\n{users}"))
        .load();
    assert!(!loaded.sink.has_errors(), "{}", told(&loaded));
    let read: Vec<_> = loaded
        .config
        .users
        .iter()
        .map(|(_, user)| {
            user.name
                .as_ref()
                .expect("each has one")
                .as_str()
                .to_owned()
        })
        .collect();
    assert_eq!(read, texts);
}

#[test]
fn b20_a_glob_that_matches_nothing() {
    let estate = Estate::new()
        .write(
            "seatplan.yaml",
            format!("{SETTINGS}files: [\"people/**\", \"accounts/*.yaml\"]\n"),
        )
        .write("people/a.yaml", "users:\n  ana: {}\n");
    insta::assert_snapshot!(estate.problems(), @r##"
    FILE006 seatplan.yaml:5:22 the glob "accounts/*.yaml" matches no file
      help: globs are relative to seatplan.yaml, and a folder is written "folder/**"; hidden and git-ignored files never count
    "##);
}

#[test]
fn b21_globs_that_lead_out_of_the_estate() {
    let globs = "files: [\"../x.yaml\", /etc/*.yaml, \"file:///x\", '\\\\host\\x.yaml', 'C:\\x.yaml', \"a/../../b\", \"[a\", a.yaml]\n";
    let estate = Estate::new()
        .write("seatplan.yaml", format!("{SETTINGS}{globs}"))
        .write("a.yaml", "users:\n  ana: {}\n");
    insta::assert_snapshot!(estate.problems(), @r##"
    FILE007 seatplan.yaml:5:9 "../x.yaml" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE007 seatplan.yaml:5:22 "/etc/*.yaml" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE007 seatplan.yaml:5:35 "file:///x" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE007 seatplan.yaml:5:48 "\\host\x.yaml" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE007 seatplan.yaml:5:65 "C:\x.yaml" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE007 seatplan.yaml:5:78 "a/../../b" leads out of the estate
      help: write a path relative to seatplan.yaml, with "/" and without ".."
    FILE012 seatplan.yaml:5:91 "[a" is not a glob: unclosed character class; missing ']'
      help: write for example "people/*.yaml" or "accounts/**"
    "##);
}

#[cfg(unix)]
#[test]
fn b22_links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder outside");
    std::fs::write(outside.path().join("x.yaml"), "users:\n  eve: {}\n").expect("a file outside");
    let estate = Estate::new()
        .write("a.yaml", "users:\n  ana: {}\n")
        .write("people/b.yaml", "users:\n  bob: {}\n");
    symlink(outside.path().join("x.yaml"), estate.path("out.yaml")).expect("a link");
    symlink(outside.path(), estate.path("folder")).expect("a link");
    symlink("loop.yaml", estate.path("loop.yaml")).expect("a link");
    symlink("..", estate.path("people/up")).expect("a link");
    let loaded = estate.load();
    assert!(loaded.config.users.get("eve").is_none());
    assert!(loaded.config.users.get("bob").is_some());
    insta::assert_snapshot!(told(&loaded), @r##"
    FILE001 folder:1:1 "folder" is a symbolic link; links are not followed
      help: put the file itself here, or add the link to .gitignore if it is no part of the estate
    FILE001 loop.yaml:1:1 "loop.yaml" is a symbolic link; links are not followed
      help: put the file itself here, or add the link to .gitignore if it is no part of the estate
    FILE001 out.yaml:1:1 "out.yaml" is a symbolic link; links are not followed
      help: put the file itself here, or add the link to .gitignore if it is no part of the estate
    FILE001 people/up:1:1 "people/up" is a symbolic link; links are not followed
      help: put the file itself here, or add the link to .gitignore if it is no part of the estate
    "##);
}

/// Somebody swaps a folder for a link after the files were chosen: the way there is opened name by name.
#[cfg(unix)]
#[test]
fn b22_a_folder_swapped_for_a_link_is_not_followed() {
    let estate = Estate::new().write("real/a.yaml", "users: {}\n");
    std::os::unix::fs::symlink("real", estate.path("swapped")).expect("a link");
    let now = "2026-12-01T00:00:00Z".parse().expect("an instant");
    let env = Env::fixed(now, Default::default(), estate.0.path());
    assert!(
        env.read_below(Path::new(""), Path::new("real/a.yaml"), 99)
            .is_ok()
    );
    let refused = env.read_below(Path::new(""), Path::new("swapped/a.yaml"), 99);
    assert_eq!(
        refused.expect_err("it is a link").to_string(),
        "it is a symbolic link"
    );
}

#[cfg(unix)]
#[test]
fn b23_pipes_folders_and_files_without_permission() {
    use std::os::unix::fs::PermissionsExt as _;
    let estate = Estate::new()
        .write("a.yaml", "users:\n  ana: {}\n")
        .write("folder.yaml/b.yaml", "users:\n  bob: {}\n")
        .write("shut.yaml", "users:\n  carl: {}\n");
    let made = std::process::Command::new("mkfifo")
        .arg(estate.path("pipe.yaml"))
        .status();
    assert!(made.expect("mkfifo can be started").success());
    std::fs::set_permissions(
        estate.path("shut.yaml"),
        std::fs::Permissions::from_mode(0o0),
    )
    .expect("its owner may");
    let told = estate.problems();
    let told: Vec<_> = told.lines().filter(|it| it.starts_with("FILE")).collect();
    assert_eq!(
        told[0],
        "FILE002 folder.yaml:1:1 \"folder.yaml\" has the name of a YAML file but is a folder, a pipe, a socket or a device"
    );
    assert_eq!(
        told[1],
        "FILE002 pipe.yaml:1:1 \"pipe.yaml\" has the name of a YAML file but is a folder, a pipe, a socket or a device"
    );
    if std::fs::read(estate.path("shut.yaml")).is_ok() {
        eprintln!("skipped: this user may read every file, so there is none without permission");
        return;
    }
    assert_eq!(
        told[2],
        "FILE003 shut.yaml:1:1 \"shut.yaml\" cannot be read: Permission denied (os error 13)"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn b24_names_that_another_system_cannot_have() {
    let estate = Estate::new()
        .write("a.yaml", "users:\n  ana: {}\n")
        .write("A.yaml", "users:\n  bob: {}\n")
        .write("zo\u{e9}.yaml", "users:\n  carl: {}\n")
        .write("zoe\u{301}.yaml", "users:\n  dan: {}\n")
        .write("nul.yaml", "users:\n  eve: {}\n")
        .write("con/x.yaml", "users:\n  fay: {}\n")
        .write("a:b.yaml", "users:\n  gus: {}\n");
    insta::assert_snapshot!(estate.problems(), @r##"
    FILE004 a.yaml:1:1 "a.yaml" and "A.yaml" are the same name to some systems
      note: where they differ, one has U+0061 and the other U+0041
      help: rename one of them, or put both into one file or folder
    FILE005 a:b.yaml:1:1 "a:b.yaml" cannot exist on Windows: a name there cannot hold ':'
      help: rename it, so that everybody who clones the repository has the same files
    FILE005 con/x.yaml:1:1 "con/x.yaml" cannot exist on Windows: "con" is a device there
      help: rename it, so that everybody who clones the repository has the same files
    FILE005 nul.yaml:1:1 "nul.yaml" cannot exist on Windows: "nul" is a device there
      help: rename it, so that everybody who clones the repository has the same files
    FILE004 zoé.yaml:1:1 "zoé.yaml" and "zoé.yaml" are the same name to some systems
      note: where they differ, one has U+00E9 and the other U+0065 U+0301
      help: rename one of them, or put both into one file or folder
    "##);
}

#[test]
fn b25_merge_conflict_markers() {
    let text = "users:\n<<<<<<< HEAD\n  bob: {name: Bob}\n=======\n  bob: {name: Bert}\n>>>>>>> theirs\n  ana: {}\n";
    insta::assert_snapshot!(problems_beside_ana(text), @r##"
    YAML012 a.yaml:2:1 a merge left both versions standing here
      at a.yaml:6:1 and ends here
      help: keep the lines that are meant and delete the three lines of markers
    "##);
}

#[test]
fn b26_any_line_ends() {
    assert_eq!(
        problems_beside_ana("users:\r\n  bob: {}\r\n  ana:\n    name: Ana\r\n    kind: employee"),
        ""
    );
}

#[test]
fn b27_a_secret_is_refused_unseen() {
    let token = concat!("gh", "p_0123456789abcdefghijABCDEFGHIJ012345");
    let text = format!(
        "accounts:\n  acme:\n    product: github-organization\n    connection: {{token: {token}}}\n  other:\n    product: github-organization\n    connection:\n      token: correct-horse\n# {token}\nusers:\n  ana: {{}}\n"
    );
    let estate = Estate::new().write("a.yaml", text);
    let loaded = estate.load();
    assert!(loaded.config.users.get("ana").is_some());
    for (_, source) in loaded.sources.iter() {
        assert!(
            !source.text().contains(token) && !source.text().contains("correct"),
            "{}",
            source.text()
        );
    }
    insta::assert_snapshot!(told(&loaded), @r##"
    YAML016 a.yaml:4:25 this looks like a GitHub token; it is not read and not shown
      help: write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it
    YAML016 a.yaml:8:14 this looks like a secret; it is not read and not shown
      help: write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it
    YAML016 a.yaml:9:3 this looks like a GitHub token; it is not read and not shown
      help: write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it
    "##);
}

#[test]
fn b28_a_variable_in_a_text() {
    insta::assert_snapshot!(problems_beside_ana("users:\n  ana: {name: \"${NAME}\"}\n"), @r##"
    YAML017 a.yaml:2:15 "${NAME}" is taken as it is written; variables are not put into texts
      help: write the value itself; a secret is written {env: NAME} where a field takes one
    "##);
}

#[test]
fn all_problems_of_a_run_are_told_together_in_the_order_of_their_places() {
    let estate = Estate::new()
        .write("b.yaml", "users:\n  bob: {nmae: Bob}\n  bob: {}\n")
        .write("a.yaml", "users:\n  ana: {name: [}\n");
    let told = estate.problems();
    let codes: Vec<_> = told
        .lines()
        .filter(|it| !it.starts_with(' '))
        .map(|it| it.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        codes,
        [
            "YAML001 a.yaml:2:15",
            "SCHEMA001 b.yaml:2:9",
            "YAML002 b.yaml:3:3"
        ]
    );
}
