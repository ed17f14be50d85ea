//! Runs the program in a folder of its own with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A run to be: files, arguments, variables.
#[must_use]
pub(super) struct Cli {
    folder: TempDir,
    args: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What came of a run; what changes from run to run (ports, digests) is replaced.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// A run in an empty folder without any variables.
pub(super) fn cli() -> Cli {
    Cli {
        folder: tempfile::tempdir().expect("a folder can be made"),
        args: Vec::new(),
        variables: Vec::new(),
    }
}

impl Cli {
    /// Writes a file.
    pub(super) fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Writes files.
    pub(super) fn files(self, files: &[(&str, &str)]) -> Self {
        files
            .iter()
            .fold(self, |cli, (path, text)| cli.file(path, text))
    }

    /// Sets the arguments, separated by blanks.
    pub(super) fn args(mut self, args: &str) -> Self {
        self.args = args.split_whitespace().map(str::to_owned).collect();
        self
    }

    /// Sets a variable.
    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs other arguments first, which must go well, and forgets what they say.
    pub(super) fn after(self, args: &str) -> Self {
        let mut command = self.command();
        let output = command.args(args.split_whitespace()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{args}: {text}{}",
            String::from_utf8_lossy(&output.stdout)
        );
        self
    }

    /// The folder, for tests that look at what was written.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The program, ready to be started.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatplan"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it.
    pub(super) fn run(&self) -> Run {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        self.run_args(&args.join(" "))
    }

    /// Runs other arguments and gives the exit code.
    pub(super) fn run_code(&self, args: &str) -> i32 {
        self.run_args(args).code
    }

    /// Runs other arguments.
    pub(super) fn run_args(&self, args: &str) -> Run {
        let output = self
            .command()
            .args(args.split_whitespace())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: steady(
                &String::from_utf8(output.stdout).unwrap(),
                self.folder.path(),
            ),
            stderr: steady(
                &String::from_utf8(output.stderr).unwrap(),
                self.folder.path(),
            ),
        }
    }

    /// Runs other arguments and reads what they say as JSON.
    pub(super) fn json(&self, args: &str) -> serde_json::Value {
        let output = self
            .command()
            .args(args.split_whitespace())
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs it with a standard output that nobody reads.
    pub(super) fn run_into_a_closed_pipe(&self) -> i32 {
        let mut child = self
            .command()
            .args(&self.args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = child.stderr.take().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stderr, &mut text).unwrap();
        assert!(!text.contains("panic") && !text.contains("bug"), "{text}");
        child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Runs it and gives everything that can be seen of it, for a snapshot.
    pub(super) fn shown(&self) -> String {
        self.shown_args(&self.args.join(" "))
    }

    /// As [`shown`](Self::shown), with other arguments.
    pub(super) fn shown_args(&self, args: &str) -> String {
        let run = self.run_args(args);
        let mut shown = format!("$ seatplan {args}\n");
        shown.push_str(&run.stdout);
        if !run.stderr.is_empty() {
            shown.push_str("--- standard error\n");
            shown.push_str(&run.stderr);
        }
        shown.push_str(&format!("--- exit code {}\n", run.code));
        shown
    }
}

/// Replaces what is different in each run.
fn steady(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "FOLDER");
    let text = replace_digits(&text, "127.0.0.1:", "PORT");
    replace_hex(&text)
}

fn replace_digits(text: &str, before: &str, word: &str) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(before);
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(if rest.len() < part.len() { word } else { "" });
        out.push_str(rest);
    }
    out
}

/// Digests and step ids: words of 12 or more hexadecimal digits with a digit among them.
fn replace_hex(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
            word.push(c);
            continue;
        }
        if word.len() >= 12 && word.contains(|c: char| c.is_ascii_digit()) {
            out.push_str("HEX");
        } else {
            out.push_str(&word);
        }
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}
