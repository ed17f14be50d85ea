//! Refusals: what the directory says when it does not do what it is asked.

use serde_json::{Map, Value, json};

/// Why a request was not carried out, as `application/problem+json` (RFC 9457) with a stable `code`.
///
/// A request that gets a problem with a status below 500, or `busy`, had no effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable word for programs.
    pub code: &'static str,
    /// A phrase for people.
    pub detail: String,
    /// More members of the body: the arithmetic of a refused seat, the current value of something that moved.
    pub more: Map<String, Value>,
}

impl Problem {
    /// A problem with nothing more than a code and a phrase.
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            more: Map::new(),
        }
    }

    /// Adds a member to the body.
    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }

    /// The request cannot be read.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed", detail)
    }

    /// There is no such thing on an account that is there.
    pub(super) fn not_found(what: &str, name: &str) -> Self {
        Self::new(404, "not_found", format!("there is no {what} \"{name}\""))
    }

    /// The caller may not do it.
    pub(super) fn not_permitted(detail: impl Into<String>) -> Self {
        Self::new(403, "not_permitted", detail)
    }

    /// A rule of the product or a name it does not know stands against it.
    pub(super) fn rule(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(422, code, detail)
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "type": "about:blank",
            "title": self.code.replace('_', " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        });
        if let Value::Object(members) = &mut body {
            members.extend(self.more.clone());
        }
        body
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)
    }
}

impl std::error::Error for Problem {}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        if matches!(
            error.sqlite_error_code(),
            Some(DatabaseBusy | DatabaseLocked)
        ) {
            return Self::new(
                503,
                "busy",
                "another process is writing to the file; try again",
            );
        }
        Self::new(
            500,
            "internal",
            format!("the directory could not use its file: {error}"),
        )
    }
}
