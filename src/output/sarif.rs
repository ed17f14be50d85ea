//! Diagnostics as SARIF 2.1.0, for code scanning and for editors that read it.

use serde_json::{Value, json};

use crate::diagnostic::{Code, Severity};
use crate::ops::problems::{Labelled, Level, Mend, Problem, Problems};
use crate::text::inert;

/// A log with one run. `base` is the path from the repository's root to the estate's, empty if they are one.
pub fn problems(problems: &Problems, base: &str) -> String {
    let mut codes: Vec<&Code> = problems
        .sink
        .diagnostics()
        .iter()
        .map(|it| it.code)
        .collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup_by_key(|code| code.id);
    let results = problems.list().into_iter().map(|it| {
        let rule = codes.partition_point(|code| code.id < it.code);
        result(&it, rule, base)
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "seatplan",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|it| rule(it)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    let text = serde_json::to_string_pretty(&log).expect("a JSON value can be written");
    super::json::escaped(&text) + "\n"
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": code.name.replace('-', " ")},
        "help": {"text": code.doc.trim(), "markdown": code.doc.trim()},
        "defaultConfiguration": {"level": level(match code.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Note => Level::Note,
        })},
    })
}

fn result(problem: &Problem, rule: usize, base: &str) -> Value {
    let mut text = inert(&problem.message).into_owned();
    for paragraph in problem.notes.iter().chain(&problem.help) {
        text.push_str("\n\n");
        text.push_str(&inert(paragraph));
    }
    // What stands in another revision is no line of what is scanned.
    let (own, elsewhere): (Vec<_>, Vec<_>) =
        (problem.places.iter()).partition(|it| it.start.revision.is_none());
    for place in elsewhere {
        let words = if place.text.is_empty() {
            "see also"
        } else {
            &place.text
        };
        text.push_str(&format!("\n\n{}: {}", inert(words), place.start));
    }
    let mut result = json!({
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": level(problem.severity),
        "message": {"text": text},
        "locations": own.iter().take(1).map(|it| location(it, base)).collect::<Vec<_>>(),
    });
    let others: Vec<_> = own.iter().skip(1).map(|it| location(it, base)).collect();
    if !others.is_empty() {
        result["relatedLocations"] = others.into();
    }
    if let Some(mend) = &problem.fix {
        result["fixes"] = json!([fix(mend, base)]);
    }
    result
}

fn location(place: &Labelled, base: &str) -> Value {
    let mut location = json!({
        "physicalLocation": {"artifactLocation": artifact(place, base), "region": region(place)},
    });
    if !place.text.is_empty() {
        location["message"] = json!({"text": inert(&place.text)});
    }
    location
}

fn fix(mend: &Mend, base: &str) -> Value {
    let changes = mend.edits.iter().map(|edit| {
        json!({
            "artifactLocation": artifact(&edit.range, base),
            "replacements": [{
                "deletedRegion": region(&edit.range),
                "insertedContent": {"text": edit.replacement},
            }],
        })
    });
    json!({
        "description": {"text": inert(&mend.title)},
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn region(place: &Labelled) -> Value {
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn artifact(place: &Labelled, base: &str) -> Value {
    let path = match base {
        "" => place.start.path.to_string(),
        base => format!("{base}/{}", place.start.path),
    };
    json!({"uri": uri(&path), "uriBaseId": "%SRCROOT%"})
}

/// A relative URI reference: everything but unreserved characters and `/` as percent escapes (RFC 3986, section 2).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}
