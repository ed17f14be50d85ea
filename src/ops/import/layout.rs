//! What imported files look like: the language's shape without places, and how much goes into one file.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Grant, Quantity, Value};
use crate::yaml;

/// Users in one file; a file of more is split by the beginnings of their keys.
const USERS_PER_FILE_MAX: usize = 100;

/// One file of an estate.
#[derive(Debug, Default, Serialize)]
pub(super) struct File {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) users: BTreeMap<String, User>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) accounts: BTreeMap<String, Account>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct User {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) logins: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) access: BTreeMap<String, Access>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Account {
    pub(super) product: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unmanaged: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<Connection>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) settings: BTreeMap<String, Literal>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) seats: BTreeMap<String, Quantity>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) access: BTreeMap<String, Access>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) teams: BTreeMap<String, Team>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Connection {
    pub(super) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<Token>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Token {
    pub(super) env: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Team {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) formerly: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) leads: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Access {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) options: BTreeMap<String, Literal>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) grants: BTreeMap<String, Grant>,
}

impl Access {
    /// An access that is one role and nothing else.
    pub(super) fn role(role: &str) -> Self {
        Self {
            role: Some(role.to_owned()),
            ..Self::default()
        }
    }
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Literal {
    Switch(bool),
    Count(u32),
    Text(String),
    Words(Vec<String>),
}

impl From<&Value> for Literal {
    fn from(value: &Value) -> Self {
        match value {
            Value::Switch(on) => Self::Switch(*on),
            Value::Count(count) => Self::Count(*count),
            Value::Word(word) => Self::Text(word.as_str().to_owned()),
            Value::Words(words) => {
                Self::Words(words.iter().map(|word| word.as_str().to_owned()).collect())
            }
            Value::Hours(hours) => Self::Text(hours.to_string()),
        }
    }
}

/// One file's text: a line that says where it comes from, then the YAML.
pub(super) fn text(comment: &str, file: &impl Serialize) -> String {
    format!("# {comment}\n{}", yaml::write(file))
}

/// Users by the name of the file that they belong in, without folder and ending: `a`, or `sa` where `s` would be long.
///
/// The name depends on the users alone, so that importing again gives the same files.
pub(super) fn by_initials(
    users: BTreeMap<String, User>,
) -> BTreeMap<String, BTreeMap<String, User>> {
    let mut lengths: BTreeMap<String, usize> = BTreeMap::new();
    for key in users.keys() {
        *lengths.entry(initials(key, 1)).or_default() += 1;
    }
    let mut files: BTreeMap<String, BTreeMap<String, User>> = BTreeMap::new();
    for (key, user) in users {
        let first = initials(&key, 1);
        let name = match lengths[&first] > USERS_PER_FILE_MAX {
            true => initials(&key, 2),
            false => first,
        };
        files.entry(name).or_default().insert(key, user);
    }
    files
}

/// The first letters or digits of a key, in lower case; `other` if it has none. Digits count as one.
fn initials(key: &str, count: usize) -> String {
    let letters: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(count)
        .map(|c| match c {
            '0'..='9' => '0',
            letter => letter.to_ascii_lowercase(),
        })
        .collect();
    match letters.is_empty() {
        true => "other".to_owned(),
        false => letters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_with_many_users_is_split_by_the_second() {
        let users = (0..150)
            .map(|n| format!("{}{n:03}", if n % 2 == 0 { "sa" } else { "SB" }))
            .chain(["tom".to_owned(), "9lives".to_owned()])
            .map(|key| (key, User::default()))
            .collect();
        let files = by_initials(users);
        let sizes: Vec<_> = files
            .iter()
            .map(|(name, it)| (name.as_str(), it.len()))
            .collect();
        assert_eq!(sizes, [("0", 1), ("sa", 75), ("sb", 75), ("t", 1)]);
    }
}
