//! Edits of a text that keep everything else as it is, byte for byte: comments, blank lines, quotes, order.
//!
//! # Design
//! An edit is made on the spans of the same parser that reads the files, and what comes out is parsed again: nothing can be
//! written that reads as something else than was meant. An editor with a parser of its own (`yaml-edit` was tried) keeps
//! bytes as well, but takes `a@b.c` in a path for three keys, leaves the comment of an entry that is removed, and would be
//! a second opinion on what a key is. The comment lines right above an entry are the entry's own and go with it; a blank
//! line ends them. A new entry goes to its place in the alphabet where the others are sorted, else to the end.

use std::ops::Range;

use super::write::write;
use super::{Document, Entry, Node, NodeKind, parse};
use crate::diagnostic::Sink;
use crate::text::{Source, Sources};

/// A value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Count(u32),
    /// A text, quoted where it must be.
    Text(String),
    /// A word of the language that is never quoted, like a date.
    Plain(String),
    /// A list on one line.
    List(Vec<Self>),
    /// A mapping on one line, in this order.
    Map(Vec<(String, Self)>),
}

/// Why a text was not edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not YAML as we read it.
    #[error("the text cannot be read")]
    Unreadable,
    /// What lies on the way is not a mapping.
    #[error("\"{}\" is not a mapping", crate::text::inert(.0))]
    NotAMapping(String),
}

/// Sets the value below a route of keys, adding what is missing on the way.
///
/// A scalar, or anything on one line, is replaced in its place; what goes on over several lines is replaced by one line.
///
/// # Errors
/// See [`EditError`]; the text is then as it was.
pub fn set(text: &str, route: &[&str], value: &Value) -> Result<String, EditError> {
    edit(text, |document, cx| {
        let root = match &document.root {
            Some(root) => root,
            None => {
                let at = text.len();
                let entry = cx.block_entry(0, route, value);
                return Ok(vec![(at..at, entry)]);
            }
        };
        let (node, above, depth) = walk(root, route)?;
        if depth == route.len() {
            return Ok(cx.replace(above.expect("a route is never empty"), value));
        }
        cx.insert(node, above, &route[depth..], value)
    })
}

/// Takes the entry below a route of keys out, with its own comment; a text without it stays as it is.
///
/// # Errors
/// See [`EditError`]; the text is then as it was.
pub fn remove(text: &str, route: &[&str]) -> Result<String, EditError> {
    edit(text, |document, cx| {
        let Some(root) = &document.root else {
            return Ok(Vec::new());
        };
        let Some((last, parents)) = route.split_last() else {
            return Ok(Vec::new());
        };
        let (parent, above, depth) = walk(root, parents)?;
        match &parent.kind {
            NodeKind::Mapping(entries) if depth == parents.len() => {
                let at = entries.iter().position(|it| it.key.text == *last);
                Ok(at.map_or_else(Vec::new, |at| cx.take_out(parent, above, entries, at)))
            }
            _ => Ok(Vec::new()),
        }
    })
}

/// Gives an entry another key and leaves its value and its place alone; a text without it stays as it is.
///
/// # Errors
/// See [`EditError`]; the text is then as it was.
pub fn rename(text: &str, route: &[&str], to: &str) -> Result<String, EditError> {
    edit(text, |document, _| {
        let Some(root) = &document.root else {
            return Ok(Vec::new());
        };
        let (_, above, depth) = walk(root, route)?;
        let entry = above.filter(|_| depth == route.len());
        Ok(entry.map_or_else(Vec::new, |it| {
            let key = it.key.span.start as usize..it.key.span.end as usize;
            vec![(key, scalar(to))]
        }))
    })
}

/// Adds a text to the end of the list below a route of keys; a list that is not there is made.
///
/// # Errors
/// See [`EditError`]; the text is then as it was.
pub fn push(text: &str, route: &[&str], item: &str) -> Result<String, EditError> {
    let mut is_missing = true;
    let pushed = edit(text, |document, cx| {
        let Some(root) = &document.root else {
            return Ok(Vec::new());
        };
        let (node, _, depth) = walk(root, route)?;
        let NodeKind::Sequence(items) = &node.kind else {
            return Ok(Vec::new());
        };
        let (true, Some(last)) = (depth == route.len(), items.last()) else {
            return Ok(Vec::new());
        };
        is_missing = false;
        let end = last.span.end as usize;
        if cx.text[node.span.start as usize..].starts_with('[') {
            return Ok(vec![(end..end, format!(", {}", scalar(item)))]);
        }
        let at = cx.line_end(end);
        let indent = " ".repeat(cx.column(node.span.start as usize));
        Ok(vec![(
            at..at,
            format!("{}{indent}- {}", cx.newline, scalar(item)),
        )])
    })?;
    match is_missing {
        true => set(
            text,
            route,
            &Value::List(vec![Value::Text(item.to_owned())]),
        ),
        false => Ok(pushed),
    }
}

/// Takes the items that `is` says out of the list below a route of keys, with their own comments.
///
/// # Errors
/// See [`EditError`]; the text is then as it was.
pub fn take(text: &str, route: &[&str], is: impl Fn(&str) -> bool) -> Result<String, EditError> {
    edit(text, |document, cx| {
        let Some(root) = &document.root else {
            return Ok(Vec::new());
        };
        let (node, _, depth) = walk(root, route)?;
        let NodeKind::Sequence(items) = &node.kind else {
            return Ok(Vec::new());
        };
        let goes: Vec<bool> = items
            .iter()
            .map(|it| matches!(&it.kind, NodeKind::Scalar { text, .. } if is(text)))
            .collect();
        if depth < route.len() || !goes.contains(&true) {
            return Ok(Vec::new());
        }
        let range = |it: &Node<'_>| it.span.start as usize..it.span.end as usize;
        let whole = range(node);
        let is_flow = cx.text[whole.start..].starts_with('[');
        if !goes.contains(&false) {
            return Ok(vec![(whole, "[]".to_owned())]);
        }
        let kept = items.iter().zip(&goes).filter(|(_, goes)| !**goes);
        if is_flow {
            let kept: Vec<_> = kept.map(|(it, _)| &cx.text[range(it)]).collect();
            return Ok(vec![(whole, format!("[{}]", kept.join(", ")))]);
        }
        let gone = items.iter().zip(&goes).filter(|(_, goes)| **goes);
        Ok(gone
            .map(|(it, _)| {
                let range = range(it);
                let dash = cx.text[..range.start].rfind('-').unwrap_or(range.start);
                (cx.own_start(dash)..cx.next_line(range.end), String::new())
            })
            .collect())
    })
}

/// Replacements of ranges that do not overlap, in order.
type Edits = Vec<(Range<usize>, String)>;

fn edit(
    text: &str,
    edits: impl FnOnce(&Document<'_>, &Text<'_>) -> Result<Edits, EditError>,
) -> Result<String, EditError> {
    let source = Source::new("edited.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, Sources::new().next_id(), &mut sink);
    if sink.has_errors() {
        return Err(EditError::Unreadable);
    }
    let cx = Text {
        text,
        newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
    };
    let mut edited = text.to_owned();
    for (range, with) in edits(&document, &cx)?.into_iter().rev() {
        edited.replace_range(range, &with);
    }
    Ok(edited)
}

/// The deepest node on a route, the entry that it is the value of, and how many keys lead there.
fn walk<'n, 's>(
    root: &'n Node<'s>,
    route: &[&str],
) -> Result<(&'n Node<'s>, Option<&'n Entry<'s>>, usize), EditError> {
    let (mut node, mut above) = (root, None);
    for (depth, key) in route.iter().enumerate() {
        let entries = match &node.kind {
            NodeKind::Mapping(entries) => entries.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                let name = above.map_or("the text", |it: &Entry<'_>| &it.key.text);
                return Err(EditError::NotAMapping(name.to_owned()));
            }
        };
        match entries.iter().find(|it| it.key.text == *key) {
            Some(entry) => (node, above) = (&entry.value, Some(entry)),
            None => return Ok((node, above, depth)),
        }
    }
    Ok((node, above, route.len()))
}

/// The text that is edited.
struct Text<'t> {
    text: &'t str,
    newline: &'static str,
}

impl Text<'_> {
    fn replace(&self, entry: &Entry<'_>, value: &Value) -> Edits {
        let written = flow(value);
        let end = end(entry);
        if entry.value.is_null() && entry.value.span.start == entry.value.span.end {
            // Nothing stands behind the colon.
            let at = self.after_colon(entry);
            return vec![(at..at, format!(" {written}"))];
        }
        let start = entry.value.span.start as usize;
        let is_below = self.text[entry.key.span.end as usize..start].contains('\n');
        match is_below {
            // A block below its key: it moves up behind the colon, and a comment behind the colon stays.
            true => {
                let colon = self.after_colon(entry);
                let line_end = self.line_end(colon);
                let stop = self.line_end(end);
                vec![
                    (colon..colon, format!(" {written}")),
                    (line_end..stop, String::new()),
                ]
            }
            false => vec![(start..end, written)],
        }
    }

    fn insert(
        &self,
        parent: &Node<'_>,
        above: Option<&Entry<'_>>,
        route: &[&str],
        value: &Value,
    ) -> Result<Edits, EditError> {
        let entries = match &parent.kind {
            NodeKind::Mapping(entries) => entries.as_slice(),
            _ if parent.is_null() => &[],
            _ => {
                let name = above.map_or("the text", |it| &it.key.text);
                return Err(EditError::NotAMapping(name.to_owned()));
            }
        };
        let start = parent.span.start as usize;
        let is_flow = self.text[start..].starts_with('{') && !parent.is_null();
        let Some((first, last)) = entries.first().zip(entries.last()) else {
            return Ok(self.fill(parent, above, route, value));
        };
        if is_flow {
            let at = end(last);
            return Ok(vec![(
                at..at,
                format!(", {}", self.flow_entry(route, value)),
            )]);
        }
        let new = route[0];
        let is_sorted = entries.is_sorted_by(|a, b| a.key.text <= b.key.text);
        let before = match is_sorted {
            true => entries.iter().rev().find(|it| *it.key.text < *new),
            false => Some(last),
        };
        let column = self.column(first.key.span.start as usize);
        let entry = self.block_entry(column, route, value);
        Ok(vec![match before {
            Some(before) => {
                let at = self.line_end(end(before));
                (at..at, format!("{}{}", self.newline, entry.trim_end()))
            }
            None => {
                let at = self.own_start(first.key.span.start as usize);
                (at..at, entry)
            }
        }])
    }

    /// Puts the first entry into a mapping that holds nothing.
    fn fill(
        &self,
        parent: &Node<'_>,
        above: Option<&Entry<'_>>,
        route: &[&str],
        value: &Value,
    ) -> Edits {
        let written = parent.span.start as usize..parent.span.end as usize;
        let is_block_key = |key: usize| self.text[self.line_start(key)..key].trim().is_empty();
        match above {
            Some(above) if is_block_key(above.key.span.start as usize) => {
                let column = self.column(above.key.span.start as usize) + 2;
                let behind = self.after_colon(above).max(written.end);
                let line_end = self.line_end(behind);
                let entry = self.block_entry(column, route, value);
                let blank = self.text[..written.start].trim_end_matches(' ').len();
                vec![
                    (blank.min(behind)..behind, String::new()),
                    (
                        line_end..line_end,
                        format!("{}{}", self.newline, entry.trim_end()),
                    ),
                ]
            }
            Some(above) if written.is_empty() => {
                let at = self.after_colon(above);
                vec![(at..at, format!(" {{{}}}", self.flow_entry(route, value)))]
            }
            _ => vec![(written, format!("{{{}}}", self.flow_entry(route, value)))],
        }
    }

    fn take_out(
        &self,
        parent: &Node<'_>,
        above: Option<&Entry<'_>>,
        entries: &[Entry<'_>],
        at: usize,
    ) -> Edits {
        let entry = &entries[at];
        let is_flow = self.text[parent.span.start as usize..].starts_with('{');
        if is_flow {
            let (from, to) = match (at, entries.get(at + 1)) {
                (_, Some(next)) => (entry.key.span.start as usize, next.key.span.start as usize),
                (0, None) => (entry.key.span.start as usize, end(entry)),
                (_, None) => (end(&entries[at - 1]), end(entry)),
            };
            return vec![(from..to, String::new())];
        }
        let from = self.own_start(entry.key.span.start as usize);
        let to = self.next_line(end(entry));
        match above.filter(|_| entries.len() == 1) {
            // An empty mapping is written out: a key with nothing behind it says less.
            Some(above) => {
                let colon = self.after_colon(above);
                vec![(colon..colon, " {}".to_owned()), (from..to, String::new())]
            }
            None => vec![(from..to, String::new())],
        }
    }

    /// Lines of an entry at a column: the last key of the route holds the value, the others are lines of their own.
    fn block_entry(&self, column: usize, route: &[&str], value: &Value) -> String {
        let mut lines = String::new();
        for (depth, key) in route.iter().enumerate() {
            let indent = " ".repeat(column + 2 * depth);
            let key = scalar(key);
            let written = match depth + 1 == route.len() {
                true => format!(" {}", flow(value)),
                false => String::new(),
            };
            lines.push_str(&format!("{indent}{key}:{written}{}", self.newline));
        }
        lines
    }

    fn flow_entry(&self, route: &[&str], value: &Value) -> String {
        let (last, above) = route.split_last().expect("a route is never empty");
        let mut text = format!("{}: {}", scalar(last), flow(value));
        for key in above.iter().rev() {
            text = format!("{}: {{{text}}}", scalar(key));
        }
        text
    }

    /// Where an entry begins with its own comment: the start of a line.
    fn own_start(&self, at: usize) -> usize {
        let indent = self.column(at);
        let mut start = self.line_start(at);
        while start > 0 {
            let above = self.line_start(start - 1);
            let line = &self.text[above..start];
            let is_own = line.trim_start().starts_with('#')
                && line.len() - line.trim_start().len() == indent;
            if !is_own {
                break;
            }
            start = above;
        }
        start
    }

    /// The byte behind the colon of a key.
    fn after_colon(&self, entry: &Entry<'_>) -> usize {
        let from = entry.key.span.end as usize;
        let colon = self.text[from..].find(':');
        from + colon.expect("a key has a colon behind it") + 1
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |it| it + 1)
    }

    /// The end of the line, its break left out.
    fn line_end(&self, at: usize) -> usize {
        let to = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |it| at + it);
        to - usize::from(to > at && self.text[..to].ends_with('\r'))
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |it| at + it + 1)
    }
}

/// One past the last byte of an entry.
fn end(entry: &Entry<'_>) -> usize {
    entry.value.span.end.max(entry.key.span.end) as usize
}

/// One line of a block mapping: so many blanks, the key, the value, a line break.
pub fn line(indent: usize, key: &str, value: &Value) -> String {
    format!("{}{}: {}\n", " ".repeat(indent), scalar(key), flow(value))
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Plain(word) => word.clone(),
        Value::Text(text) => scalar(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", self::key(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A key; the language has one that older YAML readers take for a switch, and everybody writes it bare.
fn key(text: &str) -> String {
    match text {
        "on" => text.to_owned(),
        _ => scalar(text),
    }
}

/// A text that stands on one line wherever a value or a key may stand, quoted only where it must be.
fn scalar(text: &str) -> String {
    let written = write(&text);
    let written = written.trim_end_matches('\n');
    let is_quoted = written.starts_with(['"', '\'']);
    let is_plain = !is_quoted
        && !written.contains(['\n', ',', '[', ']', '{', '}'])
        && !written.starts_with(['|', '>']);
    match (is_quoted && !written.contains('\n')) || is_plain {
        true => written.to_owned(),
        false => serde_json::to_string(text).expect("a text is JSON"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "\
# head
inventory:
  attested: {by: dana, on: 2026-11-02} # default

  # people
  access:
    # the founder
    dana@x.example: {role: owner}   # since ever

    # pending
    eve@x.example:
      role: agent # low
      options:
        visibility: team
      state: invited

  teams: {} # none yet
  seats:
";

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// The lines that differ.
    fn difference(before: &str, after: &str) -> String {
        let diff = similar::TextDiff::from_lines(before, after);
        let lines = diff.iter_all_changes().filter_map(|it| match it.tag() {
            similar::ChangeTag::Equal => None,
            tag => Some(format!("{tag}{}", it.value())),
        });
        lines.collect()
    }

    fn changed(edited: Result<String, EditError>) -> String {
        difference(TEXT, &edited.unwrap())
    }

    #[test]
    fn a_value_is_replaced_in_its_place() {
        let at = ["inventory", "access", "eve@x.example", "role"];
        insta::assert_snapshot!(changed(set(TEXT, &at, &text("no"))), @r#"
        -      role: agent # low
        +      role: "no" # low
        "#);
        let on = ["inventory", "attested", "on"];
        insta::assert_snapshot!(changed(set(TEXT, &on, &Value::Plain("2026-11-22".to_owned()))), @"
        -  attested: {by: dana, on: 2026-11-02} # default
        +  attested: {by: dana, on: 2026-11-22} # default
        ");
    }

    #[test]
    fn a_block_becomes_one_line_and_keeps_what_is_around_it() {
        let at = ["inventory", "access", "eve@x.example"];
        let value = Value::Map(vec![
            ("role".to_owned(), text("agent")),
            (
                "a, b".to_owned(),
                Value::List(vec![text("x]"), Value::Count(3)]),
            ),
        ]);
        insta::assert_snapshot!(changed(set(TEXT, &at, &value)), @r#"
        -    eve@x.example:
        -      role: agent # low
        -      options:
        -        visibility: team
        -      state: invited
        +    eve@x.example: {role: agent, "a, b": ["x]", 3]}
        "#);
    }

    #[test]
    fn a_new_entry_goes_to_its_place_in_the_alphabet() {
        let add = |name| changed(set(TEXT, &["inventory", "access", name], &text("x")));
        insta::assert_snapshot!(add("bob"), @"+    bob: x");
        insta::assert_snapshot!(add("zoe"), @"+    zoe: x");
        let bob = set(TEXT, &["inventory", "access", "bob"], &text("x")).unwrap();
        let comment = bob.find("# the founder").unwrap();
        assert!(
            bob.find("bob").unwrap() < comment,
            "it does not part a comment from its entry:\n{bob}"
        );
        let between = changed(set(TEXT, &["inventory", "access", "dora"], &text("x")));
        insta::assert_snapshot!(between, @"+    dora: x");
    }

    #[test]
    fn what_holds_nothing_is_filled_and_what_is_missing_is_made() {
        let team = ["inventory", "teams", "support"];
        insta::assert_snapshot!(changed(set(TEXT, &team, &Value::Map(Vec::new()))), @"
        -  teams: {} # none yet
        +  teams: # none yet
        +    support: {}
        ");
        let seats = ["inventory", "seats", "agents"];
        insta::assert_snapshot!(changed(set(TEXT, &seats, &Value::Count(3))), @"+    agents: 3");
        let settings = ["inventory", "settings", "plan"];
        insta::assert_snapshot!(changed(set(TEXT, &settings, &text("advanced"))), @"
        +  settings:
        +    plan: advanced
        ");
        let option = ["inventory", "access", "dana@x.example", "options", "mask"];
        insta::assert_snapshot!(changed(set(TEXT, &option, &Value::List(vec![text("phone")]))), @"
        -    dana@x.example: {role: owner}   # since ever
        +    dana@x.example: {role: owner, options: {mask: [phone]}}   # since ever
        ");
    }

    #[test]
    fn a_removed_entry_takes_its_own_comment_along_and_nothing_else() {
        let take = |route: &[&str]| changed(remove(TEXT, route));
        insta::assert_snapshot!(take(&["inventory", "access", "eve@x.example"]), @"
        -    # pending
        -    eve@x.example:
        -      role: agent # low
        -      options:
        -        visibility: team
        -      state: invited
        ");
        insta::assert_snapshot!(take(&["inventory", "access", "eve@x.example", "options", "visibility"]), @"
        -      options:
        -        visibility: team
        +      options: {}
        ");
        insta::assert_snapshot!(take(&["inventory", "attested", "by"]), @"
        -  attested: {by: dana, on: 2026-11-02} # default
        +  attested: {on: 2026-11-02} # default
        ");
        insta::assert_snapshot!(take(&["inventory", "attested", "on"]), @"
        -  attested: {by: dana, on: 2026-11-02} # default
        +  attested: {by: dana} # default
        ");
        assert_eq!(take(&["inventory", "access", "nobody", "role"]), "");
    }

    #[test]
    fn lists_are_edited_item_by_item() {
        let text =
            "a:\n  - x # one\n  # the second\n  - y\n  - z\nb: [x, y] # flow\nc: []\nd:\n- x\n";
        let diff = |edited: Result<String, EditError>| difference(text, &edited.unwrap());
        insta::assert_snapshot!(diff(push(text, &["a"], "no")), @r#"+  - "no""#);
        insta::assert_snapshot!(diff(push(text, &["b"], "z")), @"
        -b: [x, y] # flow
        +b: [x, y, z] # flow
        ");
        insta::assert_snapshot!(diff(push(text, &["c"], "z")), @"
        -c: []
        +c: [z]
        ");
        insta::assert_snapshot!(diff(push(text, &["d"], "z")), @"+- z");
        insta::assert_snapshot!(diff(push(text, &["e"], "z")), @"+e: [z]");
        insta::assert_snapshot!(diff(take(text, &["a"], |it| it == "y")), @"
        -  # the second
        -  - y
        ");
        insta::assert_snapshot!(diff(take(text, &["b"], |it| it == "x")), @"
        -b: [x, y] # flow
        +b: [y] # flow
        ");
        insta::assert_snapshot!(diff(rename(text, &["b"], "b c")), @"
        -b: [x, y] # flow
        +b c: [x, y] # flow
        ");
        let all = take(text, &["a"], |_| true).unwrap();
        assert_eq!(all.lines().next_back(), Some("- x"), "{all}");
    }

    #[test]
    fn line_breaks_stay_what_they_are() {
        let windows = TEXT.replace('\n', "\r\n");
        let route = ["inventory", "access", "bob"];
        let edited = set(&windows, &route, &text("x")).unwrap();
        assert_eq!(
            edited,
            set(TEXT, &route, &text("x")).unwrap().replace('\n', "\r\n")
        );
    }

    #[test]
    fn what_is_no_mapping_is_not_made_one() {
        let into = set(
            TEXT,
            &["inventory", "access", "dana@x.example", "role", "x"],
            &text("y"),
        );
        assert_eq!(into, Err(EditError::NotAMapping("role".to_owned())));
        assert_eq!(set("a: [", &["a"], &text("x")), Err(EditError::Unreadable));
    }

    type Tree = std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>;

    fn tree(text: &str) -> Tree {
        let source = Source::new("a.yaml", text);
        let mut sink = Sink::new();
        let document = parse(&source, Sources::new().next_id(), &mut sink);
        assert!(!sink.has_errors(), "{text}");
        let entries = |node: &Node<'_>| match &node.kind {
            NodeKind::Mapping(entries) => entries
                .iter()
                .map(|it| {
                    let NodeKind::Scalar { text, .. } = &it.value.kind else {
                        panic!("{text}")
                    };
                    (it.key.text.to_string(), text.to_string())
                })
                .collect(),
            _ => std::collections::BTreeMap::new(),
        };
        match document.root.map(|it| it.kind) {
            Some(NodeKind::Mapping(all)) => all
                .iter()
                .map(|it| (it.key.text.to_string(), entries(&it.value)))
                .collect(),
            _ => Tree::new(),
        }
    }

    proptest! {
        #[test]
        fn any_edits_read_back_as_what_was_meant(edits in prop::collection::vec(
            ("[a-c@. ,:{#\\]'\"-]{1,3}", "[a-c@,]{1,2}", prop::option::of("[ -~]{0,6}")), 1..12,
        ), start in 0..4usize) {
            let mut written = ["", "# only a comment\n", "a: {a: x, b: y}\nb:\n  a: x # x\n", "{a: {}, b: }\n"][start].to_owned();
            let mut expected = tree(&written);
            for (outer, inner, value) in edits {
                let route = [outer.as_str(), inner.as_str()];
                match value {
                    Some(value) => {
                        written = set(&written, &route, &Value::Text(value.clone())).unwrap();
                        expected.entry(outer).or_default().insert(inner, value);
                    }
                    None => {
                        written = remove(&written, &route).unwrap();
                        expected.entry(outer.clone()).and_modify(|it| { it.remove(&inner); });
                        if !tree(&written).contains_key(&outer) { expected.remove(&outer); }
                    }
                }
                prop_assert_eq!(tree(&written), expected.clone(), "\n{}", written);
            }
        }
    }
}
