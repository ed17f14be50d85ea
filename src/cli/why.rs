//! `seatplan why`.

use super::{Context, Exit, Failure, Format, parse_at};
use crate::ops;
use crate::ops::desired::At;
use crate::output::human;
use crate::output::json::{self, Document};

/// Show why somebody has what they have on an account
///
/// Shows everything that says something about one user's access to one account, nearest first: the user's own entry, bundles,
/// teams. What holds is told with its line, and what does not with the reason: which nearer line won, or that a day has passed
/// or not come. No account is read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan why alice@acme.example acme-support
  seatplan why alice@acme.example acme-support role
  seatplan why alice@acme.example acme-crm crm_access --at 2027-01-01")]
pub(super) struct Args {
    /// The user's key, e-mail address or handle
    #[arg(value_name = "USER")]
    user: String,
    /// The account
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// One part of the access: `role`, an option or a grant; all of them if not given
    #[arg(value_name = "FIELD")]
    field: Option<String>,
    /// Read the files as of this day (YYYY-MM-DD, in the estate's time zone) or instant instead of now
    #[arg(long, value_name = "DATE", value_parser = parse_at)]
    at: Option<At>,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json])?;
    let estate = ops::desired::read_written(&cx.env, cx.dir(), args.at)?;
    let report = ops::show::why(&estate, &args.user, &args.account, args.field.as_deref())?;
    let text = match format {
        Format::Json => json::render(&Document::Show(&report)),
        _ => human::shown(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(Exit::Fine)
}
