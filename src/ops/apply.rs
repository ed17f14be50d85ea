//! `apply`: carries out a plan. The only verb that is given writers.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::plan::Session;
use super::{Error, desired, target};
use crate::apply;
use crate::config::Settings;
pub use crate::config::{AtOnce, Wait};
use crate::env::Env;
use crate::model::{AccountName, Action, Address, Desired};
use crate::plan::{self, Plan};
use crate::product::Products;
use crate::store::{Journal as _, Store};

/// What came of carrying a plan out.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The plan's digest.
    pub plan: String,
    /// The run's identity in the journal; `None` if there was nothing to do.
    pub run: Option<String>,
    /// Whether it went on with an earlier run of the same plan.
    pub resumed: bool,
    /// Every step of the plan, in the plan's order.
    pub steps: Vec<StepResult>,
    /// Whether what was promised is what is there.
    pub verification: Verification,
    /// How many interruptions were seen.
    pub interruptions: u32,
    /// What the engine says the run comes to.
    #[serde(skip)]
    pub exit_code: u8,
    /// What seatplan itself did wrong, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
}

/// What came of one step.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct StepResult {
    /// The step's id in the plan.
    pub id: String,
    /// What it changes.
    pub address: Address,
    /// What it does to it.
    pub action: Action,
    /// How it ended.
    #[serde(flatten)]
    pub status: Status,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Status {
    /// The vendor confirmed it.
    Done {
        /// The life-cycle state that the thing is in, if not active.
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<String>,
    },
    /// Nobody knew what came of it, and reading back found it in effect.
    Recovered {
        /// The life-cycle state that the thing is in, if not active.
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<String>,
    },
    /// The vendor provably did not do it.
    Refused {
        /// The vendor's words; raw.
        why: String,
    },
    /// Nobody knows whether it took effect; the next run reads it back first.
    Unknown {
        /// What happened; raw.
        why: String,
    },
    /// A person must do it.
    Waiting {
        /// Who may do it; empty if there is nobody.
        who: Vec<String>,
    },
    /// A step that it needs has not happened.
    Blocked {
        /// The steps that it waits for.
        by: Vec<String>,
    },
    /// It was not started, or provably nothing came of it.
    NotStarted {
        /// Why not; raw. `None` if the run was interrupted before its turn.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

/// Whether what was promised is what is there.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Verification {
    /// Nothing was changed.
    NothingToVerify,
    /// Everything that was confirmed reads back as promised.
    Verified,
    /// Something does not.
    Unverified {
        /// What.
        addresses: Vec<Address>,
    },
    /// An account could not be read again.
    NotRead {
        /// The account.
        account: AccountName,
        /// What happened; raw.
        why: String,
    },
}

/// How to carry a plan out.
pub struct Options<'o> {
    /// Who we are, to whoever finds the lock taken.
    pub holder: String,
    /// How patient to be; what is not said here the estate's settings say.
    pub patience: Patience,
    /// Where interruptions come from; `None` where nobody can interrupt.
    pub signals: Option<tokio::sync::mpsc::UnboundedReceiver<()>>,
    /// Told what happens, while it happens.
    pub progress: &'o dyn Fn(&apply::Progress),
}

/// How much is done at once and how long is waited; `None` where somebody else may say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// Steps under way at the same time on one account.
    pub at_once: Option<AtOnce>,
    /// How long a run that is at work is waited for.
    pub lock_wait: Option<Wait>,
}

impl Patience {
    /// What an estate's settings say.
    pub(super) fn of(settings: &Settings) -> Self {
        let apply = settings.apply.as_ref();
        Self {
            at_once: apply.and_then(|it| it.at_once),
            lock_wait: apply.and_then(|it| it.lock_wait),
        }
    }
}

/// What was asked for comes before what the estate says, and that before what is built in.
fn limits(session: &Session, asked: &Patience) -> apply::Limits {
    let mut limits = match session.targets.all_in_process() {
        true => apply::Limits::in_process(),
        false => apply::Limits::default(),
    };
    let said = &session.patience;
    if let Some(at_once) = asked.at_once.or(said.at_once) {
        limits.at_once = at_once.0;
    }
    if let Some(wait) = asked.lock_wait.or(said.lock_wait) {
        limits.lock_wait_ms = u64::try_from(wait.0.as_millis()).unwrap_or(u64::MAX);
    }
    limits
}

/// Where an estate's journal is kept.
pub fn journal(env: &Env, root: &Path) -> PathBuf {
    target::folder(env, root).join("state.db")
}

/// Reads a saved plan.
///
/// # Errors
/// If it cannot be read, is no plan of this version, or was changed after it was made.
pub fn saved(env: &Env, path: &Path) -> Result<Plan, Error> {
    let bytes = env.read(path).map_err(|error| Error::read(path, &error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::read(path, &std::io::Error::other("it is not text")))?;
    plan::from_json(&text).map_err(|error| Error::PlanFile {
        path: path.to_owned(),
        error,
    })
}

/// The ways to the accounts of a saved plan, by what the files say about connections now.
///
/// # Errors
/// If there is no estate, its files are refused, it lacks an account of the plan, or prices are not those that the plan's costs
/// were worked out from.
pub fn session(env: &Env, start: Option<&Path>, plan: &Plan) -> Result<Session, Error> {
    let estate = desired::read(env, start, Some(desired::At::Instant(plan.at)))?;
    if estate.sink.has_errors() {
        return Err(Error::Files(Box::new(estate.problems())));
    }
    if let Some(name) = plan
        .accounts
        .keys()
        .find(|it| !estate.desired.accounts.contains_key(*it))
    {
        let known = estate.desired.accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", name, known));
    }
    let moved = terms_moved(plan, &estate.desired, &estate.products);
    if !moved.is_empty() {
        return Err(apply::Error::Stale { moved }.into());
    }
    let wanted = |name: &AccountName| plan.accounts.contains_key(name);
    let (targets, unread) =
        target::open(env, &estate.root, &estate.desired, &estate.products, wanted);
    if let Some(first) = unread.into_iter().next() {
        return Err(Error::NoConnection(first));
    }
    Ok(Session {
        patience: Patience::of(&estate.settings),
        desired: estate.desired,
        observations: std::collections::BTreeMap::new(),
        root: estate.root,
        targets,
        products: estate.products,
    })
}

/// What is not as it was of the prices and terms that a plan's costs were worked out from, each as a phrase.
fn terms_moved(plan: &Plan, desired: &Desired, products: &Products) -> Vec<String> {
    let moved = plan.accounts.iter().filter_map(|(name, it)| {
        let billing = desired.accounts.get(name)?.billing.as_ref();
        let product = products.get(&it.product)?;
        Some(plan::terms_moved(name, it.cost.as_ref()?, billing, product))
    });
    moved.flatten().collect()
}

/// The plan of an open run of which exactly the steps of a fresh plan remain: it was reviewed, and nothing moved since.
///
/// # Errors
/// If the journal cannot be read.
pub fn resumable(env: &Env, session: &Session, fresh: &Plan) -> Result<Option<Plan>, Error> {
    let Some(mut store) = Store::look(&journal(env, &session.root))? else {
        return Ok(None);
    };
    let wanted: std::collections::BTreeSet<_> = fresh.steps.iter().map(|it| &it.id).collect();
    for run in store.open_runs()?.into_iter().rev() {
        let operations = store.journal(&run.id).operations()?;
        let rest = operations.iter().filter(|it| !it.state.is_confirmed());
        if rest
            .map(|it| &it.step)
            .collect::<std::collections::BTreeSet<_>>()
            == wanted
        {
            let reviewed = store.plan_of(&run.id)?;
            let terms = terms_moved(&reviewed, &session.desired, &session.products);
            let facts = plan::moved(&reviewed, &session.observations, &session.products);
            return Ok((terms.is_empty() && facts.is_empty()).then_some(reviewed));
        }
    }
    Ok(None)
}

/// Carries out a plan.
///
/// # Errors
/// If it must not or cannot be carried out, or the journal fails. What was done until then stands in the journal.
pub async fn run(
    env: &Env,
    session: &Session,
    plan: &Plan,
    options: Options<'_>,
) -> Result<Report, Error> {
    let no_way = |(account, error): (AccountName, crate::provider::ReadError)| {
        Error::NoConnection(super::plan::Unread {
            account,
            why: error.to_string(),
        })
    };
    let readers = session.targets.readers().map_err(no_way)?;
    let writers = session.targets.writers().map_err(no_way)?;
    target::own_folder(env, &session.root)
        .map_err(|error| Error::write(&target::folder(env, &session.root), &error))?;
    let mut store = Store::open(&journal(env, &session.root))?;
    let report = apply::run(apply::Inputs {
        plan,
        products: &session.products,
        readers: &readers,
        writers: &writers,
        store: &mut store,
        env,
        holder: options.holder,
        limits: limits(session, &options.patience),
        signals: options.signals,
        progress: options.progress,
    })
    .await?;
    Ok(Report::of(plan, report))
}

impl Report {
    /// The steps that are confirmed.
    pub fn done(&self) -> std::collections::BTreeSet<plan::StepId> {
        let confirmed =
            |it: &&StepResult| matches!(it.status, Status::Done { .. } | Status::Recovered { .. });
        let done = self.steps.iter().filter(confirmed);
        done.map(|it| plan::StepId(it.id.clone())).collect()
    }

    fn of(plan: &Plan, report: apply::Report) -> Self {
        let exit_code = report.exit_code();
        Self {
            version: 1,
            plan: plan.digest.clone(),
            run: report.run,
            resumed: report.resumed,
            steps: report.steps.into_iter().map(StepResult::of).collect(),
            verification: Verification::of(report.verification),
            interruptions: report.signals,
            exit_code,
            bug: report.bug,
        }
    }
}

impl StepResult {
    fn of(step: apply::StepReport) -> Self {
        let status = match step.status {
            apply::Status::Done { phase } => Status::Done { phase },
            apply::Status::Recovered { phase } => Status::Recovered { phase },
            apply::Status::Refused { why } => Status::Refused { why },
            apply::Status::Unknown { why } => Status::Unknown { why },
            apply::Status::Waiting { who } => Status::Waiting {
                who: who.iter().map(|it| it.as_str().to_owned()).collect(),
            },
            apply::Status::Blocked { by } => Status::Blocked {
                by: by.into_iter().map(|it| it.0).collect(),
            },
            apply::Status::NotStarted { why } => Status::NotStarted { why },
        };
        Self {
            id: step.id.0,
            address: step.address,
            action: step.action,
            status,
        }
    }
}

impl Verification {
    fn of(verification: apply::Verification) -> Self {
        match verification {
            apply::Verification::NothingToVerify => Self::NothingToVerify,
            apply::Verification::Verified => Self::Verified,
            apply::Verification::Unverified(all) => Self::Unverified {
                addresses: all.into_iter().map(|it| it.address).collect(),
            },
            apply::Verification::NotRead { account, why } => Self::NotRead { account, why },
        }
    }
}
