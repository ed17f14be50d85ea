//! `plan` and `drift`: reads the accounts and says what it would take to make them what the files say.

mod unknown;

pub use unknown::AccountPool;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Serialize;

use super::Error;
use super::apply::Patience;
use super::base::{self, Base};
use super::desired::{self, At, Estate};
use super::problems::Problems;
use super::target::{self, Targets};
use crate::env::Env;
use crate::model::{AccountName, Address, Desired};
use crate::plan::{self, GuardRecord, Plan};
use crate::product::Products;
use crate::rules::{self, PlanContext};
use crate::store::Store;

/// What came of planning.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// What was asked.
    pub purpose: Purpose,
    /// The plan for the accounts that could be read; `None` where the files were refused before any was.
    pub plan: Option<Plan>,
    /// What is wrong or worth attention, in the files and in the plan.
    pub problems: Problems,
    /// Accounts that could not be read; the plan says nothing about them.
    pub unread: Vec<Unread>,
    /// Accesses that the files want and that are there, but not active yet; by address.
    pub pending: Vec<Pending>,
    /// Tasks of the plan that were handed out by a run that is open, and since when they wait.
    pub waiting: BTreeMap<plan::StepId, String>,
    /// The revision that the files are compared with; `None` if none was asked for or it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<base::Report>,
    /// Where the plan was saved.
    pub saved_to: Option<String>,
    /// The folder that the person named, for the commands that are suggested; UI only.
    #[serde(skip)]
    pub dir: Option<String>,
}

/// What a comparison is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be carried out.
    Plan,
    /// To see whether somebody changed something past the files.
    Drift,
}

/// An account that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Unread {
    /// The account.
    pub account: AccountName,
    /// Why, as a phrase; raw.
    pub why: String,
}

/// An access that waits for somebody: an invitation that was sent and not accepted, for instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Pending {
    /// The access.
    pub address: Address,
    /// The product's word for the state that it is in.
    pub state: String,
}

/// What to plan.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the comparison is for.
    pub purpose: Purpose,
    /// The instant that the files are read against; now if `None`.
    pub at: Option<At>,
    /// The accounts to compare; all if empty.
    pub accounts: Vec<AccountName>,
    /// The exact number of removals that is accepted in the face of the guards.
    pub accept_removals: Option<u32>,
    /// Pools of which seats may be taken though nobody knows how many there are.
    pub accept_unknown_seats: Vec<AccountPool>,
    /// The revision whose guards and inventories hold, as git knows it; raw. `None` for those of the working tree.
    pub base: Option<String>,
}

/// A report, and what it takes to carry its plan out.
#[derive(Debug)]
pub struct Planned {
    /// The report.
    pub report: Report,
    /// The ways to the accounts; `None` where none was looked for.
    pub session: Option<Session>,
}

/// An estate's ways to its accounts and what is known about their products.
#[derive(Debug)]
pub struct Session {
    /// The folder of `seatplan.yaml`.
    pub root: std::path::PathBuf,
    /// The accounts.
    pub targets: Targets,
    /// The products.
    pub products: Products,
    /// How patient the estate wants to be.
    pub patience: Patience,
    /// What the estate wants.
    pub desired: Desired,
    /// What the accounts were seen to be; empty for a saved plan.
    pub observations: BTreeMap<AccountName, crate::model::Observation>,
}

/// Reads the files and the accounts and compares them. Nothing is written anywhere but under `.seatplan/`.
///
/// # Errors
/// If there is no estate, an account is asked for that it does not have, or the plan contradicts itself.
pub async fn run(env: &Env, start: Option<&Path>, options: &Options) -> Result<Planned, Error> {
    let mut estate = desired::read(env, start, options.at)?;
    known_accounts(&estate.desired, &options.accounts)?;
    let accepted = unknown::known(&estate, &options.accept_unknown_seats)?;
    let base = match &options.base {
        Some(name) if !estate.sink.has_errors() => base::read(env, name, &mut estate)?,
        _ => None,
    };
    if estate.sink.has_errors() {
        return Ok(Planned {
            report: Report {
                version: 1,
                purpose: options.purpose,
                plan: None,
                problems: estate.problems(),
                unread: Vec::new(),
                pending: Vec::new(),
                waiting: BTreeMap::new(),
                base: None,
                saved_to: None,
                dir: named(start),
            },
            session: None,
        });
    }
    let asked = target::wanted(&estate.desired, &estate.products, &options.accounts);
    let asked = |name: &AccountName| asked.contains(name);
    let untrusted = match &base {
        Some(base) => base.untrusted(asked, &mut estate),
        None => Vec::new(),
    };
    let is_trusted = |name: &AccountName| untrusted.iter().all(|it| it.account != *name);
    let wanted = |name: &AccountName| asked(name) && is_trusted(name);
    let (mut targets, mut unread) =
        target::open(env, &estate.root, &estate.desired, &estate.products, wanted);
    unread.extend(untrusted.iter().cloned());
    for (name, held) in base.iter().flat_map(Base::held) {
        targets.hold(name, held);
    }
    let read = targets.read(&options.accounts).await;
    unread.extend(read.unread.iter().cloned());
    unread.sort_by(|a, b| a.account.cmp(&b.account));
    let mut planned = compare(
        env,
        (estate, base),
        options,
        accepted,
        targets,
        read,
        unread,
    )?;
    planned.report.dir = named(start);
    Ok(planned)
}

fn named(start: Option<&Path>) -> Option<String> {
    start.map(|it| it.display().to_string())
}

fn compare(
    env: &Env,
    (mut estate, base): (Estate, Option<Base<'_>>),
    options: &Options,
    accepted: unknown::Accepted,
    targets: Targets,
    read: target::Read,
    unread: Vec<Unread>,
) -> Result<Planned, Error> {
    let now = env.now();
    let (from, commit) = match &base {
        Some(base) => base.guards_from(),
        None => (base::WORKING_TREE.to_owned(), None),
    };
    let make = |accepted: unknown::Accepted| {
        plan::make(&plan::Inputs {
            desired: &estate.desired,
            observations: &read.observations,
            products: &estate.products,
            capabilities: &read.capabilities,
            sources: &estate.sources,
            now,
            counted: &read.counted,
            guards: GuardRecord {
                from: from.clone(),
                commit: commit.clone(),
                accepted_removals: options.accept_removals,
                accepted_unknown_seats: accepted,
                ..GuardRecord::default()
            },
        })
    };
    let mut plan = make(accepted.clone());
    unknown::asked_for_nothing(&plan, &unread)?;
    let reviewed = unknown::of_open_run(env, &estate.root, &plan)?;
    if !reviewed.is_empty() {
        plan = make(unknown::both(accepted, reviewed));
    }
    let base = base.map(|it| it.report(&plan, &mut estate));
    let recent_removals = recent_removals(env, &estate)?;
    let facts = PlanContext {
        plan: &plan,
        desired: &estate.desired,
        observations: &read.observations,
        products: &estate.products,
        recent_removals: &recent_removals,
    };
    let pending = pending(&estate.desired, &estate.products, &read);
    let waiting = waiting(env, &estate.root, &plan)?;
    rules::check_plan(&facts, &mut estate.sink);
    // A plan that is refused need not be one that could be carried out.
    if !estate.sink.has_errors()
        && let Err(violations) = plan::check(&plan, &read.observations, &estate.products)
    {
        let words = violations.iter().map(ToString::to_string);
        return Err(Error::Contradiction(words.collect()));
    }
    Ok(Planned {
        report: Report {
            version: 1,
            purpose: options.purpose,
            plan: Some(plan),
            problems: Problems::new(estate.sources, estate.sink),
            unread,
            pending,
            waiting,
            base,
            saved_to: None,
            dir: None,
        },
        session: Some(Session {
            patience: Patience::of(&estate.settings),
            desired: estate.desired,
            observations: read.observations,
            root: estate.root,
            targets,
            products: estate.products,
        }),
    })
}

impl Report {
    /// Whether the plan must not be carried out, or there is none.
    pub fn refused(&self) -> bool {
        let plan = self.plan.as_ref();
        self.problems.refused() || plan.is_none_or(|it| !it.refusals.is_empty())
    }

    /// Whether the accounts that were read differ from the files.
    pub fn differs(&self) -> bool {
        self.plan.as_ref().is_some_and(|it| !it.steps.is_empty())
    }
}

/// Saves the plan of a report.
///
/// # Errors
/// If the file cannot be written; an older one is then as it was.
pub fn save(env: &Env, report: &mut Report, path: &Path) -> Result<(), Error> {
    if let Some(plan) = report.plan.as_ref().filter(|_| !report.refused()) {
        env.write(path, plan::to_json(plan).as_bytes())
            .map_err(|error| Error::write(path, &error))?;
        report.saved_to = Some(path.display().to_string());
    }
    Ok(())
}

/// Refuses names of accounts that the estate does not have.
pub(super) fn known_accounts(desired: &Desired, asked: &[AccountName]) -> Result<(), Error> {
    let unknown = asked.iter().find(|it| !desired.accounts.contains_key(*it));
    let Some(name) = unknown else {
        return Ok(());
    };
    let known = desired.accounts.keys().map(AccountName::as_str);
    Err(Error::unknown("account", name, known))
}

/// The tasks of a plan that wait already, by step, with the day since when.
fn waiting(env: &Env, root: &Path, plan: &Plan) -> Result<BTreeMap<plan::StepId, String>, Error> {
    let is_task = |it: &&plan::Step| matches!(it.how, plan::How::Task(_)) && it.needs.is_empty();
    let mut tasks = plan.steps.iter().filter(is_task).peekable();
    if tasks.peek().is_none() {
        return Ok(BTreeMap::new());
    }
    let since = super::tasks::waiting_since(env, root)?;
    let waits = tasks.filter_map(|it| Some((it.id.clone(), since.get(&it.id)?)));
    Ok(waits
        .map(|(id, at)| (id, at.strftime("%Y-%m-%d").to_string()))
        .collect())
}

/// What the files want and is there, but not active yet. What is cancelled and ends with the billing cycle waits for nobody.
fn pending(desired: &Desired, products: &Products, read: &target::Read) -> Vec<Pending> {
    let asked = read
        .observations
        .values()
        .filter(|it| !read.counted.contains(&it.account));
    let phases = asked.flat_map(|it| &it.phases);
    let is_ending = |address: &Address, phase: &str| {
        let account = desired.accounts.get(&address.account);
        let product = account.and_then(|it| products.get(&it.product));
        product.is_some_and(|it| it.is_ending(phase))
    };
    let mut pending: Vec<_> = phases
        .filter(|(address, _)| desired.state.get(address).is_some())
        .filter(|(address, phase)| !is_ending(address, phase))
        .map(|(address, phase)| Pending {
            address: address.clone(),
            state: phase.as_str().to_owned(),
        })
        .collect();
    pending.sort_by(|a, b| a.address.cmp(&b.address));
    pending
}

/// How many people lost access in earlier runs within the guard's window; nothing without a journal.
fn recent_removals(env: &Env, estate: &Estate) -> Result<BTreeMap<AccountName, u32>, Error> {
    let guard = estate.desired.guards.removals.as_ref();
    let Some(days) = guard.and_then(|it| it.window_days) else {
        return Ok(BTreeMap::new());
    };
    let Some(store) = Store::look(&super::apply::journal(env, &estate.root))? else {
        return Ok(BTreeMap::new());
    };
    let since = window_start(env.now(), &estate.desired.timezone, days);
    let mut removals = BTreeMap::new();
    for account in estate.desired.accounts.keys() {
        let people = store.removals_since(account, since)?;
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        removals.insert(account.clone(), people);
    }
    Ok(removals)
}

/// When a window of `days` days begins in which `now` lies on the last: at the start of a day where the estate is.
fn window_start(now: Timestamp, zone: &TimeZone, days: u32) -> Timestamp {
    let today = now.to_zoned(zone.clone()).date();
    let first = today.saturating_sub(Span::new().days(i64::from(days) - 1));
    // A day may begin later than midnight, where clocks are put forward then, or have two midnights: the earlier is meant.
    let start = first.to_zoned(zone.clone());
    start.map_or(Timestamp::MIN, |it| it.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn begins(zone: &str, now: &str, days: u32, expected: &str) {
        let zone = TimeZone::get(zone).unwrap();
        let start = window_start(now.parse().unwrap(), &zone, days);
        assert_eq!(start.to_string(), expected);
    }

    #[test]
    fn a_window_begins_with_a_day_of_the_estate() {
        // 23:30 in UTC is already the next day in Paris, and still the day before in Los Angeles.
        begins(
            "Europe/Paris",
            "2026-06-10T23:30:00Z",
            1,
            "2026-06-10T22:00:00Z",
        );
        begins(
            "America/Los_Angeles",
            "2026-06-10T23:30:00Z",
            1,
            "2026-06-10T07:00:00Z",
        );
        begins(
            "Europe/Paris",
            "2026-06-10T23:30:00Z",
            7,
            "2026-06-04T22:00:00Z",
        );
    }

    #[test]
    fn days_of_a_window_may_have_23_or_25_hours() {
        begins(
            "Europe/Paris",
            "2026-03-29T21:59:00Z",
            1,
            "2026-03-28T23:00:00Z",
        );
        begins(
            "Europe/Paris",
            "2026-03-30T10:00:00Z",
            2,
            "2026-03-28T23:00:00Z",
        );
        begins(
            "Europe/Paris",
            "2026-10-25T22:30:00Z",
            1,
            "2026-10-24T22:00:00Z",
        );
        begins(
            "Europe/Paris",
            "2026-10-26T10:00:00Z",
            7,
            "2026-10-19T22:00:00Z",
        );
    }

    #[test]
    fn a_day_without_midnight_begins_when_it_begins_and_one_with_two_at_the_first() {
        begins(
            "Africa/Cairo",
            "2026-04-24T12:00:00Z",
            1,
            "2026-04-23T22:00:00Z",
        );
        begins(
            "America/Havana",
            "2026-11-01T12:00:00Z",
            1,
            "2026-11-01T04:00:00Z",
        );
    }
}
