//! One look at a whole text before it is parsed: what no YAML parser would say well, or would say too late.
//!
//! Characters that a file must not hold, merge-conflict markers and texts that look like secrets are found here by their
//! bytes, so that they are found in files that cannot be parsed and in comments too. Nearly all files have none, and
//! cost one pass of vector instructions.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{SourceId, Span, is_unsafe_to_show};

/// What a text holds besides YAML. Ranges are byte offsets into the text, in its order.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Characters that a file must not hold.
    pub(super) refused: Vec<Range<usize>>,
    /// Texts that look like secrets.
    pub(super) secrets: Vec<Range<usize>>,
    /// What to leave out where two versions of a file were merged and left standing side by side.
    pub(super) conflicts: Vec<Range<usize>>,
    /// The text holds a character that is not shown and may stand in a comment.
    pub(super) has_invisible: bool,
    /// The text holds `${`.
    pub(super) has_reference: bool,
    /// The text holds nothing of the above, and neither tabs, carriage returns nor a byte order mark.
    pub(super) is_plain: bool,
    /// The text holds so many characters that a file must not hold that it is none.
    pub(super) is_no_text: bool,
}

/// Whether one of some ranges, ordered and apart from each other, has a byte in common with a range.
pub(super) fn overlap(ranges: &[Range<usize>], with: &Range<usize>) -> bool {
    let next = ranges.partition_point(|it| it.end <= with.start);
    ranges.get(next).is_some_and(|it| it.start < with.end)
}

/// Looks at a text and reports what it finds.
pub(super) fn survey(text: &str, source: SourceId, sink: &mut Sink) -> Survey {
    let mut survey = Survey {
        has_reference: text.contains("${"),
        ..Survey::default()
    };
    survey.is_plain = true;
    find_odd_characters(text, &mut survey, source, sink);
    find_patterns(text, &mut survey, source, sink);
    survey.is_plain &= survey.refused.is_empty()
        && survey.secrets.is_empty()
        && survey.conflicts.is_empty()
        && !survey.has_invisible
        && !survey.has_reference;
    survey
}

/// Refused characters in one file, after which it is not taken for a text.
const REFUSED_MAX: usize = 100;

/// Bytes looked at in one go; flagged ones are then looked at character by character.
const CHUNK: usize = 512;

fn find_odd_characters(text: &str, survey: &mut Survey, source: SourceId, sink: &mut Sink) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let end = text.ceil_char_boundary((start + CHUNK).min(bytes.len()));
        let is_odd = |byte: u8| (byte < b' ' && byte != b'\n') | (byte >= 0x7f);
        if bytes[start..end]
            .iter()
            .fold(false, |odd, byte| odd | is_odd(*byte))
        {
            for (at, c) in text[start..end].char_indices() {
                look_at(text, start + at, c, survey, source, sink);
            }
            if survey.refused.len() > REFUSED_MAX {
                survey.is_no_text = true;
                let message = format!("the file holds more than {REFUSED_MAX} such characters");
                sink.push(
                    Diagnostic::new(&codes::CONTROL_CHARACTER, message)
                        .at(Span::point(source, 0), "nothing of the file is read")
                        .help(
                            "save it as UTF-8; if it is no text at all, take it out of the estate",
                        ),
                );
                return;
            }
        }
        start = end;
    }
}

fn look_at(text: &str, at: usize, c: char, survey: &mut Survey, source: SourceId, sink: &mut Sink) {
    survey.is_plain &= !matches!(c, '\t' | '\r' | '\u{feff}');
    let refusal = match c {
        '\t' | '\n' => return,
        '\r' if text[at + 1..].starts_with('\n') => return,
        '\u{feff}' if at == 0 => return,
        '\u{feff}' => Diagnostic::new(
            &codes::BYTE_ORDER_MARK,
            format!("a byte order mark stands in the middle of the file, at byte {at}"),
        )
        .help("delete it; it comes from putting two files together"),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Diagnostic::new(
            &codes::CONTROL_CHARACTER,
            format!(
                "a control character stands here, U+{:04X} at byte {at}",
                c as u32
            ),
        )
        .help(match c {
            '\r' => "end lines with a line feed, or with a carriage return and a line feed",
            '\0' => "delete it; if the whole file is like this, save it as UTF-8",
            _ => "delete it; a text that needs one cannot be a name",
        }),
        _ => {
            survey.has_invisible |= is_unsafe_to_show(c);
            return;
        }
    };
    survey.refused.push(at..at + c.len_utf8());
    let span = span(source, &(at..at + c.len_utf8()));
    sink.push(refusal.at(span, ""));
}

/// The span of a byte range.
pub(super) fn span(source: SourceId, range: &Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        source,
        start: offset(range.start),
        end: offset(range.end),
    }
}

/// One kind of secret that can be told by its first characters.
struct Secret {
    prefix: &'static str,
    /// Fewest characters of the rest; shorter texts are words that happen to begin alike.
    rest_min: usize,
    what: &'static str,
}

const fn secret(prefix: &'static str, rest_min: usize, what: &'static str) -> Secret {
    Secret {
        prefix,
        rest_min,
        what,
    }
}

/// The prefixes that the vendors themselves publish so that such texts can be found
/// (docs.github.com "supported secret scanning patterns", last verified 2025-10).
const SECRETS: &[Secret] = &[
    secret("ghp_", 30, "a GitHub token"),
    secret("gho_", 30, "a GitHub token"),
    secret("ghu_", 30, "a GitHub token"),
    secret("ghs_", 30, "a GitHub token"),
    secret("ghr_", 30, "a GitHub token"),
    secret("github_pat_", 30, "a GitHub token"),
    secret("glpat-", 20, "a GitLab token"),
    secret("xoxb-", 20, "a Slack token"),
    secret("xoxp-", 20, "a Slack token"),
    secret("xoxa-", 20, "a Slack token"),
    secret("xoxe-", 20, "a Slack token"),
    secret("xapp-", 20, "a Slack token"),
    secret("AKIA", 16, "an AWS key"),
    secret("ASIA", 16, "an AWS key"),
    secret("AIza", 35, "a Google key"),
    secret("ya29.", 20, "a Google token"),
    secret("sk_live_", 16, "a Stripe key"),
    secret("rk_live_", 16, "a Stripe key"),
    secret("sk-ant-", 20, "an API key"),
    secret("sk-proj-", 20, "an API key"),
    secret("npm_", 36, "an npm token"),
    secret("pypi-AgE", 20, "a PyPI token"),
    secret("hvs.", 24, "a Vault token"),
    secret("shpat_", 32, "a Shopify token"),
    secret("eyJ", 40, "a signed token"),
];

const KEY_BLOCK: &str = "-----BEGIN ";
const AUTHORITY: &str = "://";
const CONFLICT: &str = "<<<<<<<";

static PATTERNS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Only a leftmost search can use vector instructions.
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(
            SECRETS
                .iter()
                .map(|secret| secret.prefix)
                .chain([KEY_BLOCK, AUTHORITY, CONFLICT]),
        );
    automaton.expect("a few short constant patterns make a small automaton")
});

fn find_patterns(text: &str, survey: &mut Survey, source: SourceId, sink: &mut Sink) {
    let mut read_to = 0;
    for found in PATTERNS.find_iter(text) {
        if found.start() < read_to {
            continue;
        }
        let index = found.pattern().as_usize();
        let range = match SECRETS.get(index) {
            Some(secret) => {
                secret_at(text, found.start(), secret).map(|range| (range, secret.what))
            }
            None if index == SECRETS.len() => {
                key_block_at(text, found.start()).map(|range| (range, "a private key"))
            }
            None if index == SECRETS.len() + 1 => {
                password_at(text, found.end()).map(|range| (range, "a password in a URL"))
            }
            None => {
                if let Some(conflict) = conflict_at(text, found.start()) {
                    read_to = conflict.end;
                    report_conflict(&conflict, source, sink);
                    survey.conflicts.extend(conflict.left_out());
                }
                continue;
            }
        };
        if let Some((range, what)) = range {
            read_to = range.end;
            sink.push(secret_found(span(source, &range), what));
            survey.secrets.push(range);
        }
    }
}

/// The problem of a text that looks like a secret. It never holds the text; what it points at is masked.
pub(super) fn secret_found(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(
        &codes::SECRET,
        format!("this looks like {what}; it is not read and not shown"),
    )
    .at(span, "")
    .help(
        "write where to find it, {env: NAME} or {file: PATH}, and revoke this one: whoever can read the repository has it",
    )
}

fn secret_at(text: &str, start: usize, secret: &Secret) -> Option<Range<usize>> {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=');
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text[..start].chars().next_back().is_some_and(is_word) {
        return None;
    }
    let rest = &text[start + secret.prefix.len()..];
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    // A word of a sentence or of an address has no digits and capitals mixed into it.
    let is_random = rest[..length].bytes().any(|byte| byte.is_ascii_digit());
    (length >= secret.rest_min && is_random).then(|| start..start + secret.prefix.len() + length)
}

fn key_block_at(text: &str, start: usize) -> Option<Range<usize>> {
    let line = text[start..].lines().next()?;
    if !line.contains("PRIVATE KEY") {
        return None;
    }
    let rest = &text[start..];
    let end = rest.find("-----END ").map_or(rest.len(), |at| {
        at + rest[at..].find('\n').unwrap_or(rest.len() - at)
    });
    Some(start..start + end)
}

/// The part before the `@` of a URL whose authority starts here, if it holds a password or is long enough to be a token.
fn password_at(text: &str, start: usize) -> Option<Range<usize>> {
    const TOKEN_MIN: usize = 20;
    let rest = &text[start..];
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | ',' | '}');
    let authority = &rest[..rest.find(is_end).unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@')?;
    (user.contains(':') || user.len() >= TOKEN_MIN).then(|| start..start + user.len())
}

/// Two versions of the same lines, left standing by a merge.
struct Conflict {
    /// The line `<<<<<<<`.
    open: Range<usize>,
    /// From the line `=======` (or `|||||||`) to the end of the line `>>>>>>>`.
    theirs: Range<usize>,
    end: usize,
    closing: Option<Range<usize>>,
}

impl Conflict {
    /// Reading goes on with the first version, so that its names are known.
    fn left_out(&self) -> [Range<usize>; 2] {
        [self.open.clone(), self.theirs.clone()]
    }
}

fn conflict_at(text: &str, start: usize) -> Option<Conflict> {
    let is_line_start = start == 0 || text.as_bytes()[start - 1] == b'\n';
    let open = line_at(text, start);
    let after = text[start..open.end].strip_prefix(CONFLICT)?;
    if !is_line_start || !(after.is_empty() || after.starts_with(' ')) {
        return None;
    }
    let mut theirs = None;
    let mut at = open.end;
    while at < text.len() {
        let line = line_at(text, at + 1);
        let written = &text[line.clone()];
        if theirs.is_none() && (written.starts_with("=======") || written.starts_with("|||||||")) {
            theirs = Some(line.start);
        } else if written.starts_with(">>>>>>>") {
            return Some(Conflict {
                theirs: theirs.unwrap_or(line.start)..line.end,
                end: line.end,
                closing: Some(line),
                open,
            });
        } else if written.starts_with(CONFLICT) {
            break;
        }
        at = line.end;
    }
    // Without the other two lines it is a conflict that was half mended, unless it is a strange key.
    if text[open.clone()].contains(": ") || text[open.clone()].ends_with(':') {
        return None;
    }
    Some(Conflict {
        end: open.end,
        theirs: open.end..open.end,
        closing: None,
        open,
    })
}

/// The line from an offset to its end, without its line end.
fn line_at(text: &str, start: usize) -> Range<usize> {
    let start = start.min(text.len());
    let length = text[start..].find('\n').unwrap_or(text.len() - start);
    start..start + length
}

fn report_conflict(conflict: &Conflict, source: SourceId, sink: &mut Sink) {
    let mut diagnostic = Diagnostic::new(
        &codes::CONFLICT_MARKER,
        "a merge left both versions standing here",
    )
    .at(span(source, &conflict.open), "the conflict begins here");
    if let Some(closing) = &conflict.closing {
        diagnostic = diagnostic.at(span(source, closing), "and ends here");
    }
    sink.push(
        diagnostic.help("keep the lines that are meant and delete the three lines of markers"),
    );
}

/// Whether a key is of the kind that secrets are written under.
pub(super) fn is_secret_key(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "token",
        "access_token",
        "auth_token",
        "api_token",
        "refresh_token",
        "bearer_token",
        "accesstoken",
        "authtoken",
        "apitoken",
        "password",
        "passwd",
        "passphrase",
        "secret",
        "client_secret",
        "clientsecret",
        "api_key",
        "apikey",
        "private_key",
        "privatekey",
        "secret_key",
        "secretkey",
        "access_key",
    ];
    // Nearly all keys end here: this is asked for every key of an estate.
    let may_be = matches!(key.len(), 5..=13)
        && matches!(
            key.as_bytes()[key.len() - 1] | 0x20,
            b'n' | b'd' | b't' | b'y' | b'e'
        );
    may_be && {
        let key = key.to_ascii_lowercase().replace('-', "_");
        KEYS.contains(&key.as_str())
    }
}
