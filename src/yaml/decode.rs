//! Documents to typed values, going on after an error.
//!
//! # Design
//! serde stops at the first error of a document, and loses places inside `flatten` and untagged enums. [`Decode`] is the
//! smallest thing that does not: a failed field is reported and left out, and its siblings are still read. The types are
//! declared once, with [`decode_struct!`] and [`decode_enum!`]; the same declaration gives the JSON Schema, so that what
//! an editor accepts and what the program accepts cannot drift apart.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::codes;
use super::document::{Node, NodeKind};
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Source, Span, Spanned, Word, is_unsafe_to_show, nearest};

/// Where decoding reports what is wrong.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has been found wrong so far.
    pub sink: Sink,
    /// The text that the words which are read share, if they lie in there.
    text: Word,
}

impl Decoder {
    /// A decoder that has found nothing wrong yet. What it reads has texts of its own and holds on to no source.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for a document of a source that is kept: what is read shares its text.
    pub fn of(source: &Source) -> Self {
        Self {
            sink: Sink::new(),
            text: source.whole(),
        }
    }

    /// A decoder for the same source that has found nothing wrong yet.
    pub fn beside(&self) -> Self {
        Self {
            sink: Sink::new(),
            text: self.text.clone(),
        }
    }

    /// The word of a text of the document.
    pub fn word(&self, text: &str) -> Word {
        self.text.part(text)
    }

    /// Reports that something else was expected here, and gives `None` for the caller to return.
    pub fn expected<T>(&mut self, node: &Node<'_>, what: &str) -> Option<T> {
        let message = format!("expected {what}, found {}", node.describe());
        self.sink
            .push(Diagnostic::new(&codes::WRONG_TYPE, message).at(node.span, ""));
        None
    }

    /// Reports a key that the mapping does not have, naming the nearest one that it has.
    pub fn unknown_key(&mut self, text: &str, span: Span, known: &[&'static str], what: &str) {
        let mut diagnostic = Diagnostic::new(
            &codes::UNKNOWN_KEY,
            format!("unknown key \"{text}\" in {what}"),
        )
        .at(span, "");
        let odd: Vec<String> = text
            .chars()
            .filter(|c| !c.is_ascii())
            .map(|c| format!("\"{c}\" is U+{:04X}", c as u32))
            .collect();
        if !odd.is_empty() {
            diagnostic = diagnostic.note(odd.join(", "));
        }
        // Looking for the nearest word is the dearest thing here, and nobody reads the thousandth answer.
        let near = match self.sink.is_full() {
            true => None,
            false => nearest(text, known.iter().copied()),
        };
        diagnostic = match near {
            Some(near) => diagnostic
                .help(format!("did you mean \"{near}\"?"))
                .replace(span, format!("write \"{near}\""), near),
            None if is_squeezed(text, known) => {
                let (key, value) = text.split_once(':').expect("it was just looked for");
                diagnostic.help(format!(
                    "a space belongs behind the colon: \"{key}: {value}\""
                ))
            }
            None if known.is_empty() => diagnostic,
            None => diagnostic.help(format!("the keys here are {}", known.join(", "))),
        };
        self.sink.push(diagnostic);
    }

    /// Reports a key that must be written but is not, with what `T` says about it.
    pub fn missing_key<T: JsonSchema>(&mut self, key: &str, span: Span, what: &str) {
        let message = format!("{what} needs the key \"{key}\"");
        let diagnostic =
            Diagnostic::new(&codes::MISSING_KEY, message).at(span, "it is not written here");
        self.sink.push(match description::<T>(key) {
            Some(says) => diagnostic.help(format!("write \"{key}:\", {says}")),
            None => diagnostic.help(format!("write \"{key}:\"")),
        });
    }

    /// Warns of a text without quotes that other YAML readers take for something else.
    fn warn_of_bare_word(&mut self, text: &str, plain: bool, span: Span) {
        if plain && let Some(warning) = bare_word(text, span) {
            self.sink.push(warning);
        }
    }

    /// Reports a text that holds characters which nobody can see; true if it did.
    pub fn refuse_invisible(&mut self, text: &str, span: Span) -> bool {
        // Asked of every text of an estate, nearly all of which are plain ASCII.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return false;
        }
        let Some(c) = text.chars().find(|c| is_unsafe_to_show(*c) && *c != '\n') else {
            return false;
        };
        let message = format!(
            "this text holds a character that is not shown: U+{:04X}",
            c as u32
        );
        self.sink.push(
            Diagnostic::new(&codes::INVISIBLE, message)
                .at(span, "")
                .help("delete it and type the text anew"),
        );
        true
    }
}

/// A value that can be read from a node.
pub trait Decode: Sized {
    /// Reads the node; on failure reports why and gives `None`.
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self>;

    /// The value of a key that is not written; `None` if the key is required.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        if node.is_null() {
            Some(None)
        } else {
            T::decode(node, cx).map(Some)
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        T::decode(node, cx).map(Self::new)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }
}

impl<T: Decode> Decode for Spanned<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        T::decode(node, cx).map(|value| Self::new(value, node.span))
    }
}

/// Whether a known key and its value were written without a space between them, which YAML reads as one word.
fn is_squeezed(text: &str, known: &[&str]) -> bool {
    let parts = text.split_once(':');
    parts.is_some_and(|(key, value)| known.contains(&key) && !value.is_empty())
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Sequence(items) => Some(
                items
                    .iter()
                    .filter_map(|item| T::decode(item, cx))
                    .collect(),
            ),
            _ if node.is_null() => Some(Self::new()),
            NodeKind::Scalar { text, .. } => {
                let message = format!("expected a list, found {}", node.describe());
                let diagnostic = Diagnostic::new(&codes::WRONG_TYPE, message).at(node.span, "");
                let is_word = !text.is_empty() && !text.contains(['[', ']', '{', '}', ',', '\n']);
                cx.sink.push(match is_word {
                    true => diagnostic.help(format!("write it in brackets: [{text}]")),
                    false => diagnostic,
                });
                None
            }
            NodeKind::Mapping(_) => cx.expected(node, "a list"),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// A list that is kept as it was read: it does not grow, and an estate has many.
impl<T: Decode> Decode for Box<[T]> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        Vec::decode(node, cx).map(Vec::into_boxed_slice)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

/// A list that may be written as its single element: `role: clerk` or `role: [clerk, seller]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Sequence(_) => Vec::decode(node, cx).map(Self),
            _ => T::decode(node, cx).map(|one| Self(vec![one])),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// What a type says about one of its keys, as a phrase: the first sentence that editors show.
fn description<T: JsonSchema>(key: &str) -> Option<String> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let property = schema.get("properties")?.get(key)?;
    let text = property.get("description")?.as_str()?;
    let sentence = text.split(". ").next()?.trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next()?;
    // An abbreviation stays as it is.
    let is_word = letters
        .as_str()
        .starts_with(|it: char| it.is_lowercase() || it == ' ');
    match is_word {
        true => Some(first.to_lowercase().chain(letters).collect()),
        false => Some(sentence.to_owned()),
    }
}

/// A mapping with names of the user's choosing, in file order; the keys are unique within one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(pub Box<[(Spanned<Word>, T)]>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Entries<T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0
            .iter()
            .find(|(name, _)| name.value == key)
            .map(|(_, value)| value)
    }

    /// Keys and values in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&Spanned<Word>, &T)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts more after these.
    pub fn append(&mut self, more: Self) {
        let all = std::mem::take(&mut self.0).into_iter();
        self.0 = all.chain(more.0).collect();
    }

    /// The keys' texts and values in the order of the keys, spans dropped.
    pub fn into_map(self) -> BTreeMap<Word, T> {
        self.0
            .into_iter()
            .map(|(key, value)| (key.value, value))
            .collect()
    }
}

impl<T: serde::Serialize> serde::Serialize for Entries<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (&key.value, value)))
    }
}

impl<T: Decode> Decode for Entries<T> {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Mapping(entries) => {
                let mut read = Vec::with_capacity(entries.len());
                for entry in entries {
                    if cx.refuse_invisible(&entry.key.text, entry.key.span) {
                        continue;
                    }
                    cx.warn_of_bare_word(&entry.key.text, entry.key.plain, entry.key.span);
                    if let Some(value) = T::decode(&entry.value, cx) {
                        read.push((
                            Spanned::new(cx.word(&entry.key.text), entry.key.span),
                            value,
                        ));
                    }
                }
                Some(Self(read.into_boxed_slice()))
            }
            _ if node.is_null() => Some(Self::default()),
            _ => cx.expected(node, "a mapping"),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Entries_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({"type": ["object", "null"], "additionalProperties": value})
    }
}

/// Text is taken exactly as written: `0123` stays `0123`. Words that other YAML readers take for something else are
/// warned about, since an editor or a script may read them differently.
impl Decode for Word {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Scalar { text, plain } = &node.kind else {
            return cx.expected(node, "text");
        };
        if node.is_null() {
            return cx.expected(node, "text");
        }
        if cx.refuse_invisible(text, node.span) {
            return None;
        }
        cx.warn_of_bare_word(text, *plain, node.span);
        Some(cx.word(text))
    }
}

impl Decode for String {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        Word::decode(node, cx).map(|word| word.as_str().to_owned())
    }
}

impl Decode for bool {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar { text, plain: true } => match text.as_ref() {
                "true" | "True" | "TRUE" => return Some(true),
                "false" | "False" | "FALSE" => return Some(false),
                _ => {}
            },
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) | NodeKind::Mapping(_) => {}
        }
        cx.expected(node, "true or false")
    }
}

/// Exact whole numbers from 1.
impl Decode for std::num::NonZeroU32 {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let number = Self::new(u32::decode(node, cx)?);
        if number.is_none() {
            let diagnostic =
                Diagnostic::new(&codes::NOT_A_COUNT, "expected a number from 1, found 0");
            cx.sink
                .push(diagnostic.at(node.span, "").help("write 1 or more"));
        }
        number
    }
}

/// Exact whole numbers from 0: decimal digits without quotes, no sign, no exponent, no fraction.
impl Decode for u32 {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let digits = match &node.kind {
            NodeKind::Scalar { text, plain: true } => text.as_ref(),
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) | NodeKind::Mapping(_) => "",
        };
        let is_plain_number = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        match digits.parse() {
            Ok(number) if is_plain_number => Some(number),
            _ => {
                let message = format!("expected a whole number, found {}", node.describe());
                cx.sink.push(
                    Diagnostic::new(&codes::NOT_A_COUNT, message)
                        .at(node.span, "")
                        .help(format!(
                            "write digits only, without quotes, from 0 to {}",
                            Self::MAX
                        )),
                );
                None
            }
        }
    }
}

/// The warning about a text without quotes that other YAML readers take for something else; for values whose type is
/// known only after decoding.
pub fn bare_word(text: &str, span: Span) -> Option<Diagnostic> {
    reads_differently_elsewhere(text).then(|| {
        Diagnostic::new(
            &codes::BARE_WORD,
            format!("\"{text}\" is read as text here, but not by every YAML reader"),
        )
        .at(span, "")
        .help("put it in quotes")
        .replace(span, "put it in quotes", format!("\"{text}\""))
    })
}

/// Whether a plain word means something else to YAML 1.1 readers or to readers that guess types.
fn reads_differently_elsewhere(text: &str) -> bool {
    const WORDS: &[&str] = &["yes", "no", "on", "off", "y", "n", "true", "false"];
    if text.len() <= 5 && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    // Most texts begin with a letter and end here.
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let word = text.to_ascii_lowercase();
    let Some(first) = text.bytes().find(|byte| !matches!(byte, b'+' | b'-')) else {
        return false;
    };
    if !(first.is_ascii_digit() || first == b'.') {
        return false;
    }
    let is_special_float = matches!(word.trim_start_matches(['+', '-']), ".inf" | ".nan");
    let is_number = text.parse::<f64>().is_ok()
        || text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
    let digits = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((word.strip_prefix(prefix)?, radix)));
    let is_radix = digits.is_some_and(|(digits, radix)| {
        !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix))
    });
    let is_sexagesimal = text.contains(':')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':');
    is_special_float || is_number || is_radix || is_sexagesimal
}

/// Declares a struct that is read from a mapping: every field is a key of the same name.
///
/// Keys whose type has a value when [`absent`](Decode::absent) may be left out (give them `#[schemars(default)]` unless
/// they are `Option`s); all others are required. Unknown keys are reported with the nearest known one. The doc comments
/// become the descriptions that editors show. `what` is how messages name the mapping.
#[macro_export]
macro_rules! decode_struct {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident ($what:literal) {
            $( $(#[$fmeta:meta])* $fvis:vis $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $vis struct $name {
            $( $(#[$fmeta])* $fvis $field : $ty ),*
        }

        impl $crate::yaml::Decode for $name {
            fn decode(node: &$crate::yaml::Node<'_>, cx: &mut $crate::yaml::Decoder) -> Option<Self> {
                const KEYS: &[&str] = &[$( $crate::yaml::key_name(stringify!($field)) ),*];
                let entries = match &node.kind {
                    $crate::yaml::NodeKind::Mapping(entries) => entries.as_slice(),
                    _ if node.is_null() => &[],
                    _ => return cx.expected(node, concat!("a mapping (", $what, ")")),
                };
                $( let mut $field: Option<Option<$ty>> = None; )*
                for entry in entries {
                    match entry.key.text.as_ref() {
                        $( key if key == $crate::yaml::key_name(stringify!($field)) => {
                            $field = Some(<$ty as $crate::yaml::Decode>::decode(&entry.value, cx));
                        } )*
                        other => cx.unknown_key(other, entry.key.span, KEYS, $what),
                    }
                }
                $( let $field = match $field {
                    Some(Some(value)) => Some(value),
                    Some(None) => <$ty as $crate::yaml::Decode>::absent(),
                    None => {
                        let absent = <$ty as $crate::yaml::Decode>::absent();
                        if absent.is_none() {
                            cx.missing_key::<Self>($crate::yaml::key_name(stringify!($field)), node.span, $what);
                        }
                        absent
                    }
                }; )*
                Some(Self { $( $field: $field? ),* })
            }
        }
    };
}

/// Declares an enum that is read from one of a closed set of words.
#[macro_export]
macro_rules! decode_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $word:literal ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $( $(#[$vmeta])* #[serde(rename = $word)] $variant ),*
        }

        impl $name {
            /// The word in YAML and in output.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word ),* }
            }
        }

        impl $crate::yaml::Decode for $name {
            fn decode(node: &$crate::yaml::Node<'_>, cx: &mut $crate::yaml::Decoder) -> Option<Self> {
                const WORDS: &[&str] = &[$( $word ),*];
                if let $crate::yaml::NodeKind::Scalar { text, .. } = &node.kind {
                    match text.as_ref() {
                        $( $word => return Some(Self::$variant), )*
                        _ => {}
                    }
                }
                $crate::yaml::refuse_word(node, WORDS, cx);
                None
            }
        }
    };
}

pub use crate::{decode_enum, decode_struct};

/// Reports a value that is not one of a closed set of words.
pub fn refuse_word(node: &Node<'_>, words: &[&str], cx: &mut Decoder) {
    let message = format!(
        "expected one of {}, found {}",
        words.join(", "),
        node.describe()
    );
    let mut diagnostic = Diagnostic::new(&codes::NOT_ONE_OF, message).at(node.span, "");
    if let NodeKind::Scalar { text, .. } = &node.kind
        && let Some(near) = nearest(text, words.iter().copied())
    {
        diagnostic = diagnostic
            .help(format!("did you mean \"{near}\"?"))
            .replace(node.span, format!("write \"{near}\""), near);
    }
    cx.sink.push(diagnostic);
}

/// The key of a field: its name without the `r#` of a Rust keyword.
pub const fn key_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
