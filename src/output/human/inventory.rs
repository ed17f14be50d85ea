//! What became of an inventory.

use super::tasks::difference;
use super::{Page, problems};
use crate::ops::import::{export, live};
use crate::output::look::{ADD, FAINT, Look, REMOVE};
use crate::output::words::{count, grouped};
use crate::text::inert;

/// Rows that cannot be read are counted beyond this.
const BAD_MAX: usize = 20;
/// Columns that nothing is taken from are counted beyond this.
const UNUSED_MAX: usize = 8;

/// What an export changed in an inventory, or why nothing was written.
pub fn export_read(report: &export::Report, look: &Look) -> String {
    let mut page = Page::new(look);
    problems::write(&mut page, &report.problems);
    for row in report.bad.iter().take(BAD_MAX) {
        let lead = format!("{} ", look.paint(REMOVE, format!("line {}:", row.line)));
        page.paragraph(&lead, 4, &inert(&row.why));
    }
    if let Some(more) = report.bad.len().checked_sub(BAD_MAX).filter(|it| *it > 0) {
        page.line(look.paint(FAINT, format!("and {} more", grouped(more as u64))));
    }
    if report.problems.refused() || !report.bad.is_empty() {
        page.blank();
        let word = look.paint(REMOVE.bold(), "Refused");
        let rows = count(report.bad.len(), "row", "rows");
        page.line(format!(
            "{word}: {rows} cannot be read. Nothing was written: whoever is left out would count as absent."
        ));
        return page.finish();
    }
    let (before, after) = &report.text;
    for line in difference(before, after) {
        let style = match line.chars().next() {
            Some('+') => ADD,
            Some('-') => REMOVE,
            _ => FAINT,
        };
        page.line(look.paint(style, &line));
    }
    if !report.unused.is_empty() {
        let shown = report.unused.iter().take(UNUSED_MAX);
        let mut names: Vec<_> = shown.map(|it| inert(it).into_owned()).collect();
        let more = report.unused.len().saturating_sub(UNUSED_MAX);
        if more > 0 {
            names.push(format!("{} more", grouped(more as u64)));
        }
        page.blank();
        page.paragraph("columns that are not used: ", 2, &names.join(", "));
    }
    page.blank();
    let text = format!(
        "{}: {} added, {} changed, {} removed, {} seen again ({}).",
        count(report.rows, "row", "rows"),
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.renewed,
        inert(&report.inventory)
    );
    page.line(text);
    page.finish()
}

/// That a live account was written down.
pub fn inventory_written(report: &live::Report, look: &Look) -> String {
    let mut page = Page::new(look);
    for unknown in &report.unknown {
        let lead = format!("{} ", look.paint(REMOVE, "not read:"));
        page.paragraph(&lead, 2, &inert(unknown));
    }
    let things = count(report.things, "thing", "things");
    page.line(format!("Wrote {} with {things}.", inert(&report.inventory)));
    let help = "To plan with it: connection: {provider: inventory, file: PATH}";
    page.line(look.paint(FAINT, help));
    page.finish()
}
