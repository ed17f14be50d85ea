//! Progress of a run: a bar on a terminal, lines in a log.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;
use crate::ops::{Progress, StepStatus as Status};
use crate::output::human;

/// Where progress is shown.
pub(super) struct Shown {
    terminal: Terminal,
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Shown {
    /// A bar of so many steps where one can be drawn, else lines.
    pub(super) fn new(terminal: &Terminal, steps: u64, quiet: bool) -> Self {
        let bar = (terminal.draws && !quiet && steps > 0).then(|| bar(terminal, steps));
        Self {
            terminal: *terminal,
            bar,
            quiet,
        }
    }

    /// Shows one event. On a bar only what needs attention stays as a line.
    pub(super) fn event(&self, event: &Progress) {
        let line = human::progress(event, &self.terminal.err);
        let Some(bar) = &self.bar else {
            if let Some(line) = line.filter(|_| !self.quiet) {
                self.terminal.tell(&(line + "\n"));
            }
            return;
        };
        match event {
            Progress::Sent { address, .. } => bar.set_message(address.to_string()),
            Progress::Reading { .. } => bar.set_message("reading the accounts again"),
            Progress::Verifying { .. } => bar.set_message("reading back"),
            Progress::Ended { status, .. } => {
                bar.inc(1);
                let failed = matches!(status, Status::Refused { .. } | Status::Unknown { .. });
                if let Some(line) = line.filter(|_| failed) {
                    bar.println(line);
                }
            }
            Progress::Locked { .. }
            | Progress::Stopping { .. }
            | Progress::Settling { .. }
            | Progress::Waits { .. } => {
                if let Some(line) = line {
                    bar.println(line);
                }
            }
            Progress::Begun { .. } => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(terminal: &Terminal, steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    let template = if terminal.err.color {
        "{bar:24.green/dim} {pos}/{len}  {wide_msg:.dim}"
    } else {
        "{bar:24} {pos}/{len}  {wide_msg}"
    };
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    let chars = if terminal.err.unicode {
        "━━─"
    } else {
        "##-"
    };
    bar.set_style(style.progress_chars(chars));
    bar
}
