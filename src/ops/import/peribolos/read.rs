//! The files of a peribolos configuration, merged per organisation.
//!
//! Three layouts are known: a file with `orgs:`, as peribolos itself takes it; a folder with `org.yaml`; and a folder of
//! such folders. Next to `org.yaml`, every `FOLDER/teams.yaml` adds teams, one level deep, as `cmd/merge` of
//! kubernetes/org does (`--merge-teams`; read from a stored copy at 0355765a). Other files are not read.

use std::path::{Path, PathBuf};

use super::written::{Full, Org, Team};
use crate::config::codes::imports as codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::env::{Env, Listed};
use crate::ops::import::ImportError;
use crate::text::{Source, Sources, Spanned, Word};
use crate::yaml::{self, Decode, Decoder, Entries};

/// What was read: organisations by name, in the order of their names.
pub(super) struct Read {
    pub(super) organisations: Vec<(Word, Org)>,
    pub(super) files: usize,
    pub(super) files_left_out: usize,
    pub(super) sources: Sources,
    pub(super) sink: Sink,
}

/// Reads everything below a folder, or one file.
pub(super) fn read(env: &Env, from: &Path) -> Result<Read, ImportError> {
    let mut read = Read {
        organisations: Vec::new(),
        files: 0,
        files_left_out: 0,
        sources: Sources::new(),
        sink: Sink::new(),
    };
    let Ok(listing) = env.list(from) else {
        let full: Option<Full> = read.file(env, from, from.parent().unwrap_or(from))?;
        let organisations = full.map(|it| it.orgs.0).unwrap_or_default();
        read.organisations = organisations
            .into_iter()
            .map(|(name, org)| (name.value, org))
            .collect();
        return Ok(read);
    };
    if listing.contains(&("org.yaml".to_owned(), Listed::File)) {
        read.organisation(env, from, from)?;
    } else {
        for (name, listed) in &listing {
            match listed {
                Listed::Folder if env.exists(&from.join(name).join("org.yaml")) => {
                    read.organisation(env, &from.join(name), from)?;
                }
                _ => read.files_left_out += usize::from(is_yaml(name)),
            }
        }
    }
    match read.organisations.is_empty() {
        true => Err(ImportError::NothingThere {
            path: from.to_owned(),
        }),
        false => Ok(read),
    }
}

impl Read {
    /// One folder: `org.yaml` and the `teams.yaml` of its folders.
    fn organisation(&mut self, env: &Env, folder: &Path, root: &Path) -> Result<(), ImportError> {
        let whole = env.directory().join(folder);
        let name = whole.file_name().map(|it| it.to_string_lossy());
        let mut org: Org = match self.file(env, &folder.join("org.yaml"), root)? {
            Some(org) => org,
            None => return Ok(()),
        };
        for (inner, listed) in list(env, folder)? {
            let teams = folder.join(&inner).join("teams.yaml");
            match listed {
                Listed::Folder if env.exists(&teams) => {
                    let more: Option<Org> = self.file(env, &teams, root)?;
                    org.teams
                        .append(more.map(|it| it.teams).unwrap_or_default());
                }
                Listed::File if inner != "org.yaml" => {
                    self.files_left_out += usize::from(is_yaml(&inner));
                }
                _ => {}
            }
        }
        refuse_twins(&org.teams, &mut self.sink);
        self.organisations
            .push((Word::new(name.unwrap_or_default()), org));
        Ok(())
    }

    /// One file; `None` where it is so wrong that nothing can be read from it.
    fn file<T: Decode>(
        &mut self,
        env: &Env,
        path: &Path,
        root: &Path,
    ) -> Result<Option<T>, ImportError> {
        let bytes = env.read(path).map_err(|source| ImportError::Read {
            path: path.to_owned(),
            source,
        })?;
        let text = String::from_utf8(bytes).map_err(|error| ImportError::NotText {
            path: path.to_owned(),
            at: error.utf8_error().valid_up_to(),
        })?;
        let id = self.sources.next_id();
        let source = Source::new(shown(path, root), text);
        let document = yaml::parse(&source, id, &mut self.sink);
        let mut decoder = Decoder::new();
        let value = document
            .root
            .as_ref()
            .and_then(|root| T::decode(root, &mut decoder));
        self.sink.append(decoder.sink);
        self.sources.add(source);
        self.files += 1;
        Ok(value)
    }
}

fn list(env: &Env, folder: &Path) -> Result<Vec<(String, Listed)>, ImportError> {
    env.list(folder).map_err(|source| ImportError::Read {
        path: folder.to_owned(),
        source,
    })
}

fn shown(path: &Path, root: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(root).unwrap_or(path).to_owned();
    relative.to_string_lossy().replace('\\', "/")
}

fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

/// Teams are one name space per organisation, however deep they lie; case does not tell them apart.
fn refuse_twins(teams: &Entries<Team>, sink: &mut Sink) {
    let mut seen: std::collections::BTreeMap<String, &Spanned<Word>> = Default::default();
    let mut open: Vec<_> = teams.0.iter().rev().collect();
    while let Some((name, team)) = open.pop() {
        if let Some(first) = seen.insert(name.value.to_lowercase(), name) {
            let message = format!("the team \"{}\" is described twice", name.value);
            sink.push(
                Diagnostic::new(&codes::TEAM_TWICE, message)
                    .at(name.span, "here again")
                    .at(first.span, "first here")
                    .help("delete one of the two before importing"),
            );
        }
        open.extend(team.teams.0.iter().rev());
    }
}
