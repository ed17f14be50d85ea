//! What came of carrying a plan out, and what happens meanwhile.

use super::{Page, in_folder, next_command};
use crate::apply::Progress;
use crate::model::Address;
use crate::ops::apply::{Report, Status, StepResult, Verification};
use crate::output::Detail;
use crate::output::look::{ADD, CHANGE, FAINT, Look, REMOVE};
use crate::output::words::{self, count, grouped};
use crate::text::inert;

/// More steps that need attention than this are counted, unless everything is asked for.
const SHOWN_MAX: usize = 50;

/// What came of a run: steps that need attention first, then counts, then what to do. `dir` is the folder as it was named;
/// raw.
pub fn applied(report: &Report, dir: &str, look: &Look) -> String {
    let mut page = Page::new(look);
    let verbose = look.detail == Detail::Verbose;
    let told = report
        .steps
        .iter()
        .filter(|it| verbose || is_told(&it.status));
    let told: Vec<_> = told.collect();
    let shown = if verbose { told.len() } else { SHOWN_MAX };
    for step in told.iter().take(shown) {
        result(&mut page, step);
    }
    if let Some(more) = told.len().checked_sub(shown).filter(|more| *more > 0) {
        let text = format!("  and {} more (-v lists them)", grouped(more as u64));
        page.line(look.paint(FAINT, text));
    }
    verification(&mut page, &report.verification);
    if let Some(bug) = &report.bug {
        let lead = format!(
            "{} ",
            look.paint(REMOVE.bold(), "This is a bug in seatplan:")
        );
        page.paragraph(&lead, 2, &inert(bug));
    }
    page.blank();
    summary(&mut page, report, dir);
    page.finish()
}

/// One event of a run as a line; `None` for those that are not worth one.
pub fn progress(event: &Progress, look: &Look) -> Option<String> {
    let line = match event {
        Progress::Locked { held, ms } => format!(
            "Waiting up to {} s: {} is at work on this estate.",
            ms.div_ceil(1000),
            inert(&held.to_string())
        ),
        Progress::Begun { steps, resumed, .. } => {
            let word = if *resumed { "Resuming" } else { "Applying" };
            format!("{word} {}.", count(*steps, "step", "steps"))
        }
        Progress::Settling { steps } => format!(
            "Reading back {} of an interrupted run.",
            count(*steps, "step", "steps")
        ),
        Progress::Waits {
            address, why, ms, ..
        } => {
            let text = format!("  . {address} waits {ms} ms: {}", inert(why));
            look.paint(FAINT, text)
        }
        Progress::Ended {
            address, status, ..
        } => ended(address, status, look)?,
        Progress::Stopping { under_way } => format!(
            "Stopping: {} under way is waited for, nothing new is started. Interrupt again to stop at once.",
            count(*under_way, "step", "steps")
        ),
        Progress::Reading { .. } | Progress::Sent { .. } | Progress::Verifying { .. } => {
            return None;
        }
    };
    Some(line)
}

fn ended(address: &Address, status: &crate::apply::Status, look: &Look) -> Option<String> {
    use crate::apply::Status as Now;
    let (mark, more) = match status {
        Now::Done { phase } | Now::Recovered { phase } => {
            let phase = phase.as_ref().map(|it| format!(" ({})", inert(it)));
            (look.paint(ADD, "ok"), phase.unwrap_or_default())
        }
        Now::Refused { why } => (look.paint(REMOVE, "refused"), format!(": {}", inert(why))),
        Now::Unknown { why } => (look.paint(REMOVE, "unknown"), format!(": {}", inert(why))),
        Now::Waiting { .. } | Now::Blocked { .. } | Now::NotStarted { .. } => return None,
    };
    Some(format!("  {mark} {address}{more}"))
}

/// Whether a step is worth a line: what an interruption kept from starting is only counted.
fn is_told(status: &Status) -> bool {
    needs_attention(status) && *status != Status::NotStarted { why: None }
}

fn needs_attention(status: &Status) -> bool {
    !matches!(status, Status::Done { .. } | Status::Recovered { .. })
}

fn result(page: &mut Page<'_>, step: &StepResult) {
    let look = page.look;
    let (word, why) = match &step.status {
        Status::Done { phase } => (look.paint(ADD, "done"), phase.clone()),
        Status::Recovered { phase } => (look.paint(ADD, "done, read back"), phase.clone()),
        Status::Refused { why } => (look.paint(REMOVE, "refused"), Some(why.clone())),
        Status::Unknown { why } => (look.paint(REMOVE, "unknown"), Some(why.clone())),
        Status::Waiting { who } if who.is_empty() => {
            let nobody = "by hand, and nobody here may do it".to_owned();
            (look.paint(CHANGE, "waits"), Some(nobody))
        }
        Status::Waiting { who } => {
            let names: Vec<_> = who.iter().map(|it| inert(it).into_owned()).collect();
            let text = format!("for {} to do it by hand", words::listed(&names));
            (look.paint(CHANGE, "waits"), Some(text))
        }
        Status::Blocked { by } => {
            let text = format!("for {}", count(by.len(), "other step", "other steps"));
            (look.paint(CHANGE, "waits"), Some(text))
        }
        Status::NotStarted { why } => {
            let why = why
                .clone()
                .unwrap_or_else(|| "interrupted before its turn".to_owned());
            (look.paint(CHANGE, "not started"), Some(why))
        }
    };
    let sign = words::sign(step.action);
    let what = words::thing(&step.address);
    let why = why.map_or_else(String::new, |it| format!(": {}", inert(&it)));
    let lead = format!("  {sign} ");
    page.paragraph(
        &lead,
        4,
        &format!("{} {what}  {word}{why}", step.address.account),
    );
}

fn verification(page: &mut Page<'_>, verification: &Verification) {
    let look = page.look;
    match verification {
        Verification::NothingToVerify | Verification::Verified => {}
        Verification::Unverified { addresses } => {
            let number = count(addresses.len(), "thing does", "things do");
            let word = look.paint(REMOVE, "Not verified");
            page.line(format!("{word}: {number} not read back as promised:"));
            for address in addresses {
                page.line(format!("  ? {address}"));
            }
        }
        Verification::NotRead { account, why } => {
            let word = look.paint(REMOVE, "Not verified");
            page.paragraph("", 2, &format!("{word}: {account}: {}", inert(why)));
        }
    }
}

fn summary(page: &mut Page<'_>, report: &Report, dir: &str) {
    let look = page.look;
    let number =
        |wanted: fn(&Status) -> bool| report.steps.iter().filter(|it| wanted(&it.status)).count();
    let done = number(|it| matches!(it, Status::Done { .. } | Status::Recovered { .. }));
    let parts = [
        (number(|it| matches!(it, Status::Refused { .. })), "refused"),
        (number(|it| matches!(it, Status::Unknown { .. })), "unknown"),
        (
            number(|it| matches!(it, Status::Waiting { .. } | Status::Blocked { .. })),
            "waiting",
        ),
        (
            number(|it| matches!(it, Status::NotStarted { .. })),
            "not started",
        ),
    ];
    let mut text: Vec<_> = vec![format!("{} done", count(done, "step", "steps"))];
    let rest = parts.iter().filter(|(number, _)| *number > 0);
    text.extend(rest.map(|(number, word)| format!("{} {word}", grouped(*number as u64))));
    let verified = match report.verification {
        Verification::Verified => ", and read back as promised",
        _ => "",
    };
    let word = match report.exit_code {
        0 => look.paint(ADD.bold(), "Applied"),
        3 => look.paint(CHANGE.bold(), "Applied in part"),
        _ => look.paint(REMOVE.bold(), "Not all applied"),
    };
    page.line(format!("{word}: {}{verified}.", text.join(", ")));
    if report.interruptions > 0 {
        page.line("Interrupted. Nothing is lost: the journal has what was done.");
    }
    let open = report.steps.iter().any(|it| needs_attention(&it.status));
    if open && report.bug.is_none() {
        let command = in_folder("seatplan apply", dir);
        next_command(page, &command, "goes on with what remains");
    }
}
