//! Runs the commands that stand in Markdown and compares what they say.
//!
//! A block that starts with ` ```console ` holds lines `$ seatplan ...` (or `$ cargo run -- ...`), each followed by what it
//! writes to standard output and standard error. ` ```console exit=1 ` says with which code the last one ends. A line `...`
//! stands for any number of lines.
//! Where a command takes `--base`, the folder is a repository whose one commit holds what was in it before the first one. Ids, instants, days, addresses and durations differ from run to run and compare as equal.
//! `UPDATE=1` writes what was said into the file; lines `...` are then lost and have to be put back.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One fenced block of a Markdown file.
pub(crate) struct Block {
    /// What follows the fence.
    pub(crate) info: String,
    /// The lines between the fences.
    pub(crate) text: String,
}

/// The fenced blocks of a text, in order.
pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in markdown.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                open = Some(Block {
                    info: info.trim().to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Runs every console block of a Markdown file in a folder; the number of commands that ran.
///
/// Commands of one file see what earlier ones left in the folder.
pub(crate) fn run(markdown: &Path, folder: &Path) -> usize {
    let written = std::fs::read_to_string(markdown).unwrap();
    if written.contains(" --base ") {
        commit_all(folder);
    }
    let mut updated = written.clone();
    let mut ran = 0;
    for block in blocks(&written) {
        let mut words = block.info.split_whitespace();
        if words.next() != Some("console") {
            continue;
        }
        let exit = words.next().map_or(0, |word| {
            let code = word
                .strip_prefix("exit=")
                .expect("only `exit=N` may follow");
            code.parse().expect("an exit code is a number")
        });
        let mut actual = String::new();
        let commands: Vec<&str> = block
            .text
            .lines()
            .filter_map(|it| it.strip_prefix("$ "))
            .collect();
        for (index, command) in commands.iter().enumerate() {
            let is_last = index + 1 == commands.len();
            let said = seatplan(command, folder, if is_last { exit } else { 0 });
            actual.push_str(&format!("$ {command}\n{said}"));
            ran += 1;
        }
        if !fits(&block.text, &actual) {
            updated = updated.replacen(&block.text, &actual, 1);
        }
    }
    if updated == written {
        return ran;
    }
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(markdown, updated).unwrap();
        return ran;
    }
    let diff = similar::TextDiff::from_lines(&written, &updated);
    let diff = diff.unified_diff().context_radius(2).to_string();
    panic!(
        "{} is not what happens (UPDATE=1 writes what does):\n{diff}",
        markdown.display()
    );
}

/// Runs one command line and gives what it says.
pub(crate) fn seatplan(line: &str, folder: &Path, exit: i32) -> String {
    let args = line
        .strip_prefix("seatplan ")
        .or_else(|| line.strip_prefix("cargo run -q -- "))
        .unwrap_or_else(|| panic!("\"{line}\" is not a command of this program"));
    let output = Command::new(env!("CARGO_BIN_EXE_seatplan"))
        .args(args.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "$ {line}\n{said}");
    let lines = said.lines().map(str::trim_end);
    lines.map(|line| format!("{line}\n")).collect()
}

/// Makes a folder a git repository that knows nothing of the machine's own settings, and commits what is in it.
fn commit_all(folder: &Path) {
    for args in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "--message=Begin"],
    ] {
        let output = Command::new("git")
            .args(args)
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", folder)
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Dana"),
                ("GIT_AUTHOR_EMAIL", "dana@small.example"),
                ("GIT_COMMITTER_NAME", "Dana"),
                ("GIT_COMMITTER_EMAIL", "dana@small.example"),
            ])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}\n{errors}");
    }
}

/// Whether a text with `...` lines stands for another.
fn fits(pattern: &str, actual: &str) -> bool {
    let pattern: Vec<String> = pattern.lines().map(settled).collect();
    let actual: Vec<String> = actual.lines().map(settled).collect();
    fits_lines(&pattern, &actual)
}

fn fits_lines(pattern: &[String], actual: &[String]) -> bool {
    match pattern.split_first() {
        None => actual.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=actual.len()).any(|skip| fits_lines(rest, &actual[skip..]))
        }
        Some((first, rest)) => actual
            .split_first()
            .is_some_and(|(line, more)| first == line && fits_lines(rest, more)),
    }
}

/// A line with what differs from run to run taken out.
fn settled(line: &str) -> String {
    let words = line.trim_end().split(' ').map(|word| {
        let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_hash = core.len() >= 7 && core.bytes().all(|b| b.is_ascii_hexdigit());
        let is_instant = (core.len() >= 16 && core.starts_with("20") && core.contains('T'))
            || core
                .parse::<jiff::civil::Date>()
                .is_ok_and(|_| core.len() == 10);
        let is_address = core.starts_with("http://127.0.0.1:");
        let digits = core.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let is_duration = matches!(&core[digits.len()..], "ms" | "s")
            && !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match (is_hash, is_instant, is_address, is_duration) {
            (true, ..) => word.replace(core, "HASH"),
            (_, true, ..) => word.replace(core, "INSTANT"),
            (_, _, true, _) => word.replace(core, "ADDRESS"),
            (.., true) => word.replace(core, "DURATION"),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Copies the files of a folder, without what seatplan wrote into it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let target = to.join(&name);
        match entry.file_type().unwrap().is_dir() {
            true if name == ".seatplan" => {}
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn ellipses_stand_for_any_lines_and_ids_for_each_other() {
    assert!(fits(
        "a\n...\nz 0123456789ab\n",
        "a\nb\nc\nz ffff00001111\n"
    ));
    assert!(fits("took 12ms\n", "took 3ms\n"));
    assert!(!fits("a\n...\nz\n", "a\nb\n"));
    assert!(!fits("a\n", "a\nb\n"));
}
