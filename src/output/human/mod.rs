//! Text for people at a terminal, in a pipe or in a log.

use std::borrow::Cow;

use super::look::{FAINT, STRONG};
use super::{Detail, Look};

mod apply;
mod difference;
mod explain;
mod failure;
mod import;
mod init;
mod inventory;
mod plan;
mod problems;
mod seats;
mod show;
mod tasks;
mod validation;
mod view;

pub use apply::{applied, progress};
pub use explain::explain;
pub use failure::failure;
pub use import::imported;
pub use init::init;
pub use inventory::{export_read, inventory_written};
pub use plan::{plan, plan_to_apply};
pub use seats::seats;
pub use show::shown;
pub use tasks::{tasks, tasks_done};
pub use validation::validation;

/// A text that grows line by line.
pub(crate) struct Page<'l> {
    look: &'l Look,
    text: String,
    /// Where places start, if there is room; right after the text if 0.
    place_column: usize,
    /// Tasks that were handed out before, and since when.
    waiting: std::collections::BTreeMap<crate::plan::StepId, String>,
}

impl<'l> Page<'l> {
    fn new(look: &'l Look) -> Self {
        Self {
            look,
            text: String::new(),
            place_column: 0,
            waiting: std::collections::BTreeMap::new(),
        }
    }

    /// Lets places of some lines to come start below each other; a few long lines do not push all of them away.
    fn align_places<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        let limit = self.look.columns() / 2;
        let widths = texts.map(visible_width).filter(|it| *it <= limit);
        self.place_column = widths.max().map_or(0, |it| it + 2);
    }

    /// A line that is not wrapped.
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref().trim_end());
        self.text.push('\n');
    }

    /// An empty line, unless the page is empty or ends with one.
    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Lines as they are.
    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A paragraph: `lead` before its first line, as many blanks as `indent` before the others.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str) {
        let filled = wrapped(self.look, lead, &" ".repeat(indent), text);
        self.line(filled);
    }

    /// A heading with a word or two that matter less.
    fn heading(&mut self, text: &str, beside: &str) {
        self.blank();
        let strong = self.look.paint(STRONG, text);
        if beside.is_empty() {
            self.line(strong);
        } else {
            let beside = self.look.paint(FAINT, beside);
            self.paragraph(&format!("{strong}  "), 4, &beside);
        }
    }

    /// Text and, at the end of the line or on one of its own, something that matters less.
    fn with_place(&mut self, text: &str, indent: usize, place: &str) {
        let width = visible_width(text);
        if place.is_empty() {
            return self.line(text);
        }
        let place_width = textwrap::core::display_width(place);
        let faint = self.look.paint(FAINT, place);
        let start = self.place_column.max(width + 2);
        if start + place_width <= self.look.columns() {
            let gap = " ".repeat(start - width);
            self.line(format!("{text}{gap}{faint}"));
        } else {
            // A text without a lead would lose the blanks that it starts with.
            let bare = text.trim_start();
            let blanks = &text[..text.len() - bare.len()];
            self.paragraph(blanks, indent, bare);
            self.line(format!("{}{faint}", " ".repeat(indent)));
        }
    }

    fn finish(self) -> String {
        calm(&self.text).into_owned()
    }
}

/// The columns that a text with styles takes.
fn visible_width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// A paragraph filled to the width.
fn wrapped(look: &Look, lead: &str, indent: &str, text: &str) -> String {
    let options = textwrap::Options::new(look.columns())
        .initial_indent(lead)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Takes away what a line may mean to a CI service that reads the log: GitHub runs lines that start with `::` (blanks do
/// not count), and older runners `##[...]` anywhere. Only foreign text can look like that.
fn calm(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.replace("##[", "#<U+0023>[");
        let bare = without_styles(&line);
        if bare.trim_start().starts_with("::") {
            line.replacen("::", "<U+003A>:", 1)
        } else {
            line
        }
    });
    Cow::Owned(lines.collect())
}

/// A text without ANSI styles.
fn without_styles(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    bare
}

/// The problems alone, with one line that counts them.
pub fn problems(problems: &crate::ops::problems::Problems, look: &Look) -> String {
    let mut page = Page::new(look);
    problems::write(&mut page, problems);
    if let Some(counted) = problems::counted(problems) {
        let word = look.paint(super::look::REMOVE.bold(), "Refused");
        page.line(format!("{word}: {counted}."));
    }
    page.finish()
}

/// A command with the folder that the person named, if one was.
fn in_folder(command: &str, dir: &str) -> String {
    match dir {
        "" | "." => command.to_owned(),
        dir => format!("{command} --dir {}", crate::text::inert(dir)),
    }
}

/// A command to type next, with what it does.
fn next_command(page: &mut Page<'_>, command: &str, why: &str) {
    if page.look.detail > Detail::Quiet {
        let command = page.look.paint(super::look::RENAME, command);
        page.line(format!("Next: {command}  {}", page.look.paint(FAINT, why)));
    }
}

#[cfg(test)]
mod tests {
    use super::calm;

    #[test]
    fn a_line_cannot_become_a_command_of_the_ci_service() {
        assert_eq!(calm("  ::error::x\na::b\n"), "  <U+003A>:error::x\na::b\n");
        assert_eq!(
            calm("\u{1b}[31m::add-mask::a\u{1b}[0m"),
            "\u{1b}[31m<U+003A>:add-mask::a\u{1b}[0m"
        );
        assert_eq!(calm("x ##[add-mask]y"), "x #<U+0023>[add-mask]y");
    }
}
