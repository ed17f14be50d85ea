//! The strict grammar of e-mail addresses, and the one form of each.
//!
//! # Design
//! A subset of RFC 5321 that every vendor takes: no quoted local part, no comment, no route, no literal. What is refused is
//! told with its reason, since "not an address" helps nobody with an address that some mail server would take.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use super::script;

const LOCAL_BYTES_MAX: usize = 64;
const ADDRESS_BYTES_MAX: usize = 254;
const LABEL_BYTES_MAX: usize = 63;

/// The canonical form of an address: the local part as written, the domain in lower-case ASCII (punycode).
///
/// # Errors
/// Why the text is not taken, as a phrase.
pub(crate) fn canonical(text: &str) -> Result<Cow<'_, str>, String> {
    refuse_spaces(text)?;
    if text.starts_with('<') || text.ends_with('>') || text.starts_with('@') {
        return Err("it has a route or angle brackets around it".to_owned());
    }
    if text.starts_with('"') {
        return Err("a local part in quotes is not taken".to_owned());
    }
    if text.contains(['(', ')']) {
        return Err("a comment in brackets is not taken".to_owned());
    }
    let Some((local, domain)) = text.split_once('@') else {
        return Err("it has no \"@\"".to_owned());
    };
    if domain.contains('@') {
        return Err("it has two \"@\"".to_owned());
    }
    check_local(local)?;
    let domain = canonical_domain(domain)?;
    if local.len() + 1 + domain.len() > ADDRESS_BYTES_MAX {
        return Err(format!("it is longer than {ADDRESS_BYTES_MAX} bytes"));
    }
    Ok(match domain {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(domain) => Cow::Owned(format!("{local}@{domain}")),
    })
}

fn refuse_spaces(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_whitespace()) {
        Some(' ') => Err("it has a space".to_owned()),
        Some(c) => Err(format!("it has a kind of space, U+{:04X}", c as u32)),
        None => Ok(()),
    }
}

fn check_local(local: &str) -> Result<(), String> {
    if local.is_empty() {
        return Err("nothing stands before the \"@\"".to_owned());
    }
    if local.len() > LOCAL_BYTES_MAX {
        return Err(format!(
            "what stands before the \"@\" is longer than {LOCAL_BYTES_MAX} bytes"
        ));
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("a dot before the \"@\" must stand between two other characters".to_owned());
    }
    if local.contains('*') {
        return Err("\"*\" stands for nobody: write each person".to_owned());
    }
    if let Some(c) = local.chars().find(|c| !is_local(*c)) {
        return Err(match c {
            '%' | '!' => format!("\"{c}\" is how old mail systems write a route"),
            _ => format!("\"{c}\" is not taken before the \"@\""),
        });
    }
    match local.is_ascii() {
        true => Ok(()),
        false => script::check(local),
    }
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '\'' | '&' | '=' | '~')
}

fn canonical_domain(domain: &str) -> Result<Cow<'_, str>, String> {
    if domain.is_empty() {
        return Err("nothing stands after the \"@\"".to_owned());
    }
    if domain.starts_with('[') {
        return Err("a number in brackets is not taken for a domain".to_owned());
    }
    if domain.ends_with('.') {
        return Err("it ends in a dot".to_owned());
    }
    let lower = match domain.bytes().any(|it| it.is_ascii_uppercase()) {
        true => Cow::Owned(domain.to_ascii_lowercase()),
        false => Cow::Borrowed(domain),
    };
    let is_plain = lower.is_ascii() && !lower.split('.').any(|label| label.starts_with("xn--"));
    let ascii = match is_plain {
        true => lower,
        false => Cow::Owned(international(&lower)?),
    };
    if !ascii.contains('.') {
        return Err(format!(
            "\"{domain}\" is not a domain of the internet: it has no dot"
        ));
    }
    ascii.split('.').try_for_each(check_label)?;
    Ok(ascii)
}

fn international(domain: &str) -> Result<String, String> {
    let wrong = |_| format!("\"{domain}\" is not a domain that may be registered");
    let ascii = idna::domain_to_ascii_strict(domain).map_err(wrong)?;
    let (unicode, read) = idna::domain_to_unicode(&ascii);
    read.map_err(wrong)?;
    let normal: String = unicode.nfc().collect();
    normal.split('.').try_for_each(|label| {
        script::check(label).map_err(|why| format!("in its domain \"{normal}\", {why}"))
    })?;
    Ok(ascii)
}

fn check_label(label: &str) -> Result<(), String> {
    if label.is_empty() {
        return Err("its domain has two dots in a row, or begins with one".to_owned());
    }
    if label.len() > LABEL_BYTES_MAX {
        return Err(format!(
            "a part of its domain is longer than {LABEL_BYTES_MAX} bytes"
        ));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(format!(
            "\"{label}\" in its domain begins or ends with \"-\""
        ));
    }
    match label
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && *c != '-')
    {
        Some('*') => Err("\"*\" stands for nobody: write each person".to_owned()),
        Some(c) => Err(format!("\"{c}\" cannot stand in a domain")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn only_the_domain_is_folded() {
        assert_eq!(
            canonical("Ana.B@ACME.Example").unwrap(),
            "Ana.B@acme.example"
        );
    }

    #[test]
    fn punycode_and_unicode_domains_have_one_form() {
        assert_eq!(
            canonical("ana@bücher.example").unwrap(),
            canonical("ana@XN--BCHER-KVA.example").unwrap()
        );
    }

    #[test]
    fn every_refusal_says_why() {
        let long = format!("{}@acme.example", "a".repeat(65));
        let cases = [
            ("\"ana b\"@acme.example", "it has a space"),
            (
                "\"ana\"@acme.example",
                "a local part in quotes is not taken",
            ),
            ("ana(x)@acme.example", "a comment in brackets is not taken"),
            (
                "<ana@acme.example>",
                "it has a route or angle brackets around it",
            ),
            (
                "@relay.example:ana@acme.example",
                "it has a route or angle brackets around it",
            ),
            (
                "ana%acme@relay.example",
                "\"%\" is how old mail systems write a route",
            ),
            ("ana@acme.example.", "it ends in a dot"),
            ("ana@@acme.example", "it has two \"@\""),
            (" ana@acme.example", "it has a space"),
            ("ana\u{a0}@acme.example", "it has a kind of space, U+00A0"),
            (
                long.as_str(),
                "what stands before the \"@\" is longer than 64 bytes",
            ),
            (
                "ana@localhost",
                "\"localhost\" is not a domain of the internet: it has no dot",
            ),
            (
                "ana@[127.0.0.1]",
                "a number in brackets is not taken for a domain",
            ),
            (
                "*@acme.example",
                "\"*\" stands for nobody: write each person",
            ),
            (
                "ana@-acme.example",
                "\"-acme\" in its domain begins or ends with \"-\"",
            ),
            (
                "ana@acme..example",
                "its domain has two dots in a row, or begins with one",
            ),
            (
                "a..na@acme.example",
                "a dot before the \"@\" must stand between two other characters",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(canonical(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn a_domain_of_two_scripts_is_refused() {
        // The second letter is Cyrillic.
        let why = canonical("ana@аcme.example").unwrap_err();
        assert!(why.contains("letters of several scripts"), "{why}");
    }
}
