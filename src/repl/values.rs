//! The names in a trace, for completion: read in the background, asked for without waiting.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow::array::AsArray;

use crate::engine::{self, Input, Limits, Origin, Progress, Session};
use crate::ide;

/// Traces that are larger are not read only for completion.
const LARGEST: u64 = 64 << 20;

/// Names that are kept of a column.
const NAMES: usize = 200;

/// Columns of names, each with the tables that have it.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("goroutines", "name", &["goroutines", "goroutine_stats", "goroutine_states", "events", "samples"]),
    ("tasks", "name", &["tasks"]),
    ("regions", "name", &["regions"]),
    ("logs", "category", &["logs"]),
];

type Names = HashMap<(&'static str, &'static str), Vec<String>>;

/// What is known of the trace's names so far.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownValues(Arc<Mutex<Names>>);

#[derive(Debug)]
struct Silent;

impl Progress for Silent {
    fn read(&self, _: u64, _: Option<u64>) {}

    fn finish(&self) {}
}

impl KnownValues {
    /// Reads a trace's names on a thread of its own; what can't be read is not known.
    pub(super) fn of(trace: &Path, memory: Option<usize>) -> Self {
        let known = Self::default();
        let is_small = std::fs::metadata(trace).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
        if is_small {
            let (path, names) = (trace.to_owned(), known.0.clone());
            thread::spawn(move || {
                if let Ok(read) = read(&path, memory) {
                    *names.lock().unwrap_or_else(PoisonError::into_inner) = read;
                }
            });
        }
        known
    }
}

/// All names in one pass. The session is one of its own, so that nobody waits for it.
fn read(path: &Path, memory: Option<usize>) -> Result<Names, engine::Error> {
    let limits = Limits { memory, threads: std::num::NonZeroUsize::new(1) };
    let session = Session::open(Input::File(path.to_owned()), limits, Arc::new(Silent))?;
    let queries = COLUMNS.iter().map(|(table, column, _)| {
        format!("select {column}, count() as n from {table} order by n desc limit {NAMES};")
    });
    let compiled = engine::compile(&queries.collect::<String>(), &Origin::Typed);
    let prepared =
        compiled.queries.iter().map(|query| session.prepare(query)).collect::<Result<Vec<_>, _>>()?;
    session.load(&prepared)?;
    let mut names = Names::new();
    for ((_, column, tables), query) in COLUMNS.iter().zip(&prepared) {
        let mut found: Vec<String> = Vec::new();
        session.run(query, |batch| {
            let texts = batch.columns().first().and_then(|column| column.as_string_view_opt());
            found.extend(texts.into_iter().flatten().flatten().map(str::to_owned));
            Ok(())
        })?;
        for table in *tables {
            names.insert((table, column), found.clone());
        }
    }
    Ok(names)
}

impl ide::Values for KnownValues {
    fn values(&self, table: &str, column: &str) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().find(|((t, c), _)| *t == table && *c == column);
        known.map(|(_, values)| values.clone()).unwrap_or_default()
    }
}
