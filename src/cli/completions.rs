//! `seatplan completions`.

use super::{Context, Exit, Failure};

/// Write a completion script for a shell to standard output
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  bash:  seatplan completions bash > ~/.local/share/bash-completion/completions/seatplan
  zsh:   seatplan completions zsh > ~/.zfunc/_seatplan
  fish:  seatplan completions fish > ~/.config/fish/completions/seatplan.fish")]
pub(super) struct Args {
    /// For which shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "seatplan", &mut script);
    cx.terminal.say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
