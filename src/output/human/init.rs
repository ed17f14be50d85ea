//! What `init` wrote.

use super::{Page, in_folder, next_command, problems};
use crate::ops::init::Report;
use crate::output::Look;
use crate::output::look::ADD;
use crate::text::inert;

/// The files, and what is wrong with them if anything is. `dir` is the folder as a person would type it; raw.
pub fn init(report: &Report, dir: &str, look: &Look) -> String {
    let mut page = Page::new(look);
    for file in &report.files {
        let sign = look.paint(ADD, "+");
        page.line(format!("  {sign} {}", inert(file)));
    }
    page.blank();
    problems::write(&mut page, &report.problems);
    if report.source_missing {
        let text =
            "Write into .github/workflows/seatplan.yaml where it gets seatplan from, or delete it.";
        page.paragraph("", 2, text);
    }
    let command = in_folder("seatplan plan", dir);
    next_command(
        &mut page,
        &command,
        "shows what this would do on an empty account",
    );
    page.finish()
}
