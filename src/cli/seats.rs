//! `seatplan seats`.

use super::plan::parse_account;
use super::{Context, Exit, Failure, Format, parse_at};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::desired::At;
use crate::ops::seats::Ahead;
use crate::output::json::{self, Document};
use crate::output::{human, markdown, table};

/// Show the seats of every account: how many there are, who uses them, what they cost, until when to give them up
///
/// Reads the files and every account. For each pool it shows how many units there are, how many are used and free, what one
/// billing cycle costs at the prices that `billing:` of the account has, what of that is paid for what nobody uses, and the
/// last day on which giving some up still counts for a renewal. What nobody wrote is shown as unknown.
///
/// With --forecast it also walks all days that the files name (starts, ends, people who leave) and all renewals: what changes
/// on which day and which line is behind it, what each cycle will cost, the first day on which a pool is used beyond what there
/// is, and the first on which people get or lose an add-on though no line is written for them, because a trial ends. Who and
/// what was cancelled is told on the day on which it is gone with the billing cycle. What others change at the vendor is not
/// in it.
///
/// Exit codes: 0 fine, 1 refused, 2 a pool overflows (only with --detailed-exitcode), 7 an account could not be read (the others are still shown).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan seats
  seatplan seats --account acme-code --at 2027-01-01
  seatplan seats --forecast --until 2027-12-31
  seatplan seats --format csv                  for a spreadsheet
  seatplan seats --forecast --format markdown  for a ticket or a review")]
pub(super) struct Args {
    /// Look at this account alone; may be repeated (with those that share a seat pool with it)
    #[arg(long, value_name = "NAME", value_parser = parse_account)]
    account: Vec<AccountName>,
    /// Count renewals and last days from this day (YYYY-MM-DD, in the estate's time zone) or instant instead of now
    #[arg(long, value_name = "DATE", value_parser = parse_at)]
    at: Option<At>,
    /// Look ahead: what starts, ends and renews by what the files say, and the first day on which a pool is used beyond what
    /// there is
    #[arg(long)]
    forecast: bool,
    /// The last day to look at (YYYY-MM-DD), at most ten years ahead [default: a year later]
    #[arg(long, value_name = "DAY", requires = "forecast")]
    until: Option<jiff::civil::Date>,
    /// Exit with 2 if a pool is used beyond what there is within that time
    #[arg(long, requires = "forecast")]
    detailed_exitcode: bool,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let options = ops::seats::Options {
        at: args.at,
        accounts: args.account.clone(),
        forecast: args
            .forecast
            .then(|| args.until.map_or(Ahead::Year, Ahead::Until)),
    };
    let report = cx.block_on(ops::seats::run(&cx.env, cx.dir(), &options))?;
    let text = match format {
        Format::Json => json::render(&Document::Seats(&report)),
        Format::Markdown => markdown::seats(&report),
        Format::Csv if !report.problems.refused() => match &report.forecast {
            Some(forecast) => table::forecast(forecast),
            None => table::seats(&report),
        },
        _ => human::seats(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    let overflows = report
        .forecast
        .as_ref()
        .is_some_and(|it| !it.overflows.is_empty());
    let mut exit = match overflows && args.detailed_exitcode {
        true => Exit::Differences,
        false => Exit::Fine,
    };
    if !report.unread.is_empty() {
        exit = exit.and(Exit::Target);
    }
    if report.problems.refused() {
        exit = exit.and(Exit::Refused);
    }
    Ok(exit)
}
