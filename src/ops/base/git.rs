//! Reading a repository with the program `git`, and nothing but reading: no file is checked out, no hook, filter, signature
//! check or transport is run.
//!
//! # Design
//! The program and not a library: it knows every repository there is (shallow, partial, of other hashes, with worktrees and
//! alternates), it refuses one that somebody else owns, and whoever has a revision to name has it. What is asked are its
//! plumbing commands, which do what they are told whatever a user has configured. The repository's own configuration comes
//! from wherever the change comes from, so everything in it that could start a program or a transfer is overruled, and
//! objects that are replaced or missing are not fetched. A revision is only ever given where git takes nothing for an option.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::env::{Env, Program, RunError};

/// The most that one answer may have, in bytes.
const ANSWER_BYTES_MAX: u64 = 512 << 20;

/// What everything is asked with. Nothing here writes, and objects come from this machine or not at all.
const ALWAYS: [&str; 16] = [
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.allow=never",
    "-c",
    "core.quotePath=false",
    "-c",
    "core.alternateRefsCommand=",
    // A change can hold folders that look like a repository of their own, with a history to its liking.
    "-c",
    "safe.bareRepository=explicit",
];

/// Variables that git is given if they are set: where a user's settings are, and which repositories are trusted.
const PASSED_ON: [&str; 9] = [
    "HOME",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
    "SYSTEMROOT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// More settings in variables than these are not passed on.
const SETTINGS_MAX: usize = 32;

/// Commits of a change that are looked through for who wrote what.
const COMMITS_MAX: usize = 300;

/// Why a repository does not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    /// The program is not there.
    #[error("git cannot be run: {0}")]
    NoProgram(RunError),
    /// The folder is in no working tree, or git does not trust the one it is in; git's words, raw.
    #[error("git says: {0}")]
    NoRepository(String),
    /// It has no such commit.
    #[error("there is no revision \"{revision}\" here")]
    NoRevision {
        /// What was asked for; raw.
        revision: String,
        /// Whether the repository has only the newest part of its history.
        is_shallow: bool,
    },
    /// What was asked for is no name that a revision could have.
    #[error("\"{0}\" is no name of a revision")]
    NoName(String),
    /// An answer is not what it should be, mostly since objects are missing; git's words, raw.
    #[error("it cannot be read from the repository: {0}")]
    Unreadable(String),
}

/// The id of an object: hexadecimal digits, as git says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectId(String);

impl ObjectId {
    fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|it| it.is_ascii_hexdigit());
        (is_hex && matches!(text.len(), 40 | 64)).then(|| Self(text.to_owned()))
    }

    /// Whether it stands for an object that is not there, as in a difference.
    fn is_nothing(&self) -> bool {
        self.0.bytes().all(|it| it == b'0')
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning of it, for people.
    pub(super) fn short(&self) -> &str {
        &self.0[..SHORT]
    }
}

/// Digits of a short id, as most tools show them.
const SHORT: usize = 7;

/// A name in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// From the folder that was asked for, with `/`.
    pub(super) path: String,
    pub(super) object: ObjectId,
    pub(super) sort: Sort,
    /// Bytes; nothing but for files.
    pub(super) bytes: u64,
}

/// What a name in a tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    File,
    Link,
    /// A commit of another repository.
    Submodule,
}

/// What one commit did to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    /// Addresses of who wrote it: the author, and those named as co-authors; as they are written, raw.
    pub(super) authors: Vec<String>,
    /// The file before; `None` if it was not there.
    pub(super) before: Option<ObjectId>,
    /// The file after; `None` if it is not there any more.
    pub(super) after: Option<ObjectId>,
}

/// The repository that a folder lies in.
#[derive(Debug)]
pub(super) struct Repository<'e> {
    env: &'e Env,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    /// The folder, from the root of the working tree, with `/` at its end unless it is the root.
    pub(super) prefix: String,
    is_shallow: bool,
}

impl<'e> Repository<'e> {
    /// Finds it.
    pub(super) fn open(env: &'e Env, folder: &Path) -> Result<Self, GitError> {
        let mut repository = Self {
            env,
            folder: folder.to_owned(),
            variables: variables(env),
            prefix: String::new(),
            is_shallow: false,
        };
        let asked = [
            "rev-parse",
            "--is-inside-work-tree",
            "--is-shallow-repository",
            "--show-prefix",
        ];
        let answer = match repository.ask(&asked, b"") {
            Err(GitError::Unreadable(why)) => return Err(GitError::NoRepository(why)),
            other => text(other?)?,
        };
        let mut lines = answer.splitn(3, '\n');
        let mut line = || lines.next().unwrap_or_default();
        if line() != "true" {
            let why = "this is no folder of a working tree".to_owned();
            return Err(GitError::NoRepository(why));
        }
        repository.is_shallow = line() == "true";
        repository.prefix = line().trim_end_matches('\n').to_owned();
        Ok(repository)
    }

    /// The commit that a name stands for.
    pub(super) fn commit(&self, revision: &str) -> Result<ObjectId, GitError> {
        if revision.is_empty() || revision.starts_with('-') || revision.contains(char::is_control) {
            return Err(GitError::NoName(revision.to_owned()));
        }
        let name = format!("{revision}^{{commit}}");
        let answer = match self.ask(&["rev-parse", "--verify", "--quiet", &name], b"") {
            Err(GitError::Unreadable(_)) => {
                return Err(GitError::NoRevision {
                    revision: revision.to_owned(),
                    is_shallow: self.is_shallow,
                });
            }
            other => text(other?)?,
        };
        let id = ObjectId::parse(answer.trim_end());
        id.ok_or_else(|| GitError::NoName(revision.to_owned()))
    }

    /// Whether what is checked out was made from a commit; `None` where the history does not reach far enough to tell.
    pub(super) fn contains(&self, commit: &ObjectId) -> Option<bool> {
        let asked = ["merge-base", "--is-ancestor", commit.as_str(), "HEAD"];
        match self.ask(&asked, b"") {
            Ok(_) => Some(true),
            Err(GitError::Unreadable(why)) if why.is_empty() && !self.is_shallow => Some(false),
            Err(_) => None,
        }
    }

    /// What lies below the folder in a commit, by path.
    pub(super) fn list(&self, commit: &ObjectId) -> Result<Vec<Listed>, GitError> {
        let mut asked = vec![
            "ls-tree",
            "-r",
            "-l",
            "-z",
            "--full-tree",
            commit.as_str(),
            "--",
        ];
        if !self.prefix.is_empty() {
            asked.push(&self.prefix);
        }
        let answer = self.ask(&asked, b"")?;
        let entries = answer.split(|it| *it == 0).filter(|it| !it.is_empty());
        entries
            .map(|it| listed(it, &self.prefix).ok_or_else(|| odd("ls-tree")))
            .collect()
    }

    /// The ignore files of the folders above the folder in a commit; their paths are from the root of the working tree.
    pub(super) fn ignore_files_above(&self, commit: &ObjectId) -> Result<Vec<Listed>, GitError> {
        let ends = self.prefix.match_indices('/').map(|(at, _)| at + 1);
        let folders = std::iter::once(0)
            .chain(ends)
            .filter(|end| *end < self.prefix.len());
        let paths: Vec<String> = folders
            .map(|end| format!("{}.gitignore", &self.prefix[..end]))
            .collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = vec!["ls-tree", "-l", "-z", "--full-tree", commit.as_str(), "--"];
        asked.extend(paths.iter().map(String::as_str));
        let answer = self.ask(&asked, b"")?;
        let entries = answer.split(|it| *it == 0).filter(|it| !it.is_empty());
        let listed = entries.filter_map(|it| listed(it, ""));
        Ok(listed.filter(|it| it.sort == Sort::File).collect())
    }

    /// Names of files in the whole commit that end with a name.
    pub(super) fn named(&self, commit: &ObjectId, name: &str) -> Result<Vec<String>, GitError> {
        let asked = [
            "ls-tree",
            "-r",
            "-z",
            "--full-tree",
            "--name-only",
            commit.as_str(),
        ];
        let answer = self.ask(&asked, b"")?;
        let paths = answer.split(|it| *it == 0);
        let paths = paths.map(|it| String::from_utf8_lossy(it).into_owned());
        Ok(paths
            .filter(|path| path.rsplit('/').next() == Some(name))
            .collect())
    }

    /// The bytes of files, in the order in which they are asked for.
    pub(super) fn files(&self, objects: &[&ObjectId]) -> Result<Vec<Arc<[u8]>>, GitError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let input: String = objects.iter().map(|it| format!("{}\n", it.0)).collect();
        let answer = self.ask(&["cat-file", "--batch"], input.as_bytes())?;
        contents(&answer, objects)
    }

    /// The object of a file in a commit, if it is a file there. `path` is from the folder.
    pub(super) fn object(&self, commit: &str, path: &str) -> Result<Option<ObjectId>, GitError> {
        let path = format!("{}{path}", self.prefix);
        let answer = self.ask(
            &["ls-tree", "-l", "-z", "--full-tree", commit, "--", &path],
            b"",
        )?;
        let entry = answer.split(|it| *it == 0).find(|it| !it.is_empty());
        let listed = entry.and_then(|it| listed(it, ""));
        Ok(listed
            .filter(|it| it.sort == Sort::File)
            .map(|it| it.object))
    }

    /// What the commits since a commit did to a file, the oldest first, merges left out; `None` where they cannot all be
    /// told: the history does not reach far enough, or there are too many.
    pub(super) fn touches(&self, since: &ObjectId, path: &str) -> Option<Vec<Touch>> {
        let path = format!("{}{path}", self.prefix);
        let range = format!("{}..HEAD", since.0);
        let most = format!("--max-count={}", COMMITS_MAX + 1);
        let asked = [
            "rev-list",
            "--reverse",
            "--topo-order",
            &most,
            &range,
            "--",
            &path,
        ];
        let commits = text(self.ask(&asked, b"").ok()?).ok()?;
        if commits.lines().count() > COMMITS_MAX || self.is_shallow {
            return None;
        }
        let asked = [
            "diff-tree",
            "--stdin",
            "--root",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "-r",
            "-z",
            TOUCH_FORMAT,
            "--",
            &path,
        ];
        let answer = text(self.ask(&asked, commits.as_bytes()).ok()?).ok()?;
        answer.split(TOUCH).skip(1).map(touch).collect()
    }

    /// The address that a commit made here would have as its author's, if the user has set one.
    pub(super) fn own_address(&self) -> Option<String> {
        if let Some(address) = self.env.variable("GIT_AUTHOR_EMAIL") {
            return Some(address);
        }
        let answer = text(self.ask(&["config", "--get", "user.email"], b"").ok()?).ok()?;
        let address = answer.trim_end_matches('\n');
        (!address.is_empty()).then(|| address.to_owned())
    }

    fn ask(&self, asked: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let arguments: Vec<&str> = ALWAYS.into_iter().chain(asked.iter().copied()).collect();
        let ran = self.env.run(&Program {
            name: "git",
            arguments: &arguments,
            folder: &self.folder,
            variables: &self.variables,
            input,
            output_bytes_max: ANSWER_BYTES_MAX,
        });
        match ran {
            Ok(ran) if ran.is_success => Ok(ran.output),
            Ok(ran) => Err(GitError::Unreadable(first_line(&ran.errors))),
            Err(error @ RunError::Start(_)) => Err(GitError::NoProgram(error)),
            Err(error) => Err(GitError::Unreadable(error.to_string())),
        }
    }
}

/// What git is told by its environment. Whatever names another repository, index or object store is left out: seatplan may
/// run in a hook.
fn variables(env: &Env) -> BTreeMap<String, String> {
    let fixed = [
        ("LC_ALL", "C"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
    ];
    let own = |name: &str| Some((name.to_owned(), env.variable(name)?));
    let mut variables: BTreeMap<_, _> = PASSED_ON.iter().filter_map(|it| own(it)).collect();
    variables.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let settings = env.variable("GIT_CONFIG_COUNT");
    let settings = settings.and_then(|it| it.parse::<usize>().ok());
    if let Some(count) = settings.filter(|it| *it <= SETTINGS_MAX) {
        variables.extend(own("GIT_CONFIG_COUNT"));
        for at in 0..count {
            variables.extend(own(&format!("GIT_CONFIG_KEY_{at}")));
            variables.extend(own(&format!("GIT_CONFIG_VALUE_{at}")));
        }
    }
    variables
}

fn text(answer: Vec<u8>) -> Result<String, GitError> {
    String::from_utf8(answer).map_err(|_| odd("git"))
}

fn odd(command: &str) -> GitError {
    GitError::Unreadable(format!("the answer of {command} is not understood"))
}

/// The first line that git says, without the word before it.
fn first_line(errors: &str) -> String {
    let line = errors.lines().find(|it| !it.trim().is_empty());
    let line = line.unwrap_or_default().trim();
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// `100644 blob OBJECT    1234<TAB>path`.
fn listed(entry: &[u8], prefix: &str) -> Option<Listed> {
    let tab = entry.iter().position(|it| *it == b'\t')?;
    let (facts, path) = (std::str::from_utf8(&entry[..tab]).ok()?, &entry[tab + 1..]);
    let mut facts = facts.split_ascii_whitespace();
    let (mode, kind, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let path = String::from_utf8_lossy(path).into_owned();
    let sort = match (mode, kind) {
        ("120000", _) => Sort::Link,
        (_, "blob") => Sort::File,
        _ => Sort::Submodule,
    };
    Some(Listed {
        path: path.strip_prefix(prefix)?.to_owned(),
        object: ObjectId::parse(object)?,
        sort,
        bytes: size.parse().unwrap_or_default(),
    })
}

/// Answers of `cat-file --batch`: `OBJECT blob SIZE`, a line break, the bytes, a line break.
fn contents(mut answer: &[u8], objects: &[&ObjectId]) -> Result<Vec<Arc<[u8]>>, GitError> {
    let mut files = Vec::with_capacity(objects.len());
    for object in objects {
        let end = answer.iter().position(|it| *it == b'\n');
        let (head, rest) = answer.split_at(end.ok_or_else(|| odd("cat-file"))?);
        let head = std::str::from_utf8(head).unwrap_or_default();
        let words: Vec<&str> = head.split(' ').collect();
        let size = match words.as_slice() {
            [id, "blob", size] if *id == object.0 => size.parse::<usize>().ok(),
            [_, "missing"] => {
                let why = format!("the object {} is missing", object.short());
                return Err(GitError::Unreadable(why));
            }
            _ => None,
        };
        let size = size.filter(|it| rest.len() >= it + 2);
        let size = size.ok_or_else(|| odd("cat-file"))?;
        files.push(rest[1..=size].into());
        answer = &rest[size + 2..];
    }
    Ok(files)
}

/// Begins what is told of a commit: no address and no path has it.
const TOUCH: char = '\u{1}';
/// Ends a part of it.
const PART: char = '\u{2}';
const TOUCH_FORMAT: &str =
    "--format=%x01%ae%x02%(trailers:key=Co-authored-by,valueonly,separator=%x0a)%x02";

/// What is told of one commit: author, co-authors, and the file's line of the difference.
fn touch(told: &str) -> Option<Touch> {
    let mut parts = told.splitn(3, PART);
    let (author, others, difference) = (parts.next()?, parts.next()?, parts.next()?);
    let others = others.lines().filter_map(|it| {
        let (_, address) = it.rsplit_once('<')?;
        Some(address.trim_end().trim_end_matches('>').to_owned())
    });
    let line = difference
        .split('\0')
        .find_map(|it| it.trim_start().strip_prefix(':'))?;
    let mut words = line.split(' ').skip(2);
    let mut object = || ObjectId::parse(words.next()?);
    let (before, after) = (object()?, object()?);
    Some(Touch {
        authors: std::iter::once(author.to_owned()).chain(others).collect(),
        before: Some(before).filter(|it| !it.is_nothing()),
        after: Some(after).filter(|it| !it.is_nothing()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn an_entry_of_a_tree_has_its_path_from_the_folder() {
        let entry = format!("100644 blob {A}    1234\testates/acme/people/a b.yaml");
        let entry = listed(entry.as_bytes(), "estates/acme/").unwrap();
        assert_eq!(
            (entry.path.as_str(), entry.bytes),
            ("people/a b.yaml", 1234)
        );
        assert_eq!((entry.sort, entry.object.short()), (Sort::File, "0123456"));
        let link = format!("120000 blob {A}       9\tl");
        assert_eq!(listed(link.as_bytes(), "").unwrap().sort, Sort::Link);
        let submodule = format!("160000 commit {A}       -\tvendor");
        assert_eq!(
            listed(submodule.as_bytes(), "").unwrap().sort,
            Sort::Submodule
        );
    }

    #[test]
    fn contents_may_hold_line_breaks_and_answers_that_do_not_fit_are_refused() {
        let id = ObjectId::parse(A).unwrap();
        let read = |text: String| contents(text.as_bytes(), &[&id, &id]);
        let two = read(format!("{A} blob 4\na\nb\n\n{A} blob 0\n\n")).unwrap();
        assert_eq!((&*two[0], &*two[1]), (&b"a\nb\n"[..], &b""[..]));
        assert!(read(format!("{A} blob 4\nab")).is_err());
        assert!(read(format!("{A} tree 0\n\n")).is_err());
        let missing = read(format!("{A} missing\n")).unwrap_err();
        assert!(
            missing
                .to_string()
                .ends_with("the object 0123456 is missing"),
            "{missing}"
        );
    }

    #[test]
    fn a_commit_tells_its_authors_and_what_it_did() {
        let zero = "0".repeat(40);
        let told = format!(
            "dana@acme.example\u{2}Bob <bob@acme.example>\nno address\u{2}\0\n:000000 100644 {zero} {A} A\0a.yaml\0"
        );
        let touch = touch(&told).unwrap();
        assert_eq!(touch.authors, ["dana@acme.example", "bob@acme.example"]);
        assert_eq!((touch.before, touch.after), (None, ObjectId::parse(A)));
    }
}
