//! Values as they are written to values of the type that the product declares.

use crate::config::codes;
use crate::config::written::Literal;
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{Value, WeeklyHours};
use crate::product::OptionKind;
use crate::text::{Spanned, Word, nearest};
use crate::yaml::bare_word;

/// What a product says about the values of an option or a setting.
#[derive(Clone, Copy)]
pub(super) struct Type<'p> {
    /// `option "mask"`, for messages.
    pub(super) what: &'p str,
    pub(super) kind: OptionKind,
    pub(super) words: &'p [Spanned<Word>],
}

/// A value, or a user to be looked up.
pub(super) enum Typed {
    Value(Value),
    User(Spanned<Word>),
}

/// Reads a literal as the type says; reports and gives `None` if it is of another type.
pub(super) fn read(literal: &Spanned<Literal>, of: Type<'_>, sink: &mut Sink) -> Option<Typed> {
    let (text, plain) = match &literal.value {
        Literal::Scalar { text, plain } => (text, *plain),
        Literal::List(words) if of.kind == OptionKind::Set => {
            let all_known = words.iter().filter(|it| !check_word(it, of, sink)).count() == 0;
            let value = || Value::words(words.iter().map(|it| it.value.clone()));
            return all_known.then(|| Typed::Value(value()));
        }
        Literal::List(_) => return wrong(literal, of, "a list", sink),
    };
    let word = Spanned::new(text.clone(), literal.span);
    let is_text = matches!(
        of.kind,
        OptionKind::Enum | OptionKind::Set | OptionKind::Text | OptionKind::User
    );
    if is_text
        && plain
        && let Some(warning) = bare_word(text, literal.span)
    {
        sink.push(warning);
    }
    let value = match of.kind {
        OptionKind::Switch => match (text.as_str(), plain) {
            ("true" | "True" | "TRUE", true) => Value::Switch(true),
            ("false" | "False" | "FALSE", true) => Value::Switch(false),
            _ => return wrong(literal, of, &format!("\"{}\"", text.as_str()), sink),
        },
        OptionKind::Count => match text.parse() {
            Ok(count) if plain && is_count(text) => Value::Count(count),
            _ => return wrong(literal, of, &format!("\"{}\"", text.as_str()), sink),
        },
        OptionKind::Enum => check_word(&word, of, sink).then(|| Value::Word(text.clone()))?,
        OptionKind::Set => check_word(&word, of, sink).then(|| Value::words([text.clone()]))?,
        OptionKind::Text => Value::Word(text.clone()),
        OptionKind::Hours => match WeeklyHours::parse(text) {
            Ok(hours) => Value::Hours(hours),
            Err(why) => {
                let message = format!("{} cannot be read: {why}", of.what);
                sink.push(
                    Diagnostic::new(&codes::WRONG_VALUE, message)
                        .at(literal.span, "")
                        .help("write weekly hours as \"Mon-Fri 08:00-19:00\""),
                );
                return None;
            }
        },
        OptionKind::User => return Some(Typed::User(word)),
    };
    Some(Typed::Value(value))
}

fn is_count(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn check_word(word: &Spanned<Word>, of: Type<'_>, sink: &mut Sink) -> bool {
    let known = || of.words.iter().map(|it| it.value.as_str());
    let text = word.value.as_str();
    // A set without words takes any.
    let is_free = of.words.is_empty() && of.kind == OptionKind::Set;
    if is_free || known().any(|it| it == text) {
        return true;
    }
    let message = format!("{} takes no \"{text}\"", of.what);
    let diagnostic = Diagnostic::new(&codes::WRONG_VALUE, message).at(word.span, "");
    sink.push(match nearest(text, known()) {
        Some(near) => diagnostic
            .help(format!("did you mean \"{near}\"?"))
            .replace(word.span, format!("write \"{near}\""), near),
        None => diagnostic.help(format!(
            "it takes {}",
            known().collect::<Vec<_>>().join(", ")
        )),
    });
    false
}

fn wrong<T>(literal: &Spanned<Literal>, of: Type<'_>, found: &str, sink: &mut Sink) -> Option<T> {
    let words = || {
        of.words
            .iter()
            .map(|it| it.value.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let takes = match of.kind {
        OptionKind::Switch => "true or false, without quotes".to_owned(),
        OptionKind::Count => format!("a whole number from 0 to {}, without quotes", u32::MAX),
        OptionKind::Enum => format!("one of {}", words()),
        OptionKind::Set => format!("a list of {}", words()),
        OptionKind::Text => "a text".to_owned(),
        OptionKind::Hours => "weekly hours: \"Mon-Fri 08:00-19:00\"".to_owned(),
        OptionKind::User => "a user of the estate".to_owned(),
    };
    let message = format!("{} takes another type of value, found {found}", of.what);
    sink.push(
        Diagnostic::new(&codes::WRONG_VALUE, message)
            .at(literal.span, "")
            .help(format!("it takes {takes}")),
    );
    None
}
