//! `seatplan schema`.

use super::{Context, Exit, Failure};
use crate::{ops, output};

/// Write the JSON Schema of something to standard output
///
/// Editors check an estate while it is typed with the schemas `estate`, `settings` and `inventory`; `seatplan init` sets that
/// up; with `product` they are draft-07. The others, 2020-12, describe what seatplan writes, for programs that read it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan schema estate > schemas/estate.json
  seatplan schema report | jq '.\"$defs\" | keys'")]
pub(super) struct Args {
    /// What to describe
    #[arg(value_name = "WHAT")]
    what: What,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// The YAML files of an estate; inside one, its own products' kinds of objects included
    Estate,
    /// seatplan.yaml
    Settings,
    /// The inventory of an account; inside an estate, its own products' kinds of objects included
    Inventory,
    /// A product definition
    Product,
    /// A plan saved with `plan --out`
    Plan,
    /// What `--format json` writes
    Report,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let schema = match args.what {
        What::Estate => ops::schema::estate_at(&cx.env, cx.dir())?,
        What::Settings => ops::schema::settings(),
        What::Inventory => ops::schema::inventory_at(&cx.env, cx.dir())?,
        What::Product => ops::schema::product(),
        What::Plan => ops::schema::plan(),
        What::Report => output::json::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a JSON value can be written");
    cx.terminal.say(&(text + "\n"))?;
    Ok(Exit::Fine)
}
