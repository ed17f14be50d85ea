//! `seatplan tasks`.

use std::collections::BTreeMap;

use super::plan::parse_account;
use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::tasks::{Claim, Done, Outcome};
use crate::output::json::{self, Document};
use crate::output::{human, markdown};

/// List what people have to do, or record that it is done
///
/// What no program can do at a vendor is a task: who can do it, where to click, what to set. Tasks are listed by those who can
/// do them, and those that wait for others come last. An id stays the same until its task is done.
///
/// On an account that is kept in an inventory, `tasks done` writes what follows into that file, and a person commits it. Who
/// did it (--as) is a claim: it must be somebody who may, and it stands in the file and in the journal as what it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan tasks
  seatplan tasks --format markdown > tasks.md
  seatplan tasks done 3f9a1c2b4d5e --as dana@acme.example
  seatplan tasks done 3f9a 77b0 --as dana@acme.example --input code=AB12

Exit codes: 0 nobody has anything to do, or all was recorded; 1 refused; 3 something is to be done; 5 somebody else is at work;
7 an account could not be read.")]
pub(super) struct Args {
    /// Only the tasks of this account; may be repeated
    #[arg(long, value_name = "NAME", value_parser = parse_account)]
    account: Vec<AccountName>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Record that tasks are done
    Done(DoneArgs),
}

#[derive(Debug, clap::Args)]
struct DoneArgs {
    /// The ids, or beginnings of them that no other task has
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Who did them: an address, or a user's key. It is a claim and is called so
    #[arg(long = "as", value_name = "ADDRESS")]
    who: String,
    /// A value that only a third party could give; may be repeated. Never a secret
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_input)]
    input: Vec<(String, String)>,
}

fn parse_input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("an input is written NAME=VALUE".to_owned()),
    }
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    match &args.command {
        Some(Command::Done(done)) => record(done, cx),
        None => list(args, cx),
    }
}

fn list(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json, Format::Markdown])?;
    let report = cx.block_on(ops::tasks::run(&cx.env, cx.dir(), &args.account))?;
    let text = match format {
        Format::Json => json::render(&Document::Tasks(&report)),
        Format::Markdown => markdown::tasks(&report),
        _ => human::tasks(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(match () {
        () if report.problems.refused() => Exit::Refused,
        () if !report.unread.is_empty() => Exit::Target,
        () if report.is_empty() => Exit::Fine,
        () => Exit::Waiting,
    })
}

fn record(args: &DoneArgs, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json])?;
    let mut claim = Claim {
        ids: args.ids.clone(),
        who: args.who.clone(),
        inputs: args.input.iter().cloned().collect::<BTreeMap<_, _>>(),
        holder: super::apply::holder(cx),
    };
    let mut done = cx.block_on(ops::tasks::done(&cx.env, cx.dir(), &claim))?;
    while ask(&done, &mut claim, cx)? {
        let again = cx.block_on(ops::tasks::done(&cx.env, cx.dir(), &claim))?;
        done = again.after(done);
    }
    let text = match format {
        Format::Json => json::render(&Document::Done(&done)),
        _ => human::tasks_done(&done, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    let is_refused =
        |it: &Outcome| matches!(it, Outcome::Refused { .. } | Outcome::NeedsInput { .. });
    Ok(match done.tasks.iter().any(|it| is_refused(&it.outcome)) {
        true => Exit::Refused,
        false => Exit::Fine,
    })
}

/// Asks for the values that are missing, where there is somebody to ask; true if any was given.
fn ask(done: &Done, claim: &mut Claim, cx: &Context) -> Result<bool, Failure> {
    let mut asked = false;
    for task in &done.tasks {
        let Outcome::NeedsInput { inputs } = &task.outcome else {
            continue;
        };
        for input in inputs {
            let question = format!("{}: {}", input.name, input.text);
            if !cx.terminal.asks {
                continue;
            }
            match inquire::Text::new(&question).prompt() {
                Ok(value) if !value.trim().is_empty() => {
                    claim
                        .inputs
                        .insert(input.name.clone(), value.trim().to_owned());
                    asked = true;
                }
                Ok(_) | Err(inquire::InquireError::OperationCanceled) => {}
                Err(inquire::InquireError::OperationInterrupted) => {
                    return Err(Failure::Interrupted);
                }
                Err(error) => {
                    return Err(Failure::usage(
                        "the question cannot be asked",
                        error.to_string(),
                    ));
                }
            }
        }
    }
    if asked {
        // What is recorded already is not asked for again.
        claim.ids = done
            .tasks
            .iter()
            .filter(|it| matches!(it.outcome, Outcome::NeedsInput { .. }))
            .map(|it| it.id.clone())
            .collect();
    }
    Ok(asked)
}
