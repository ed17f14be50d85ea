//! What a code means: Markdown as a terminal shows it.

use super::Page;
use crate::ops::explain::{Entry, Report};
use crate::ops::problems::Level;
use crate::output::look::{ADD, CHANGE, FAINT, Look, REMOVE, RENAME, STRONG};

/// One code with its documentation, or a list of codes.
pub fn explain(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    let is_list = report.codes.len() != 1 || report.codes[0].doc.is_empty();
    for entry in &report.codes {
        if is_list {
            listed(&mut page, entry);
        } else {
            whole(&mut page, entry);
        }
    }
    page.finish()
}

fn listed(page: &mut Page<'_>, entry: &Entry) {
    let code = page.look.paint(
        severity_style(entry.severity),
        format!("{:<10}", entry.code),
    );
    page.paragraph(&format!("{code} "), 11, &entry.summary);
}

fn whole(page: &mut Page<'_>, entry: &Entry) {
    let look = page.look;
    let word = match entry.severity {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let code = look.paint(severity_style(entry.severity).bold(), entry.code);
    let beside = look.paint(FAINT, format!("{}, {word}", entry.name));
    page.line(format!("{code}  {beside}"));
    let mut in_example = false;
    let mut paragraph: Vec<&str> = Vec::new();
    for line in entry.doc.lines().chain([""]) {
        if let Some(info) = line.strip_prefix("```") {
            flush(page, &mut paragraph);
            in_example = !in_example;
            if in_example {
                example(page, info);
            }
        } else if in_example {
            page.line(format!("    {line}"));
        } else if let Some(title) = line.strip_prefix("### ") {
            flush(page, &mut paragraph);
            page.blank();
            page.line(look.paint(STRONG, title));
        } else if line.trim().is_empty() {
            flush(page, &mut paragraph);
        } else {
            if line.starts_with("- ") {
                flush(page, &mut paragraph);
            }
            paragraph.push(line.trim());
        }
    }
}

/// The line above an example that says whether it is right.
fn example(page: &mut Page<'_>, info: &str) {
    let look = page.look;
    let word = match info.rsplit(' ').next() {
        Some("bad") => look.paint(REMOVE, "not so:"),
        Some("good") => look.paint(ADD, "but so:"),
        _ => return,
    };
    page.line(format!("  {word}"));
}

fn flush(page: &mut Page<'_>, paragraph: &mut Vec<&str>) {
    if paragraph.is_empty() {
        return;
    }
    let text = paragraph.join(" ");
    let text = page.look.code_spans(&text);
    page.paragraph("  ", if text.starts_with("- ") { 4 } else { 2 }, &text);
    paragraph.clear();
}

fn severity_style(level: Level) -> anstyle::Style {
    match level {
        Level::Error => REMOVE,
        Level::Warning => CHANGE,
        Level::Note => RENAME,
    }
}
