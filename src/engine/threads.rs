//! The threads on which a session computes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::error::Error;
use crate::stack;

/// How long a session that ends waits for what is going on in it.
const LEAVING: Duration = Duration::from_millis(300);

/// Threads. Those on which something was cancelled may be computing for a while yet: others take their place.
pub(super) struct Threads {
    count: usize,
    current: Mutex<Arc<Own>>,
}

/// A runtime that nobody waits for in the end.
struct Own(Option<Runtime>);

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Threads {
    pub(super) fn new(count: usize) -> Result<Self, Error> {
        Ok(Self { count, current: Mutex::new(Arc::new(start(count)?)) })
    }

    /// Does work here and there, and waits for it. It may be deep.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let own = self.current().clone();
        let Some(runtime) = &own.0 else { return Err(Error::Internal("the session is closed".into())) };
        let result = stack::deep(|| runtime.block_on(work));
        if matches!(result, Err(Error::Cancelled)) {
            self.replace(&own)?;
        }
        result
    }

    fn replace(&self, busy: &Arc<Own>) -> Result<(), Error> {
        let mut current = self.current();
        if Arc::ptr_eq(&current, busy) {
            *current = Arc::new(start(self.count)?);
        }
        Ok(())
    }

    fn current(&self) -> MutexGuard<'_, Arc<Own>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Threads {
    /// Waits a little, so that operators remove what they wrote to disk; but not for a pass that nobody wants any more,
    /// which may be waiting for input.
    fn drop(&mut self) {
        let mut current = self.current();
        if let Some(runtime) = Arc::get_mut(&mut current).and_then(|own| own.0.take()) {
            runtime.shutdown_timeout(LEAVING);
        }
    }
}

fn start(count: usize) -> Result<Own, Error> {
    let runtime = Builder::new_multi_thread().worker_threads(count).thread_stack_size(stack::SIZE).build();
    let runtime = runtime.map_err(|e| Error::Internal(format!("threads can't be started: {e}")))?;
    Ok(Own(Some(runtime)))
}
