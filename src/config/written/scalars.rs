//! Values that are one word with a grammar of their own: days, shares, versions, and values that only a product can type.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::config::codes;
use crate::diagnostic::Diagnostic;
use crate::text::{Spanned, Word, nearest};
use crate::yaml::{Decode, Decoder, Node, NodeKind};

/// A calendar day in the estate's time zone, written `2026-12-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub jiff::civil::Date);

/// A number of days, written `7d`; from 1 to 366.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub u32);

/// A length of time, written `30s`, `5m` or `1h`; from 0 to an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub std::time::Duration);

/// How many things may be under way at the same time; from 1 to 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce(pub u32);

/// A share from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u32);

/// The version of the language; always 1 once read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version;

/// An IANA time zone that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeZone(pub jiff::tz::TimeZone);

/// A value whose type only the product of the account knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A single word.
    Scalar {
        /// The text without quotes.
        text: Word,
        /// Written without quotes, so that it may be a switch or a number.
        plain: bool,
    },
    /// A list of words.
    List(Vec<Spanned<Word>>),
}

fn scalar<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.kind {
        NodeKind::Scalar { text, .. } if !node.is_null() => Some(text),
        NodeKind::Scalar { .. } | NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
    }
}

impl Decode for Day {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let Some(text) = scalar(node) else {
            return cx.expected(node, "a day (YYYY-MM-DD)");
        };
        match parse_day(text) {
            Ok(date) => Some(Self(date)),
            Err(why) => {
                let message = format!("\"{text}\" is not a day: {why}");
                cx.sink.push(
                    Diagnostic::new(&codes::NOT_A_DAY, message)
                        .at(node.span, "")
                        .help("write a day of the calendar as YYYY-MM-DD, without a time"),
                );
                None
            }
        }
    }
}

fn parse_day(text: &str) -> Result<jiff::civil::Date, &'static str> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let has_shape = (0..10).all(|at| match at {
        4 | 7 => bytes.get(at) == Some(&b'-'),
        _ => is_digit(at),
    });
    if !has_shape {
        return Err("it is not written as four digits, two and two");
    }
    if bytes.len() > 10 {
        return Err("it has a time of day, but days begin at 00:00 in the time zone of the estate");
    }
    text.parse().map_err(|_| "the calendar does not have it")
}

impl Decode for Days {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let days = scalar(node)
            .and_then(|text| text.strip_suffix('d'))
            .filter(|digits| {
                digits.bytes().all(|it| it.is_ascii_digit()) && !digits.starts_with('0')
            })
            .and_then(|digits| digits.parse().ok())
            .filter(|days| (1..=366).contains(days));
        if days.is_none() {
            let message = format!("expected a number of days, found {}", node.describe());
            cx.sink.push(
                Diagnostic::new(&codes::NOT_A_RANGE, message)
                    .at(node.span, "")
                    .help("write it as \"7d\", from 1d to 366d"),
            );
        }
        days.map(Self)
    }
}

/// The longest wait: whoever waits longer has forgotten that they wait.
const WAIT_SECONDS_MAX: u64 = 60 * 60;

/// Beyond this a vendor takes it for an attack.
const AT_ONCE_MAX: u32 = 32;

impl std::str::FromStr for Wait {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HOW: &str = "write it as 30s, 5m or 1h, one hour at most";
        let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match &text[number.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            _ => return Err(HOW),
        };
        let is_number = number.bytes().all(|it| it.is_ascii_digit());
        let number: Option<u64> = number.parse().ok().filter(|_| is_number);
        let seconds = number.and_then(|it| it.checked_mul(unit));
        match seconds.filter(|it| *it <= WAIT_SECONDS_MAX) {
            Some(seconds) => Ok(Self(std::time::Duration::from_secs(seconds))),
            None => Err(HOW),
        }
    }
}

impl std::str::FromStr for AtOnce {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok();
        match number.filter(|it| (1..=AT_ONCE_MAX).contains(it)) {
            Some(number) => Ok(Self(number)),
            None => Err("write a number from 1 to 32"),
        }
    }
}

impl Decode for Wait {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        within_range(node, cx, "a length of time")
    }
}

impl Decode for AtOnce {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        within_range(node, cx, "how many at once")
    }
}

fn within_range<T>(node: &Node<'_>, cx: &mut Decoder, what: &str) -> Option<T>
where
    T: std::str::FromStr<Err = &'static str>,
{
    match scalar(node).unwrap_or_default().parse() {
        Ok(value) => Some(value),
        Err(how) => {
            let message = format!("expected {what}, found {}", node.describe());
            cx.sink.push(
                Diagnostic::new(&codes::NOT_A_RANGE, message)
                    .at(node.span, "")
                    .help(how),
            );
            None
        }
    }
}

impl Decode for Percent {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let share = u32::decode(node, cx)?;
        if share > 100 {
            let message = format!("expected a share from 0 to 100, found {share}");
            cx.sink
                .push(Diagnostic::new(&codes::NOT_A_RANGE, message).at(node.span, ""));
            return None;
        }
        Some(Self(share))
    }
}

impl Decode for Version {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let Some(text) = scalar(node) else {
            return cx.expected(node, "the version of the language (1)");
        };
        if text == "1" {
            return Some(Self);
        }
        let is_newer = text.parse::<u64>().is_ok_and(|version| version > 1);
        let help = match is_newer {
            true => format!(
                "this file needs a seatplan that reads version {text}; this is seatplan {}, which reads version 1",
                env!("CARGO_PKG_VERSION")
            ),
            false => "write \"seatplan: 1\"".to_owned(),
        };
        cx.sink.push(
            Diagnostic::new(
                &codes::OTHER_VERSION,
                format!("version \"{text}\" of the language is not known"),
            )
            .at(node.span, "")
            .help(help),
        );
        None
    }
}

impl Decode for TimeZone {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let Some(text) = scalar(node) else {
            return cx.expected(node, "a time zone");
        };
        match jiff::tz::TimeZone::get(text) {
            // "Local" and POSIX rules would make the same files mean different days on different machines.
            Ok(zone) if zone.iana_name().is_some() => Some(Self(zone)),
            _ => {
                let names: Vec<String> = jiff::tz::db()
                    .available()
                    .map(|name| name.to_string())
                    .collect();
                // A city alone is what most people try.
                let city = |name: &&str| {
                    let last = name.rsplit('/').next();
                    last.is_some_and(|it| it.eq_ignore_ascii_case(text))
                };
                let near = (names.iter().map(String::as_str).find(city))
                    .or_else(|| nearest(text, names.iter().map(String::as_str)));
                let mut diagnostic = Diagnostic::new(
                    &codes::UNKNOWN_TIME_ZONE,
                    format!("unknown time zone \"{text}\""),
                )
                .at(node.span, "");
                diagnostic = match near {
                    Some(near) => diagnostic
                        .help(format!("did you mean \"{near}\"?"))
                        .replace(node.span, format!("write \"{near}\""), near),
                    None => diagnostic.help("write a name of the IANA database: \"Europe/Paris\""),
                };
                cx.sink.push(diagnostic);
                None
            }
        }
    }
}

impl Decode for Literal {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar { text, plain } if !node.is_null() => {
                if cx.refuse_invisible(text, node.span) {
                    return None;
                }
                Some(Self::Scalar {
                    text: cx.word(text),
                    plain: *plain,
                })
            }
            NodeKind::Sequence(_) => Vec::decode(node, cx).map(Self::List),
            NodeKind::Scalar { .. } | NodeKind::Mapping(_) => cx.expected(node, "a value"),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}d", self.0))
    }
}
impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}s", self.0.as_secs()))
    }
}
impl Serialize for AtOnce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}
impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}
impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}
impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.iana_name().unwrap_or("UTC"))
    }
}
impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar { text, plain: true } => match text.as_str() {
                "true" => serializer.serialize_bool(true),
                "false" => serializer.serialize_bool(false),
                digits => match digits.parse::<u32>() {
                    Ok(number) => serializer.serialize_u32(number),
                    Err(_) => serializer.serialize_str(digits),
                },
            },
            Self::Scalar { text, plain: false } => serializer.serialize_str(text),
            Self::List(words) => words.serialize(serializer),
        }
    }
}

macro_rules! scalar_schema {
    ($($name:ident => $schema:tt),* $(,)?) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

scalar_schema! {
    Day => {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    Days => {"type": "string", "pattern": "^[1-9][0-9]{0,2}d$"},
    Wait => {"type": "string", "pattern": "^[0-9]{1,4}[smh]$"},
    AtOnce => {"type": "integer", "minimum": 1, "maximum": 32},
    Percent => {"type": "integer", "minimum": 0, "maximum": 100},
    Version => {"type": "integer", "enum": [1]},
    TimeZone => {"type": "string", "minLength": 1},
    Literal => {"anyOf": [
        {"type": "boolean"},
        {"type": "integer", "minimum": 0},
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
    ]},
}
