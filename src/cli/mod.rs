//! The command line: one file per subcommand, and the only place where failures become words, hints and exit codes.
//!
//! # Design
//! A command's `Args` are its help, and the help must be enough without a network. A command hands its arguments to one
//! verb of `ops`, hands the report to one format of `output`, and says which exit code that makes. Reports go to standard
//! output, everything else (questions, progress, failures) to standard error, so that a report can always be piped.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

use crate::env::Env;
use crate::ops::desired::At;
use crate::output::Detail;

mod apply;
mod completions;
mod drift;
mod exit;
mod explain;
mod failure;
mod import;
mod init;
mod plan;
mod progress;
mod schema;
mod seats;
mod serve;
mod show;
mod signals;
mod tasks;
mod terminal;
mod validate;
mod why;

pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
use terminal::Terminal;

/// Access as code for SaaS, with a plan that proves it fits the seats
///
/// seatplan keeps who may use which product, in which role, on which seat and with which add-ons, in YAML files in git. It
/// compares the files with what the vendors say, proves that a change fits the seats, shows it for review, and carries it
/// out. `validate` needs no network, `plan` only reads, `apply` writes.
#[derive(Debug, Parser)]
#[command(
    name = "seatplan",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes:
  0 fine    1 refused    2 differences (plan --detailed-exitcode, drift)    3 only waiting remains
  4 a guard holds    5 somebody else holds the lock    6 the plan is stale
  7 a target could not be read, or a step was refused or is unknown
  64 wrong usage    70 a bug in seatplan    130, 143 a signal

Settings come from options, then SEATPLAN_* variables, then seatplan.yaml (`seatplan schema settings`).
Start with `seatplan init`, or with `seatplan plan --dir examples/acme`."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// The estate: the folder of seatplan.yaml, or one below it [default: the working directory]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SEATPLAN_DIR",
        hide_env_values = true
    )]
    dir: Option<PathBuf>,
    /// The folder, of this estate alone, for the journal and the embedded directory
    /// [default: .seatplan/ beside seatplan.yaml]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SEATPLAN_STORE",
        hide_env_values = true
    )]
    store: Option<PathBuf>,
    /// How to write the report; not every command knows every format [default: human]
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "SEATPLAN_FORMAT",
        hide_env_values = true,
        hide_possible_values = true
    )]
    format: Option<Format>,
    /// Whether to use colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "SEATPLAN_COLOR",
        hide_env_values = true,
        default_value = "auto",
        hide_possible_values = true
    )]
    color: Color,
    /// Say only what is wrong or dangerous, and the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say everything: every line behind a change, however many there are
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Args),
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Tasks(tasks::Args),
    Drift(drift::Args),
    Import(import::Args),
    Seats(seats::Args),
    Show(show::Args),
    Why(why::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Serve(serve::Args),
    Completions(completions::Args),
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, at a terminal or in a log.
    Human,
    /// For programs; versioned.
    Json,
    /// For a review comment.
    Markdown,
    /// GitHub workflow commands: annotations on lines.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A table for spreadsheets.
    Csv,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that can show them, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What every command gets.
#[derive(Debug)]
struct Context {
    env: Env,
    terminal: Terminal,
    dir: Option<PathBuf>,
    format: Option<Format>,
    runtime: tokio::runtime::Runtime,
}

impl Context {
    /// Where the estate is looked for; the working directory if `None`.
    fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The folder as the person named it, for commands that are suggested; empty if none was named.
    fn named(&self) -> String {
        let dir = self.dir();
        dir.map(|it| it.display().to_string()).unwrap_or_default()
    }

    /// Waits for something of a verb.
    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs something that starts work of its own.
    fn enter<T>(&self, run: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        run()
    }

    /// The path from the repository's root to the estate's with `/`, for services that count from there; empty if they are
    /// one, or if there is no repository.
    fn base(&self) -> String {
        let Ok(root) = crate::ops::estate::find_root(&self.env, self.dir()) else {
            return String::new();
        };
        let said = self.env.variable("GITHUB_WORKSPACE").map(PathBuf::from);
        let repository = said.filter(|it| root.starts_with(it)).or_else(|| {
            let mut above = root.ancestors();
            above
                .find(|it| self.env.exists(&it.join(".git")))
                .map(Path::to_path_buf)
        });
        let below = repository.and_then(|it| root.strip_prefix(it).ok().map(Path::to_path_buf));
        let parts = below.iter().flat_map(|it| it.components());
        let parts: Vec<_> = parts.map(|it| it.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }

    /// The format that was asked for, if the command has it.
    fn format(&self, known: &[Format]) -> Result<Format, Failure> {
        let asked = self.format.unwrap_or(Format::Human);
        if known.contains(&asked) {
            return Ok(asked);
        }
        let word = |format: &Format| {
            use clap::ValueEnum as _;
            let value = format.to_possible_value();
            value.map(|it| it.get_name().to_owned()).unwrap_or_default()
        };
        let words: Vec<_> = known.iter().map(word).collect();
        Err(Failure::usage(
            format!("this command has no format \"{}\"", word(&asked)),
            format!("it has {}", words.join(", ")),
        ))
    }
}

/// Runs the program with the process's arguments and gives its exit code.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), bug(panic).as_bytes());
    }));
    guarded(|| run(std::env::args_os())).into()
}

/// Runs something; a panic in it is a bug in seatplan.
fn guarded(run: impl FnOnce() -> Exit + std::panic::UnwindSafe) -> Exit {
    std::panic::catch_unwind(run).unwrap_or(Exit::Bug)
}

/// What is said of a panic.
fn bug(panic: &std::panic::PanicHookInfo<'_>) -> String {
    let what = panic.payload_as_str().unwrap_or("it cannot be said what");
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!(
        "\nThis is a bug in seatplan {}: {}\n  at {place}\n\
         What was sent to a vendor stands in the journal, and the next apply reads it back first.\n\
         Please report this with the command that you ran.\n",
        env!("CARGO_PKG_VERSION"),
        crate::text::inert(what)
    )
}

fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let env = match Env::system() {
        Ok(env) => env,
        Err(error) => {
            let text = format!("error: the working directory cannot be read: {error}\n");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            return Exit::Usage;
        }
    };
    let env = match &cli.global.store {
        Some(folder) => env.with_store(folder),
        None => env,
    };
    let detail = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    };
    let terminal = Terminal::new(&env, cli.global.color, detail);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system gives a process two threads");
    let cx = Context {
        env,
        terminal,
        dir: cli.global.dir,
        format: cli.global.format,
        runtime,
    };
    match dispatch(&cli.command, &cx) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.tell(&failure.words(&terminal.err));
            failure.exit()
        }
    }
}

fn dispatch(command: &Command, cx: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args, cx),
        Command::Validate(args) => validate::run(args, cx),
        Command::Plan(args) => plan::run(args, cx),
        Command::Apply(args) => apply::run(args, cx),
        Command::Tasks(args) => tasks::run(args, cx),
        Command::Drift(args) => drift::run(args, cx),
        Command::Import(args) => import::run(args, cx),
        Command::Seats(args) => seats::run(args, cx),
        Command::Show(args) => show::run(args, cx),
        Command::Why(args) => why::run(args, cx),
        Command::Explain(args) => explain::run(args, cx),
        Command::Serve(args) => serve::run(args, cx),
        Command::Schema(args) => schema::run(args, cx),
        Command::Completions(args) => completions::run(args, cx),
    }
}

/// A day or an instant on the command line.
fn parse_at(text: &str) -> Result<At, String> {
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        // A date parses from an instant too, and would drop its time.
        if text.len() <= "2026-12-01".len() {
            return Ok(At::Day(day));
        }
    }
    text.parse()
        .map(At::Instant)
        .map_err(|_| "a day is written as 2026-12-01, an instant as 2026-12-01T08:00Z".to_owned())
}

/// What clap has to say: help and version are what was asked for, the rest is wrong usage.
fn usage(error: &clap::Error) -> Exit {
    // If it cannot be printed there is nobody left to tell.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Fine
    }
}

/// The whole command line, for completion scripts.
fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::{Cli, Exit, guarded};
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_panic_is_a_bug_of_ours() {
        assert_eq!(guarded(|| panic!("on purpose")), Exit::Bug);
    }
}
