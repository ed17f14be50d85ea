//! The house rules that no compiler checks: who imports whom, who owns which crate, what must not stand where.
//!
//! The tables here are the rule; the architecture page in `src/lib.rs` explains it. Code inside `#[cfg(test)]` is left
//! out: a unit test may reach for whatever makes it short.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a module may use of ours, besides itself. Arrows point down only.
const MAY_USE: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("diagnostic", &["text"]),
    ("yaml", &["text", "diagnostic"]),
    ("model", &["text"]),
    ("product", &["text", "diagnostic", "yaml", "model"]),
    (
        "inventory",
        &["text", "diagnostic", "yaml", "model", "product"],
    ),
    (
        "config",
        &["text", "diagnostic", "yaml", "model", "product"],
    ),
    ("plan", &["text", "diagnostic", "model", "product"]),
    (
        "rules",
        &[
            "text",
            "diagnostic",
            "yaml",
            "model",
            "product",
            "inventory",
            "config",
            "plan",
        ],
    ),
    ("env", &[]),
    ("provider", &["text", "model", "product", "plan", "env"]),
    (
        "provider/directory",
        &["provider", "text", "model", "product", "plan", "env"],
    ),
    (
        "provider/inventory",
        &[
            "provider",
            "text",
            "diagnostic",
            "inventory",
            "model",
            "product",
            "plan",
            "env",
        ],
    ),
    ("store", &["text", "model", "plan", "env"]),
    (
        "apply",
        &[
            "text", "model", "product", "plan", "provider", "store", "env",
        ],
    ),
    ("directory", &["text", "model", "product"]),
    (
        "ops",
        &[
            "text",
            "diagnostic",
            "yaml",
            "model",
            "product",
            "inventory",
            "config",
            "plan",
            "rules",
            "env",
            "provider",
            "store",
            "apply",
            "directory",
        ],
    ),
    (
        "output",
        &["text", "diagnostic", "model", "plan", "apply", "ops"],
    ),
    ("cli", &["text", "diagnostic", "ops", "output", "env"]),
    ("main", &["cli"]),
];

/// Modules that compute: no files, no clock, no network, no waiting.
const PURE: &[&str] = &[
    "text",
    "diagnostic",
    "yaml",
    "model",
    "product",
    "inventory",
    "config",
    "plan",
    "rules",
    "output",
];

/// Words that a pure module does not say.
const EFFECTS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "tokio",
    "async",
];

/// Foreign crates that have an owner, and the owner: a module, or one file.
const OWNED: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("inquire", &["cli"]),
    ("reqwest", &["provider/http.rs", "provider/http/address.rs"]),
    ("axum", &["directory"]),
    ("granit_parser", &["yaml"]),
    ("serde_saphyr", &["yaml"]),
    ("cel", &["product"]),
    ("miette", &["output"]),
    ("comfy_table", &["output"]),
    ("csv", &["ops"]),
    ("rusqlite", &["store", "directory"]),
    ("ignore", &["ops"]),
    ("globset", &["ops", "config"]),
    ("getrandom", &["env.rs"]),
];

/// Macros live at the crate's root wherever they are written; these belong to `yaml`.
const YAML_MACROS: &[&str] = &["decode_enum", "decode_struct"];

/// A file with more lines outside of its tests does two things.
const LINES_MAX: usize = 800;

/// Tables may be as long as what they list.
const TABLES: &[&str] = &["codes.rs"];

#[test]
fn modules_use_only_what_their_row_lists() {
    let mut wrong = String::new();
    for file in sources() {
        let Some((_, row)) = MAY_USE.iter().find(|(module, _)| *module == file.module) else {
            writeln!(
                wrong,
                "{}: module \"{}\" has no row in MAY_USE",
                file.path, file.module
            )
            .unwrap();
            continue;
        };
        for (line, used) in file.uses() {
            let own = used == file.module;
            if !own && !row.contains(&used.as_str()) {
                writeln!(
                    wrong,
                    "{}:{line}: \"{}\" may not use \"{used}\"",
                    file.path, file.module
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn pure_modules_have_no_effects() {
    let mut wrong = String::new();
    for file in sources()
        .into_iter()
        .filter(|file| PURE.contains(&file.module.as_str()))
    {
        for (number, line) in (1..).zip(file.code.lines()) {
            for word in EFFECTS.iter().filter(|word| has_word(line, word)) {
                writeln!(wrong, "{}:{number}: \"{word}\" in a pure module", file.path).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn foreign_crates_are_used_by_their_owners_only() {
    let mut wrong = String::new();
    for file in sources() {
        for (number, line) in (1..).zip(file.code.lines()) {
            for (krate, owners) in OWNED {
                let names_it = has_word(line, &format!("{krate}::"));
                let is_owner = owners
                    .iter()
                    .any(|owner| file.path == format!("src/{owner}") || file.lies_in(owner));
                if names_it && !is_owner {
                    writeln!(
                        wrong,
                        "{}:{number}: \"{krate}\" belongs to {owners:?}",
                        file.path
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The engine knows no vendor: ids stand in the definitions, and in examples of documentation.
#[test]
fn no_product_is_named_outside_its_definition() {
    let ids: Vec<String> = files_below(&root().join("src/product/built_in"), &["yaml"])
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut wrong = String::new();
    for file in sources() {
        if file.path.starts_with("src/product/built_in") {
            continue;
        }
        for (line, text) in &file.strings {
            let is_documentation = text.contains("```yaml") || text.contains("Examples:");
            for id in ids.iter().filter(|id| text.contains(id.as_str())) {
                if !is_documentation {
                    writeln!(wrong, "{}:{line}: names the product \"{id}\"", file.path).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("X", "XX "),
    ];
    let mut wrong = String::new();
    for file in sources() {
        for (number, line) in (1..).zip(file.text.lines()) {
            if marks.iter().any(|mark| line.contains(mark)) {
                writeln!(wrong, "{}:{number}: {}", file.path, line.trim()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn files_have_one_job() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|file| !TABLES.iter().any(|table| file.path.ends_with(table)))
        .map(|file| (file.lines, &file.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines, at most {LINES_MAX}"))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn modules_say_what_they_are_for() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| file.path.clone())
        .collect();
    assert!(silent.is_empty(), "without a //! line: {silent:?}");
}

/// What is committed runs on any machine.
#[test]
fn no_path_of_one_machine_is_written_down() {
    let places: Vec<String> = ["work", "farm", "root", "home"]
        .iter()
        .map(|it| format!("/{it}/"))
        .collect();
    let text_files = [
        "rs", "md", "yaml", "yml", "toml", "json", "txt", "mjs", "py", "run",
    ];
    let mut wrong = String::new();
    for path in files_below(&root(), &text_files) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            if places.iter().any(|place| line.contains(place.as_str())) {
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                writeln!(wrong, "{shown}:{number}: {}", line.trim()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_reader_of_imports_sees_every_form() {
    let file = SourceFile::new(
        "src/plan/order.rs".to_owned(),
        r##"
            use crate::{model::{Address, State}, text};
            use super::super::yaml::Node; // crate::cli in a comment
            fn f() -> crate::product::Product { "crate::ops"; r#"crate::lsp"#; '"'; super::diff() }
            use crate::yaml_like; use crate::decode_enum;
            #[cfg(test)]
            mod tests { use crate::config::x; }
        "##
        .to_owned(),
    );
    let used: BTreeSet<String> = file.uses().into_iter().map(|(_, used)| used).collect();
    let expected = ["model", "plan", "product", "text", "yaml", "yaml_like"];
    assert_eq!(used, expected.map(str::to_owned).into());
}

/// One file of `src/`, with and without what is not code.
struct SourceFile {
    /// Relative to the repository, with `/`.
    path: String,
    /// The row of [`MAY_USE`] that it falls under.
    module: String,
    text: String,
    /// The text with comments, literals and test code blanked out; lines stay where they are.
    code: String,
    /// Lines outside test code.
    lines: usize,
    /// Text literals outside test code, with the lines they start on.
    strings: Vec<(usize, String)>,
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        let (blanked, literals) = blank(&text);
        let tests = test_ranges(&blanked);
        let in_tests = tests
            .iter()
            .map(|range| text[range.clone()].lines().count());
        let lines = text.lines().count() - in_tests.sum::<usize>();
        let mut code = blanked;
        for range in &tests {
            code.replace_range(range.clone(), &spaces(&code[range.clone()]));
        }
        let strings = literals
            .into_iter()
            .filter(|literal| !tests.iter().any(|range| range.contains(&literal.start)))
            .map(|literal| (line_at(&text, literal.start), text[literal].to_owned()))
            .collect();
        Self {
            module: module_of(&path),
            path,
            text,
            code,
            lines,
            strings,
        }
    }

    fn lies_in(&self, module: &str) -> bool {
        self.module == module || self.module.starts_with(&format!("{module}/"))
    }

    /// The modules that the code names, with lines.
    fn uses(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            if at > 0 && is_word(self.code.as_bytes()[at - 1]) {
                continue;
            }
            for name in heads(&self.code[at + "crate::".len()..]) {
                found.push((line_at(&self.code, at), self.name_to_module(&name)));
            }
        }
        for (at, _) in self.code.match_indices("super::") {
            let before = &self.code[..at];
            if before.ends_with("super::") || before.bytes().last().is_some_and(is_word) {
                continue;
            }
            let mut rest = &self.code[at..];
            let mut path = module_path(&self.path);
            while let Some(after) = rest.strip_prefix("super::") {
                path.pop();
                rest = after;
            }
            match path.first() {
                Some(_) => found.push((line_at(&self.code, at), self.nearest_row(&path))),
                None => {
                    for name in heads(rest) {
                        found.push((line_at(&self.code, at), self.name_to_module(&name)));
                    }
                }
            }
        }
        found
    }

    /// The row of the module that a path from the crate's root starts with.
    fn name_to_module(&self, name: &str) -> String {
        if YAML_MACROS.contains(&name) {
            return "yaml".to_owned();
        }
        // A provider may name the port and itself; the port's own files are one module with their folder.
        if name == "provider" && self.module.starts_with("provider/") {
            return "provider".to_owned();
        }
        name.to_owned()
    }

    fn nearest_row(&self, path: &[String]) -> String {
        module_of(&format!("src/{}/mod.rs", path.join("/")))
    }
}

/// `src/plan/order.rs` is the module `plan`; the files of a provider's folder are a module of their own,
/// those of the HTTP client are the port's.
fn module_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/");
    let parts: Vec<&str> = inner.split('/').collect();
    match parts.as_slice() {
        ["provider", "http", ..] => "provider".to_owned(),
        ["provider", folder, _, ..] => format!("provider/{folder}"),
        [first, ..] => first.trim_end_matches(".rs").to_owned(),
        [] => String::new(),
    }
}

/// The path of the module that a file holds: `plan::order`.
fn module_path(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if parts
        .last()
        .is_some_and(|it| matches!(it.as_str(), "mod" | "lib" | "main"))
    {
        parts.pop();
    }
    parts
}

/// The first names after `crate::`: one, or those of a group.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect(),
        ];
    };
    let mut names = vec![String::new()];
    let mut depth = 0;
    let mut in_head = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                in_head = true;
            }
            ':' => in_head = false,
            _ if in_head && depth == 0 && (c.is_alphanumeric() || c == '_') => {
                names.last_mut().expect("there is always one").push(c);
            }
            _ => {}
        }
    }
    names.retain(|it| !it.is_empty());
    names
}

/// Blanks comments and literals, keeping every byte where it is; gives back where the text literals are.
fn blank(text: &str) -> (String, Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut literals = Vec::new();
    while code.len() < bytes.len() {
        let at = code.len();
        let rest = &text[at..];
        let previous_is_word = at > 0 && is_word(bytes[at - 1]);
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((head, tail)) = raw_string(rest).filter(|_| !previous_is_word) {
            let end = rest[head..].find(&tail);
            let length = end.map_or(rest.len(), |it| head + it + tail.len());
            literals.push(at..at + length);
            length
        } else if rest.starts_with('"') {
            let length = closing(rest, b'"');
            literals.push(at..at + length);
            length
        } else if rest.starts_with('\'') && is_char_literal(rest) {
            closing(rest, b'\'')
        } else {
            code.push(rest.chars().next().expect("the rest is not empty"));
            continue;
        };
        code.push_str(&spaces(&rest[..length]));
    }
    (code, literals)
}

/// As many bytes of nothing, with the line breaks where they were.
fn spaces(text: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(blank).collect()
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Length of a raw string's opening and the text that closes it.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| {
        (
            rest.len() - after.len() + hashes + 1,
            format!("\"{}", "#".repeat(hashes)),
        )
    })
}

/// One past the quote that closes the literal which `rest` starts with.
fn closing(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Whether a quote starts a character rather than a lifetime.
fn is_char_literal(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// Where the items behind `#[cfg(test)]` are.
fn test_ranges(code: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices("#[cfg(test)]") {
        if ranges.last().is_some_and(|last| last.contains(&start)) {
            continue;
        }
        let open = code[start..].find(['{', ';']).map(|it| start + it);
        let end = match open {
            Some(at) if code.as_bytes()[at] == b'{' => matching_brace(code, at),
            Some(at) => at + 1,
            None => code.len(),
        };
        ranges.push(start..end);
    }
    ranges
}

fn matching_brace(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return offset + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = at == 0 || !is_word(line.as_bytes()[at - 1]);
        let end = at + word.len();
        let after = word.ends_with(':') || end == line.len() || !is_word(line.as_bytes()[end]);
        before && after
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn sources() -> Vec<SourceFile> {
    files_below(&root().join("src"), &["rs"])
        .into_iter()
        .filter(|path| !path.ends_with("src/lib.rs") && !is_test_code(path))
        .map(|path| {
            let shown = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            SourceFile::new(shown, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// `mod tests;` behind `#[cfg(test)]` is a file of its own.
fn is_test_code(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let in_folder = path.components().any(|it| it.as_os_str() == "tests");
    in_folder || stem == "tests" || stem.ends_with("_tests")
}

/// Files with one of the endings, in order; generated and foreign folders are left out.
fn files_below(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir()
            && !matches!(
                name.as_ref(),
                ".git" | "target" | "node_modules" | ".seatplan"
            )
        {
            found.extend(files_below(&path, endings));
        } else if endings.iter().any(|ending| {
            path.extension().is_some_and(|it| it == *ending) || name.as_ref() == *ending
        }) {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
