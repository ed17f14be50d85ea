//! What an import wrote, and what it left out.

use super::{Page, in_folder, next_command, problems};
use crate::ops::import::{Count, Report};
use crate::output::Detail;
use crate::output::look::{ADD, CHANGE, Look, REMOVE};
use crate::output::words::{self, grouped};
use crate::text::inert;

/// More files than this are counted.
const FILES_MAX: usize = 20;

/// Problems first, then what was carried over and what was not, with counts. `dir` is the folder as it was named; raw.
pub fn imported(report: &Report, dir: &str, look: &Look) -> String {
    let mut page = Page::new(look);
    problems::write(&mut page, &report.problems);
    if report.problems.refused() {
        let word = look.paint(REMOVE.bold(), "Refused");
        let counted = problems::counted(&report.problems).unwrap_or_default();
        page.line(format!("{word}: {counted}. Nothing was written."));
        return page.finish();
    }
    files(&mut page, &report.files);
    if !report.left_out.is_empty() {
        page.heading("Not carried over", "");
        for it in &report.left_out {
            let note = it.note.as_deref().map(|it| format!(": {}", inert(it)));
            let text = format!("{}{}", counted(it), note.unwrap_or_default());
            page.paragraph("  - ", 4, &text);
        }
    }
    for it in &report.by_hand {
        page.heading("To put there by hand", &inert(&it.place));
        for line in it.text.lines() {
            page.line(format!("    {}", inert(line)));
        }
    }
    page.blank();
    let carried: Vec<_> = report.carried.iter().map(counted).collect();
    if report.files.is_empty() && report.by_hand.is_empty() {
        page.line("Nothing to import: the files say already what is there.");
        return page.finish();
    }
    let word = look.paint(ADD.bold(), "Imported");
    page.paragraph(
        &format!("{word}: "),
        2,
        &format!("{}.", words::listed(&carried)),
    );
    if !report.by_hand.is_empty() {
        let text = "Some of it belongs into files that exist; it is shown above.";
        page.line(look.paint(CHANGE, text));
    }
    next_command(
        &mut page,
        &in_folder("seatplan validate", dir),
        "checks the files",
    );
    page.finish()
}

fn files(page: &mut Page<'_>, files: &[String]) {
    let verbose = page.look.detail == Detail::Verbose;
    let shown = if verbose { files.len() } else { FILES_MAX };
    for file in files.iter().take(shown) {
        let sign = page.look.paint(ADD, "+");
        page.line(format!("  {sign} {}", inert(file)));
    }
    if let Some(more) = files.len().checked_sub(shown).filter(|more| *more > 0) {
        page.line(format!("  and {} more files", grouped(more as u64)));
    }
}

fn counted(count: &Count) -> String {
    format!("{} {}", grouped(count.count as u64), inert(&count.what))
}
