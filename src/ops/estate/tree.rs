//! The files of a revision, as they were read from a repository: names, and the bytes of those that an estate can be made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::files::Sort;
use crate::env::ReadBelowError;

/// The file that says which other files belong to nobody.
const IGNORE_FILE: &str = ".gitignore";

/// What stands under a name in a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A file and its bytes.
    File(Arc<[u8]>),
    /// A file that was not read, for its size in bytes or since no estate is made of it.
    Unread(u64),
    /// A symbolic link.
    Link,
}

/// The files below one folder of a revision. Nothing of it lies on disk, and it never changes.
///
/// # Design
/// What lies in a submodule is not there: a revision holds only the submodule's commit, of another repository.
#[derive(Debug)]
pub struct Tree {
    revision: Arc<str>,
    /// By path relative to the folder, with `/`.
    files: BTreeMap<String, Held>,
    /// The matchers of the folder and those below it by the folder, then those of the folders above, the nearest first.
    ignores: BTreeMap<String, Gitignore>,
    above: Vec<Gitignore>,
    /// The folder, from the root of the repository, with `/` at its end unless it is the root.
    prefix: String,
}

impl Tree {
    /// The files of a revision. `above` holds the ignore files of the folders on the way to `prefix`, from the root of the
    /// repository, by those folders.
    pub fn new(
        revision: Arc<str>,
        prefix: &str,
        files: BTreeMap<String, Held>,
        above: &BTreeMap<String, Arc<[u8]>>,
    ) -> Self {
        let below = files.iter().filter_map(|(path, held)| {
            let folder = path.strip_suffix(IGNORE_FILE)?;
            let is_name = folder.is_empty() || folder.ends_with('/');
            let Held::File(bytes) = held else {
                return None;
            };
            is_name.then(|| {
                (
                    folder.to_owned(),
                    matcher(&format!("{prefix}{folder}"), bytes),
                )
            })
        });
        let ignores = below.collect();
        let mut above: Vec<_> = above.iter().collect();
        above.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        let above = above
            .into_iter()
            .map(|(folder, bytes)| matcher(folder, bytes));
        Self {
            above: above.collect(),
            ignores,
            revision,
            files,
            prefix: prefix.to_owned(),
        }
    }

    /// What people are told of the revision: a short commit id.
    pub fn revision(&self) -> &Arc<str> {
        &self.revision
    }

    /// Whether it has a file of this name.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// If there is no such file, it is a link, or it was too large to be read.
    pub fn read(&self, path: &str, bytes_max: u64) -> Result<&[u8], ReadBelowError> {
        match self.files.get(path) {
            Some(Held::File(bytes)) if bytes.len() as u64 <= bytes_max => Ok(bytes),
            Some(Held::File(bytes)) => Err(ReadBelowError::TooLarge(bytes.len() as u64)),
            Some(Held::Unread(bytes)) => Err(ReadBelowError::TooLarge(*bytes)),
            Some(Held::Link) => Err(ReadBelowError::Link),
            None => Err(ReadBelowError::Io(std::io::ErrorKind::NotFound.into())),
        }
    }

    /// The names that a walk of the folder would come across: not what is hidden, what is ignored, or, unless it is asked
    /// for, what lies in `tests`.
    pub(super) fn names(&self, with_tests: bool) -> impl Iterator<Item = (&str, Sort)> {
        let mut ignored: BTreeMap<&str, bool> = BTreeMap::new();
        self.files.iter().filter_map(move |(path, held)| {
            let is_hidden = path.split('/').any(|name| name.starts_with('.'));
            let is_test = path.starts_with("tests/") && !with_tests;
            if is_hidden || is_test || self.is_ignored(path, &mut ignored) {
                return None;
            }
            let sort = match held {
                Held::File(_) | Held::Unread(_) => Sort::File,
                Held::Link => Sort::Link,
            };
            Some((path.as_str(), sort))
        })
    }

    /// What lies in an ignored folder is ignored whatever else is written, as git has it.
    fn is_ignored<'t>(&'t self, path: &'t str, known: &mut BTreeMap<&'t str, bool>) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let in_ignored = { folders }.any(|folder| match known.get(folder) {
            Some(is_ignored) => *is_ignored,
            None => {
                let is_ignored = self.is_ignored_itself(folder, true);
                known.insert(folder, is_ignored);
                is_ignored
            }
        });
        in_ignored || self.is_ignored_itself(path, false)
    }

    /// The nearest file that says something about a name decides.
    fn is_ignored_itself(&self, path: &str, is_folder: bool) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at + 1);
        let folders = std::iter::once(0).chain(ends).map(|end| &path[..end]);
        let mut folders: Vec<_> = folders.collect();
        folders.reverse();
        let below = folders.into_iter().filter_map(|it| self.ignores.get(it));
        let full = format!("{ROOT}{}{path}", self.prefix);
        { below.chain(&self.above) }
            .map(|it| it.matched(Path::new(&full), is_folder))
            .find(|it| !matches!(it, Match::None))
            .is_some_and(|it| it.is_ignore())
    }
}

/// Stands for the root of the repository: matchers want to know where they stand.
const ROOT: &str = "/repository/";

/// The rules of an ignore file in a folder, those of them that can be read.
fn matcher(folder: &str, bytes: &[u8]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(format!("{ROOT}{folder}"));
    let text = String::from_utf8_lossy(bytes);
    for line in text.strip_prefix('\u{feff}').unwrap_or(&text).lines() {
        // A rule that cannot be read is no rule, as on disk.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str, files: &[(&str, &str)], above: &[(&str, &str)]) -> Vec<String> {
        let bytes = |text: &str| -> Arc<[u8]> { text.as_bytes().into() };
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Held::File(bytes(text))));
        let above = above
            .iter()
            .map(|(folder, text)| ((*folder).to_owned(), bytes(text)));
        let tree = Tree::new("abc1234".into(), prefix, files.collect(), &above.collect());
        let names = tree.names(false).map(|(path, _)| path.to_owned());
        names.collect()
    }

    #[test]
    fn hidden_names_and_tests_are_left_out() {
        let files = [
            (".github/workflows/a.yaml", ""),
            ("a.yaml", ""),
            ("b/.c.yaml", ""),
            ("b/tests/c.yaml", ""),
            ("tests/d.yaml", ""),
        ];
        assert_eq!(names("", &files, &[]), ["a.yaml", "b/tests/c.yaml"]);
    }

    #[test]
    fn ignore_files_count_from_their_folder_and_the_nearest_decides() {
        let files = [
            (".gitignore", "/a.yaml\nout/\n*.tmp.yaml\n"),
            ("a.yaml", ""),
            ("b/.gitignore", "\u{feff}!keep.tmp.yaml\r\nlocal.yaml\r\n"),
            ("b/a.yaml", ""),
            ("b/keep.tmp.yaml", ""),
            ("b/local.yaml", ""),
            ("b/other.tmp.yaml", ""),
            ("b/out/x.yaml", ""),
            ("out/.gitignore", "!y.yaml"),
            ("out/y.yaml", ""),
        ];
        assert_eq!(names("", &files, &[]), ["b/a.yaml", "b/keep.tmp.yaml"]);
    }

    #[test]
    fn ignore_files_of_the_folders_above_count_too() {
        let above = [("", "drafts/\n/a.yaml\n"), ("estates/", "/acme/b.yaml\n")];
        let files = [("a.yaml", ""), ("b.yaml", ""), ("drafts/c.yaml", "")];
        assert_eq!(names("estates/acme/", &files, &above), ["a.yaml"]);
    }
}
