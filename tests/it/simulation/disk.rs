//! Where the journal of a simulated run is kept: in memory, or in the real store.

use seatplan::plan::Plan;
use seatplan::store::{
    Journal, Operation, OperationState, RunId, Store, StoreError, Write, operation_id,
    request_digest,
};

pub(super) enum Disk {
    Memory(Memory),
    Sqlite(Box<Sqlite>),
}

/// Rows in memory, under the same rules as in the store.
#[derive(Default)]
pub(super) struct Memory {
    rows: Vec<Operation>,
    reviewed: Vec<(String, String)>,
}

pub(super) struct Sqlite {
    folder: tempfile::TempDir,
    store: Option<Store>,
    run: RunId,
}

impl Disk {
    pub(super) fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    pub(super) fn sqlite() -> Self {
        Self::Sqlite(Box::new(Sqlite {
            folder: tempfile::tempdir().expect("there is a folder for temporary files"),
            store: None,
            run: RunId(String::new()),
        }))
    }

    pub(super) fn open_run(&mut self, now: jiff::Timestamp, plan: &Plan, run: &RunId) {
        match self {
            Self::Memory(memory) => {
                memory.rows = plan.steps.iter().map(|step| row(&step.id)).collect();
                memory.reviewed = plan
                    .steps
                    .iter()
                    .map(|step| (operation_id(run, plan, &step.id).0, request_digest(step)))
                    .collect();
            }
            Self::Sqlite(it) => {
                it.start(now);
                let store = it.store.as_mut().expect("it was started");
                it.run = store.open_run(now, plan).expect("there is room");
            }
        }
    }

    pub(super) fn commit(&mut self, now: jiff::Timestamp, writes: &[Write]) {
        let result = match self {
            Self::Memory(memory) => memory.commit(now, writes),
            Self::Sqlite(it) => it.journal().commit(now, writes),
        };
        result.unwrap_or_else(|error| panic!("{error}: {writes:?}"));
    }

    pub(super) fn operations(&mut self) -> Vec<Operation> {
        let result = match self {
            Self::Memory(memory) => memory.operations(),
            Self::Sqlite(it) => it.journal().operations(),
        };
        result.expect("the journal can be read")
    }

    /// The process died, and another one starts.
    pub(super) fn restart(&mut self, now: jiff::Timestamp) {
        if let Self::Sqlite(it) = self {
            it.start(now);
        }
    }

    /// Everything that ended has its row in the audit log, and the log is whole.
    pub(super) fn check(&self) {
        if let Self::Sqlite(it) = self {
            let store = it.store.as_ref().expect("it was started");
            assert_eq!(store.verify_audit().expect("it can be read"), None);
        }
    }
}

impl Sqlite {
    fn start(&mut self, now: jiff::Timestamp) {
        self.store = None;
        let mut store = Store::open(&self.folder.path().join("state.db")).expect("it opens");
        store
            .acquire("a simulation", now, 60_000)
            .expect("whoever held it is dead");
        self.store = Some(store);
    }

    fn journal(&mut self) -> impl Journal {
        let store = self.store.as_mut().expect("it was started");
        store.journal(&self.run)
    }
}

impl Journal for Memory {
    fn commit(&mut self, now: jiff::Timestamp, writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            let at = self.rows.iter().position(|it| it.step == *write.step());
            let at = at.expect("only steps of the plan are written");
            let (from, to) = (self.rows[at].state, write.state());
            if !from.may_become(to) {
                let step = write.step().clone();
                return Err(StoreError::Illegal { step, from, to });
            }
            let row = &mut self.rows[at];
            row.state = to;
            match write {
                Write::Intent {
                    operation, request, ..
                } => {
                    let (reviewed_operation, reviewed_request) = &self.reviewed[at];
                    assert_eq!(
                        (&operation.0, request),
                        (reviewed_operation, reviewed_request)
                    );
                    row.attempts += 1;
                    row.intent_at = Some(now);
                    row.why.clear();
                }
                Write::Outcome { outcome, .. } => {
                    row.phase = outcome.phase().map(str::to_owned);
                    row.why = outcome.why().to_owned();
                }
            }
        }
        Ok(())
    }

    fn operations(&self) -> Result<Vec<Operation>, StoreError> {
        Ok(self.rows.clone())
    }
}

fn row(step: &seatplan::plan::StepId) -> Operation {
    Operation {
        step: step.clone(),
        state: OperationState::Planned,
        attempts: 0,
        intent_at: None,
        phase: None,
        why: String::new(),
    }
}
