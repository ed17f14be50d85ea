//! `seatplan validate`.

use super::{Context, Exit, Failure, Format, parse_at};
use crate::ops::desired::At;
use crate::output::{github, human, json, markdown, sarif};
use crate::{ops, output};

/// Check the files: everything that can be known without a network
///
/// Reads every YAML file of the estate, resolves who has what, and checks it against the products' rules. All problems are
/// told together, each with its place, what is wrong, and what to write instead. No account is read.
///
/// Exit codes: 0 fine (warnings included), 1 refused.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan validate
  seatplan validate --at 2027-01-01          what the files say on that day
  seatplan validate --format github          annotations on the lines of a pull request
  seatplan validate --format sarif > seatplan.sarif")]
pub(super) struct Args {
    /// Read the files as of this day (YYYY-MM-DD, in the estate's time zone) or instant instead of now
    #[arg(long, value_name = "DATE", value_parser = parse_at)]
    at: Option<At>,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    use Format::{Github, Human, Json, Markdown, Sarif};
    let format = cx.format(&[Human, Json, Markdown, Github, Sarif])?;
    let report = ops::validate::run(&cx.env, cx.dir(), args.at)?;
    let text = match format {
        Json => json::render(&output::json::Document::Validation(&report)),
        Markdown => markdown::validation(&report),
        Github => github::problems(&report.problems, &cx.base()),
        Sarif => sarif::problems(&report.problems, &cx.base()),
        Human | Format::Csv => human::validation(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(if report.problems.refused() {
        Exit::Refused
    } else {
        Exit::Fine
    })
}
