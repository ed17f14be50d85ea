//! Standard output and error: what they can show, and writing to them without a panic.

use std::io::{IsTerminal as _, Write as _};

use super::{Color, Failure};
use crate::env::Env;
use crate::output::{Detail, Look};

/// Columns where nobody says how many there are: a pipe, a file, a log.
const COLUMNS: usize = 100;

/// What the program writes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// How standard output shall look.
    pub(crate) out: Look,
    /// How standard error shall look.
    pub(crate) err: Look,
    /// Whether questions can be asked: standard input and error are terminals.
    pub(crate) asks: bool,
    /// Whether progress can be drawn over: standard error is a terminal that can.
    pub(crate) draws: bool,
}

impl Terminal {
    /// Looks at the machine. `NO_COLOR` (no-color.org) and `TERM=dumb` are honoured.
    pub(crate) fn new(env: &Env, color: Color, detail: Detail) -> Self {
        let dumb = env.variable("TERM").as_deref() == Some("dumb");
        let no_color = env.variable("NO_COLOR").is_some_and(|it| !it.is_empty());
        let colors = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !dumb && !no_color,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| env.variable(name).filter(|it| !it.is_empty()));
        let plain_locale = locale.is_some_and(|it| it == "C" || it == "POSIX");
        let (out, err) = (
            std::io::stdout().is_terminal(),
            std::io::stderr().is_terminal(),
        );
        let look = |is_terminal: bool| Look {
            color: colors(is_terminal),
            unicode: !dumb && !plain_locale,
            width: columns(env, is_terminal),
            detail,
        };
        Self {
            out: look(out),
            err: look(err),
            asks: std::io::stdin().is_terminal() && err,
            draws: err && !dumb,
        }
    }

    /// Writes to standard output. That nobody reads it any more is not an error: the command goes on.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::Output(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes to standard error; if that fails there is nobody left to tell.
    pub(crate) fn tell(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

fn columns(env: &Env, is_terminal: bool) -> usize {
    let said = env.variable("COLUMNS").and_then(|it| it.parse().ok());
    let seen = || {
        let size = terminal_size::terminal_size();
        size.map(|(width, _)| usize::from(width.0))
    };
    let width = said.or_else(|| is_terminal.then(seen).flatten());
    width.filter(|it| *it > 0).unwrap_or(COLUMNS)
}
