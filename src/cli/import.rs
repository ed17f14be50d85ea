//! `seatplan import`.

use std::path::PathBuf;

use super::plan::parse_account;
use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::ops::AccountName;
use crate::ops::import::Origin;
use crate::output::human;
use crate::output::json::{self, Document};

/// Write YAML for what exists: an account as it is, or another tool's configuration
///
/// With --account, everything that the account has and that no line names yet is written into new files, so that the next plan
/// has nothing to change. With --from, a peer's configuration becomes an estate, and what is not carried over is counted.
/// Files that exist are never changed.
///
/// With --csv, a vendor's export of users goes into the inventory of an account: people who are not in it any more go, new ones
/// come, what it has no column for stays, and comments stay. The product says what its columns mean, else --columns does. While
/// a single row cannot be read nothing is written. With --inventory, an account is read as it is and becomes an inventory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan import --account acme-code
  seatplan import --account new-code --product PRODUCT --url https://directory.example \\
      --token-env DIRECTORY_TOKEN
  seatplan import --account acme-support --csv users.csv
  seatplan import --account acme-code --inventory inventory/code.yaml
  seatplan import --from peribolos ../org/config --dir my-estate")]
pub(super) struct Args {
    /// The account to adopt
    #[arg(long, value_name = "NAME", value_parser = parse_account, required_unless_present = "from")]
    account: Option<AccountName>,
    /// The product of an account that no file names yet
    #[arg(long, value_name = "ID", requires = "account")]
    product: Option<String>,
    /// Where an account answers that no file names yet [default: the embedded directory]
    #[arg(long, value_name = "URL", requires = "account")]
    url: Option<String>,
    /// The environment variable that holds its credential
    #[arg(long, value_name = "VARIABLE", requires = "url")]
    token_env: Option<String>,
    /// An export of the account's users, read into its inventory
    #[arg(long, value_name = "FILE", requires = "account", conflicts_with_all = ["product", "inventory"])]
    csv: Option<PathBuf>,
    /// What the columns of the export mean, as YAML: {columns: {identity: NAME, role: NAME, state: NAME}, roles: {WORD: role}}
    #[arg(long, value_name = "FILE", requires = "csv")]
    columns: Option<PathBuf>,
    /// Write the account as it is into this new inventory, from the estate's folder
    #[arg(
        long,
        value_name = "FILE",
        requires = "account",
        conflicts_with = "product"
    )]
    inventory: Option<PathBuf>,
    /// The tool whose configuration is read
    #[arg(
        long,
        value_name = "TOOL",
        requires = "path",
        conflicts_with = "account"
    )]
    from: Option<Tool>,
    /// The folder or file of that configuration
    #[arg(value_name = "DIR", requires = "from")]
    path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Tool {
    /// Organisations as peribolos (of Prow) keeps them: org.yaml and teams.yaml
    Peribolos,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json])?;
    if let (Some(account), Some(file)) = (&args.account, &args.csv) {
        let options = ops::import::export::Options {
            account: account.clone(),
            file: file.clone(),
            columns: args.columns.clone(),
        };
        let report = ops::import::export::run(&cx.env, cx.dir(), &options)?;
        cx.terminal.say(&match format {
            Format::Json => json::render(&Document::Export(&report)),
            _ => human::export_read(&report, &cx.terminal.out),
        })?;
        let is_refused = report.problems.refused() || !report.bad.is_empty();
        return Ok(if is_refused {
            Exit::Refused
        } else {
            Exit::Fine
        });
    }
    if let (Some(account), Some(file)) = (&args.account, &args.inventory) {
        let work = ops::import::live::run(&cx.env, cx.dir(), account, file);
        let report = cx.block_on(work)?;
        cx.terminal.say(&match format {
            Format::Json => json::render(&Document::Inventory(&report)),
            _ => human::inventory_written(&report, &cx.terminal.out),
        })?;
        return Ok(Exit::Fine);
    }
    let origin = match (&args.account, &args.path) {
        (Some(name), _) => Origin::Account {
            name: name.clone(),
            product: args.product.clone(),
            url: args.url.clone(),
            token_variable: args.token_env.clone(),
        },
        (None, Some(path)) => Origin::Peribolos(path.clone()),
        (None, None) => {
            return Err(Failure::usage(
                "there is nothing to import",
                "name an account with --account, or a tool with --from and its folder",
            ));
        }
    };
    let report = cx.block_on(ops::import::run(&cx.env, cx.dir(), &origin))?;
    let text = match format {
        Format::Json => json::render(&Document::Import(&report)),
        _ => human::imported(&report, &cx.named(), &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(if report.problems.refused() {
        Exit::Refused
    } else {
        Exit::Fine
    })
}
