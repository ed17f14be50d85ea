//! A failure of a command as a whole: what, facts, and what to do.

use super::Page;
use crate::output::Look;
use crate::output::look::{REMOVE, RENAME};
use crate::text::inert;

/// One failure. All texts are raw; `help` may be empty.
pub fn failure(what: &str, facts: &[String], help: &str, look: &Look) -> String {
    let mut page = Page::new(look);
    let lead = look.paint(REMOVE.bold(), "error:");
    page.paragraph(&format!("{lead} "), 7, &inert(what));
    for fact in facts {
        page.paragraph("  - ", 4, &inert(fact));
    }
    if !help.is_empty() {
        let lead = look.paint(RENAME, "help:");
        page.paragraph(&format!("  {lead} "), 8, &inert(help));
    }
    page.finish()
}
