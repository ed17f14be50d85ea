//! What a change says of accounts that are kept in inventories, who says so, and that nobody says it of themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::git::{Repository, Touch};
use super::people::Names;
use super::{Base, Pair};
use crate::config::codes::base::OWN_ATTESTATION;
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::inventory::{self, Edit, Ending, Inventory, Standing, Stood};
use crate::model::{AccountName, Action, Address, Resource};
use crate::ops::desired::Estate;
use crate::plan::{Plan, StepId};
use crate::product::Product;
use crate::text::{Place, Source, Sources};

/// One thing of which a change says that it is another than the base says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Attestation {
    /// The thing.
    pub address: Address,
    /// What the base says; `None` if it is not there.
    pub before: Option<Resource>,
    /// What the change says; `None` if it is not there, or not told.
    pub after: Option<Resource>,
    /// The life-cycle state that the change gives it, if that is not "active"; for a quantity, what the change says is there
    /// until the billing cycle ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whether the change does not tell any more if it is there.
    pub is_untold: bool,
    /// Who stands for it, as the file claims; empty where it is gone.
    pub claims: Vec<Claim>,
    /// Addresses of those who wrote the commits that changed it, as they claim to be; `None` where that is not known. Raw.
    pub authors: Option<Vec<String>>,
    /// Its line, or that of the inventory's base where it is gone.
    pub place: Option<Place>,
    /// The step of the plan that is done if this is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settles: Option<StepId>,
}

/// Who stands for something, as an inventory claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// A person has seen it.
    Attested {
        /// Who; raw.
        by: String,
        /// The day.
        #[schemars(with = "String")]
        on: jiff::civil::Date,
    },
    /// A program has read it.
    Read {
        /// From what; raw.
        from: String,
        /// The day.
        #[schemars(with = "String")]
        on: jiff::civil::Date,
    },
}

/// Things that are what they were, and that somebody stands for anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Renewed {
    /// The account.
    pub account: AccountName,
    /// Who stands for them now.
    pub claim: Claim,
    /// How many.
    pub things: usize,
}

impl Claim {
    fn of(stood: &Stood) -> Self {
        let on = stood.on;
        match &stood.standing {
            Standing::Attested(by) => Self::Attested { by: by.clone(), on },
            Standing::Read(from) => Self::Read {
                from: from.clone(),
                on,
            },
        }
    }
}

impl Base<'_> {
    /// What the plan says of this base. What nobody may attest goes into the sink.
    pub(in crate::ops) fn report(&self, plan: &Plan, estate: &mut Estate) -> super::Report {
        let mut report = super::Report {
            revision: self.name.clone(),
            commit: self.commit.as_str().to_owned(),
            is_new: self.desired.is_none(),
            attestations: Vec::new(),
            renewed: Vec::new(),
            new_inventories: Vec::new(),
        };
        let nothing = Inventory::default();
        let mut sink = Sink::new();
        for (name, pair) in self
            .inventories
            .iter()
            .filter(|(name, _)| plan.accounts.contains_key(*name))
        {
            let account = estate.desired.accounts.get(name);
            let Some(product) = account.and_then(|it| estate.products.get(&it.product)) else {
                continue;
            };
            let before = pair.before.as_ref().map_or(&nothing, |(.., it)| it);
            let edits = inventory::edits(before, &pair.after);
            let authors = match edits.is_empty() {
                true => None,
                false => self.authors(name, pair, product, estate),
            };
            if pair.before.is_none() {
                report.new_inventories.push(name.clone());
            }
            for edit in &edits {
                let authors = authors.as_ref().map(|it| it.get(edit.address));
                let authors =
                    authors.map(|it| it.into_iter().flatten().cloned().collect::<Vec<_>>());
                self.refuse_own(
                    name,
                    product,
                    edit,
                    authors.as_deref().unwrap_or_default(),
                    pair,
                    estate,
                    &mut sink,
                );
                report
                    .attestations
                    .push(attestation(edit, authors, plan, &estate.sources));
            }
            let renewed = pair.after.renewed(before);
            report
                .renewed
                .extend(renewed.into_iter().map(|(stood, things)| Renewed {
                    account: name.clone(),
                    claim: Claim::of(stood),
                    things,
                }));
        }
        estate.sink.append(sink);
        report
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one edit and everything around it"
    )]
    fn refuse_own(
        &self,
        name: &AccountName,
        product: &Product,
        edit: &Edit<'_>,
        authors: &[String],
        pair: &Pair,
        estate: &Estate,
        sink: &mut Sink,
    ) {
        let Some(subject) = edit.address.subject() else {
            return;
        };
        let files = std::iter::once(&estate.desired).chain(&self.desired);
        let names = Names::of(subject, product, files);
        let claims = edit.by.iter().find_map(|it| match &it.standing {
            Standing::Attested(by) if names.has(by) => Some("attests"),
            _ => None,
        });
        let wrote = authors.iter().any(|it| names.has(it)).then_some("wrote");
        let Some(what) = claims.or(wrote) else {
            return;
        };
        let message = format!("\"{subject}\" {what} a change of their own access to \"{name}\"");
        let mut diagnostic = Diagnostic::new(&OWN_ATTESTATION, message);
        if pair.before.is_none() {
            diagnostic.severity = Severity::Warning;
        }
        let places = [(edit.after.place, "now"), (edit.before.place, "was")];
        for (place, text) in places {
            if let Some(place) = place {
                diagnostic = diagnostic.at(place, text);
            }
        }
        let help = "let somebody else look, and write and commit the line";
        sink.push(diagnostic.help(help));
    }

    /// By address who wrote the commits that changed it; `None` where not all of the history is known.
    fn authors(
        &self,
        name: &AccountName,
        pair: &Pair,
        product: &Product,
        estate: &Estate,
    ) -> Option<BTreeMap<Address, BTreeSet<String>>> {
        let touches = self.repository.touches(&self.commit, &pair.path)?;
        let versions = versions(&self.repository, &touches)?;
        let today = estate.attestations.get(name)?.today;
        let read = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            let mut sources = Sources::new();
            let source = Source::new(pair.path.as_str(), &*text);
            let id = sources.next_id();
            let read = inventory::read(&source, id, name, product, today, &mut Sink::new());
            sources.add(source);
            read.unwrap_or_default()
        };
        let mut authors: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
        let mut add = |before: &Inventory, after: &Inventory, by: &[String]| {
            for edit in inventory::edits(before, after) {
                authors
                    .entry(edit.address.clone())
                    .or_default()
                    .extend(by.iter().cloned());
            }
        };
        for (touch, (before, after)) in touches.iter().zip(versions) {
            let read = |it: Option<std::sync::Arc<[u8]>>| {
                it.map_or_else(Inventory::default, |it| read(&it))
            };
            add(&read(before), &read(after), &touch.authors);
        }
        // What is not committed yet is whoever's work who plans here.
        let head = self.repository.object("HEAD", &pair.path).ok()?;
        let head = match head {
            Some(object) => read(&self.repository.files(&[&object]).ok()?.pop()?),
            None => Inventory::default(),
        };
        let own: Vec<String> = self.repository.own_address().into_iter().collect();
        add(&head, &pair.after, &own);
        Some(authors)
    }
}

/// A file's bytes; `None` where it is not there.
type Version = Option<std::sync::Arc<[u8]>>;

/// The file before and after each commit.
fn versions(repository: &Repository<'_>, touches: &[Touch]) -> Option<Vec<(Version, Version)>> {
    let sides = || touches.iter().flat_map(|it| [&it.before, &it.after]);
    let objects: Vec<_> = sides().flatten().collect();
    let mut read = repository.files(&objects).ok()?.into_iter();
    let all: Vec<Version> = sides()
        .map(|it| it.as_ref().and_then(|_| read.next()))
        .collect();
    let pairs = all.chunks_exact(2);
    Some(pairs.map(|it| (it[0].clone(), it[1].clone())).collect())
}

/// What is there until the billing cycle ends: `3 are there until 2026-12-14`.
fn there(ending: &Ending) -> String {
    let until = ending.until.map(|it| it.to_string());
    let until = until.unwrap_or_else(|| "the billing cycle ends".to_owned());
    format!("{} are there until {until}", ending.there)
}

fn attestation(
    edit: &Edit<'_>,
    authors: Option<Vec<String>>,
    plan: &Plan,
    sources: &Sources,
) -> Attestation {
    let place = edit.after.place.or(edit.before.place);
    let is_done = |step: &&crate::plan::Step| match step.action {
        Action::Remove => edit.after.resource.is_none() && !edit.is_untold,
        _ => {
            let phase = edit.after.phase;
            let is_far_enough = phase.is_none() || phase == step.then.as_ref();
            step.after.as_ref() == edit.after.resource && is_far_enough
        }
    };
    let of_thing = plan.steps.iter().filter(|it| it.address == *edit.address);
    Attestation {
        address: edit.address.clone(),
        before: edit.before.resource.cloned(),
        after: edit.after.resource.cloned(),
        state: match (edit.before.ending, edit.after.ending) {
            (_, Some(ending)) => Some(there(ending)),
            (Some(_), None) => Some("nothing else is there any more".to_owned()),
            (None, None) => edit.after.phase.map(|it| it.as_str().to_owned()),
        },
        is_untold: edit.is_untold,
        claims: edit.by.iter().map(|it| Claim::of(it)).collect(),
        authors: authors.filter(|it| !it.is_empty()),
        place: place.map(|it| sources.place(it)),
        settles: { of_thing }.find(is_done).map(|it| it.id.clone()),
    }
}
