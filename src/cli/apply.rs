//! `seatplan apply`.

use std::path::{Path, PathBuf};

use super::plan::{self, parse_account, parse_pool};
use super::progress::Shown;
use super::signals::Signals;
use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::Plan;
use crate::ops::apply::{AtOnce, Patience, Wait};
use crate::ops::plan::{AccountPool, Options, Purpose, Report, Session};
use crate::ops::problems::Problems;
use crate::output::json::{self, Document};
use crate::output::{Detail, human, markdown};

/// Carry out a plan: the saved one, or a fresh one after asking
///
/// Before each effect its intent is written to the journal in .seatplan/ of the estate, and after the last one everything is
/// read back. A run that was killed is resumed by the next apply. Before the first effect the accounts are read again: if a
/// fact that the plan rests on moved, nothing is done.
///
/// Ctrl-C once: what is under way is waited for and nothing new is started. Twice: it stops at once, and the next apply
/// finds out what came of the rest.
///
/// What only people can do is listed at the end, by those who can do it (`seatplan tasks` lists it again). The run stays open:
/// the next apply goes on with it, without asking again, as long as exactly its remaining steps are still to be done.
///
/// Exit codes: 0 applied, 1 refused or not agreed to, 3 only what people must do remains, 4 a guard holds, 5 somebody else is at
/// work, 6 the plan is stale, 7 an account could not be read or a step was refused or is unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan apply
  seatplan apply plan.json --yes
  seatplan apply --yes --ephemeral-store     on a machine that is thrown away")]
pub(super) struct Args {
    /// A plan saved with `seatplan plan --out`; without it a fresh plan is made and shown
    #[arg(value_name = "FILE", conflicts_with_all = ["account", "accept_removals", "accept_unknown_seats"])]
    file: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Write what people have to do into this folder: tasks.md and tasks.json
    #[arg(long, value_name = "DIR")]
    tasks_out: Option<PathBuf>,
    /// Apply only to this account; may be repeated
    #[arg(long, value_name = "NAME", value_parser = parse_account)]
    account: Vec<AccountName>,
    /// Accept exactly this many people losing access in the face of `guards.removals`
    #[arg(long, value_name = "N")]
    accept_removals: Option<u32>,
    /// Take seats of this pool though nobody knows how many there are: you looked it up, and it is enough; may be repeated
    #[arg(long, value_name = "ACCOUNT/POOL", value_parser = parse_pool)]
    accept_unknown_seats: Vec<AccountPool>,
    /// Accept that .seatplan/ is lost with this machine, and with it resuming, the lock, the guard's window and the audit log
    #[arg(long)]
    ephemeral_store: bool,
    /// Steps that may be under way at the same time on one account, from 1 to 32
    /// [default: `apply.at_once` in seatplan.yaml, else 4]
    #[arg(
        long,
        value_name = "N",
        env = "SEATPLAN_AT_ONCE",
        hide_env_values = true
    )]
    at_once: Option<AtOnce>,
    /// How long to wait for a run that is at work to end, as 30s, 5m or 1h
    /// [default: `apply.lock_wait` in seatplan.yaml, else not at all]
    #[arg(
        long,
        value_name = "TIME",
        env = "SEATPLAN_LOCK_WAIT",
        hide_env_values = true
    )]
    lock_wait: Option<Wait>,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json])?;
    store_outlives(args, cx)?;
    let (report, session) = match &args.file {
        Some(path) => saved(path, cx)?,
        None => {
            let planned = fresh(args, cx)?;
            match planned.session {
                Some(session) => (planned.report, session),
                None => return refused(&planned.report, cx),
            }
        }
    };
    if report.refused() {
        return refused(&report, cx);
    }
    let before = plan::exit(&report);
    let plan = report
        .plan
        .as_ref()
        .expect("a report that is not refused has a plan");
    if format == Format::Human {
        cx.terminal
            .say(&human::plan_to_apply(&report, &cx.terminal.out))?;
    }
    let resumed = match args.file {
        None => ops::apply::resumable(&cx.env, &session, plan)?,
        Some(_) => None,
    };
    if !plan.steps.is_empty() && resumed.is_none() && !args.yes && !agreed(plan, cx)? {
        cx.terminal.tell("Nothing was done.\n");
        return Ok(Exit::Refused);
    }
    let patience = Patience {
        at_once: args.at_once,
        lock_wait: args.lock_wait,
    };
    let reviewed = resumed.as_ref().unwrap_or(plan);
    let (applied, signals) = carry_out(&session, reviewed, patience, cx)?;
    let tasks = ops::tasks::list(
        &cx.env,
        reviewed,
        &report.pending,
        &session,
        &applied.done(),
    )?;
    match format {
        Format::Json => cx.terminal.say(&json::render(&Document::Apply(&applied)))?,
        _ if plan.steps.is_empty() => {}
        _ => cx
            .terminal
            .say(&human::applied(&applied, &cx.named(), &cx.terminal.out))?,
    }
    if format == Format::Human && !tasks.is_empty() {
        cx.terminal.say("\n")?;
        cx.terminal.say(&human::tasks(&tasks, &cx.terminal.out))?;
    }
    if let Some(folder) = &args.tasks_out {
        write_tasks(&tasks, folder, cx)?;
    }
    let mut exit = before.and(Exit::of_code(applied.exit_code));
    if applied.interruptions > 0 {
        exit = exit.and(signals.exit());
    }
    Ok(exit)
}

/// Writes what people have to do, for people and for programs.
fn write_tasks(tasks: &ops::tasks::Report, folder: &Path, cx: &Context) -> Result<(), Failure> {
    for (name, text) in [
        ("tasks.md", markdown::tasks(tasks)),
        ("tasks.json", json::render(&Document::Tasks(tasks))),
    ] {
        let path = folder.join(name);
        let written = cx.env.write(&path, text.as_bytes());
        written.map_err(|error| ops::Error::Write {
            path,
            why: error.to_string(),
        })?;
    }
    Ok(())
}

fn fresh(args: &Args, cx: &Context) -> Result<ops::plan::Planned, Failure> {
    let options = Options {
        purpose: Purpose::Plan,
        at: None,
        accounts: args.account.clone(),
        accept_removals: args.accept_removals,
        accept_unknown_seats: args.accept_unknown_seats.clone(),
        base: None,
    };
    Ok(cx.block_on(ops::plan::run(&cx.env, cx.dir(), &options))?)
}

/// A saved plan as a report, and the ways to its accounts.
fn saved(path: &Path, cx: &Context) -> Result<(Report, Session), Failure> {
    let plan = ops::apply::saved(&cx.env, path)?;
    let session = ops::apply::session(&cx.env, cx.dir(), &plan)?;
    let report = Report {
        version: 1,
        purpose: Purpose::Plan,
        plan: Some(plan),
        problems: Problems::default(),
        unread: Vec::new(),
        pending: Vec::new(),
        waiting: std::collections::BTreeMap::new(),
        base: None,
        saved_to: None,
        dir: None,
    };
    Ok((report, session))
}

fn refused(report: &Report, cx: &Context) -> Result<Exit, Failure> {
    plan::show(report, cx)?;
    Ok(plan::exit(report))
}

/// Asks the person at the terminal.
fn agreed(plan: &Plan, cx: &Context) -> Result<bool, Failure> {
    if !cx.terminal.asks {
        return Err(Failure::usage(
            "apply asks before it changes anything, and there is no terminal to ask at",
            "review a saved plan and apply it with --yes: seatplan apply FILE --yes",
        ));
    }
    let number = plan.steps.len();
    let question = format!(
        "Carry out {number} {}?",
        if number == 1 { "step" } else { "steps" }
    );
    match inquire::Confirm::new(&question)
        .with_default(false)
        .prompt()
    {
        Ok(answer) => Ok(answer),
        Err(inquire::InquireError::OperationCanceled) => Ok(false),
        Err(inquire::InquireError::OperationInterrupted) => Err(Failure::Interrupted),
        Err(error) => Err(Failure::usage(
            format!("the question cannot be asked: {error}"),
            "apply a saved plan with --yes",
        )),
    }
}

fn carry_out(
    session: &Session,
    plan: &Plan,
    patience: Patience,
    cx: &Context,
) -> Result<(ops::apply::Report, Signals), Failure> {
    let quiet = cx.terminal.err.detail == Detail::Quiet;
    let shown = Shown::new(&cx.terminal, plan.steps.len() as u64, quiet);
    let progress = |event: &ops::Progress| shown.event(event);
    let (signals, seen) = cx.enter(Signals::listen);
    let options = ops::apply::Options {
        holder: holder(cx),
        patience,
        signals: Some(signals),
        progress: &progress,
    };
    let report = cx.block_on(ops::apply::run(&cx.env, session, plan, options));
    shown.end();
    Ok((report?, seen))
}

/// Refuses to work where the journal is lost afterwards, unless that is accepted.
fn store_outlives(args: &Args, cx: &Context) -> Result<(), Failure> {
    let set = |name: &str| {
        cx.env
            .variable(name)
            .is_some_and(|it| !it.is_empty() && it != "false")
    };
    // A runner of one's own keeps its disk; GitHub says which sort it is, the others do not.
    let own_runner = cx.env.variable("RUNNER_ENVIRONMENT").as_deref() == Some("self-hosted");
    // Whoever names the folder says that it stays.
    let is_named = cx.env.store().is_some();
    if args.ephemeral_store || is_named || own_runner || !set("CI") {
        return Ok(());
    }
    Err(Failure::Refused {
        what: "this machine is thrown away after the run, and the journal with it".to_owned(),
        facts: vec![
            "resume: an interrupted run could not be taken up again".to_owned(),
            "lock: two runs could work at the same time".to_owned(),
            "guard: removals of earlier runs would not count".to_owned(),
            "audit: nothing would say later who changed what".to_owned(),
        ],
        help: "apply where .seatplan/ stays, name a folder that stays with --store, or accept the loss with \
               --ephemeral-store"
            .to_owned(),
    })
}

/// Who we are, to whoever finds the lock taken.
pub(super) fn holder(cx: &Context) -> String {
    let variable = |name: &str| cx.env.variable(name).filter(|it| !it.is_empty());
    let run = variable("GITHUB_RUN_ID").zip(variable("GITHUB_REPOSITORY"));
    if let Some((run, repository)) = run {
        return format!("{repository}, run {run}");
    }
    let user = variable("USER").or_else(|| variable("USERNAME"));
    let host = variable("HOSTNAME").or_else(|| variable("COMPUTERNAME"));
    let user = user.unwrap_or_else(|| "somebody".to_owned());
    let host = host.map_or_else(String::new, |it| format!("@{it}"));
    format!("{user}{host}, process {}", std::process::id())
}
