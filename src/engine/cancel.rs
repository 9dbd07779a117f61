//! Stopping what a session does, from another thread.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops what a session is doing. What is asked of the session later is not affected.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<u64>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Cancel {
    /// Stops what is going on now: it ends with [`Error::Cancelled`](super::Error::Cancelled).
    pub fn cancel(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// What is cancelled from now on.
    pub fn watch(&self) -> Cancelled {
        let changes = self.0.subscribe();
        let since = *changes.borrow();
        Cancelled { changes, since }
    }
}

/// Whether something that began earlier is to stop.
#[derive(Debug, Clone)]
pub struct Cancelled {
    changes: watch::Receiver<u64>,
    since: u64,
}

impl Cancelled {
    pub fn is_cancelled(&self) -> bool {
        *self.changes.borrow() != self.since
    }

    /// Waits for it; for ever if nobody can cancel any more.
    pub(super) async fn cancelled(mut self) {
        let since = self.since;
        if self.changes.wait_for(|count| *count != since).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
