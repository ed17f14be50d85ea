//! A peribolos configuration to an estate: one account per organisation, users by login.
//!
//! # Design
//! - Logins that differ only in case are one person, spelt as they are spelt most often.
//! - An organisation's administrator who stands in a team becomes one of its maintainers: GitHub makes it so, whatever
//!   is written (GH06).
//! - Somebody in a team who is not in the organisation stays out, with a warning: giving access that no line asks for is
//!   worse than leaving out a place that cannot exist.
//! - An organisation without teams gets no `teams:`, so that nothing empty ever means "remove all of them".
//! - Which product it is, and which roles the lists mean, is said by the product's own definition (`imports:`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::read::Read;
use self::written::{Org, Team};
use super::layout::{self, Access, Account, File, User};
use super::{Count, Import, ImportError, NewFile};
use crate::config::codes::imports as codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::env::Env;
use crate::model::ProductId;
use crate::product::{Identity, Product, Products};
use crate::text::{Spanned, Word};

mod read;
mod written;

/// The word under `imports:` of a product, and of `import --from`.
const TOOL: &str = "peribolos";

/// Reads a peribolos configuration and makes the files of an estate from it.
///
/// `from` is a folder with `org.yaml`, a folder of such folders, or one file with `orgs:`. `name` is what the estate is
/// called; its `seatplan.yaml` is among the files only if `needs_root` says that there is none yet.
///
/// # Errors
/// If the files cannot be read at all, or no product definition knows the tool. What is wrong inside them is in the
/// result's sink, and then there are no files.
pub fn from_peribolos(
    env: &Env,
    from: &Path,
    products: &Products,
    name: &str,
    needs_root: bool,
) -> Result<Import, ImportError> {
    let (id, product, roles) = product_of(products)?;
    let read = read::read(env, from)?;
    let mut estate = Estate::new(id, product, roles);
    let Read {
        organisations,
        mut sink,
        ..
    } = read;
    for (name, org) in &organisations {
        estate.learn_spellings(org);
        estate.carry_over(name, org, &mut sink);
    }
    sink.sort();
    let mut import = Import {
        carried: estate.carried(),
        left_out: estate.left_out(read.files_left_out),
        sources: read.sources,
        sink,
        ..Import::default()
    };
    if !import.sink.has_errors() {
        import.files = estate.into_files(name, needs_root);
    }
    Ok(import)
}

/// The role behind each of the two lists of an organisation.
struct Roles {
    admins: String,
    members: String,
}

fn product_of(products: &Products) -> Result<(&ProductId, &Product, Roles), ImportError> {
    let role = |product: &Product, list: &str| {
        let words = product.imports.get(TOOL)?;
        words
            .roles
            .get(list)
            .map(|role| role.value.as_str().to_owned())
    };
    products
        .iter()
        .find_map(|(id, product)| {
            let roles = Roles {
                admins: role(product, "admins")?,
                members: role(product, "members")?,
            };
            Some((id, product.as_ref(), roles))
        })
        .ok_or_else(|| ImportError::NoProduct {
            tool: TOOL.to_owned(),
        })
}

/// What grows while organisations are carried over.
struct Estate {
    product: ProductId,
    login: String,
    roles: Roles,
    accounts: BTreeMap<String, Account>,
    /// Who is in which organisation in which role: logins in lower case, then organisations.
    people: BTreeMap<String, BTreeMap<String, String>>,
    /// How often each spelling of a login occurs, by the login in lower case.
    spellings: BTreeMap<String, BTreeMap<Word, usize>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    admins: usize,
    members: usize,
    teams: usize,
    nested: usize,
    places: usize,
    leads: usize,
    raised: usize,
    formerly: usize,
    outside: usize,
    repositories: usize,
    permissions: usize,
    privacy: usize,
    descriptions: usize,
    settings: usize,
}

impl Estate {
    fn new(id: &ProductId, product: &Product, roles: Roles) -> Self {
        let login = match &product.user.identity.value {
            Identity::Login(name) => name.as_str().to_owned(),
            Identity::Email => "email".to_owned(),
        };
        Self {
            product: id.clone(),
            login,
            roles,
            accounts: BTreeMap::new(),
            people: BTreeMap::new(),
            spellings: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    fn learn_spellings(&mut self, org: &Org) {
        let mut learn = |logins: &[Spanned<Word>]| {
            for login in logins {
                let of_login = self.spellings.entry(fold(login)).or_default();
                *of_login.entry(login.value.clone()).or_default() += 1;
            }
        };
        learn(&org.admins);
        learn(&org.members);
        let mut open: Vec<&Team> = org.teams.iter().map(|(_, team)| team).collect();
        while let Some(team) = open.pop() {
            learn(&team.maintainers);
            learn(&team.members);
            open.extend(team.teams.iter().map(|(_, inner)| inner));
        }
    }

    fn carry_over(&mut self, name: &Word, org: &Org, sink: &mut Sink) {
        self.counts.settings += org.settings();
        self.counts.repositories += org.repos.0.len();
        let mut people = once_each(&org.admins, &org.members, "the organisation", sink);
        self.counts.admins += people.values().filter(|first| **first).count();
        self.counts.members += people.values().filter(|first| !**first).count();
        let mut account = Account {
            product: self.product.as_str().to_owned(),
            ..Account::default()
        };
        for (team_name, team) in org.teams.iter() {
            self.carry_team(team_name, team, None, &people, &mut account, sink);
        }
        self.accounts.insert(name.as_str().to_owned(), account);
        while let Some((login, is_admin)) = people.pop_first() {
            let role = match is_admin {
                true => &self.roles.admins,
                false => &self.roles.members,
            };
            let access = self.people.entry(login).or_default();
            access.insert(name.as_str().to_owned(), role.clone());
        }
    }

    fn carry_team(
        &mut self,
        name: &Spanned<Word>,
        team: &Team,
        parent: Option<&Word>,
        organisation: &BTreeMap<String, bool>,
        account: &mut Account,
        sink: &mut Sink,
    ) {
        self.counts.teams += 1;
        self.counts.nested += usize::from(parent.is_some());
        self.counts.permissions += team.repos.0.len();
        self.counts.privacy += usize::from(team.privacy.is_some());
        self.counts.descriptions += usize::from(team.description.is_some());
        self.counts.formerly += team.previously.len();
        let mut carried = layout::Team {
            parent: parent.map(|it| it.as_str().to_owned()),
            formerly: words(&team.previously),
            ..layout::Team::default()
        };
        self.counts.outside += refuse_outsiders(name, team, organisation, sink);
        for (login, is_maintainer) in once_each(&team.maintainers, &team.members, "the team", sink)
        {
            let Some(is_admin) = organisation.get(&login) else {
                continue;
            };
            self.counts.places += 1;
            self.counts.raised += usize::from(*is_admin && !is_maintainer);
            match *is_admin || is_maintainer {
                true => carried.leads.push(login),
                false => carried.members.push(login),
            }
        }
        self.counts.leads += carried.leads.len();
        account
            .teams
            .insert(name.value.as_str().to_owned(), carried);
        for (inner_name, inner) in team.teams.iter() {
            self.carry_team(
                inner_name,
                inner,
                Some(&name.value),
                organisation,
                account,
                sink,
            );
        }
    }

    fn carried(&self) -> Vec<Count> {
        let counts = &self.counts;
        vec![
            Count::of("organisations", self.accounts.len()),
            Count::of("people", self.people.len()),
            Count::of("administrators", counts.admins),
            Count::of("members", counts.members),
            Count::of("teams", counts.teams),
            Count::of("teams inside others", counts.nested),
            Count::of("places in teams", counts.places),
            Count::of("maintainers among them", counts.leads),
            Count::of("former names of teams", counts.formerly),
        ]
    }

    fn left_out(&self, files: usize) -> Vec<Count> {
        let counts = &self.counts;
        let not_access = "not access: keep them where they are";
        let all = [
            Count::noted("settings of organisations", counts.settings, not_access),
            Count::noted("repositories", counts.repositories, not_access),
            Count::noted(
                "permissions of teams on repositories",
                counts.permissions,
                "the product does not model repositories",
            ),
            Count::noted("privacy of teams", counts.privacy, not_access),
            Count::noted("descriptions of teams", counts.descriptions, not_access),
            Count::noted(
                "places in teams of people outside the organisation",
                counts.outside,
                "nobody can be in a team only",
            ),
            Count::noted(
                "administrators who were plain members of a team",
                counts.raised,
                "imported as maintainers, which they are",
            ),
            Count::noted("other files", files, "not read"),
        ];
        all.into_iter().filter(|it| it.count > 0).collect()
    }

    /// The spelling that is used most; of equally frequent ones the first in the order of texts.
    fn spelling(&self, folded: &str) -> String {
        let of_login = self.spellings.get(folded).into_iter().flatten();
        of_login
            .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
            .map_or_else(|| folded.to_owned(), |(word, _)| word.as_str().to_owned())
    }

    fn into_files(mut self, name: &str, needs_root: bool) -> Vec<NewFile> {
        let mut files = Vec::new();
        for (account_name, mut account) in std::mem::take(&mut self.accounts) {
            for team in account.teams.values_mut() {
                for login in team.leads.iter_mut().chain(&mut team.members) {
                    *login = self.spelling(login);
                }
            }
            let path = format!("accounts/{account_name}.yaml");
            let accounts = BTreeMap::from([(account_name, account)]);
            let file = File {
                accounts,
                ..File::default()
            };
            files.push(new_file(path, &file));
        }
        let users = std::mem::take(&mut self.people)
            .into_iter()
            .map(|(folded, access)| {
                let login = self.spelling(&folded);
                let user = User {
                    logins: BTreeMap::from([(self.login.clone(), login.clone())]),
                    access: access
                        .into_iter()
                        .map(|(account, role)| (account, Access::role(&role)))
                        .collect(),
                };
                (login, user)
            })
            .collect();
        for (initials, users) in layout::by_initials(users) {
            let file = File {
                users,
                ..File::default()
            };
            files.push(new_file(format!("people/{initials}.yaml"), &file));
        }
        if needs_root {
            files.push(root_file(name));
        }
        files
    }
}

fn new_file(path: String, file: &File) -> NewFile {
    let text = layout::text("Imported from a peribolos configuration.", file);
    NewFile { path, text }
}

/// peribolos removes whoever its files do not name, and so does the estate.
fn root_file(name: &str) -> NewFile {
    #[derive(serde::Serialize)]
    struct Root<'a> {
        seatplan: u32,
        name: &'a str,
        timezone: &'static str,
        defaults: BTreeMap<&'static str, &'static str>,
    }
    let root = Root {
        seatplan: 1,
        name,
        timezone: "UTC",
        defaults: BTreeMap::from([("unmanaged", "remove")]),
    };
    NewFile {
        path: "seatplan.yaml".to_owned(),
        text: layout::text(
            "Whoever the files do not name is removed, as peribolos does.",
            &root,
        ),
    }
}

fn fold(login: &Spanned<Word>) -> String {
    login.value.to_lowercase()
}

fn words(list: &[Spanned<Word>]) -> Vec<String> {
    list.iter().map(|it| it.value.as_str().to_owned()).collect()
}

/// Everybody on two lists, once: logins in lower case, and whether they are on the first list, which is the higher one.
fn once_each(
    first: &[Spanned<Word>],
    second: &[Spanned<Word>],
    of: &str,
    sink: &mut Sink,
) -> BTreeMap<String, bool> {
    let mut people = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (logins, is_first) in [(first, true), (second, false)] {
        for login in logins {
            let folded = fold(login);
            if let Some(before) = places.insert(folded.clone(), login.span) {
                let message = format!("\"{}\" is listed twice in {of}", login.value);
                sink.push(
                    Diagnostic::new(&codes::TWO_ROLES, message)
                        .at(login.span, "here again; the higher role is imported")
                        .at(before, "first here"),
                );
            }
            *people.entry(folded).or_insert(is_first) |= is_first;
        }
    }
    people
}

/// Warns about everybody in a team who is not in the organisation; how many they are.
fn refuse_outsiders(
    name: &Spanned<Word>,
    team: &Team,
    organisation: &BTreeMap<String, bool>,
    sink: &mut Sink,
) -> usize {
    let mut outsiders = BTreeSet::new();
    for login in team.maintainers.iter().chain(&team.members) {
        let folded = fold(login);
        if organisation.contains_key(&folded) || !outsiders.insert(folded) {
            continue;
        }
        let message = format!(
            "\"{}\" is in the team \"{}\" and not in the organisation",
            login.value, name.value
        );
        sink.push(
            Diagnostic::new(&codes::NOT_IN_ORGANISATION, message)
                .at(login.span, "left out")
                .help("add the person to the organisation, or delete this line"),
        );
    }
    outsiders.len()
}

#[cfg(test)]
mod tests;
