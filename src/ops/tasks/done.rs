//! `tasks done`: records that somebody has done a task.
//!
//! # Design
//! The inventory is the truth, so it is written first and the journal after it: whoever stops in between finds the step done
//! at the next plan. Who did it is what they say; the audit log calls it so.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{Input, acceptance_id, given_later, options, steps, what};
use crate::env::Env;
use crate::inventory::{self, Ending, Seen, Standing, Stood};
use crate::model::{
    Address, Desired, Observation, PoolName, Quantity, Resource, ResourceId, Subject,
};
use crate::ops::plan::{Pending, Planned, Session};
use crate::ops::{Error, plan, target};
use crate::plan::{How, Plan, Pricing, Step, StepId, Via, may_not};
use crate::product::{Product, TakesEffect};
use crate::provider::inventory::File;
use crate::store::{Journal as _, OperationState, Outcome as Booked, RunId, Store, Write};
use crate::text::Word;

/// Milliseconds that the lock is kept for one record.
const LOCK_MS: u32 = 30_000;
/// Fewer characters of an id say too little.
const ID_CHARS_MIN: usize = 4;

/// What came of saying that tasks are done.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Done {
    /// Version of this format.
    pub version: u32,
    /// Who says so; nobody has checked that it is they.
    pub claimed_by: String,
    /// One for each id that was given, in that order.
    pub tasks: Vec<Recorded>,
    /// The files that changed: path, text before, text after.
    #[serde(skip)]
    pub files: BTreeMap<String, (String, String)>,
}

/// What came of one task.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Recorded {
    /// The id, in full where there is such a task.
    pub id: String,
    /// What it comes to; empty if there is no such task.
    pub what: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of one task.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It stands in the inventory now.
    Recorded {
        /// The file.
        file: String,
        /// The life-cycle state that follows, if it is not active.
        state: Option<String>,
    },
    /// It was done before; nothing was changed.
    Already,
    /// Nothing was changed.
    Refused {
        /// Why, as a phrase.
        why: String,
        /// What to do instead.
        help: String,
    },
    /// Values are missing that only the person who did it knows; nothing was changed.
    #[serde(rename = "needs_input")]
    NeedsInput {
        /// Which.
        inputs: Vec<InputWanted>,
    },
}

/// A value that is asked for.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct InputWanted {
    /// Its name, for `--input NAME=VALUE`.
    pub name: String,
    /// What it is.
    pub text: String,
}

/// Who says what.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Ids of tasks, or beginnings of them.
    pub ids: Vec<String>,
    /// Who says that they did them: a key or an address of a user, or an identity at the vendor.
    pub who: String,
    /// Values by name.
    pub inputs: BTreeMap<String, String>,
    /// Who we are, to whoever finds the lock taken.
    pub holder: String,
}

impl Done {
    /// This, as what came after `earlier`: tasks that were asked again have their new outcome.
    #[must_use]
    pub fn after(self, mut earlier: Self) -> Self {
        for task in self.tasks {
            match earlier.tasks.iter_mut().find(|it| it.id == task.id) {
                Some(old) => *old = task,
                None => earlier.tasks.push(task),
            }
        }
        for (path, (before, after)) in self.files {
            let file = earlier.files.entry(path);
            file.and_modify(|it| it.1.clone_from(&after))
                .or_insert((before, after));
        }
        earlier
    }
}

/// Records tasks as done, one after the other.
///
/// # Errors
/// As planning; if an inventory cannot be written; or if the journal fails, when the inventory is written already.
pub async fn done(env: &Env, start: Option<&Path>, claim: &Claim) -> Result<Done, Error> {
    let mut all = Done {
        version: 1,
        claimed_by: claim.who.clone(),
        tasks: Vec::new(),
        files: BTreeMap::new(),
    };
    for id in &claim.ids {
        // Planned anew each time: what was just recorded may be what the next one waits for.
        let planned = plan::run(env, start, &options(&[])).await?;
        let Planned {
            report, session, ..
        } = planned;
        let (Some(plan), Some(session)) = (report.plan, session) else {
            return Err(Error::Files(Box::new(report.problems)));
        };
        let asked = Asked {
            env,
            plan: &plan,
            pending: &report.pending,
            session: &session,
            claim,
        };
        all.tasks.push(asked.one(id, &mut all.files)?);
    }
    Ok(all)
}

/// One id against the present plan.
struct Asked<'a> {
    env: &'a Env,
    plan: &'a Plan,
    pending: &'a [Pending],
    session: &'a Session,
    claim: &'a Claim,
}

impl Asked<'_> {
    fn one(
        &self,
        id: &str,
        files: &mut BTreeMap<String, (String, String)>,
    ) -> Result<Recorded, Error> {
        let steps = steps(self.plan);
        let acceptances: BTreeMap<String, &Pending> = self
            .pending
            .iter()
            .map(|it| (acceptance_id(it), it))
            .collect();
        let known = steps
            .keys()
            .copied()
            .chain(acceptances.keys().map(String::as_str));
        let mut meant = known.filter(|it| it.starts_with(id) && id.len() >= ID_CHARS_MIN);
        let (first, second) = (meant.next(), meant.next());
        let step = match (first, second) {
            (Some(only), None) => match steps.get(only) {
                Some(step) => (*step).clone(),
                None => match self.acceptance(acceptances[only], only) {
                    Some(step) => step,
                    None => return self.not_there(id),
                },
            },
            (Some(_), Some(_)) => {
                let why = "several tasks begin like this".to_owned();
                return Ok(refused(id, String::new(), why, "write the whole id"));
            }
            (None, _) => return self.not_there(id),
        };
        let outcome = self.record(&step, files)?;
        Ok(Recorded {
            id: step.id.0.clone(),
            what: match step.before == step.after {
                true => format!("{} becomes active", step.address),
                false => what(&step),
            },
            outcome,
        })
    }

    /// An id that no present plan has: done, or never there.
    fn not_there(&self, id: &str) -> Result<Recorded, Error> {
        if id.len() >= ID_CHARS_MIN
            && let Some(store) =
                Store::look(&crate::ops::apply::journal(self.env, &self.session.root))?
            && let Some((step, address)) = store.confirmed_step(id)?
        {
            return Ok(Recorded {
                id: step.0,
                what: address,
                outcome: Outcome::Already,
            });
        }
        let why = "there is no such task now".to_owned();
        let help = "somebody else did it, or the files or the account changed since; `seatplan tasks` lists what there is";
        Ok(refused(id, String::new(), why, help))
    }

    fn record(
        &self,
        step: &Step,
        files: &mut BTreeMap<String, (String, String)>,
    ) -> Result<Outcome, Error> {
        let refuse = |why: String, help: &str| {
            Ok(Outcome::Refused {
                why,
                help: help.to_owned(),
            })
        };
        let How::Task(task) = &step.how else {
            let why = "this is done by program, not by hand".to_owned();
            return refuse(why, "run `seatplan apply`");
        };
        if !self.plan.refusals.is_empty() {
            let why = "the plan is refused as it is".to_owned();
            return refuse(
                why,
                "`seatplan plan` says why; nothing of it should be done before",
            );
        }
        if !step.needs.is_empty() {
            let all = steps(self.plan);
            let needs: Vec<_> = step.needs.iter().map(|it| it.0.as_str()).collect();
            let first = needs.first().and_then(|it| all.get(it)).map(|it| what(it));
            let why = format!("it waits for {}", needs.join(", "));
            let first = first.unwrap_or_default();
            return refuse(why, &format!("do this first: {first}"));
        }
        let account = &step.address.account;
        let (Some(product), Some(observation)) =
            (self.product(step), self.session.observations.get(account))
        else {
            return refuse(format!("{account} could not be read"), "try again");
        };
        let who = self.subject(product);
        if let Some(why) = refuses(step, &who, product, observation) {
            let names: Vec<_> = task.who.iter().map(|it| it.as_str()).collect();
            let help = match names.as_slice() {
                [] => "ask the vendor, or give somebody the role for it first".to_owned(),
                names => format!("it can be done by {}", names.join(", ")),
            };
            return refuse(
                format!("\"{}\" may not do it: {why}", self.claim.who),
                &help,
            );
        }
        let Some(file) = self.session.targets.inventory(account) else {
            let why = format!("{account} can be read, and there it has not happened");
            return refuse(why, "do it there; the next plan sees it");
        };
        let wanted: Vec<InputWanted> = super::instructions(task)
            .into_iter()
            .flat_map(|it| it.inputs)
            .filter(|it| !it.secret && !self.claim.inputs.contains_key(&it.name))
            .map(|Input { name, text, .. }| InputWanted { name, text })
            .collect();
        if !wanted.is_empty() {
            return Ok(Outcome::NeedsInput { inputs: wanted });
        }
        let mut step = step.clone();
        let names = super::instructions(task)
            .into_iter()
            .flat_map(|it| it.inputs);
        fill_in(&mut step, names, &self.claim.inputs);
        self.write(&step, file, product, files)
    }

    /// Writes the inventory, then the journal, under the lock.
    fn write(
        &self,
        step: &Step,
        file: &File,
        product: &Product,
        files: &mut BTreeMap<String, (String, String)>,
    ) -> Result<Outcome, Error> {
        let now = self.env.now();
        let root = &self.session.root;
        target::own_folder(self.env, root)
            .map_err(|error| Error::write(&target::folder(self.env, root), &error))?;
        let mut store = Store::open(&crate::ops::apply::journal(self.env, root))?;
        let holder = format!(
            "{} (claimed), recorded by {}",
            self.claim.who, self.claim.holder
        );
        store.acquire(&holder, now, LOCK_MS)?;
        let written = self.write_under_lock(&mut store, step, file, product, files);
        // A lock that cannot be released ends by itself.
        let _ = store.release();
        written
    }

    fn write_under_lock(
        &self,
        store: &mut Store,
        step: &Step,
        file: &File,
        product: &Product,
        files: &mut BTreeMap<String, (String, String)>,
    ) -> Result<Outcome, Error> {
        let path = self.session.root.join(&file.path);
        let before = file
            .text()
            .map_err(|why| Error::read(&path, &std::io::Error::other(why)))?;
        let stood = Stood {
            on: file.today(),
            standing: Standing::Attested(self.attestor()),
        };
        // What is cancelled is there, in the state that follows, until it ends.
        let is_there = match step.lingers(product) {
            true => step.before.as_ref(),
            false => step.after.as_ref(),
        };
        let seen = Seen {
            address: &step.address,
            renamed_from: step.renamed_from.as_ref(),
            after: is_there,
            phase: step.then.as_ref().map(Word::as_str),
            stood: &stood,
            looked_at: None,
        };
        // A role that exactly one person has goes from one to the other in one step.
        let other = step.other.as_ref().map(|other| Seen {
            address: &other.address,
            renamed_from: None,
            after: other.after.as_ref(),
            phase: None,
            stood: &stood,
            looked_at: None,
        });
        let recorded = std::iter::once(seen)
            .chain(other)
            .try_fold(before.clone(), |text, seen| {
                inventory::record(&text, &file.account, product, &seen)
            });
        let recorded = recorded.and_then(|text| match &step.address.resource {
            ResourceId::Seats(pool) => {
                let ending = self.ending(step, pool, product, file.today());
                inventory::record_ending(&text, &file.account, product, pool, ending.as_ref())
            }
            _ => Ok(text),
        });
        let after = match recorded {
            Ok(after) => after,
            Err(error) => {
                return Ok(Outcome::Refused {
                    why: error.to_string(),
                    help: format!("what shall stand there: {}", what(step)),
                });
            }
        };
        self.env
            .write(&path, after.as_bytes())
            .map_err(|error| Error::write(&path, &error))?;
        files
            .entry(file.path.clone())
            .and_modify(|it| it.1.clone_from(&after))
            .or_insert((before, after));
        self.book(store, step)?;
        Ok(Outcome::Recorded {
            file: file.path.clone(),
            state: step.then.as_ref().map(|it| it.as_str().to_owned()),
        })
    }

    /// What is there until the billing cycle ends once a quantity is another one: what is cancelled stays until then, where
    /// cancelling takes effect with the cycle, and so does what was cancelled before.
    fn ending(
        &self,
        step: &Step,
        pool: &PoolName,
        product: &Product,
        today: jiff::civil::Date,
    ) -> Option<Ending> {
        let account = &step.address.account;
        let observation = self.session.observations.get(account)?;
        let quantity = |it: &Option<Resource>| match it {
            Some(Resource::Seats(quantity)) => Some(quantity.clone()),
            _ => None,
        };
        let (before, after) = (quantity(&step.before)?, quantity(&step.after)?);
        let pricing = Pricing {
            billing: self.session.desired.accounts.get(account)?.billing.as_ref(),
            product,
            observation,
            today,
        };
        let one = product.one_pool(pool)?;
        let is_late = one.pool.cancel_takes_effect == Some(TakesEffect::CycleEnd);
        let (there, renewal) = match observation.ending.get(pool) {
            Some(there) => (there.clone(), pricing.cycle_end()),
            None if is_late => (before, pricing.deadline(Some(pool)).map(|it| it.renewal)),
            None => return None,
        };
        let until = renewal.and_then(|it| it.yesterday().ok());
        let (more, fewer) = there.change_to(&after);
        let there = match more {
            Quantity::Lots(more) => there.with_lots(&more)?,
            Quantity::Number(_) => there,
        };
        (fewer.seats() > 0).then_some(Ending { there, until })
    }

    /// Books the step in the open run that has it, else in a run of its own that is closed at once.
    fn book(&self, store: &mut Store, step: &Step) -> Result<(), Error> {
        let now = self.env.now();
        let phase = step.then.as_ref().map(|it| it.as_str().to_owned());
        let write = |step: &StepId| Write::Outcome {
            step: step.clone(),
            outcome: Booked::Resolved {
                phase: phase.clone(),
            },
        };
        for run in store.open_runs()? {
            let operations = store.journal(&run.id).operations()?;
            let is_meant = operations
                .iter()
                .any(|it| it.step == step.id && it.state.may_become(OperationState::Resolved));
            if is_meant {
                store.journal(&run.id).commit(now, &[write(&step.id)])?;
                let rest = operations
                    .iter()
                    .filter(|it| it.step != step.id && !it.state.is_confirmed());
                if rest.count() == 0 {
                    store.close_run(now, &run.id, "applied")?;
                }
                return Ok(());
            }
        }
        let alone = self.plan.alone(step.clone(), now);
        let run: RunId = store.open_run(now, &alone)?;
        store.journal(&run).commit(now, &[write(&step.id)])?;
        Ok(store.close_run(now, &run, "done by hand")?)
    }

    fn product(&self, step: &Step) -> Option<&Product> {
        let account = self.session.desired.accounts.get(&step.address.account)?;
        self.session.products.get(&account.product).map(|it| &**it)
    }

    /// Whoever says so, as the account knows them.
    fn subject(&self, product: &Product) -> Subject {
        let user = user(&self.session.desired, &self.claim.who);
        let known = user.and_then(|it| {
            product
                .user
                .subject_of(&self.session.desired.people[it.as_str()])
        });
        known.unwrap_or_else(|| product.user.subject(&Word::from(self.claim.who.as_str())))
    }

    /// Whoever says so, for people who read the inventory: an address where the estate knows one.
    fn attestor(&self) -> String {
        let desired = &self.session.desired;
        let user = user(desired, &self.claim.who);
        let email = user
            .as_ref()
            .and_then(|it| desired.people[it.as_str()].email.clone());
        email.map_or_else(|| self.claim.who.clone(), |it| it.as_str().to_owned())
    }

    /// Accepting, as a step that changes nothing but the state.
    fn acceptance(&self, pending: &Pending, id: &str) -> Option<Step> {
        let observation = self.session.observations.get(&pending.address.account)?;
        let resource = observation.state.resource(&pending.address)?.clone();
        let mut step = Step {
            id: StepId(id.to_owned()),
            ..Step::accepted(pending.address.clone(), resource)
        };
        let product = self.product(&step)?;
        let given = given_later(product, &step.address, step.before.as_ref());
        if let How::Task(task) = &mut step.how {
            task.instructions.extend(given);
        }
        Some(step)
    }
}

/// Why somebody may not do a step. That somebody else has accepted may also be said by whoever could change their access.
fn refuses(
    step: &Step,
    who: &Subject,
    product: &Product,
    observation: &Observation,
) -> Option<String> {
    let why = may_not(step, who, product, observation)?;
    let is_acceptance = step.before == step.after;
    match (&step.how, is_acceptance) {
        (How::Task(task), true) if task.via == Via::User => {
            let mut by_another = step.clone();
            by_another.how = How::Task(crate::plan::Task {
                via: Via::Person,
                ..task.clone()
            });
            may_not(&by_another, who, product, observation).map(|_| why)
        }
        _ => Some(why),
    }
}

/// Puts values that only a third party knows into the object that has fields for them.
fn fill_in(step: &mut Step, names: impl Iterator<Item = Input>, given: &BTreeMap<String, String>) {
    let Some(Resource::Object(object)) = &mut step.after else {
        return;
    };
    for name in names.filter(|it| !it.secret) {
        if let Some(value) = given.get(&name.name) {
            let value = crate::model::Value::Word(Word::new(value));
            object.fields.insert(Word::new(&name.name), value);
        }
    }
}

/// The key of the estate's user who is called so, by key or by address.
fn user(desired: &Desired, who: &str) -> Option<crate::model::UserKey> {
    let by_key = desired.people.keys().find(|it| it.as_str() == who);
    let by_email = || {
        let mut people = desired.people.iter();
        let same = |it: &crate::model::Person| {
            it.email
                .as_ref()
                .is_some_and(|it| it.eq_ignore_ascii_case(who))
        };
        people.find(|(_, it)| same(it)).map(|(key, _)| key)
    };
    by_key.or_else(by_email).cloned()
}

fn refused(id: &str, what: String, why: String, help: &str) -> Recorded {
    Recorded {
        id: id.to_owned(),
        what,
        outcome: Outcome::Refused {
            why,
            help: help.to_owned(),
        },
    }
}

impl Step {
    /// That somebody has accepted: a step that changes nothing but the life-cycle state.
    fn accepted(address: Address, resource: Resource) -> Self {
        Self {
            id: StepId(String::new()),
            address,
            action: crate::model::Action::Update,
            renamed_from: None,
            before: Some(resource.clone()),
            after: Some(resource),
            differences: Vec::new(),
            how: How::Task(crate::plan::Task {
                via: Via::User,
                why: "only the person concerned can do it".to_owned(),
                who: Vec::new(),
                instructions: Vec::new(),
            }),
            needs: Vec::new(),
            effects: Vec::new(),
            undoable: false,
            cause: crate::plan::Cause::Written,
            places: Vec::new(),
            hand_over_to: None,
            then: None,
            seats: BTreeMap::new(),
            other: None,
            room: BTreeMap::new(),
            lots: Vec::new(),
            is_remade: false,
            was: None,
        }
    }
}
