//! `seatplan init`.

use std::path::PathBuf;

use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::ops::init::{Options, Source};
use crate::output::human;
use crate::output::json::{self, Document};

/// Start a new estate: settings, one account, one person, editor settings and a CI workflow
///
/// What is not given as an option is asked for on a terminal; elsewhere the defaults hold. Nothing that is there is
/// overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan init
  seatplan init acme --product PRODUCT --account acme-code \\
      --owner dana@acme.example --login dana-k --yes")]
pub(super) struct Args {
    /// The folder; made if it is not there [default: the working directory]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The estate's name [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// The time zone in which days begin, as Europe/Paris [default: TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The product of the first account; `--product help` lists them [default: the first one]
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// The first account's name [default: NAME-PRODUCT]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The first administrator: an e-mail address, or any id [default: owner@example.org]
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// The administrator's handle, for products that know people by a login
    #[arg(long, value_name = "HANDLE")]
    login: Option<String>,
    /// The git repository that the CI workflow builds seatplan from [default: to be written into the workflow]
    #[arg(long, value_name = "URL", requires = "commit", value_parser = parse_source)]
    source: Option<String>,
    /// The whole id of the commit that it builds
    #[arg(long, value_name = "ID", requires = "source", value_parser = parse_commit)]
    commit: Option<String>,
    /// Take the defaults instead of asking
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let format = cx.format(&[Format::Human, Format::Json])?;
    let products = ops::init::products();
    if args.product.as_deref() == Some("help") {
        let lines = products
            .iter()
            .map(|(id, title)| format!("{id:<24} {title}\n"));
        cx.terminal.say(&lines.collect::<String>())?;
        return Ok(Exit::Fine);
    }
    let folder = args.folder.clone().or_else(|| cx.dir().map(Into::into));
    let dir = folder.unwrap_or_else(|| PathBuf::from("."));
    let asks = Asks {
        on: cx.terminal.asks && !args.yes,
    };
    let options = asks.options(args, cx, dir, &products)?;
    let report = ops::init::run(&cx.env, &options)?;
    let shown = options.dir.display().to_string();
    let text = match format {
        Format::Json => json::render(&Document::Init(&report)),
        _ => human::init(&report, &shown, &cx.terminal.out),
    };
    cx.terminal.say(&text)?;
    Ok(if report.problems.refused() {
        Exit::Refused
    } else {
        Exit::Fine
    })
}

/// Questions, where there is somebody to ask.
struct Asks {
    on: bool,
}

impl Asks {
    fn options(
        &self,
        args: &Args,
        cx: &Context,
        dir: PathBuf,
        products: &[(String, String)],
    ) -> Result<Options, Failure> {
        let absolute = cx.env.directory().join(&dir);
        let folder = absolute.components().next_back();
        let folder = folder.map(|it| it.as_os_str().to_string_lossy().into_owned());
        let folder = folder.filter(|it| it.chars().any(char::is_alphanumeric));
        let name = self.text("Name of the estate?", &args.name, || {
            folder.unwrap_or_else(|| "estate".to_owned())
        })?;
        let timezone = self.text("Time zone?", &args.timezone, || {
            let zone = cx.env.variable("TZ").filter(|it| it.contains('/'));
            zone.unwrap_or_else(|| "UTC".to_owned())
        })?;
        let product = self.product(&args.product, products)?;
        let account = self.text("Name of the first account?", &args.account, || {
            let short = product.split('-').next().unwrap_or(&product);
            format!("{name}-{short}")
        })?;
        let owner = self.text("E-mail address of its administrator?", &args.owner, || {
            "owner@example.org".to_owned()
        })?;
        let login = match ops::init::login_of(&product) {
            None => None,
            Some(login) => Some(self.text(
                &format!("The administrator's {login} handle?"),
                &args.login,
                || owner.split('@').next().unwrap_or(&owner).to_owned(),
            )?),
        };
        Ok(Options {
            dir,
            name,
            timezone,
            account,
            product,
            owner,
            login,
            source: (args.source.clone().zip(args.commit.clone()))
                .map(|(url, commit)| Source { url, commit }),
        })
    }

    fn text(
        &self,
        question: &str,
        given: &Option<String>,
        default: impl FnOnce() -> String,
    ) -> Result<String, Failure> {
        match given {
            Some(given) => Ok(given.clone()),
            None if !self.on => Ok(default()),
            None => {
                let default = default();
                let prompt = inquire::Text::new(question).with_default(&default);
                prompt.prompt().map_err(|error| unanswered(&error))
            }
        }
    }

    fn product(
        &self,
        given: &Option<String>,
        products: &[(String, String)],
    ) -> Result<String, Failure> {
        match given {
            Some(given) => Ok(given.clone()),
            None if !self.on => Ok(ops::init::simplest()),
            None => {
                let titles: Vec<&str> = products.iter().map(|(_, title)| title.as_str()).collect();
                let prompt = inquire::Select::new("Product of the first account?", titles);
                let chosen = prompt.raw_prompt().map_err(|error| unanswered(&error))?;
                Ok(products[chosen.index].0.clone())
            }
        }
    }
}

/// A repository that nobody can change on the way.
fn parse_source(text: &str) -> Result<String, &'static str> {
    let is_plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\'');
    match (text.starts_with("https://") || text.starts_with("ssh://")) && is_plain {
        true => Ok(text.to_owned()),
        false => Err("a repository is written as https://... or ssh://..."),
    }
}

/// A commit, not a branch or a tag: those can be moved.
fn parse_commit(text: &str) -> Result<String, &'static str> {
    let is_hex = text.bytes().all(|it| it.is_ascii_hexdigit());
    match is_hex && matches!(text.len(), 40 | 64) {
        true => Ok(text.to_owned()),
        false => Err("a commit's whole id has 40 hexadecimal digits"),
    }
}

fn unanswered(error: &inquire::InquireError) -> Failure {
    match error {
        inquire::InquireError::OperationInterrupted | inquire::InquireError::OperationCanceled => {
            Failure::Interrupted
        }
        error => Failure::usage(
            format!("the question cannot be asked: {error}"),
            "give the answers as options, and --yes",
        ),
    }
}
