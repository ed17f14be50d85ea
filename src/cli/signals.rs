//! Interruptions, turned into what the engine understands: one stops gently, two at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Exit;

/// Which signals were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    terminated: Arc<AtomicBool>,
}

impl Signals {
    /// Listens from now on, on the runtime that is entered. Signals do not end the process any more.
    pub(super) fn listen() -> (UnboundedReceiver<()>, Self) {
        let (sender, receiver) = unbounded_channel();
        let signals = Self::default();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let terminated = Arc::clone(&signals.terminated);
            let terminate = signal(SignalKind::terminate());
            let interrupt = signal(SignalKind::interrupt());
            if let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) {
                tokio::spawn(async move {
                    loop {
                        let seen = tokio::select! {
                            seen = interrupt.recv() => seen,
                            seen = terminate.recv() => {
                                terminated.store(true, Ordering::Relaxed);
                                seen
                            }
                        };
                        if seen.is_none() || sender.send(()).is_err() {
                            return;
                        }
                    }
                });
            }
        }
        #[cfg(not(unix))]
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() && sender.send(()).is_ok() {}
        });
        (receiver, signals)
    }

    /// The exit code of a run that was interrupted.
    pub(super) fn exit(&self) -> Exit {
        if self.terminated.load(Ordering::Relaxed) {
            Exit::Terminated
        } else {
            Exit::Interrupted
        }
    }
}
