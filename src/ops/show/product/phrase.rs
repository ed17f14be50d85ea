//! Parts of sentences: who is meant, which change is meant, what values there are.

use crate::product::{OptionKind, Selector, Transition};
use crate::text::{Spanned, Word};
use crate::yaml::OneOrMany;

/// `a, b and c`.
pub(super) fn and(parts: &[String]) -> String {
    joined(parts, "and")
}

/// `a, b or c`.
pub(super) fn or(parts: &[String]) -> String {
    joined(parts, "or")
}

fn joined(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// `a, b, c`, as in a list of words.
pub(super) fn words(words: &[Spanned<Word>]) -> String {
    let all: Vec<_> = words.iter().map(|it| it.value.as_str()).collect();
    all.join(", ")
}

fn either(words: &OneOrMany<Spanned<Word>>) -> String {
    let all: Vec<_> = words.0.iter().map(|it| it.value.to_string()).collect();
    or(&all)
}

/// `enum of a, b`.
pub(super) fn values(kind: OptionKind, values: &[Spanned<Word>]) -> String {
    typed(kind.word(), values)
}

/// The same for a type by its word.
pub(super) fn typed(kind: &str, values: &[Spanned<Word>]) -> String {
    if values.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} of {}", words(values))
    }
}

/// Whom a selector is about: `somebody with the role owner who leads a team`.
pub(super) fn somebody(selector: &Selector) -> String {
    let mut with = Vec::new();
    with.extend(
        selector
            .role
            .as_ref()
            .map(|it| format!("the role {}", either(it))),
    );
    with.extend(selector.has_role.map(|has| match has {
        true => "a role".to_owned(),
        false => "no role".to_owned(),
    }));
    for (name, values) in selector.role_fields.iter() {
        let values = either(values);
        with.push(format!("a role whose {} is {values}", name.value.as_str()));
    }
    for (name, values) in selector.options.iter() {
        let option = name.value.as_str();
        with.push(match values.0.as_slice() {
            [any] if any.value == "any" => format!("{option} set"),
            _ => format!("{option} {}", either(values)),
        });
    }
    match selector.any_option.as_slice() {
        [] => {}
        [one] => with.push(format!("{} set", one.value.as_str())),
        many => with.push(format!("any of {} set", words(many))),
    }
    for (name, value) in selector.grants.iter() {
        with.push(format!("{} {}", name.value.as_str(), value.word()));
    }
    let mut who = Vec::new();
    let truths = [
        (selector.administers, "administers", "does not administer"),
        (selector.leads_team, "leads a team", "leads no team"),
        (selector.in_team, "is in a team", "is in no team"),
    ];
    for (is, yes, no) in truths {
        who.extend(is.map(|is| (if is { yes } else { no }).to_owned()));
    }
    match (with.is_empty(), who.is_empty()) {
        (true, true) => "everybody".to_owned(),
        (false, true) => format!("somebody with {}", and(&with)),
        (true, false) => format!("somebody who {}", and(&who)),
        (false, false) => format!("somebody with {} who {}", and(&with), and(&who)),
    }
}

/// Which change a transition is about: `access.update that makes crm_access limited`.
pub(super) fn change(transition: &Transition) -> String {
    let mut text = either(&transition.operation);
    if let Some(pool) = &transition.overflow {
        let pool = pool.value.as_str();
        let overflow = format!("that needs more of {pool} than there is");
        text = [text, overflow].join(" ").trim_start().to_owned();
    }
    let part = [&transition.option, &transition.grant, &transition.setting];
    if let Some(part) = part.into_iter().flatten().next() {
        let part = part.value.as_str();
        text += &match &transition.to {
            Some(to) => format!(" that makes {part} {}", either(to)),
            None => format!(" that changes {part}"),
        };
    }
    if let Some(before) = &transition.before {
        text += &format!(", before of {}", somebody(before));
    }
    if let Some(access) = &transition.access {
        text += &format!(", of {}", somebody(access));
    }
    text
}
