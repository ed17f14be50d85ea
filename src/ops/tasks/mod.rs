//! `tasks`: what people still have to do, for whom it is ready and what it waits for, and recording that it is done.
//!
//! # Design
//! The list is made from the present plan: a step that somebody has done is not in it any more, whoever did it and whether or
//! not anybody said so. A step's id is a hash of what it changes, so a task keeps its id from plan to plan, and there are
//! never two for one thing. The journal only tells since when it waits, and what was done by whom.
//!
//! People who have been invited and have not accepted are listed too: on an account that nobody can read, somebody must say
//! that they did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::plan::{Options, Pending, Planned, Purpose, Session};
use super::problems::Problems;
use super::{Error, plan};
use crate::env::Env;
use crate::model::{AccountName, Action, Address, Desired, Quantity, Resource, Subject};
use crate::plan::{How, Plan, Step, StepId, Via};
use crate::product::{Product, Products};
use crate::store::{OperationState, Store};
use crate::text::Place;

mod done;

pub use done::{Claim, Done, InputWanted, Outcome, Recorded, done};

/// The most people that are named for one task.
const WHO_MAX: usize = 20;

/// What people have to do.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The estate.
    pub estate: String,
    /// When the list was made.
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
    /// What can be done now, by those who can do it; empty if there is nothing.
    pub desks: Vec<Desk>,
    /// What waits for something else, in an order in which it can be done.
    pub later: Vec<Later>,
    /// Accounts that could not be read; nothing is known of their tasks.
    pub unread: Vec<plan::Unread>,
    /// What is wrong with the files; with errors there is no list.
    pub problems: Problems,
    /// The folder that the person named, for the commands that are suggested; UI only.
    #[serde(skip)]
    pub dir: Option<String>,
}

/// What the same people can do.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Desk {
    /// Who: any one of them, by their keys in the estate where they have one. Empty if nobody on the account may do it.
    pub who: Vec<String>,
    /// The tasks, in an order in which they can be done.
    pub tasks: Vec<Task>,
}

/// One thing to do.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Task {
    /// The step's id: the same until it is done.
    pub id: String,
    /// What it is about.
    pub address: Address,
    /// What is done to it; `None` where somebody only has to accept.
    pub action: Option<Action>,
    /// The product's name for people.
    pub product: String,
    /// What sort of person does it.
    pub via: &'static str,
    /// Why no program does it.
    pub why: String,
    /// What it comes to, in one sentence.
    pub what: String,
    /// The parts that change.
    pub changes: Vec<Change>,
    /// Who takes over what the person has.
    pub hand_over_to: Option<String>,
    /// What to do on the screen, one after the other.
    pub instructions: Vec<Instruction>,
    /// What else it causes.
    pub effects: Vec<String>,
    /// The life-cycle state that follows, if it is not active.
    pub then: Option<String>,
    /// How it is known to be done.
    pub checked: String,
    /// The lines that cause it.
    pub places: Vec<Place>,
    /// Since when it waits, in a run that is open; `None` if nobody was told before today.
    #[schemars(with = "Option<String>")]
    pub waiting_since: Option<jiff::Timestamp>,
}

impl Task {
    /// The parts that change, without those that the instructions say how to set and that were nothing before.
    pub fn told_changes(&self) -> impl Iterator<Item = &Change> {
        let is_set = self.instructions.iter().any(|it| !it.set.is_empty());
        self.changes
            .iter()
            .filter(move |it| !is_set || it.before.is_some())
    }
}

/// One part that changes.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The part.
    pub field: String,
    /// What it is; `None` for nothing.
    pub before: Option<String>,
    /// What it shall be; `None` for nothing.
    pub after: Option<String>,
}

/// One visit to a screen.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Instruction {
    /// The screen path, in the vendor's words.
    pub path: Option<String>,
    /// Other paths to the same screen.
    pub also: Vec<String>,
    /// What to do first.
    pub prepare: Vec<String>,
    /// What to set there.
    pub set: Vec<String>,
    /// What to press in the end.
    pub confirm: Option<String>,
    /// What else to know.
    pub note: Vec<String>,
    /// Values that are not in the files.
    pub inputs: Vec<Input>,
}

/// A value that is not in the files.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What it is, and who gives or chooses it.
    pub text: String,
    /// Whether it is a secret: chosen on the screen, asked for nowhere, written nowhere.
    pub secret: bool,
}

/// One thing that waits.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Later {
    /// The step's id.
    pub id: String,
    /// What it is about.
    pub address: Address,
    /// What it comes to, in one sentence.
    pub what: String,
    /// What must be done first: ids and what they come to.
    pub after: Vec<(String, String)>,
}

/// Lists what people have to do on some accounts, or on all.
///
/// # Errors
/// As planning.
pub async fn run(
    env: &Env,
    start: Option<&Path>,
    accounts: &[AccountName],
) -> Result<Report, Error> {
    let Planned { report, session } = plan::run(env, start, &options(accounts)).await?;
    let list = match (&report.plan, &session) {
        (Some(plan), Some(session)) => list(env, plan, &report.pending, session, &BTreeSet::new())?,
        _ => Report::empty(env.now()),
    };
    Ok(Report {
        unread: report.unread,
        problems: report.problems,
        dir: report.dir,
        ..list
    })
}

fn options(accounts: &[AccountName]) -> Options {
    Options {
        purpose: Purpose::Plan,
        at: None,
        accounts: accounts.to_vec(),
        accept_removals: None,
        accept_unknown_seats: Vec::new(),
        base: None,
    }
}

/// The list for a plan, of which some steps have been done since it was made.
///
/// # Errors
/// If the journal cannot be read.
pub fn list(
    env: &Env,
    plan: &Plan,
    pending: &[Pending],
    session: &Session,
    done: &BTreeSet<StepId>,
) -> Result<Report, Error> {
    let mut list = Report {
        estate: plan.estate.clone(),
        ..Report::empty(env.now())
    };
    let since = waiting_since(env, &session.root)?;
    let lister = Lister {
        desired: &session.desired,
        products: &session.products,
        observations: &session.observations,
        since: &since,
        today: list.at.strftime("%F").to_string(),
    };
    let mut desks: BTreeMap<(usize, Vec<String>), Vec<Task>> = BTreeMap::new();
    let mut put = |who: Vec<String>, task: Task| {
        // Those who have the least choice come first, and nobody last.
        let rank = if who.is_empty() {
            usize::MAX
        } else {
            who.len()
        };
        desks.entry((rank, who)).or_default().push(task);
    };
    let open: BTreeMap<&StepId, &Step> = plan
        .steps
        .iter()
        .filter(|step| !done.contains(&step.id))
        .map(|step| (&step.id, step))
        .collect();
    for step in &plan.steps {
        let (How::Task(task), true) = (&step.how, open.contains_key(&step.id)) else {
            continue;
        };
        let needs: Vec<&&Step> = step.needs.iter().filter_map(|it| open.get(it)).collect();
        if needs.is_empty() {
            let who = task
                .who
                .iter()
                .map(|it| lister.name(&step.address.account, it));
            put(who.collect(), lister.task(step, task));
            continue;
        }
        let after = needs.iter().map(|it| (it.id.0.clone(), what(it)));
        list.later.push(Later {
            id: step.id.0.clone(),
            address: step.address.clone(),
            what: what(step),
            after: after.collect(),
        });
    }
    for pending in pending {
        if let Some((who, task)) = lister.acceptance(pending) {
            put(who, task);
        }
    }
    list.desks = desks
        .into_iter()
        .map(|((_, who), tasks)| Desk { who, tasks })
        .collect();
    Ok(list)
}

impl Report {
    fn empty(at: jiff::Timestamp) -> Self {
        Self {
            version: 1,
            estate: String::new(),
            at,
            desks: Vec::new(),
            later: Vec::new(),
            unread: Vec::new(),
            problems: Problems::default(),
            dir: None,
        }
    }

    /// Whether nobody has anything to do.
    pub fn is_empty(&self) -> bool {
        self.desks.is_empty() && self.later.is_empty()
    }

    /// Everything that can be done now.
    pub fn ready(&self) -> impl Iterator<Item = &Task> {
        self.desks.iter().flat_map(|it| &it.tasks)
    }
}

/// The id of the task that somebody accepts: a hash of what and from which state.
pub(super) fn acceptance_id(pending: &Pending) -> String {
    let text = serde_json::to_vec(&("accept", &pending.address, &pending.state));
    let digest = Sha256::digest(text.expect("an address has only text keys"));
    digest[..6].iter().map(|it| format!("{it:02x}")).collect()
}

/// Since when each step waits, by the runs that are open.
pub(super) fn waiting_since(
    env: &Env,
    root: &Path,
) -> Result<BTreeMap<StepId, jiff::Timestamp>, Error> {
    let mut since = BTreeMap::new();
    let Some(mut store) = Store::look(&super::apply::journal(env, root))? else {
        return Ok(since);
    };
    for run in store.open_runs()? {
        use crate::store::Journal as _;
        for operation in store.journal(&run.id).operations()? {
            if operation.state == OperationState::Planned {
                since.entry(operation.step).or_insert(run.opened_at);
            }
        }
    }
    Ok(since)
}

struct Lister<'a> {
    desired: &'a Desired,
    products: &'a Products,
    observations: &'a BTreeMap<AccountName, crate::model::Observation>,
    since: &'a BTreeMap<StepId, jiff::Timestamp>,
    /// The present day, in UTC.
    today: String,
}

impl Lister<'_> {
    fn product(&self, account: &AccountName) -> Option<&Product> {
        let account = self.desired.accounts.get(account)?;
        self.products.get(&account.product).map(|it| &**it)
    }

    /// The key of the estate's user behind a subject, else the subject.
    fn name(&self, account: &AccountName, subject: &Subject) -> String {
        let product = self.product(account);
        let user = self.desired.people.iter().find(|(_, person)| {
            product.and_then(|it| it.user.subject_of(person)).as_ref() == Some(subject)
        });
        user.map_or(subject.as_str(), |(key, _)| key.as_str())
            .to_owned()
    }

    fn task(&self, step: &Step, task: &crate::plan::Task) -> Task {
        let account = &step.address.account;
        Task {
            id: step.id.0.clone(),
            address: step.address.clone(),
            action: Some(step.action),
            product: self.title(account),
            via: via(task.via),
            why: task.why.clone(),
            what: what(step),
            changes: step
                .differences
                .iter()
                .map(|it| Change {
                    field: it.field.to_string(),
                    before: it.before.clone(),
                    after: it.after.clone(),
                })
                .collect(),
            hand_over_to: step.hand_over_to.as_ref().map(|it| it.as_str().to_owned()),
            instructions: instructions(task),
            effects: step.effects.iter().map(|it| it.text.clone()).collect(),
            then: step.then.as_ref().map(|it| it.as_str().to_owned()),
            checked: self.checked(account),
            places: step.places.clone(),
            waiting_since: (self.since.get(&step.id).copied())
                .filter(|it| it.strftime("%F").to_string() != self.today),
        }
    }

    /// What somebody who was invited has to do, and who may say that it is done.
    fn acceptance(&self, pending: &Pending) -> Option<(Vec<String>, Task)> {
        let account = &pending.address.account;
        let product = self.product(account)?;
        let state = product.states.get(&pending.state);
        let moved_by = state.map_or(Via::User, |it| it.moved_by);
        let text = state.and_then(|it| it.text.clone());
        let thing = match &pending.address.resource {
            crate::model::ResourceId::Object { kind, name } => format!("{name} of the {kind}"),
            _ => pending.address.subject()?.to_string(),
        };
        let who = match (moved_by, pending.address.subject()) {
            (Via::User, Some(subject)) => vec![self.name(account, subject)],
            // Whoever administers the account sees what has become of the rest.
            _ => self.administrators(account),
        };
        Some((
            who,
            Task {
                id: acceptance_id(pending),
                address: pending.address.clone(),
                action: None,
                product: self.title(account),
                via: via(moved_by),
                why: format!("the access is \"{}\" and not active yet", pending.state),
                what: format!("{thing} becomes active on {account}"),
                changes: vec![Change {
                    field: "state".to_owned(),
                    before: Some(pending.state.clone()),
                    after: Some("active".to_owned()),
                }],
                hand_over_to: None,
                instructions: {
                    let resource = self
                        .observations
                        .get(account)?
                        .state
                        .resource(&pending.address);
                    let given = given_later(product, &pending.address, resource);
                    let mut all: Vec<_> = given.iter().map(instruction).collect();
                    let first = Instruction {
                        note: text.into_iter().collect(),
                        ..Instruction::default()
                    };
                    all.insert(0, first);
                    all
                },
                effects: Vec::new(),
                then: None,
                checked: self.checked(account),
                places: Vec::new(),
                waiting_since: None,
            },
        ))
    }

    /// Active people who administer an account.
    fn administrators(&self, account: &AccountName) -> Vec<String> {
        let (Some(product), Some(observation)) =
            (self.product(account), self.observations.get(account))
        else {
            return Vec::new();
        };
        let seen = observation.state.of_account(account);
        seen.filter_map(
            |(address, entry)| match (&address.resource, &entry.resource) {
                (crate::model::ResourceId::Access(subject), Resource::Access(access))
                    if product.administers(access) && !observation.phases.contains_key(address) =>
                {
                    Some(self.name(account, subject))
                }
                _ => None,
            },
        )
        .take(WHO_MAX)
        .collect()
    }

    fn title(&self, account: &AccountName) -> String {
        self.product(account)
            .map(|it| it.title.clone())
            .unwrap_or_default()
    }

    fn checked(&self, account: &AccountName) -> String {
        let connection = self.desired.accounts.get(account).map(|it| &it.connection);
        match connection.and_then(|it| it.file.as_deref()) {
            Some(file) => format!("`seatplan tasks done` records it in {file}"),
            None => "the next plan reads it back".to_owned(),
        }
    }
}

fn instructions(task: &crate::plan::Task) -> Vec<Instruction> {
    task.instructions.iter().map(instruction).collect()
}

fn instruction(it: &crate::plan::Instruction) -> Instruction {
    Instruction {
        path: it.path.clone(),
        also: it.also.clone(),
        prepare: it.prepare.clone(),
        set: it.set.clone(),
        confirm: it.confirm.clone(),
        note: it.by.iter().chain(&it.note).cloned().collect(),
        inputs: (it.inputs.iter())
            .map(|it| Input {
                name: it.name.clone(),
                text: it.text.clone(),
                secret: it.secret,
            })
            .collect(),
    }
}

/// What somebody else gives when a thing leaves its life-cycle state, and the screen where it is entered; `None` if they
/// give nothing, or have given it.
pub(super) fn given_later(
    product: &Product,
    address: &Address,
    resource: Option<&Resource>,
) -> Option<crate::plan::Instruction> {
    let (crate::model::ResourceId::Object { kind, .. }, Some(Resource::Object(object))) =
        (&address.resource, resource)
    else {
        return None;
    };
    let rule = product.objects.get(kind)?;
    let is_awaited = |name: &str| object.fields.get(name).is_none();
    let awaited =
        (rule.fields.iter()).filter(|(name, it)| it.later == Some(true) && is_awaited(&name.value));
    let awaited: Vec<_> = awaited.collect();
    let (first, _) = awaited.first()?;
    let update = format!("{kind}.update");
    let names = [format!("{update}.{}", first.value.as_str()), update];
    let operation = names.iter().find_map(|it| product.operations.get(it));
    let inputs = awaited.iter().map(|(name, rule)| {
        let told = operation.and_then(|it| it.inputs.get(&name.value));
        let told = told.map(|it| it.text.clone()).or_else(|| rule.text.clone());
        crate::plan::Input {
            name: name.value.as_str().to_owned(),
            text: told.unwrap_or_else(|| "given by a third party".to_owned()),
            secret: false,
        }
    });
    Some(crate::plan::Instruction {
        operation: names[1].clone(),
        by: None,
        path: operation.and_then(|it| it.path.clone()),
        also: operation.map(|it| it.also.clone()).unwrap_or_default(),
        prepare: Vec::new(),
        set: Vec::new(),
        confirm: operation.and_then(|it| it.confirm.clone()),
        note: Vec::new(),
        inputs: inputs.collect(),
    })
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Api | Via::Person => "person",
        Via::Vendor => "vendor",
        Via::User => "user",
    }
}

/// What a step comes to: `give bob@acme.example access to acme-support: agent`; raw.
fn what(step: &Step) -> String {
    let account = &step.address.account;
    let verb = match step.action {
        Action::Create => "add",
        Action::Update => "change",
        Action::Rename => "rename",
        Action::Remove => "remove",
    };
    match (&step.address.resource, step.action) {
        (crate::model::ResourceId::Access(subject), Action::Create) => {
            let roles = match &step.after {
                Some(Resource::Access(access)) => access
                    .roles
                    .iter()
                    .map(|it| it.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                _ => String::new(),
            };
            let role = if roles.is_empty() {
                String::new()
            } else {
                format!(" as {roles}")
            };
            format!("give {subject} access to {account}{role}")
        }
        (crate::model::ResourceId::Access(subject), _) if step.other.is_some() => {
            let roles = |resource: &Option<Resource>| match resource {
                Some(Resource::Access(access)) => access.roles.clone(),
                _ => Vec::new(),
            };
            let (had, has) = (roles(&step.before), roles(&step.after));
            let new = has.iter().filter(|it| !had.contains(it));
            let new: Vec<_> = new.map(|it| it.as_str()).collect();
            let other = step.other.as_ref();
            let holder = other.and_then(|it| Some((it.address.subject()?, roles(&it.after))));
            let role = new.join(", ");
            match holder {
                Some((holder, left)) => {
                    let left: Vec<_> = left.iter().map(|it| it.as_str()).collect();
                    let left = left.join(", ");
                    format!(
                        "hand the role {role} of {account} on from {holder} to {subject}; {holder} becomes {left}"
                    )
                }
                None => format!("give {subject} the role {role} of {account}"),
            }
        }
        (crate::model::ResourceId::Access(subject), Action::Update) => {
            format!("change what {subject} has on {account}")
        }
        (crate::model::ResourceId::Access(subject), Action::Remove) => {
            format!("take the access of {subject} to {account} away")
        }
        (crate::model::ResourceId::Member { team, subject }, Action::Create) => {
            format!("put {subject} into the team {team} of {account}")
        }
        (crate::model::ResourceId::Member { team, subject }, Action::Remove) => {
            format!("take {subject} out of the team {team} of {account}")
        }
        (crate::model::ResourceId::Seats(pool), _) => {
            let word = match (&step.before, &step.after) {
                (Some(Resource::Seats(now)), Some(Resource::Seats(then))) => {
                    match now.change_to(then).0 {
                        Quantity::Lots(_) => now.words_to(then),
                        Quantity::Number(0) => "cancel some".to_owned(),
                        Quantity::Number(_) => "buy more".to_owned(),
                    }
                }
                (_, Some(_)) => "buy more".to_owned(),
                (_, None) => "cancel some".to_owned(),
            };
            format!("{word} of {pool} for {account}")
        }
        (crate::model::ResourceId::Setting(name), _) => {
            format!("set {name} of {account}")
        }
        (crate::model::ResourceId::Team(team), _) => {
            format!("{verb} the team {team} of {account}")
        }
        (crate::model::ResourceId::Object { kind, name }, _) => {
            format!("{verb} {name} of the {kind} of {account}")
        }
        (crate::model::ResourceId::Access(_) | crate::model::ResourceId::Member { .. }, _) => {
            format!("{verb} {}", step.address)
        }
    }
}

/// A plan's steps by id.
pub(super) fn steps(plan: &Plan) -> BTreeMap<&str, &Step> {
    plan.steps.iter().map(|it| (it.id.0.as_str(), it)).collect()
}
