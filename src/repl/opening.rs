//! A trace that is being opened on a thread of its own: its first generation is read to see that it is one.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::core::Setup;
use crate::engine::{self, Cancel, Input, Session};

/// A session that is there now or soon. Copies wait for the same.
#[derive(Clone)]
pub(super) struct Opening(Arc<Shared>);

struct Shared {
    /// None: not yet. An error is there as text, so that all who wait can have it.
    opened: Mutex<Option<Result<Arc<Session>, String>>>,
    ready: Condvar,
}

impl Opening {
    /// Begins to open a trace; without one, there is a session that has none. What it does can be stopped by `cancel`.
    pub(super) fn start(trace: Option<&Path>, setup: &Setup, cancel: &Cancel) -> Self {
        let opening = Self(Arc::new(Shared { opened: Mutex::new(None), ready: Condvar::new() }));
        let (trace, setup, cancel) = (trace.map(ToOwned::to_owned), setup.clone(), cancel.clone());
        let shared = opening.0.clone();
        thread::spawn(move || {
            let session = match trace {
                None => Session::without_trace(setup.limits),
                Some(path) => Session::open(Input::File(path), None, setup.limits, setup.progress),
            };
            let opened = session.map(|session| Arc::new(session.stopped_by(cancel)));
            let opened = opened.map_err(|error: engine::Error| error.to_string());
            *shared.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
            shared.ready.notify_all();
        });
        opening
    }

    /// The session, as soon as it is there.
    ///
    /// # Errors
    /// When the trace can't be opened.
    pub(super) fn wait(&self) -> Result<Arc<Session>, String> {
        loop {
            if let Some(session) = self.wait_for(Duration::from_secs(1))? {
                return Ok(session);
            }
        }
    }

    /// The session, if it is there within a time.
    ///
    /// # Errors
    /// When the trace can't be opened.
    pub(super) fn wait_for(&self, time: Duration) -> Result<Option<Arc<Session>>, String> {
        let opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.ready.wait_timeout_while(opened, time, |opened| opened.is_none());
        let (opened, _) = waited.unwrap_or_else(PoisonError::into_inner);
        opened.clone().transpose()
    }

    /// Whether both are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
