//! The spanned document: what the parser makes and what decoding reads.

use std::borrow::Cow;

use crate::text::Span;

/// One file's tree; borrowed from the source's text wherever the text needed no unescaping.
#[derive(Clone, Debug)]
pub struct Document<'s> {
    /// The root node; `None` for a file that is empty or holds only comments.
    pub root: Option<Node<'s>>,
}

/// One value and where it was written.
#[derive(Clone, Debug)]
pub struct Node<'s> {
    /// The bytes of the value, quotes and brackets included; for a block collection from its first key or dash.
    pub span: Span,
    /// The value.
    pub kind: NodeKind<'s>,
}

/// What a node is. Scalars stay text: their type is decided by the field that reads them, never guessed.
#[derive(Clone, Debug)]
pub enum NodeKind<'s> {
    /// A scalar, unescaped.
    Scalar {
        /// The text without quotes.
        text: Cow<'s, str>,
        /// Written without quotes, so that the core schema's words (`null`, `true`, numbers) may mean something.
        plain: bool,
    },
    /// A list, in file order.
    Sequence(Vec<Node<'s>>),
    /// A mapping, in file order; keys are unique, since the parser reports and drops repeated ones.
    Mapping(Vec<Entry<'s>>),
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry<'s> {
    /// The key.
    pub key: Key<'s>,
    /// The value; a null scalar where nothing was written.
    pub value: Node<'s>,
}

/// A mapping's key, always a scalar.
#[derive(Clone, Debug)]
pub struct Key<'s> {
    /// The text without quotes.
    pub text: Cow<'s, str>,
    /// Written without quotes.
    pub plain: bool,
    /// Where it was written, quotes included.
    pub span: Span,
}

impl Document<'_> {
    /// The same tree, borrowing nothing.
    pub(super) fn into_owned<'t>(self) -> Document<'t> {
        Document {
            root: self.root.map(Node::into_owned),
        }
    }
}

impl Node<'_> {
    /// The same node, borrowing nothing; its depth is bounded by the parser's.
    pub(super) fn into_owned<'t>(self) -> Node<'t> {
        let kind = match self.kind {
            NodeKind::Scalar { text, plain } => NodeKind::Scalar {
                text: Cow::Owned(text.into_owned()),
                plain,
            },
            NodeKind::Sequence(items) => {
                NodeKind::Sequence(items.into_iter().map(Node::into_owned).collect())
            }
            NodeKind::Mapping(entries) => NodeKind::Mapping(
                entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: Key {
                            text: Cow::Owned(entry.key.text.into_owned()),
                            plain: entry.key.plain,
                            span: entry.key.span,
                        },
                        value: entry.value.into_owned(),
                    })
                    .collect(),
            ),
        };
        Node {
            span: self.span,
            kind,
        }
    }

    /// Whether nothing was written: an empty value, `~` or `null` without quotes.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, plain: true }
            if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What the node is, for messages: `a list`, `a mapping`, `nothing`, or the text in quotes.
    pub fn describe(&self) -> String {
        match &self.kind {
            _ if self.is_null() => "nothing".to_owned(),
            NodeKind::Scalar { text, .. } if text.chars().count() > 60 => "a long text".to_owned(),
            NodeKind::Scalar { text, .. } => format!("\"{text}\""),
            NodeKind::Sequence(_) => "a list".to_owned(),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            NodeKind::Mapping(entries) => entries
                .iter()
                .find(|it| it.key.text == key)
                .map(|it| &it.value),
            _ => None,
        }
    }
}
