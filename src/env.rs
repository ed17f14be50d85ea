//! The one door to clock, environment, files, randomness and other programs.
//!
//! Everything else takes an [`Env`], so that tests and simulations can stand in for the machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod program;

pub use program::{Program, Ran, RunError};

/// The machine, or a stand-in for it. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>,
    variables: Arc<dyn Fn(&str) -> Option<String> + Send + Sync>,
    directory: PathBuf,
    store: Option<PathBuf>,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// A folder.
    Folder,
    /// A file that can be read to its end.
    File,
    /// Neither, or something that cannot be looked at: a device, a broken link.
    Other,
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
impl Env {
    /// The real machine.
    ///
    /// # Errors
    /// If the working directory cannot be read.
    pub fn system() -> std::io::Result<Self> {
        Ok(Self {
            now: Arc::new(jiff::Timestamp::now),
            variables: Arc::new(|name| std::env::var(name).ok()),
            directory: std::env::current_dir()?,
            store: None,
        })
    }

    /// A machine with a clock that stands still, given variables and a working directory.
    pub fn fixed(
        now: jiff::Timestamp,
        variables: BTreeMap<String, String>,
        directory: impl Into<PathBuf>,
    ) -> Self {
        Self {
            now: Arc::new(move || now),
            variables: Arc::new(move |name| variables.get(name).cloned()),
            directory: directory.into(),
            store: None,
        }
    }

    /// The same machine, with a folder of its own for what seatplan remembers.
    #[must_use]
    pub fn with_store(mut self, folder: impl Into<PathBuf>) -> Self {
        self.store = Some(self.directory.join(folder.into()));
        self
    }

    /// Where this machine keeps what seatplan remembers; `None` where it stays with each estate.
    pub fn store(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// The current instant.
    pub fn now(&self) -> jiff::Timestamp {
        (self.now)()
    }

    /// The value of an environment variable, if it is set and is Unicode.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    /// The working directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Random bytes that cannot be guessed, for tokens.
    ///
    /// # Errors
    /// If the operating system has none to give.
    pub fn random_bytes<const N: usize>(&self) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(bytes)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`std::fs::read`].
    pub fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.directory.join(path))
    }

    /// Whether something other than a folder stands at a path; links are not followed.
    pub fn has_file(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(self.directory.join(path)).is_ok_and(|it| !it.is_dir())
    }

    /// Reads a file below a folder without following a link on the way, so that nothing outside of the folder can be read
    /// even if somebody puts a link in the place of a file meanwhile. Never waits for a pipe or a device.
    ///
    /// `relative` has only plain names in it. Windows has no such way to open a file; there a link is looked for first.
    ///
    /// # Errors
    /// See [`ReadBelowError`].
    pub fn read_below(
        &self,
        root: &Path,
        relative: &Path,
        bytes_max: u64,
    ) -> Result<Vec<u8>, ReadBelowError> {
        use std::io::Read as _;
        let mut file = open_below(&self.directory.join(root), relative)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(ReadBelowError::NotAFile);
        }
        if metadata.len() > bytes_max {
            return Err(ReadBelowError::TooLarge(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
        // A file may grow while it is read.
        let read = (&mut file).take(bytes_max + 1).read_to_end(&mut bytes)? as u64;
        if read > bytes_max {
            return Err(ReadBelowError::TooLarge(read));
        }
        Ok(bytes)
    }

    /// Whether a file or folder is there.
    pub fn exists(&self, path: &Path) -> bool {
        self.directory.join(path).exists()
    }

    /// What lies in a folder, in the order of the names; links are followed.
    ///
    /// # Errors
    /// As [`std::fs::read_dir`]; also if `path` is a file.
    pub fn list(&self, path: &Path) -> std::io::Result<Vec<(String, Listed)>> {
        let mut listed = Vec::new();
        for entry in std::fs::read_dir(self.directory.join(path))? {
            let path = entry?.path();
            let kind = match std::fs::metadata(&path) {
                Ok(it) if it.is_dir() => Listed::Folder,
                Ok(it) if it.is_file() => Listed::File,
                _ => Listed::Other,
            };
            if let Some(name) = path.file_name() {
                listed.push((name.to_string_lossy().into_owned(), kind));
            }
        }
        listed.sort();
        Ok(listed)
    }

    /// Writes a file so that either the old or the new content is there, whatever happens: a temporary file beside it,
    /// synced, then renamed. Missing folders are made.
    ///
    /// # Errors
    /// If any of that fails; the old file is then untouched.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        self.write_into(path, bytes, |temporary| std::fs::File::create(temporary))
    }

    /// As [`write`](Self::write), for a file that only its owner may read.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_secret(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        self.write_into(path, bytes, |temporary| {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(temporary)
        })
    }

    fn write_into(
        &self,
        path: &Path,
        bytes: &[u8],
        create: impl FnOnce(&Path) -> std::io::Result<std::fs::File>,
    ) -> std::io::Result<()> {
        use std::io::Write as _;
        let path = self.directory.join(path);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let name = path
            .file_name()
            .map(|it| it.to_string_lossy().into_owned())
            .unwrap_or_default();
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let written = create(&temporary).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let renamed = written.and_then(|()| std::fs::rename(&temporary, &path));
        if renamed.is_err() {
            // The temporary file is ours alone; if it cannot be removed either, there is nothing better to do.
            let _ = std::fs::remove_file(&temporary);
        }
        renamed
    }
}

/// Why a file below a folder was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadBelowError {
    /// The file, or a folder on the way to it, is a symbolic link.
    #[error("it is a symbolic link")]
    Link,
    /// It is a folder, a pipe, a socket or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// It has more bytes than were asked for; so many.
    #[error("it has {0} bytes")]
    TooLarge(u64),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[cfg(unix)]
fn open_below(root: &Path, relative: &Path) -> Result<std::fs::File, ReadBelowError> {
    use rustix::fs::{Mode, OFlags, open, openat};
    use rustix::io::Errno;

    let refusal = |error: Errno| match error {
        // A link in the place of a folder is "not a folder" to some systems.
        Errno::LOOP | Errno::MLINK | Errno::NOTDIR => ReadBelowError::Link,
        Errno::NXIO => ReadBelowError::NotAFile,
        other => ReadBelowError::Io(other.into()),
    };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut folder = open(root, flags | OFlags::DIRECTORY, Mode::empty())
        .map_err(|error| ReadBelowError::Io(error.into()))?;
    let no_follow = flags | OFlags::NOFOLLOW;
    if let Some(parent) = relative.parent() {
        for name in parent.components() {
            folder = openat(
                &folder,
                name.as_os_str(),
                no_follow | OFlags::DIRECTORY,
                Mode::empty(),
            )
            .map_err(refusal)?;
        }
    }
    let name = relative.file_name().unwrap_or_default();
    let never_wait = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat(&folder, name, no_follow | never_wait, Mode::empty()).map_err(refusal)?;
    Ok(file.into())
}

#[cfg(not(unix))]
fn open_below(root: &Path, relative: &Path) -> Result<std::fs::File, ReadBelowError> {
    let mut path = root.to_path_buf();
    for name in relative.components() {
        path.push(name);
        let metadata = std::fs::symlink_metadata(&path)?;
        if metadata.is_symlink() {
            return Err(ReadBelowError::Link);
        }
    }
    if !std::fs::symlink_metadata(&path)?.is_file() {
        return Err(ReadBelowError::NotAFile);
    }
    Ok(std::fs::File::open(path)?)
}
