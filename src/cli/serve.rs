//! `seatplan serve`.

use std::net::SocketAddr;

use super::signals::Signals;
use super::{Context, Exit, Failure, Format};
use crate::ops;
use crate::ops::Accept;

/// Run the embedded directory on its own, until it is interrupted
///
/// The directory is a real access directory with an HTTP API, which enforces any product definition. In an estate it serves the
/// file that `plan` and `apply` use in-process, with the estate's accounts opened; elsewhere an empty one. Its address goes to
/// standard output; the bootstrap token stands in .seatplan/directory.token, readable by you alone.
///
/// To let an estate use it: `connection: {provider: directory, url: URL, token: {file: .seatplan/directory.token}}`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seatplan serve
  seatplan serve --listen 127.0.0.1:8700 --people manual
  seatplan serve --script people.yaml")]
pub(super) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What becomes of invitations
    #[arg(long, value_name = "HOW", default_value = "at-once")]
    people: People,
    /// A script that plays the vendor and the people: who accepts, what is sent or refused
    ///
    /// A YAML file with one key, `script:`, a list of lines. Whatever is asked of somebody
    /// plays the first line that fits. With a script nobody accepts unless a line says so.
    /// An account can have its own: `connection: {provider: directory, script: FILE}`.
    ///
    /// What a line does:
    ///   do: accept          the person accepts the invitation, or whoever has a
    ///                       sub-account activates it
    ///   do: activate        the same, for what was granted and has to be activated
    ///   do: send, values: {code: AB12}
    ///                       a third party sends values that only they know, for fields
    ///                       that are given later
    ///   do: ignore          the person never answers
    ///   do: refuse, why: "closed on Sundays"
    ///                       the vendor refuses, in these words, and does nothing
    ///   do: slow, ms: 500   the vendor does it, and answers so many milliseconds later
    ///
    /// Which requests it fits; any, for what is not written:
    ///   upon: access.create the operation, in the words of the product's definition:
    ///                       access.update, access.update.GRANT, KIND.create
    ///   who: "*@acme.example"
    ///                       the person, the team, or KIND/NAME; * stands for any letters
    ///   account: acme-books the account
    ///
    /// How often and when:
    ///   times: 1            so often in one run of the directory, then later lines play
    ///   after: 3            accept, activate and send happen so many requests later; at
    ///                       once if not written, but nothing is sent at once
    ///
    /// Whoever was asked in an earlier run acts early in the next one. Lines with refuse and
    /// with slow are looked for apart, so that a vendor can be slow and a person accept.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "people",
        verbatim_doc_comment
    )]
    script: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum People {
    /// People accept at once
    AtOnce,
    /// Invitations wait until somebody plays the person: POST .../accept
    Manual,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    cx.format(&[Format::Human])?;
    if !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!(
                "\"{}\" can be reached from other machines, and the directory speaks plain HTTP",
                args.listen
            ),
            "listen on 127.0.0.1 and put a proxy with TLS in front of it",
        ));
    }
    let accept = match args.people {
        People::AtOnce => Accept::AtOnce,
        People::Manual => Accept::Manual,
    };
    let (mut signals, _) = cx.enter(Signals::listen);
    let served = ops::serve::start(
        &cx.env,
        cx.dir(),
        args.listen,
        accept,
        args.script.as_deref(),
    )?;
    cx.terminal.say(&format!("{}\n", served.running.url))?;
    let accounts = match served.accounts.as_slice() {
        [] => "no accounts yet".to_owned(),
        names => names.join(", "),
    };
    cx.terminal.tell(&format!(
        "Serving {accounts}.\nThe token is in {}. Interrupt to stop.\n",
        served.token_file.display()
    ));
    cx.block_on(async { signals.recv().await });
    served
        .running
        .stop()
        .map_err(|error| ops::Error::Serve(error.to_string()))?;
    Ok(Exit::Fine)
}
