//! The one door to clock, environment, files and randomness.
//!
//! Everything else takes an [`Env`], so that tests and simulations can stand in for the machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The machine, or a stand-in for it. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>,
    variables: Arc<dyn Fn(&str) -> Option<String> + Send + Sync>,
    directory: PathBuf,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
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
        }
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

    /// Writes a file so that either the old or the new content is there, whatever happens: a temporary file beside it,
    /// synced, then renamed. Missing folders are made.
    ///
    /// # Errors
    /// If any of that fails; the old file is then untouched.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        use std::io::Write as _;
        let path = self.directory.join(path);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let name = path
            .file_name()
            .map(|it| it.to_string_lossy().into_owned())
            .unwrap_or_default();
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let written = std::fs::File::create(&temporary).and_then(|mut file| {
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
