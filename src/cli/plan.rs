//! `seatplan plan`.

use std::path::PathBuf;

use super::{Context, Exit, Failure, Format, parse_at};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::desired::At;
use crate::ops::plan::{AccountPool, Options, Purpose, Report};
use crate::output::json::{self, Document};
use crate::output::{github, human, markdown, sarif};

/// Compare the files with the accounts and show what it takes to make them agree
///
/// Reads the files and every account, and shows each change with the line that causes it: what is dangerous first, then per
/// account, with the arithmetic of every seat pool. The plan is refused if no order of its steps fits the seats, if it would
/// remove the last administrator, or if it breaks a rule of a product. Nothing is changed at any vendor.
///
/// Accounts whose connection has no URL live in the embedded directory, which is started in this process and keeps its file
/// in .seatplan/ of the estate.
///
/// With --base the plan is one for a review: guards and what inventories say come from a revision that the change cannot
/// write, read from git without checking it out; a removal names the line that is gone, and what the change attests is listed.
/// A plan that is saved so is applied like any other: it carries its guards, and `apply` reads again what it rests on.
///
/// Exit codes: 0 fine, 1 refused, 2 differences (only with --detailed-exitcode), 4 a guard holds, 7 an account could not be
/// read (the others are still shown).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan plan
  seatplan plan --out plan.json && seatplan apply plan.json
  seatplan plan --account acme-code --at 2027-01-01
  seatplan plan --base origin/main --format markdown            for a review comment")]
pub(super) struct Args {
    /// Save the plan, for `seatplan apply FILE`; a refused plan is not saved
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read the files as of this day (YYYY-MM-DD, in the estate's time zone) or instant instead of now. A plan for a later
    /// date is a forecast and cannot be applied
    #[arg(long, value_name = "DATE", value_parser = parse_at)]
    at: Option<At>,
    /// Compare only this account; may be repeated (others that share a seat pool with it are read and counted)
    #[arg(long, value_name = "NAME", value_parser = parse_account)]
    account: Vec<AccountName>,
    /// Exit with 2 if there is anything to change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Accept exactly this many people losing access in the face of `guards.removals`
    #[arg(long, value_name = "N")]
    accept_removals: Option<u32>,
    /// Take seats of this pool though nobody knows how many there are: you looked it up, and it is enough; may be repeated
    #[arg(long, value_name = "ACCOUNT/POOL", value_parser = parse_pool)]
    accept_unknown_seats: Vec<AccountPool>,
    /// Take guards and inventories from this revision (a branch, a tag, a commit), not from the change itself, and name the
    /// lines that the change took away. For a review: `--base origin/main`
    #[arg(
        long,
        value_name = "REV",
        env = "SEATPLAN_BASE",
        hide_env_values = true
    )]
    base: Option<String>,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let options = Options {
        purpose: Purpose::Plan,
        at: args.at,
        accounts: args.account.clone(),
        accept_removals: args.accept_removals,
        accept_unknown_seats: args.accept_unknown_seats.clone(),
        base: args.base.clone().filter(|it| !it.is_empty()),
    };
    cx.format(&FORMATS)?;
    let mut planned = cx.block_on(ops::plan::run(&cx.env, cx.dir(), &options))?;
    if let Some(path) = &args.out {
        ops::plan::save(&cx.env, &mut planned.report, path)?;
    }
    show(&planned.report, cx)?;
    let differs = planned.report.differs() && args.detailed_exitcode;
    Ok(exit(&planned.report).and(if differs {
        Exit::Differences
    } else {
        Exit::Fine
    }))
}

/// The formats of a plan.
const FORMATS: [Format; 5] = [
    Format::Human,
    Format::Json,
    Format::Markdown,
    Format::Github,
    Format::Sarif,
];

/// Writes a plan in the format that was asked for.
pub(super) fn show(report: &Report, cx: &Context) -> Result<(), Failure> {
    let text = match cx.format(&FORMATS)? {
        Format::Json => json::render(&Document::Plan(report)),
        Format::Markdown => markdown::plan(report),
        Format::Github => github::plan(report, &cx.base()),
        Format::Sarif => sarif::problems(&report.problems, &cx.base()),
        Format::Human | Format::Csv => human::plan(report, &cx.terminal.out),
    };
    cx.terminal.say(&text)
}

/// How planning ended, differences left aside.
pub(super) fn exit(report: &Report) -> Exit {
    let mut exit = Exit::Fine;
    if !report.unread.is_empty() {
        exit = exit.and(Exit::Target);
    }
    if report.problems.any_guard() {
        exit = exit.and(Exit::Guard);
    }
    if report.refused() && !report.problems.only_guards() {
        exit = exit.and(Exit::Refused);
    }
    exit
}

/// An account's name, as it is written.
pub(super) fn parse_account(text: &str) -> Result<AccountName, std::convert::Infallible> {
    Ok(AccountName::new(text))
}

/// A pool of an account, as it is written: the last slash parts the two.
pub(super) fn parse_pool(text: &str) -> Result<AccountPool, String> {
    let parts = text
        .rsplit_once('/')
        .filter(|(account, pool)| !account.is_empty() && !pool.is_empty());
    let (account, pool) = parts.ok_or("write ACCOUNT/POOL, as in acme-books/crm")?;
    Ok(AccountPool {
        account: AccountName::new(account),
        pool: ops::PoolName::new(pool),
    })
}
