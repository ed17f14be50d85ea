//! How text for people shall look: colours, width, how much.

use anstyle::{AnsiColor, Effects, Style};

/// How text for people shall look. The terminal's facts are found out in `cli`; a file or a test sets them itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Whether characters outside ASCII may be used for lines and signs; names always may.
    pub unicode: bool,
    /// Columns that a line may take; at least 40 are used.
    pub width: usize,
    /// How much is said.
    pub detail: Detail,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What is wrong or dangerous, and the last line.
    Quiet,
    /// What a person needs to approve.
    Normal,
    /// Every line, also where there are many of one sort.
    Verbose,
}

impl Look {
    /// Plain text of 100 columns, as for a pipe.
    pub const PLAIN: Self = Self {
        color: false,
        unicode: true,
        width: 100,
        detail: Detail::Normal,
    };

    /// The text in a style, or as it is where there are no colours.
    pub(crate) fn paint(&self, style: Style, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A sentence of Markdown whose code spans have a colour instead of backticks; as it is where there are no colours.
    pub(crate) fn code_spans(&self, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let parts = text.split('`').enumerate();
        let parts = parts.map(|(at, part)| match at % 2 {
            0 => part.to_owned(),
            _ => self.paint(RENAME, part),
        });
        parts.collect()
    }

    /// The width that lines are laid out for, in columns.
    pub(crate) fn columns(&self) -> usize {
        self.width.clamp(40, 140)
    }
}

/// Headings.
pub(crate) const STRONG: Style = Style::new().effects(Effects::BOLD);
/// What matters less: places, reasons, arrows.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// What is added, and what went well.
pub(crate) const ADD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
/// What is changed, and what needs attention.
pub(crate) const CHANGE: Style =
    Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
/// What is taken away, and what went wrong.
pub(crate) const REMOVE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
/// What gets another name, and commands to type.
pub(crate) const RENAME: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
