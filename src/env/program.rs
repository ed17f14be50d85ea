//! Running another program: with the words that it is given, an environment of its own, and an end to what it may say.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Env;

/// The most of its error output that is kept, in bytes.
const ERRORS_BYTES_MAX: u64 = 16 * 1024;

/// A program and how it is run. There is no shell: what stands in the arguments is nothing but arguments.
#[derive(Clone, Debug)]
pub struct Program<'p> {
    /// Its name, looked for in the folders of `PATH` that are absolute.
    pub name: &'p str,
    /// Its arguments.
    pub arguments: &'p [&'p str],
    /// The folder that it runs in.
    pub folder: &'p Path,
    /// Its whole environment besides `PATH`; nothing is inherited.
    pub variables: &'p BTreeMap<String, String>,
    /// What it reads.
    pub input: &'p [u8],
    /// The most that it may write, in bytes.
    pub output_bytes_max: u64,
}

/// What a program said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Whether it says that it went well.
    pub is_success: bool,
    /// What it wrote.
    pub output: Vec<u8>,
    /// The beginning of what it wrote as errors; raw.
    pub errors: String,
}

/// Why a program did not end by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is not there, or may not be run.
    #[error("it cannot be started: {0}")]
    Start(std::io::Error),
    /// It said more than it may; it was ended.
    #[error("it wrote more than {0} bytes")]
    TooMuch(u64),
    /// What it says cannot be read.
    #[error(transparent)]
    Io(std::io::Error),
}

impl Env {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// See [`RunError`]. That the program says it failed is none of them.
    pub fn run(&self, program: &Program<'_>) -> Result<Ran, RunError> {
        let search = absolute_only(&self.variable("PATH").unwrap_or_default());
        let mut child = command(program, search)
            .current_dir(self.directory().join(program.folder))
            .spawn()
            .map_err(RunError::Start)?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let most = program.output_bytes_max;
        // All three at once: a program that waits for one of them would never go on with the others.
        let (output, errors) = std::thread::scope(|scope| {
            // Where it ends before it has read everything, its exit code says why.
            scope.spawn(|| stdin.map(|mut it| it.write_all(program.input)));
            let errors = scope.spawn(|| {
                let mut kept = Vec::new();
                if let Some(mut all) = stderr {
                    let _ = all.by_ref().take(ERRORS_BYTES_MAX).read_to_end(&mut kept);
                    let _ = std::io::copy(&mut all, &mut std::io::sink());
                }
                String::from_utf8_lossy(&kept).into_owned()
            });
            let mut output = Vec::new();
            let read = stdout.map_or(Ok(0), |it| it.take(most + 1).read_to_end(&mut output));
            if read.is_err() || output.len() as u64 > most {
                // It may have ended by itself in the meantime.
                let _ = child.kill();
            }
            let errors = errors.join().unwrap_or_default();
            (read.map(|_| output), errors)
        });
        let ended = child.wait();
        let output = output.map_err(RunError::Io)?;
        if output.len() as u64 > most {
            return Err(RunError::TooMuch(most));
        }
        Ok(Ran {
            is_success: ended.map_err(RunError::Io)?.success(),
            output,
            errors,
        })
    }
}

fn command(program: &Program<'_>, search: std::ffi::OsString) -> Command {
    let mut command = Command::new(program.name);
    command
        .args(program.arguments)
        .env_clear()
        .env("PATH", search)
        .envs(program.variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The folders of a search path that are the same wherever a program runs: what lies in the working directory, which may be
/// anybody's, is never run in the place of a program.
fn absolute_only(search: &str) -> std::ffi::OsString {
    let folders: Vec<PathBuf> = std::env::split_paths(search)
        .filter(|it| it.is_absolute())
        .collect();
    std::env::join_paths(folders).unwrap_or_default()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn env(folder: &Path) -> Env {
        let path = ("PATH".to_owned(), "/usr/bin:/bin:.:".to_owned());
        Env::fixed(jiff::Timestamp::UNIX_EPOCH, BTreeMap::from([path]), folder)
    }

    fn program<'p>(
        name: &'p str,
        arguments: &'p [&'p str],
        input: &'p [u8],
        variables: &'p BTreeMap<String, String>,
    ) -> Program<'p> {
        Program {
            name,
            arguments,
            folder: Path::new(""),
            variables,
            input,
            output_bytes_max: 1 << 20,
        }
    }

    #[test]
    fn it_reads_and_writes_more_than_a_pipe_holds_and_knows_nothing_but_what_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (input, none) = (vec![b'x'; 500_000], BTreeMap::new());
        let ran = env(folder.path())
            .run(&program("cat", &[], &input, &none))
            .unwrap();
        assert!(ran.is_success && ran.output == input);
        let ran = env(folder.path())
            .run(&program("env", &[], b"", &none))
            .unwrap();
        assert_eq!(ran.output, b"PATH=/usr/bin:/bin\n");
    }

    #[test]
    fn it_may_not_say_more_than_it_is_allowed_to() {
        let (folder, none) = (tempfile::tempdir().unwrap(), BTreeMap::new());
        let endless = program("yes", &[], b"", &none);
        let error = env(folder.path()).run(&endless).unwrap_err();
        assert!(matches!(error, RunError::TooMuch(_)), "{error}");
    }

    #[test]
    fn a_program_of_the_working_directory_is_not_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, none) = (tempfile::tempdir().unwrap(), BTreeMap::new());
        let script = folder.path().join("only-here");
        std::fs::write(&script, "#!/bin/sh\necho run\n").unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = env(folder.path())
            .run(&program("only-here", &[], b"", &none))
            .unwrap_err();
        assert!(matches!(error, RunError::Start(_)), "{error}");
    }
}
