//! An estate from its files: found, read, parsed and decoded in parallel, merged in the order of their paths.
//!
//! Which files there are is decided in `files`, which names a file may have in `names`. A file that cannot be read is a
//! problem like any other: it is reported with its path and the others are read.
//!
//! # Design
//! Sources are numbered before anything is read: `seatplan.yaml` first, then by path. So problems come out in the same
//! order and with the same places however many threads there are.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::codes;
use crate::config::{self, Config, File, Settings};
use crate::diagnostic::{Diagnostic, Sink};
use crate::env::{Env, ReadBelowError};
use crate::product::Products;
use crate::text::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Document, NodeKind, limits};

mod files;
mod names;
mod tree;

use files::Candidate;
pub use tree::{Held, Tree};

/// The file that marks an estate's root.
pub const SETTINGS_FILE: &str = "seatplan.yaml";

/// An estate as far as it could be read.
#[derive(Debug)]
pub struct Loaded {
    /// Every file of the estate: `seatplan.yaml`, then the others by path. Files that could not be read are there with an
    /// empty text.
    pub sources: Sources,
    /// What the files say, taken together.
    pub config: Config,
    /// Built-in product definitions and the estate's own.
    pub products: Products,
    /// Every problem found, ordered by place; an error means that no plan may be made of this.
    pub sink: Sink,
}

/// Why there is no estate to speak of.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Neither the folder nor any above it has a `seatplan.yaml`.
    #[error("neither {0} nor a folder above it has a seatplan.yaml")]
    NoEstate(PathBuf),
    /// The folder that was named does not exist. One above it may be an estate, but not the one that was meant.
    #[error("there is no folder {0}")]
    NoFolder(PathBuf),
    /// The root folder cannot be read.
    #[error("{path} cannot be read: {error}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
}

/// The root of the estate that a folder or file belongs to: the nearest folder from there upwards that has a
/// `seatplan.yaml`. Without `start`, from the working directory.
///
/// # Errors
/// [`LoadError::NoEstate`] or [`LoadError::NoFolder`] with the folder that the search began at.
pub fn find_root(env: &Env, start: Option<&Path>) -> Result<PathBuf, LoadError> {
    let start = env.directory().join(start.unwrap_or(Path::new("")));
    if !env.exists(&start) {
        return Err(LoadError::NoFolder(start));
    }
    start
        .ancestors()
        .find(|folder| env.has_file(&folder.join(SETTINGS_FILE)))
        .map(Path::to_path_buf)
        .ok_or(LoadError::NoEstate(start))
}

/// Where the files of an estate stand.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'o> {
    /// In a folder.
    Disk {
        /// The machine.
        env: &'o Env,
        /// The folder that `seatplan.yaml` stands in.
        root: &'o Path,
    },
    /// In a revision that was read from a repository.
    Revision(&'o Tree),
}

impl Origin<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadBelowError> {
        let most = limits::FILE_BYTES_MAX as u64;
        match self {
            Self::Disk { env, root } => env.read_below(root, Path::new(path), most),
            Self::Revision(tree) => tree.read(path, most).map(<[u8]>::to_vec),
        }
    }

    fn source(&self, path: &str, text: impl AsRef<str>) -> Source {
        let revision = match self {
            Self::Disk { .. } => None,
            Self::Revision(tree) => Some(std::sync::Arc::clone(tree.revision())),
        };
        Source::new(path, text).at_revision(revision)
    }
}

/// Reads the estate below `root`.
///
/// # Errors
/// Only if the root folder itself cannot be read; everything else that is wrong is in [`Loaded::sink`].
pub fn load(env: &Env, root: &Path) -> Result<Loaded, LoadError> {
    load_beside(Origin::Disk { env, root }, Sources::new())
}

/// Reads an estate whose sources stand beside those of others.
///
/// # Errors
/// As [`load`]; never for a revision.
pub fn load_beside(origin: Origin<'_>, mut sources: Sources) -> Result<Loaded, LoadError> {
    let mut sink = Sink::new();
    let settings_id = sources.next_id();
    let (source, settings) = read_settings(&origin, settings_id, &mut sink);
    sources.add(source);

    let (candidates, walked) = files::find(&origin, &settings, settings_id)?;
    sink.append(walked);
    let first = sources.len();
    let read: Vec<Read> = candidates
        .par_iter()
        .enumerate()
        .map(|(index, candidate)| read_file(&origin, candidate, sources.id_at(first + index)))
        .collect();

    let mut files = Vec::with_capacity(read.len());
    for it in read {
        sources.add(it.source);
        files.push(it.file);
        sink.append(it.sink);
    }
    let config = Config::merge(settings, files, &mut sink);
    let products = config::products(&config, &mut sink);
    sink.sort();
    Ok(Loaded {
        sources,
        config,
        products,
        sink,
    })
}

/// One file, read and decoded on whatever thread was free.
struct Read {
    source: Source,
    file: File,
    sink: Sink,
}

fn read_file(origin: &Origin<'_>, candidate: &Candidate, id: SourceId) -> Read {
    let mut sink = Sink::new();
    let source = match &candidate.refusal {
        Some(refusal) => {
            sink.push(refusal.to_diagnostic(Span::point(id, 0)));
            origin.source(&candidate.path, "")
        }
        None => read_source(origin, &candidate.path, id, &mut sink),
    };
    let mut file = File::default();
    if !sink.has_errors() {
        let document = yaml::parse(&source, id, &mut sink);
        if !is_beside(&document) {
            refuse_empty(&document, id, &mut sink);
            file = config::decode_file(&document, &source, &mut sink);
        }
    }
    Read { source, file, sink }
}

/// Reads `seatplan.yaml`. What cannot be read is taken as nothing written, so that the other files are checked as well.
fn read_settings(origin: &Origin<'_>, id: SourceId, sink: &mut Sink) -> (Source, Settings) {
    let source = read_source(origin, SETTINGS_FILE, id, sink);
    let was_read = !sink.has_errors();
    let mut settings = None;
    if was_read {
        let document = yaml::parse(&source, id, sink);
        if document.root.is_none() && !sink.has_errors() {
            sink.push(
                Diagnostic::new(&codes::EMPTY_FILE, "the file holds nothing")
                    .at(Span::point(id, 0), "")
                    .help("write at least \"seatplan: 1\" and \"name:\""),
            );
        } else {
            settings = config::decode_settings(&document, sink);
        }
    }
    let settings = settings.unwrap_or_else(|| {
        // `report` keeps accounts that rely on `defaults:` from being reported for what is wrong here.
        let stand_in = Source::new(
            SETTINGS_FILE,
            "{seatplan: 1, name: unread, defaults: {unmanaged: report}}",
        );
        let document = yaml::parse(&stand_in, id, &mut Sink::new());
        config::decode_settings(&document, &mut Sink::new()).expect("the stand-in is complete")
    });
    (source, settings)
}

/// Reads a file's text. On failure the source is empty, or ends where the text stopped being UTF-8.
fn read_source(origin: &Origin<'_>, path: &str, id: SourceId, sink: &mut Sink) -> Source {
    let bytes = match origin.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            sink.push(unreadable(path, &error).at(Span::point(id, 0), ""));
            return origin.source(path, "");
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => origin.source(path, text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let text = String::from_utf8_lossy(&bytes[..valid]).into_owned();
            let source = origin.source(path, text);
            // Only for what it masks: the lines before the place are shown with it.
            yaml::parse(&source, id, &mut Sink::new());
            let at = u32::try_from(valid).unwrap_or(u32::MAX);
            sink.push(not_utf8(&bytes, valid).at(Span::point(id, at), ""));
            source
        }
    }
}

fn unreadable(path: &str, error: &ReadBelowError) -> Diagnostic {
    match error {
        ReadBelowError::Link => names::Refusal::Link(path.to_owned()).diagnostic(),
        ReadBelowError::NotAFile => names::Refusal::NotAFile(path.to_owned()).diagnostic(),
        ReadBelowError::TooLarge(bytes) => Diagnostic::new(
            &yaml::codes::TOO_LARGE,
            format!(
                "the file has {bytes} bytes, more than {}",
                limits::FILE_BYTES_MAX
            ),
        )
        .help("split it into several files"),
        ReadBelowError::Io(error) => {
            names::Refusal::Unreadable(path.to_owned(), error.to_string()).diagnostic()
        }
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message = if is_utf16 {
        "the file is UTF-16, not UTF-8".to_owned()
    } else {
        format!("the byte 0x{:02x} at offset {at} is not UTF-8", bytes[at])
    };
    Diagnostic::new(&yaml::codes::NOT_UTF8, message).help("save the file as UTF-8")
}

/// Whether a file is no part of what is wanted: the actual state of an account (an inventory), or a script for the embedded
/// directory. Such a file has one key.
fn is_beside(document: &Document<'_>) -> bool {
    let Some(root) = &document.root else {
        return false;
    };
    matches!(&root.kind, NodeKind::Mapping(entries)
        if matches!(entries.as_slice(), [only] if matches!(only.key.text.as_ref(), "inventory" | "script")))
}

/// Nothing empty may ever mean "remove everyone", so a file or a section that holds nothing is an error.
fn refuse_empty(document: &Document<'_>, id: SourceId, sink: &mut Sink) {
    let Some(root) = document.root.as_ref().filter(|root| !is_empty(root)) else {
        if !sink.has_errors() {
            sink.push(
                Diagnostic::new(&codes::EMPTY_FILE, "the file holds nothing")
                    .at(Span::point(id, 0), "")
                    .help("delete the file, or write what belongs into it"),
            );
        }
        return;
    };
    let NodeKind::Mapping(entries) = &root.kind else {
        return;
    };
    for entry in entries.iter().filter(|entry| is_empty(&entry.value)) {
        sink.push(
            Diagnostic::new(
                &codes::EMPTY_SECTION,
                format!("the section \"{}\" holds nothing", entry.key.text),
            )
            .at(entry.key.span, "")
            .help("delete the key, or write what belongs under it"),
        );
    }
}

fn is_empty(node: &yaml::Node<'_>) -> bool {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.is_empty(),
        NodeKind::Sequence(items) => items.is_empty(),
        NodeKind::Scalar { .. } => node.is_null(),
    }
}
