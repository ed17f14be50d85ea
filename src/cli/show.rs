//! `seatplan show`.

use super::plan::parse_account;
use super::{Context, Exit, Failure, Format, parse_at};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::desired::At;
use crate::ops::show::Shown;
use crate::output::json::{self, Document};
use crate::output::{human, table};

/// Show who has what, and the lines that make it so
///
/// Shows what the files say, resolved: a user's access on every account whatever gives it (the user's own entry, a bundle, a
/// team), everybody on an account, a team with its members, who may do something, or what can be written for a product. No
/// account is read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan show user alice@acme.example
  seatplan show account acme-code --at 2027-01-01
  seatplan show access --account acme-code --format csv > access.csv
  seatplan show team support
  seatplan show who-can settings.data-export --account acme-support
  seatplan show product PRODUCT")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Read the files as of this day (YYYY-MM-DD, in the estate's time zone) or instant instead of now
    #[arg(long, global = true, value_name = "DATE", value_parser = parse_at)]
    at: Option<At>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A user: effective access on every account, with the lines behind it
    User {
        /// The user's key, e-mail address or handle
        #[arg(value_name = "ADDRESS")]
        name: String,
    },
    /// An account: its settings, everybody on it, and its teams
    Account {
        /// The account's name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Everybody's access as a table, on all accounts or on some; --format csv for spreadsheets
    Access {
        /// Only this account; may be repeated
        #[arg(long, value_name = "NAME", value_parser = parse_account)]
        account: Vec<AccountName>,
    },
    /// A team of the estate: its members and what it gives
    Team {
        /// The team's name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Who may do something on an account, and what decides it
    WhoCan {
        /// What: a row of the product's matrix, as `seatplan show product` lists them
        #[arg(value_name = "CAPABILITY")]
        capability: String,
        /// The account
        #[arg(long, value_name = "NAME")]
        account: String,
    },
    /// A product in words: roles, options, seats and rules
    Product {
        /// The product's id
        #[arg(value_name = "ID")]
        name: String,
    },
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = match &args.what {
        What::Access { .. } => cx.format(&[Format::Human, Format::Json, Format::Csv])?,
        _ => cx.format(&[Format::Human, Format::Json])?,
    };
    let estate = ops::desired::read_written(&cx.env, cx.dir(), args.at)?;
    let report = match &args.what {
        What::User { name } => ops::show::user(&estate, name),
        What::Account { name } => ops::show::account(&estate, name),
        What::Access { account } => ops::show::access(&estate, account),
        What::Team { name } => ops::show::team(&estate, name),
        What::WhoCan {
            capability,
            account,
        } => ops::show::who_can(&estate, capability, account),
        What::Product { name } => ops::show::product(&estate, name),
    }?;
    let text = match (format, &report.shown) {
        (Format::Json, _) => json::render(&Document::Show(&report)),
        (Format::Csv, Shown::Access(rows)) => table::access(rows),
        _ => human::shown(&report, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(Exit::Fine)
}
