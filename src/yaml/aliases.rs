//! Anchors of a file and the copies that its aliases stand for, within a budget.

use std::collections::HashMap;

use super::codes;
use super::document::{Node, NodeKind};
use super::limits::{ALIAS_NODES_MAX, DEPTH_MAX};
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Span, nearest};

/// The anchors that a file has defined so far.
#[derive(Debug, Default)]
pub(super) struct Anchors<'t> {
    known: HashMap<&'t str, Anchored<'t>>,
    /// Nodes kept and copied so far.
    used: usize,
    is_exhausted: bool,
}

#[derive(Debug)]
struct Anchored<'t> {
    /// `None` once the budget was exhausted.
    node: Option<Node<'t>>,
    nodes: usize,
    depth: usize,
}

impl<'t> Anchors<'t> {
    /// Keeps a node under a name; a later definition takes the place of an earlier one.
    pub(super) fn define(&mut self, name: &'t str, node: &Node<'t>, nodes: usize) {
        let fits = self.used + nodes <= ALIAS_NODES_MAX;
        if fits {
            self.used += nodes;
        }
        let anchored = Anchored {
            node: fits.then(|| node.clone()),
            nodes,
            depth: if fits { depth(node) } else { 0 },
        };
        self.known.insert(name, anchored);
    }

    /// What an alias stands for and how many nodes that is; `None` if it is refused, which is then reported.
    ///
    /// `is_open` says that the alias stands inside the node that it names; `level` is how deep the alias stands.
    pub(super) fn copy(
        &mut self,
        name: &str,
        is_open: bool,
        level: usize,
        span: Span,
        sink: &mut Sink,
    ) -> Option<(NodeKind<'t>, usize)> {
        if is_open {
            sink.push(
                Diagnostic::new(
                    &codes::SELF_REFERENCE,
                    format!("the alias \"*{name}\" stands inside what it stands for"),
                )
                .at(span, "")
                .help("write out what is meant here"),
            );
            return None;
        }
        let Some(anchored) = self.known.get(name) else {
            sink.push(self.unknown(name, span));
            return None;
        };
        let fits = self.used + anchored.nodes <= ALIAS_NODES_MAX;
        match &anchored.node {
            Some(node) if fits && level + anchored.depth <= DEPTH_MAX => {
                self.used += anchored.nodes;
                Some((node.kind.clone(), anchored.nodes))
            }
            _ => {
                if !std::mem::replace(&mut self.is_exhausted, true) {
                    sink.push(
                        Diagnostic::new(
                            &codes::TOO_MANY_ALIASES,
                            format!(
                                "the aliases of this file stand for more than {ALIAS_NODES_MAX} values or more than {DEPTH_MAX} levels"
                            ),
                        )
                        .at(span, "from here on they are not read")
                        .help("write what users share as a bundle under bundles:, or write it out"),
                    );
                }
                None
            }
        }
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let mut names: Vec<&str> = self.known.keys().copied().collect();
        names.sort_unstable();
        // A hostile file could have a million of each.
        names.truncate(1_000);
        let diagnostic = Diagnostic::new(
            &codes::UNKNOWN_ALIAS,
            format!("the alias \"*{name}\" names no anchor before it"),
        )
        .at(span, "");
        match nearest(name, names) {
            Some(near) => diagnostic
                .help(format!("did you mean \"*{near}\"?"))
                .replace(span, format!("write \"*{near}\""), format!("*{near}")),
            None => diagnostic.help(format!(
                "write the anchor \"&{name}\" before it; a text that begins with a star needs quotes"
            )),
        }
    }
}

/// How many levels a node has; bounded, since no node deeper than the limit is made.
fn depth(node: &Node<'_>) -> usize {
    let below = match &node.kind {
        NodeKind::Scalar { .. } => 0,
        NodeKind::Sequence(items) => items.iter().map(depth).max().unwrap_or(0),
        NodeKind::Mapping(entries) => entries.iter().map(|it| depth(&it.value)).max().unwrap_or(0),
    };
    below + 1
}
