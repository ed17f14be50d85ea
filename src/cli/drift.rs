//! `seatplan drift`.

use super::plan::{self, parse_account};
use super::{Context, Exit, Failure};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::plan::{Options, Purpose};

/// Compare the accounts with the files, for a schedule
///
/// The same comparison as `plan`, read the other way round: what somebody changed at a vendor past the files. Nothing is
/// changed. Its exit code tells a scheduled job whether to raise an alarm.
///
/// Exit codes: 0 no drift, 2 drift, 1 the files are refused, 4 a guard holds, 7 an account could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan drift
  seatplan drift --account acme-code --format json")]
pub(super) struct Args {
    /// Compare only this account; may be repeated
    #[arg(long, value_name = "NAME", value_parser = parse_account)]
    account: Vec<AccountName>,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let options = Options {
        purpose: Purpose::Drift,
        at: None,
        accounts: args.account.clone(),
        accept_removals: None,
        accept_unknown_seats: Vec::new(),
        base: None,
    };
    let planned = cx.block_on(ops::plan::run(&cx.env, cx.dir(), &options))?;
    plan::show(&planned.report, cx)?;
    let differs = planned.report.differs();
    Ok(plan::exit(&planned.report).and(if differs {
        Exit::Differences
    } else {
        Exit::Fine
    }))
}
