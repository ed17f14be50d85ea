//! Which files belong to an estate.
//!
//! # Design
//! Only what stands in the repository decides, so that everybody gets the same files: `.gitignore` files count, a user's
//! own git configuration and `.git/info/exclude` do not. Whatever could hide a file of the estate is an error rather than a
//! smaller estate: a glob without a match, a link, a folder that cannot be read. The files of a revision are chosen by the
//! same rules, from the names that the revision has.

use std::path::Path;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

use super::names::{Refusal, Twins, reserved};
use super::{LoadError, Origin, SETTINGS_FILE};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Sink};
use crate::ops::codes;
use crate::text::{SourceId, Span, Spanned, Word};

/// Most files in one estate.
const FILES_MAX: usize = 100_000;

/// A file that belongs to the estate, or would if it were not refused.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Path relative to the root, with `/`.
    pub(super) path: String,
    /// Why it is not read.
    pub(super) refusal: Option<Refusal>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A file that can be read to its end.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// The files of the estate besides `seatplan.yaml`, by path, and what is wrong with how they are chosen.
pub(super) fn find(
    origin: &Origin<'_>,
    settings: &Settings,
    settings_id: SourceId,
) -> Result<(Vec<Candidate>, Sink), LoadError> {
    let mut sink = Sink::new();
    let globs = Globs::new(&settings.files, &mut sink);
    let mut matched = vec![false; globs.written.len()];
    let mut candidates = match origin {
        Origin::Disk { env, root } => on_disk(&env.directory().join(root), &globs, &mut matched)?,
        Origin::Revision(tree) => tree
            .names(globs.want_tests())
            .filter_map(|(path, sort)| candidate(Path::new(path), sort, &globs, &mut matched))
            .collect(),
    };
    candidates.sort_by(|a, b| a.path.cmp(&b.path));
    candidates.dedup_by(|a, b| a.path == b.path);
    leave_out_nested(&mut candidates);
    if candidates.len() > FILES_MAX {
        sink.push(
            Diagnostic::new(
                &codes::TOO_MANY_FILES,
                format!(
                    "there are {} files below the root, more than {FILES_MAX}",
                    candidates.len()
                ),
            )
            .at(Span::point(settings_id, 0), "")
            .help("say with files: which of them belong to the estate"),
        );
        candidates.truncate(FILES_MAX);
    }
    let mut twins = Twins::default();
    for it in &mut candidates {
        if it.refusal.is_none() {
            it.refusal = twins.find(&it.path);
        }
    }
    globs.report_unmatched(&matched, &mut sink);
    Ok((candidates, sink))
}

fn on_disk(top: &Path, globs: &Globs, matched: &mut [bool]) -> Result<Vec<Candidate>, LoadError> {
    let mut candidates = Vec::new();
    for entry in walk(top, globs) {
        match entry {
            Ok(entry) => {
                let relative = entry.path().strip_prefix(top).unwrap_or(entry.path());
                let sort = match entry.file_type() {
                    Some(it) if it.is_symlink() => Sort::Link,
                    Some(it) if it.is_dir() => Sort::Folder,
                    Some(it) if it.is_file() => Sort::File,
                    _ => Sort::Other,
                };
                candidates.extend(candidate(relative, sort, globs, matched));
            }
            Err(error) => candidates.push(unreadable(top, error)?),
        }
    }
    Ok(candidates)
}

/// What stands beside or below another `seatplan.yaml` is another estate's, and is not read as if it were this one's.
fn leave_out_nested(candidates: &mut Vec<Candidate>) {
    let is_nested = |it: &&Candidate| matches!(it.refusal, Some(Refusal::Nested(_)));
    let folders: Vec<String> = candidates
        .iter()
        .filter(is_nested)
        .map(|it| it.path.trim_end_matches(SETTINGS_FILE).to_owned())
        .collect();
    candidates
        .retain(|it| is_nested(&it) || !folders.iter().any(|folder| it.path.starts_with(folder)));
}

fn walk(top: &Path, globs: &Globs) -> ignore::Walk {
    let wants_tests = globs.want_tests();
    WalkBuilder::new(top)
        .standard_filters(false)
        .hidden(true)
        .parents(true)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| {
            let is_tests = entry.depth() == 1 && entry.file_name() == "tests";
            wants_tests || !is_tests
        })
        .build()
}

/// What the walk came across, if it can belong to the estate.
fn candidate(
    relative: &Path,
    sort: Sort,
    globs: &Globs,
    matched: &mut [bool],
) -> Option<Candidate> {
    if relative == Path::new("") || relative == Path::new(SETTINGS_FILE) {
        return None;
    }
    let is_link = sort == Sort::Link;
    let extension = relative.extension().unwrap_or_default();
    let is_yaml = extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml");
    let path = slashed(relative);
    // A link without an extension may stand for a folder of files.
    let may_hide_files = is_link && extension.is_empty() && globs.may_reach_into(&path);
    let is_chosen = is_yaml && globs.choose(&path, matched);
    if !is_chosen && !may_hide_files {
        return None;
    }
    let refusal = if is_link {
        Some(Refusal::Link(path.clone()))
    } else if sort != Sort::File {
        Some(Refusal::NotAFile(path.clone()))
    } else if relative.to_str().is_none() {
        Some(Refusal::NotUnicode(path.clone()))
    } else if path.ends_with("/seatplan.yaml") {
        Some(Refusal::Nested(path.clone()))
    } else {
        path.split('/')
            .find_map(reserved)
            .map(|why| Refusal::Reserved(path.clone(), why))
    };
    Some(Candidate { path, refusal })
}

/// A path with `/`, unreadable parts of it replaced.
fn slashed(relative: &Path) -> String {
    let names: Vec<_> = relative
        .components()
        .map(|it| it.as_os_str().to_string_lossy())
        .collect();
    names.join("/")
}

/// A folder that could not be walked. It is an error of the run only if it is the root.
fn unreadable(top: &Path, error: ignore::Error) -> Result<Candidate, LoadError> {
    let path = path_of(&error).unwrap_or(top).to_path_buf();
    let message = error
        .io_error()
        .map_or_else(|| error.to_string(), |io| io.to_string());
    if path == top {
        let error = error
            .into_io_error()
            .unwrap_or_else(|| std::io::Error::other(message));
        return Err(LoadError::Io { path, error });
    }
    let path = slashed(path.strip_prefix(top).unwrap_or(&path));
    Ok(Candidate {
        refusal: Some(Refusal::Unreadable(path.clone(), message)),
        path,
    })
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

/// The globs of `files:`, those that may be used.
struct Globs {
    written: Vec<Spanned<Word>>,
    set: GlobSet,
    /// No globs are written, so that every file belongs to the estate.
    is_default: bool,
}

impl Globs {
    fn new(files: &[Spanned<Word>], sink: &mut Sink) -> Self {
        let mut written = Vec::new();
        let mut builder = GlobSetBuilder::new();
        for it in files.iter().filter(|it| !it.value.is_empty()) {
            match compile(it) {
                Ok(glob) => {
                    builder.add(glob);
                    written.push(it.clone());
                }
                Err(diagnostic) => sink.push(*diagnostic),
            }
        }
        Self {
            written,
            set: builder.build().unwrap_or_default(),
            is_default: files.is_empty(),
        }
    }

    /// Whether the folder `tests` beside `seatplan.yaml` may hold files of the estate.
    fn want_tests(&self) -> bool {
        self.written
            .iter()
            .any(|glob| glob.value.starts_with("tests"))
    }

    fn choose(&self, path: &str, matched: &mut [bool]) -> bool {
        let matches = self.set.matches(path);
        for index in &matches {
            matched[*index] = true;
        }
        self.is_default || !matches.is_empty()
    }

    /// Whether a file in this folder could be chosen.
    fn may_reach_into(&self, folder: &str) -> bool {
        self.is_default
            || self.written.iter().any(|glob| {
                let fixed = glob
                    .value
                    .split(['*', '?', '[', '{'])
                    .next()
                    .unwrap_or_default();
                fixed.starts_with(folder) || folder.starts_with(fixed.trim_end_matches('/'))
            })
    }

    fn report_unmatched(&self, matched: &[bool], sink: &mut Sink) {
        for (glob, _) in self
            .written
            .iter()
            .zip(matched)
            .filter(|(_, matched)| !**matched)
        {
            sink.push(
                Diagnostic::new(
                    &codes::NO_MATCH,
                    format!("the glob \"{}\" matches no file", glob.value.as_str()),
                )
                .at(glob.span, "")
                .help(
                    "globs are relative to seatplan.yaml, and a folder is written \"folder/**\"; hidden and git-ignored files never count",
                ),
            );
        }
    }
}

fn compile(written: &Spanned<Word>) -> Result<Glob, Box<Diagnostic>> {
    let glob = written.value.as_str();
    let has_drive = glob.as_bytes().get(1) == Some(&b':');
    let leads_out = glob.starts_with(['/', '\\', '~'])
        || has_drive
        || glob.contains("://")
        || glob.starts_with("file:")
        || glob.split(['/', '\\']).any(|part| part == "..");
    if leads_out {
        return Err(Box::new(
            Diagnostic::new(
                &codes::OUTSIDE,
                format!("\"{glob}\" leads out of the estate"),
            )
            .at(written.span, "")
            .help("write a path relative to seatplan.yaml, with \"/\" and without \"..\""),
        ));
    }
    let relative = glob.strip_prefix("./").unwrap_or(glob);
    GlobBuilder::new(relative)
        .literal_separator(true)
        .build()
        .map_err(|error| {
            Box::new(
                Diagnostic::new(
                    &codes::BAD_GLOB,
                    format!("\"{glob}\" is not a glob: {}", error.kind()),
                )
                .at(written.span, "")
                .help("write for example \"people/*.yaml\" or \"accounts/**\""),
            )
        })
}
