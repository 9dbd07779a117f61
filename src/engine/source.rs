//! An open trace as a source of rows.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;

use super::error::Error;
use super::load::{self, Progress};
use super::session::Loss;
use crate::catalog::TableCall;
use crate::tables::{FileInfo, Needs, Outcome, Pass, RowSource, ScanMetrics, Stacks, Window, schema};
use crate::trace::{self, ErrorKind, Reader};

/// Where a trace comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-`; can be read once.
    StandardInput,
    File(PathBuf),
}

/// What can be said of a trace before it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceInfo {
    pub path: String,
    pub bytes: Option<u64>,
}

/// An open trace, and what has been loaded of it.
#[derive(Debug)]
pub(super) struct TraceSource {
    input: Input,
    file: FileInfo,
    stacks: Arc<Stacks>,
    progress: Arc<dyn Progress>,
    /// The reader that showed that the input is a trace, for the first pass.
    first: Mutex<Option<Opened>>,
    loaded: Mutex<HashMap<TableCall, Loaded>>,
    loss: Mutex<Option<Loss>>,
    /// The loss of a pass whose rows are still being read: who stops early lost nothing.
    pending: Mutex<Option<Loss>>,
}

/// A reader, kept out of `Debug`.
struct Opened(Reader);

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

/// A table in memory: some of its columns, by their places in the catalog.
#[derive(Debug)]
struct Loaded {
    columns: Vec<usize>,
    batches: Vec<RecordBatch>,
}

impl TraceSource {
    pub(super) fn open(input: Input, progress: Arc<dyn Progress>) -> Result<Self, Error> {
        let file = describe(&input)?;
        let reader = read(&input, &file)?;
        Ok(Self {
            input,
            file,
            stacks: Arc::default(),
            progress,
            first: Mutex::new(Some(Opened(reader))),
            loaded: Mutex::default(),
            loss: Mutex::default(),
            pending: Mutex::default(),
        })
    }

    pub(super) fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    pub(super) fn info(&self) -> TraceInfo {
        TraceInfo { path: self.file.path.clone(), bytes: self.file.bytes }
    }

    /// Whether a second pass is impossible.
    pub(super) fn reads_once(&self) -> bool {
        self.input == Input::StandardInput
    }

    /// What the last pass had to leave out.
    pub(super) fn loss(&self) -> Option<Loss> {
        lock(&self.loss).clone()
    }

    /// Loads tables in one pass, but for those that are there already. A table that lacks columns is loaded anew, with
    /// the columns that it has.
    pub(super) fn load(&self, needs: &Needs) -> Result<(), Error> {
        let mut missing = Needs::default();
        for (call, columns) in needs.iter() {
            if self.loaded(call, columns).is_none() {
                missing.add(call.clone(), columns);
                if let Some(before) = lock(&self.loaded).get(call) {
                    missing.add(call.clone(), &before.columns);
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut reader = self.reader()?;
        let mut sink = load::Collector::new(self.progress.as_ref(), self.file.bytes);
        let outcome = Pass::new(&missing, Window::default(), self.stacks.clone()).run(
            &mut reader,
            &self.file,
            &mut sink,
        );
        self.finished(outcome);
        self.used();
        let mut loaded = lock(&self.loaded);
        let mut tables = sink.into_tables();
        for (call, columns) in missing.iter() {
            let batches = tables.remove(call).unwrap_or_default();
            loaded.insert(call.clone(), Loaded { columns: columns.to_vec(), batches });
        }
        Ok(())
    }

    /// A reader at the beginning of the trace.
    fn reader(&self) -> Result<Reader, Error> {
        match lock(&self.first).take() {
            Some(Opened(reader)) => Ok(reader),
            None => read(&self.input, &self.file),
        }
    }

    fn finished(&self, outcome: Outcome) {
        self.progress.finish();
        let Some(problem) = outcome.problem else { return };
        let bytes = self.file.bytes.unwrap_or(outcome.bytes_read);
        *lock(&self.pending) = Some(Loss { problem, lost: outcome.lost, bytes });
    }

    /// All that a pass could give has been used.
    fn used(&self) {
        if let Some(loss) = lock(&self.pending).take() {
            *lock(&self.loss) = Some(loss);
        }
    }
}

impl RowSource for TraceSource {
    fn loaded(&self, call: &TableCall, columns: &[usize]) -> Option<Vec<RecordBatch>> {
        let loaded = lock(&self.loaded);
        let found = loaded.get(call)?;
        let places: Vec<usize> =
            columns.iter().map(|c| found.columns.iter().position(|l| l == c)).collect::<Option<_>>()?;
        found.batches.iter().map(|batch| batch.project(&places).ok()).collect()
    }

    fn stream(
        self: Arc<Self>,
        call: &TableCall,
        columns: &[usize],
        window: Window,
        metrics: ScanMetrics,
    ) -> SendableRecordBatchStream {
        let mut needs = Needs::default();
        needs.add(call.clone(), columns);
        let sent = schema(call.table(), columns);
        // A pass gives columns in the catalog's order.
        let places: Vec<usize> = {
            let built = needs.columns(call).unwrap_or_default();
            columns.iter().filter_map(|c| built.iter().position(|b| b == c)).collect()
        };
        let source = self.clone();
        load::stream(
            sent,
            move || source.used(),
            move |tx| {
                let mut reader = self.reader().map_err(|e| e.to_string())?;
                let mut sink = load::Sender::new(tx, places, self.progress.as_ref(), self.file.bytes);
                let outcome =
                    Pass::new(&needs, window, self.stacks.clone()).run(&mut reader, &self.file, &mut sink);
                metrics.add(&outcome);
                self.finished(outcome);
                Ok(())
            },
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn describe(input: &Input) -> Result<FileInfo, Error> {
    let Input::File(path) = input else {
        return Ok(FileInfo { label: "-".into(), path: "-".into(), bytes: None });
    };
    let text = path.display().to_string();
    let label = path.file_name().map_or_else(|| text.clone(), |name| name.to_string_lossy().into_owned());
    let metadata = std::fs::metadata(path).map_err(|e| io_error(&text, e))?;
    if metadata.is_dir() {
        return Err(io_error(&text, std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    Ok(FileInfo { label, path: text, bytes: metadata.is_file().then_some(metadata.len()) })
}

fn read(input: &Input, file: &FileInfo) -> Result<Reader, Error> {
    let reader = match input {
        Input::StandardInput => Reader::new(std::io::stdin()),
        Input::File(path) => Reader::new(File::open(path).map_err(|e| io_error(&file.path, e))?),
    };
    reader.map_err(|error| Error::Open { path: file.path.clone(), error })
}

fn io_error(path: &str, error: std::io::Error) -> Error {
    Error::Open { path: path.to_owned(), error: trace::Error { offset: 0, kind: ErrorKind::Io(error) } }
}

/// Tables without a trace, to plan with.
#[derive(Debug)]
pub(super) struct NoTrace;

impl RowSource for NoTrace {
    fn loaded(&self, _: &TableCall, _: &[usize]) -> Option<Vec<RecordBatch>> {
        None
    }

    fn stream(
        self: Arc<Self>,
        call: &TableCall,
        columns: &[usize],
        _: Window,
        _: ScanMetrics,
    ) -> SendableRecordBatchStream {
        load::stream(schema(call.table(), columns), || (), |_| Ok(()))
    }
}
