//! Estates from what exists already: an account as it is, or another tool's configuration.
//!
//! Both end in the same thing, new files for an estate and an account of what they hold and what they leave out. Nothing
//! here reaches a vendor, and nothing here changes a file that exists: [`write()`] refuses before the first byte.
//!
//! # Design
//! What is written is made from its own small types (`layout`) and not from those of `config`, which hold a place for
//! every word: a place in a file that does not exist yet would be a lie. That the result is what `config` reads is
//! what the tests hold: everything that is imported validates, and plans to nothing.

use std::path::{Path, PathBuf};

use crate::diagnostic::Sink;
use crate::env::Env;
use crate::text::Sources;

mod adopt;
pub mod export;
mod layout;
pub mod live;
mod peribolos;
mod run;

pub use adopt::{Adoption, Reached, adopt};
pub use peribolos::from_peribolos;
pub use run::{Origin, Report, run};

/// What an import makes; nothing is written yet.
#[derive(Debug, Default)]
pub struct Import {
    /// Files that are new to the estate, in the order of their paths. Empty if `sink` has errors.
    pub files: Vec<NewFile>,
    /// What the files hold, in the order in which it is told.
    pub carried: Vec<Count>,
    /// What was found and is not carried over, in the order in which it is told; only what there is any of.
    pub left_out: Vec<Count>,
    /// YAML that belongs into files which exist already, for a person to put there; usually empty.
    pub by_hand: Vec<ByHand>,
    /// The texts that were read, for the places in `sink`.
    pub sources: Sources,
    /// What was wrong with them.
    pub sink: Sink,
}

/// A file that an estate does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Path with `/`, relative to the estate's root.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// How many of something there are.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Count {
    /// What is counted, in the plural: `teams`.
    pub what: String,
    /// How many.
    pub count: usize,
    /// Why it is not carried over, or what became of it; a phrase.
    pub note: Option<String>,
}

impl Count {
    fn of(what: &str, count: usize) -> Self {
        Self {
            what: what.to_owned(),
            count,
            note: None,
        }
    }

    fn noted(what: &str, count: usize, note: &str) -> Self {
        Self {
            note: Some(note.to_owned()),
            ..Self::of(what, count)
        }
    }
}

/// Lines for a file that exists already.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct ByHand {
    /// Where they belong: `under "access" of the account "acme-code"`.
    pub place: String,
    /// The lines, as YAML.
    pub text: String,
}

/// Why an import could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error("{} is not UTF-8: the byte at {at} belongs to no character", path.display())]
    NotText {
        /// The path.
        path: PathBuf,
        /// The first byte that is wrong, from 0.
        at: usize,
    },
    /// There is nothing of the kind that was asked for.
    #[error("{} holds no peribolos configuration: neither an org.yaml nor folders with one", path.display())]
    NothingThere {
        /// The path.
        path: PathBuf,
    },
    /// No product says that it takes this tool's configuration.
    #[error("no product definition says what the words of \"{tool}\" mean (key \"imports\")")]
    NoProduct {
        /// The tool.
        tool: String,
    },
    /// An export or an inventory is not what it should be; a phrase, raw.
    #[error("{0}")]
    Export(String),
    /// Files that would be written are there already; nothing was written.
    #[error(
        "{} already there, and import never overwrites: {}",
        are(paths),
        shown(paths)
    )]
    Exists {
        /// The paths, relative to the estate's root.
        paths: Vec<String>,
    },
    /// A file could not be written; those before it were.
    #[error("cannot write {}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

fn are(paths: &[String]) -> String {
    match paths {
        [_] => "a file is".to_owned(),
        _ => format!("{} files are", paths.len()),
    }
}

fn shown(paths: &[String]) -> String {
    let first: Vec<&str> = paths.iter().take(5).map(String::as_str).collect();
    let more = if paths.len() > first.len() {
        ", ..."
    } else {
        ""
    };
    format!("{}{more}", first.join(", "))
}

/// Writes files below a folder, all of them or, if one is there already, none.
///
/// # Errors
/// [`ImportError::Exists`] before anything is written; [`ImportError::Write`] leaves the files before the failed one.
pub fn write(env: &Env, root: &Path, files: &[NewFile]) -> Result<(), ImportError> {
    let existing: Vec<String> = files
        .iter()
        .filter(|file| env.exists(&root.join(&file.path)))
        .map(|file| file.path.clone())
        .collect();
    if !existing.is_empty() {
        return Err(ImportError::Exists { paths: existing });
    }
    for file in files {
        let path = root.join(&file.path);
        env.write(&path, file.text.as_bytes())
            .map_err(|source| ImportError::Write { path, source })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> NewFile {
        NewFile {
            path: path.to_owned(),
            text: "users: {}\n".to_owned(),
        }
    }

    #[test]
    fn nothing_is_written_if_one_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::fixed(
            jiff::Timestamp::UNIX_EPOCH,
            std::collections::BTreeMap::new(),
            folder.path(),
        );
        write(&env, Path::new("."), &[file("people/a.yaml")]).unwrap();
        let error = write(
            &env,
            Path::new("."),
            &[file("b.yaml"), file("people/a.yaml")],
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "a file is already there, and import never overwrites: people/a.yaml"
        );
        assert!(!env.exists(Path::new("b.yaml")));
    }
}
