//! Why somebody has what they have on one account: everything that says something about it, and what became of it.

use serde::Serialize;

use super::givers::Giver;
use super::user::{absences, find};
use super::{Absent, Report, Shown, Written, written};
use crate::config::{Considered, Says, Teller, considered};
use crate::model::{AccountName, Address, Field, Resource};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::product::Product;
use crate::text::Place;

/// Why somebody has what they have on one account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct WhyView {
    /// The user's key in the estate, and its line.
    pub user: Written,
    /// The account, and its line.
    pub account: Written,
    /// What the user has; `None` for nothing.
    pub access: Option<Resource>,
    /// What says that the user shall have nothing.
    pub absent: Option<Absent>,
    /// The parts of the access that were asked for, all if none was; empty if nothing says anything.
    pub parts: Vec<Part>,
}

/// One part of an access and everything that says something about it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Part {
    /// The part.
    pub part: Field,
    /// What the product has where nothing is written, if that is what holds.
    pub default: Option<String>,
    /// What is said, the nearest to the user first.
    pub told: Vec<Told>,
}

/// Something that is said about a part of an access.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Told {
    /// The value that it gives; `access` and `none` for the whole.
    pub value: String,
    /// The team or bundle; `None` where it is written for the user alone.
    pub from: Option<Giver>,
    /// The line.
    pub place: Place,
    /// The line that gives the user the team or bundle.
    pub via: Option<Place>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of something that is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not, for this reason, a phrase; raw.
    Lost(String),
}

/// Why a user has what they have on an account, or one part of it: `role`, an option or a grant.
///
/// # Errors
/// If there is no such user, account or part.
pub fn why(
    estate: &WrittenEstate,
    user: &str,
    account: &str,
    field: Option<&str>,
) -> Result<Report, Error> {
    let key = find(estate, user)?;
    let accounts = &estate.desired.accounts;
    let Some((name, wanted)) = accounts.get_key_value(account) else {
        let known = accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", account, known));
    };
    let product = estate.products.get(&wanted.product).map(|it| &**it);
    let field = field.map(|it| part(product, it)).transpose()?;
    let all = considered(
        &estate.config,
        &estate.products,
        estate.desired.at,
        (key.as_str(), name.as_str()),
    );
    let person = &estate.desired.people[&key];
    let subject = product.and_then(|it| it.user.subject_of(person));
    let address = subject.map(|it| Address::access(name, &it));
    let entry = address.and_then(|it| estate.desired.state.get(&it));
    let absent = absences(estate, &key)
        .into_iter()
        .find(|it| it.account == name.as_str());
    let view = View {
        estate,
        product,
        all: &all,
        asked: field.is_some(),
        entry,
        has_left: absent.as_ref().is_some_and(|_| {
            let absences = estate.desired.absences.iter();
            { absences }.any(|(address, it)| {
                address.account == *name
                    && it.user.as_ref() == Some(&key)
                    && it.reason == crate::model::AbsenceReason::Leaves
            })
        }),
    };
    let parts = match &field {
        Some(field) => vec![field.clone()],
        None => view.fields(),
    };
    let parts = parts.into_iter().map(|it| view.part(it));
    Ok(Report::of(
        estate,
        Shown::Why(WhyView {
            user: written(estate, &key, person.span),
            account: written(estate, name, wanted.span),
            access: entry.map(|it| it.resource.clone()),
            absent,
            parts: parts.collect(),
        }),
    ))
}

/// The part that a word means.
fn part(product: Option<&Product>, word: &str) -> Result<Field, Error> {
    if matches!(word, "role" | "roles") {
        return Ok(Field::Roles);
    }
    let options = product.into_iter().flat_map(|it| it.options.iter());
    let options: Vec<_> = options.map(|(name, _)| name.value.as_str()).collect();
    let grants = product.into_iter().flat_map(|it| it.grants.iter());
    let grants: Vec<_> = grants.map(|(name, _)| name.value.as_str()).collect();
    if options.contains(&word) {
        return Ok(Field::Option(word.into()));
    }
    if grants.contains(&word) {
        return Ok(Field::Grant(word.into()));
    }
    let known = ["role"].into_iter().chain(options).chain(grants);
    Err(Error::unknown("part of an access", word, known))
}

struct View<'e> {
    estate: &'e WrittenEstate,
    product: Option<&'e Product>,
    /// The nearest first.
    all: &'e [Considered],
    /// Whether one part was asked for.
    asked: bool,
    entry: Option<&'e crate::model::Entry>,
    has_left: bool,
}

impl View<'_> {
    /// The parts that anything says something about, the whole first.
    fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for it in self.all {
            match &it.says {
                Says::Access(parts) if !parts.is_empty() => {
                    fields.extend(parts.iter().map(|(field, ..)| field.clone()));
                }
                _ => fields.push(Field::Whole),
            }
        }
        fields.sort();
        fields.dedup();
        fields
    }

    fn part(&self, part: Field) -> Part {
        let mut told = Vec::new();
        for (at, it) in self.all.iter().enumerate() {
            let whole = |value: &str| Some((value.to_owned(), it.line));
            let is_told = part == Field::Whole || self.asked;
            let said = match &it.says {
                Says::None(_) | Says::Over(_) | Says::Later if !is_told => None,
                Says::None(line) => Some(("none".to_owned(), *line)),
                Says::Over(line) => Some(("access until a day that has passed".to_owned(), *line)),
                Says::Later => whole("access from a day that has not come"),
                Says::Access(parts) if part == Field::Whole => {
                    parts.is_empty().then(|| whole("access")).flatten()
                }
                Says::Access(parts) => {
                    let mut parts = parts.iter();
                    let said = parts.find(|(field, ..)| *field == part);
                    said.map(|(_, value, line)| (value.clone(), *line))
                }
            };
            let Some((value, line)) = said else {
                continue;
            };
            told.push(Told {
                value,
                from: giver(&it.teller),
                place: self.estate.sources.place(line),
                via: it.via.map(|it| self.estate.sources.place(it)),
                outcome: self.outcome(at, &part, line),
            });
        }
        let holds = told.iter().any(|it| it.outcome == Outcome::Holds);
        let default = match (&part, self.product, self.entry) {
            (Field::Option(name), Some(product), Some(_)) if !holds => {
                product.option_default(name).map(ToString::to_string)
            }
            _ => None,
        };
        Part {
            part,
            default,
            told,
        }
    }

    /// What becomes of what the source at a position says about a part.
    fn outcome(&self, at: usize, part: &Field, line: crate::text::Span) -> Outcome {
        let it = &self.all[at];
        let lost = |why: &str| Outcome::Lost(why.to_owned());
        if self.has_left {
            return lost("the user has left");
        }
        match &it.says {
            Says::Over(_) => return lost("its last day has passed"),
            Says::Later => return lost("its first day has not come"),
            _ => {}
        }
        let nearer = || self.all.iter().filter(|other| tier(other) < tier(it));
        if let Some(none) = nearer().find(|it| matches!(it.says, Says::None(_))) {
            return Outcome::Lost(format!("{} says none, and is nearer", name(&none.teller)));
        }
        if let Says::None(_) = it.says {
            let given = nearer().find(|it| matches!(it.says, Says::Access(_)));
            return match given {
                Some(given) => Outcome::Lost(format!(
                    "{} gives access, and is nearer",
                    name(&given.teller)
                )),
                None => Outcome::Holds,
            };
        }
        let Some(entry) = self.entry else {
            return lost("the files have errors here");
        };
        let has = |it: crate::model::Origin| it.field == *part && it.span == line;
        if *part == Field::Whole || entry.origins.iter().any(has) {
            return Outcome::Holds;
        }
        let says = |it: &&Considered| match &it.says {
            Says::Access(parts) => parts.iter().any(|(field, ..)| field == part),
            _ => false,
        };
        if let Some(winner) = nearer().find(says) {
            return Outcome::Lost(format!("{} is nearer", name(&winner.teller)));
        }
        let mut same = self.all[..at]
            .iter()
            .filter(|other| tier(other) == tier(it));
        if let Some(first) = same.find(says) {
            return Outcome::Lost(format!("{} says the same", name(&first.teller)));
        }
        let Resource::Access(access) = &entry.resource else {
            return lost("the files have errors here");
        };
        let roles: Vec<_> = access.roles.iter().map(|it| it.as_str()).collect();
        Outcome::Lost(format!(
            "the role {} comes from a nearer line and cannot have it",
            roles.join(", ")
        ))
    }
}

/// How near to the user something is.
fn tier(it: &Considered) -> u8 {
    match it.teller {
        Teller::User => 0,
        Teller::Bundle(_) => 1,
        Teller::Team(_) => 2,
    }
}

fn giver(teller: &Teller) -> Option<Giver> {
    match teller {
        Teller::User => None,
        Teller::Bundle(name) => Some(Giver::Bundle(name.as_str().to_owned())),
        Teller::Team(name) => Some(Giver::Team(name.as_str().to_owned())),
    }
}

fn name(teller: &Teller) -> String {
    match teller {
        Teller::User => "the user's own entry".to_owned(),
        Teller::Bundle(name) => format!("bundle {}", name.as_str()),
        Teller::Team(name) => format!("team {}", name.as_str()),
    }
}
