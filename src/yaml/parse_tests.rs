//! What `parse` makes of text: an outline with the spans' texts, then one line for each problem.

use std::fmt::Write as _;

use super::*;
use crate::text::Sources;

fn outline(node: &Node<'_>, sources: &Sources, indent: usize, out: &mut String) {
    let slice = sources.slice(node.span);
    match &node.kind {
        NodeKind::Scalar { text, plain } => {
            let style = if *plain { "plain" } else { "quoted" };
            let _ = writeln!(out, " {text:?} {style} <{}>", slice.escape_debug());
        }
        NodeKind::Sequence(items) => {
            let _ = writeln!(out, " list <{}>", slice.escape_debug());
            for item in items {
                let _ = write!(out, "{:indent$}-", "");
                outline(item, sources, indent + 2, out);
            }
        }
        NodeKind::Mapping(entries) => {
            let _ = writeln!(out, " mapping <{}>", slice.escape_debug());
            for entry in entries {
                let key = sources.slice(entry.key.span);
                let _ = write!(out, "{:indent$}{key}:", "");
                outline(&entry.value, sources, indent + 2, out);
            }
        }
    }
}

fn read(text: &str) -> String {
    let source = Source::new("a.yaml", text);
    let mut sink = Sink::new();
    let mut sources = Sources::new();
    let document = parse(&source, sources.next_id(), &mut sink);
    let tree = document.root.map(|root| {
        let kept = root.into_owned();
        kept
    });
    sources.add(source);
    let mut out = String::new();
    if let Some(root) = &tree {
        outline(root, &sources, 0, &mut out);
    }
    for it in sink.diagnostics() {
        let _ = write!(out, "{} {}", it.code.id, it.message);
        for label in &it.labels {
            let place = sources.place(label.span);
            let _ = write!(out, " @{}:{}", place.line, place.column);
        }
        out.push('\n');
    }
    out
}

#[test]
fn spans_are_the_text_that_was_written() {
    insta::assert_snapshot!(read("users:\n  ana@x: {name: \"A\\u006ea\", teams: [a, 'b'], x: , y}\n  bob:\n    lit: |\n      one\n      two\n\n    none:\n    long: plain\n      text  # c\n    list:\n    - é\n    -\n"), @"");
}
