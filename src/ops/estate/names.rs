//! Which names a file of an estate may have, so that a clone on any system has the same files.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use crate::diagnostic::Diagnostic;
use crate::ops::codes;
use crate::text::Span;

/// Why a file is not read, whatever it holds. Paths are relative to the root, with `/`.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// It is a symbolic link.
    Link(String),
    /// It is a folder, a pipe, a socket or a device.
    NotAFile(String),
    /// The operating system refuses it, and says why.
    Unreadable(String, String),
    /// Its name, or a folder's on the way to it, is not Unicode.
    NotUnicode(String),
    /// A name on the way to it that Windows cannot have, and why.
    Reserved(String, String),
    /// Another path that some systems take for the same.
    Twin(String, String),
    /// It is the `seatplan.yaml` of another estate.
    Nested(String),
}

impl Refusal {
    /// The problem, placed at the file.
    pub(super) fn to_diagnostic(&self, file: Span) -> Diagnostic {
        self.diagnostic().at(file, "")
    }

    /// The problem without its place.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Link(path) => Diagnostic::new(&codes::LINK, format!("\"{path}\" is a symbolic link; links are not followed"))
                .help("put the file itself here, or add the link to .gitignore if it is no part of the estate"),
            Self::NotAFile(path) => Diagnostic::new(
                &codes::NOT_A_FILE,
                format!("\"{path}\" has the name of a YAML file but is a folder, a pipe, a socket or a device"),
            )
            .help("rename it, or take it out of the estate"),
            Self::Unreadable(path, error) => Diagnostic::new(
                &codes::UNREADABLE,
                format!("\"{path}\" cannot be read: {error}"),
            )
            .help("give the user who runs this the right to read it; an estate is read whole or not at all"),
            Self::NotUnicode(path) => Diagnostic::new(
                &codes::NOT_UNICODE,
                format!("the name \"{path}\" is not Unicode"),
            )
            .help("rename it"),
            Self::Reserved(path, why) => Diagnostic::new(
                &codes::RESERVED_NAME,
                format!("\"{path}\" cannot exist on Windows: {why}"),
            )
            .help("rename it, so that everybody who clones the repository has the same files"),
            Self::Twin(path, other) => Diagnostic::new(
                &codes::TWIN_NAMES,
                format!("\"{path}\" and \"{other}\" are the same name to some systems"),
            )
            .note(differing(path, other))
            .help("rename one of them, or put both into one file or folder"),
            Self::Nested(path) => Diagnostic::new(
                &codes::NESTED_ESTATE,
                format!("\"{path}\" marks another estate inside this one"),
            )
            .help("move it out, or say with files: in seatplan.yaml which files belong to this estate"),
        }
    }
}

/// The characters in which two like-looking names differ, as code points.
fn differing(a: &str, b: &str) -> String {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let points = |chars: &[char]| {
        let points: Vec<String> = chars[..chars.len() - same]
            .iter()
            .map(|c| format!("U+{:04X}", *c as u32))
            .collect();
        points.join(" ")
    };
    format!(
        "where they differ, one has {} and the other {}",
        points(a),
        points(b)
    )
}

/// Why Windows cannot have a file or folder of this name, if it cannot.
pub(super) fn reserved(name: &str) -> Option<String> {
    if let Some(c) = name
        .chars()
        .find(|c| matches!(c, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*') || c.is_control())
    {
        return Some(format!("a name there cannot hold {c:?}"));
    }
    if name.ends_with(['.', ' ']) {
        return Some("a name there cannot end with a dot or a space".to_owned());
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let upper = stem.to_ascii_uppercase();
    let is_device = matches!(
        upper.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || ["COM", "LPT"].iter().any(|device| {
        upper.strip_prefix(device).is_some_and(|number| {
            let mut digits = number.chars();
            matches!(digits.next(), Some('1'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
        })
    });
    is_device.then(|| format!("\"{stem}\" is a device there"))
}

/// Finds paths, and folders on the way to them, that differ only in case or in how accents are encoded.
#[derive(Debug, Default)]
pub(super) struct Twins(BTreeMap<String, String>);

impl Twins {
    /// The path or folder, seen before, that a system could take for this one or for a folder of it.
    pub(super) fn find(&mut self, path: &str) -> Option<Refusal> {
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()]);
        for end in ends {
            let prefix = &path[..end];
            let seen = self
                .0
                .entry(folded(prefix))
                .or_insert_with(|| prefix.to_owned());
            if seen != prefix {
                return Some(Refusal::Twin(prefix.to_owned(), seen.clone()));
            }
        }
        None
    }
}

fn folded(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    let composed: String = path.nfc().collect();
    caseless::default_case_fold_str(&composed).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_keeps_for_itself_are_told() {
        for name in [
            "nul.yaml",
            "COM1.yaml",
            "aux",
            "lpt9.txt.yaml",
            "a:b.yaml",
            "a.yaml.",
            "con .yaml",
        ] {
            assert!(reserved(name).is_some(), "{name}");
        }
        for name in [
            "null.yaml",
            "com10.yaml",
            "console.yaml",
            "a.b.yaml",
            "né.yaml",
        ] {
            assert_eq!(reserved(name), None, "{name}");
        }
    }

    #[test]
    fn twins_are_found_by_case_by_accent_and_by_folder() {
        let mut twins = Twins::default();
        assert!(twins.find("people/zoe\u{301}.yaml").is_none());
        assert!(twins.find("people/other.yaml").is_none());
        assert!(twins.find("people/zo\u{e9}.yaml").is_some());
        assert!(twins.find("People/third.yaml").is_some());
        assert!(twins.find("people/OTHER.yaml").is_some());
    }
}
