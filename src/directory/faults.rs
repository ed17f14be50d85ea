//! Scripted faults: what a vendor does on a bad day, for tests and demonstrations. Nothing happens unless asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A script of faults, shared between the directory and whoever directs it. Cloning gives another handle to the same script.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

/// One fault: which requests it befalls, and what happens to them.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The method of the requests it befalls: `GET`; every method if `None`.
    pub method: Option<&'static str>,
    /// What the path contains, as it is sent (percent-encoded); empty for every path.
    pub path: String,
    /// How many matching requests pass before the first one is befallen.
    pub after: u32,
    /// How many requests are befallen, counted down to nothing.
    pub times: u32,
    /// What happens.
    pub what: Trouble,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 429, with this `Retry-After`; nothing is done.
    TooMany(Option<String>),
    /// This status with an answer in HTML, as a gateway gives it; nothing is done.
    Gateway(u16),
    /// 200 with a login page in HTML; nothing is done.
    LoginPage,
    /// 302 to another host; nothing is done.
    Redirect(String),
    /// It is done, and 500 is answered.
    ErrorAfterWrite,
    /// The connection is cut before anything is done.
    LoseRequest,
    /// It is done, and the connection is cut before the answer.
    LoseAnswer,
    /// It is done, and half of the answer is sent.
    HalfAnswer,
    /// It is done, and the answer comes late.
    Slow(Duration),
    /// A page of a list whose `next` leads to itself.
    Loop,
    /// The answer is this many bytes longer than it should be.
    Bloat(usize),
    /// The server stops, before anything is done, and takes no further connection.
    Stop,
}

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault that befalls the next `times` requests of a method whose path contains `path`.
    pub fn add(&self, method: &'static str, path: &str, times: u32, what: Trouble) {
        self.push(Fault {
            method: Some(method),
            path: path.to_owned(),
            after: 0,
            times,
            what,
        });
    }

    /// Adds a fault. Of several that match, the one added first befalls the request.
    pub fn push(&self, fault: Fault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What befalls a request; counts it.
    pub(super) fn befalls(&self, method: &str, path: &str) -> Option<Trouble> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in faults.iter_mut() {
            let is_meant = fault.method.is_none_or(|it| it == method) && path.contains(&fault.path);
            if !is_meant || fault.times == 0 {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.times -= 1;
            return Some(fault.what.clone());
        }
        None
    }
}
