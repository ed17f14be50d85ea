//! `seatplan explain`.

use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::output::json::{self, Document};
use crate::output::{human, markdown};

/// Say what a diagnostic means, with a bad and a good example
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan explain SEAT001
  seatplan explain seat-over-limit
  seatplan explain list")]
pub(super) struct Args {
    /// A code (SEAT001), its name (seat-over-limit), or `list` for all of them
    #[arg(value_name = "CODE", default_value = "list", hide_default_value = true)]
    code: String,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json, Format::Markdown])?;
    let report = match args.code.as_str() {
        "list" => ops::explain::all(),
        code => ops::explain::one(code)?,
    };
    let text = match format {
        Format::Json => json::render(&Document::Explain(&report)),
        Format::Markdown => markdown::explain(&report),
        _ => human::explain(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(Exit::Fine)
}
