//! The lines of a base revision that asked for what no line asks for any more.

use std::collections::{BTreeMap, BTreeSet};

use similar::ChangeTag;

use crate::model::{Address, Desired, Entry};
use crate::text::{SourceId, Sources, Span};

/// For everything that the base wants and the change does not name at all, the line that is gone.
///
/// An access has several lines behind it: that of a team and that which puts somebody into the team, for instance. The first
/// one that the change took away or wrote otherwise is named, else the one that gave it.
pub(super) fn lines(was: &Desired, now: &Desired, sources: &Sources) -> BTreeMap<Address, Span> {
    let mut texts = Texts {
        sources,
        gone: BTreeMap::new(),
    };
    let unnamed = was.state.iter().filter(|(address, _)| {
        now.accounts.contains_key(&address.account)
            && now.state.get(address).is_none()
            && !now.absences.contains_key(address)
    });
    let lines = unnamed.filter_map(|(address, entry)| {
        let line = texts.gone_line(entry)?;
        Some((address.clone(), line))
    });
    lines.collect()
}

/// The texts of both sides, and which lines of the base's are gone.
struct Texts<'a> {
    sources: &'a Sources,
    gone: BTreeMap<SourceId, BTreeSet<u32>>,
}

impl Texts<'_> {
    fn gone_line(&mut self, entry: &Entry) -> Option<Span> {
        let spans: Vec<Span> = entry.origins.iter().map(|it| it.span).collect();
        let is_gone = |span: &&Span| self.is_gone(**span);
        let gone = { spans.iter() }.find(is_gone).copied();
        gone.or_else(|| spans.first().copied())
    }

    fn is_gone(&mut self, span: Span) -> bool {
        let source = self.sources.get(span.source);
        let (line, _) = source.line_column(span.start);
        let sources = self.sources;
        let gone = self.gone.entry(span.source).or_insert_with(|| {
            let mut files = sources.iter().map(|(_, it)| it);
            let now = files.find(|it| it.revision().is_none() && it.path() == source.path());
            gone_lines(source.text(), now.map_or("", |it| it.text()))
        });
        gone.contains(&line)
    }
}

/// Two texts that have little in common can take long to compare; after this time more lines than need be count as gone.
const DIFF_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(2);

/// The lines of a text, from 1, that another text does not have in that place.
fn gone_lines(before: &str, after: &str) -> BTreeSet<u32> {
    let diff = similar::TextDiff::configure()
        .timeout(DIFF_TIME_MAX)
        .diff_lines(before, after);
    let changes = diff.iter_all_changes();
    let gone = changes.filter(|it| it.tag() == ChangeTag::Delete);
    gone.filter_map(|it| u32::try_from(it.old_index()? + 1).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::gone_lines;

    #[test]
    fn a_line_that_stands_elsewhere_too_is_gone_from_its_place() {
        let before = "ana:\n  role: agent\nbob:\n  role: agent\ncleo:\n";
        let after = "ana:\n  role: agent\ncleo:\n";
        assert_eq!(Vec::from_iter(gone_lines(before, after)), [3, 4]);
        assert_eq!(gone_lines(before, "").len(), 5);
        assert!(gone_lines(before, before).is_empty());
    }
}
