//! What `validate` says.

use super::{Page, next_command, problems};
use crate::ops::validate::{Read, Report};
use crate::output::Look;
use crate::output::look::{ADD, REMOVE};
use crate::output::words::count;

/// The problems, and one line on what was read.
pub fn validation(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    problems::write(&mut page, &report.problems);
    let counted = problems::counted(&report.problems);
    if report.problems.refused() {
        let word = look.paint(REMOVE.bold(), "Refused");
        let counted = counted.unwrap_or_default();
        let files = count(report.read.files, "file", "files");
        page.line(format!("{word}: {counted} in {files}."));
        if let Some(command) = problems::explain_hint(&report.problems) {
            next_command(&mut page, &command, "says more about it");
        }
    } else {
        let word = look.paint(ADD, "Fine");
        let counted = counted.map_or_else(String::new, |it| format!("; {it}"));
        page.line(format!("{word}: {}{counted}.", read(&report.read)));
    }
    page.finish()
}

fn read(read: &Read) -> String {
    format!(
        "{} with {}, {} and {}",
        count(read.files, "file", "files"),
        count(read.users, "user", "users"),
        count(read.accounts, "account", "accounts"),
        count(read.accesses, "access", "accesses"),
    )
}
