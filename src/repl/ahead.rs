//! What is done in the background when a trace is opened: small tables are read into memory, and from them the names that
//! completion knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow::array::AsArray;

use super::opening::Opening;
use crate::engine::{self, Cancel, Origin, Progress, Session};
use crate::ide;

/// Names that are kept of a column.
const NAMES: usize = 200;

/// Columns of names, each with the tables that have it.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("goroutines", "name", &["goroutines", "goroutine_stats", "goroutine_states", "events", "samples"]),
    ("tasks", "name", &["tasks"]),
    ("regions", "name", &["regions"]),
    ("logs", "category", &["logs"]),
];

/// By table and column.
type Names = HashMap<(&'static str, &'static str), Vec<String>>;

/// What is known of a trace's names so far. Dropped, it stops to read.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    names: Arc<Mutex<Names>>,
    cancel: Cancel,
}

impl Ahead {
    /// Begins to read. What can't be read is not known: a query over it says why.
    pub(super) fn start(opening: Opening, progress: Arc<dyn Progress>) -> Self {
        let ahead = Self::default();
        let (names, cancelled) = (ahead.names.clone(), ahead.cancel.watch());
        thread::spawn(move || {
            let Ok(session) = opening.wait() else { return };
            let read = session.read_ahead(progress.as_ref(), &cancelled).and_then(|()| read(&session));
            if let Ok(read) = read {
                *names.lock().unwrap_or_else(PoisonError::into_inner) = read;
            }
        });
        ahead
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The names in the tables that are in memory. One that was too large is not read again.
fn read(session: &Session) -> Result<Names, engine::Error> {
    let mut names = Names::new();
    for (table, column, tables) in COLUMNS {
        let text = format!("select {column}, count() as n from {table} order by n desc limit {NAMES}");
        let mut found: Vec<String> = Vec::new();
        for query in &engine::compile(&text, &Origin::Typed).queries {
            let prepared = session.prepare(query)?;
            if prepared.reads() {
                continue;
            }
            session.run(&prepared, |batch| {
                let texts = batch.columns().first().and_then(|column| column.as_string_view_opt());
                found.extend(texts.into_iter().flatten().flatten().map(str::to_owned));
                Ok(())
            })?;
        }
        names.extend(tables.iter().map(|table| ((*table, *column), found.clone())));
    }
    Ok(names)
}

impl ide::Values for Ahead {
    fn values(&self, table: &str, column: &str) -> Vec<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().find(|((t, c), _)| *t == table && *c == column);
        known.map(|(_, values)| values.clone()).unwrap_or_default()
    }
}
