//! An open trace as a source of rows.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;

use super::cancel::Cancelled;
use super::error::Error;
use super::load::{self, Feed, Meter, Progress, Receiver};
use super::session::Loss;
use crate::catalog::TableCall;
use crate::compression::{Compression, Content, Position};
use crate::tables::{FileInfo, Needs, Outcome, Pass, RowSource, Scan, ScanMetrics, Stacks, Want, Window};
use crate::trace::{self, ErrorKind, Reader};

/// Where a trace comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-`; can be read once.
    StandardInput,
    /// Can be read once too, if it is a pipe.
    File(PathBuf),
}

/// What can be said of a trace before it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceInfo {
    pub path: String,
    /// Size of the file, as it is; None: it is a pipe.
    pub bytes: Option<u64>,
}

/// An open trace, and what has been loaded of it.
#[derive(Debug)]
pub(super) struct TraceSource {
    input: Input,
    file: FileInfo,
    /// Bytes of the input, as it is; None: it is no regular file, and can be read once.
    size: Option<u64>,
    /// When it was written to last.
    modified: Option<SystemTime>,
    stacks: Arc<Stacks>,
    progress: Arc<dyn Progress>,
    /// The reader that showed that the input is a trace, for the first pass.
    first: Mutex<Option<Opened>>,
    loaded: Mutex<HashMap<TableCall, Loaded>>,
    loss: Mutex<Option<Loss>>,
    /// The loss of a pass whose rows are still being read: who stops early lost nothing.
    pending: Mutex<Option<Loss>>,
}

/// A reader at the beginning of the trace, and how far it has read the input.
struct Opened {
    reader: Reader,
    compression: Option<Compression>,
    position: Position,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("position", &self.position).finish_non_exhaustive()
    }
}

/// A table in memory: some of its columns, by their places in the catalog.
#[derive(Debug)]
struct Loaded {
    columns: Vec<usize>,
    batches: Vec<RecordBatch>,
}

impl TraceSource {
    pub(super) fn open(
        input: Input,
        label: Option<String>,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, Error> {
        let (mut file, size) = describe(&input)?;
        file.label = label.unwrap_or(file.label);
        let first = read(&input, &file)?;
        if first.compression.is_none() {
            file.bytes = size;
        }
        Ok(Self {
            modified: modified(&input),
            input,
            file,
            size,
            stacks: Arc::default(),
            progress,
            first: Mutex::new(Some(first)),
            loaded: Mutex::default(),
            loss: Mutex::default(),
            pending: Mutex::default(),
        })
    }

    pub(super) fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    /// What it is called.
    pub(super) fn label(&self) -> &str {
        &self.file.label
    }

    pub(super) fn info(&self) -> TraceInfo {
        TraceInfo { path: self.file.path.clone(), bytes: self.size }
    }

    /// Whether the file is as it was when it was opened. What is no file can't change.
    pub(super) fn is_current(&self) -> bool {
        let size = match &self.input {
            Input::File(path) if self.size.is_some() => std::fs::metadata(path).ok().map(|file| file.len()),
            _ => return true,
        };
        size == self.size && modified(&self.input) == self.modified
    }

    /// Whether a second pass is impossible.
    pub(super) fn reads_once(&self) -> bool {
        self.size.is_none()
    }

    /// What the last pass had to leave out.
    pub(super) fn loss(&self) -> Option<Loss> {
        lock(&self.loss).clone()
    }

    /// Those of some tables that are not loaded yet. One that lacks columns is to be loaded anew, with the columns that it
    /// has.
    pub(super) fn missing(&self, needs: &Needs) -> Needs {
        let mut missing = Needs::default();
        for (call, want) in needs.iter() {
            if self.loaded(call, &want.columns).is_none() {
                missing.add(call.clone(), Want::all(&want.columns));
                if let Some(before) = lock(&self.loaded).get(call) {
                    missing.add(call.clone(), Want::all(&before.columns));
                }
            }
        }
        missing
    }

    /// Makes a pass over the whole trace: loads tables, and feeds scans of others.
    ///
    /// # Errors
    /// When the trace can't be read again, or when it is cancelled: then nothing of it is kept.
    pub(super) fn pass(&self, needs: &Needs, feeds: Vec<Feed>, cancelled: &Cancelled) -> Result<(), Error> {
        let Opened { reader, position, .. } = self.reader()?;
        let fed: Vec<TableCall> = feeds.iter().map(|feed| feed.call().clone()).collect();
        let receiver = Receiver::new(feeds, needs, self.meter(position), Some(cancelled));
        self.keep(needs, &fed, reader, receiver, cancelled)
    }

    /// Loads tables of at most so many bytes each, for queries that are still to come.
    ///
    /// # Errors
    /// When the trace can't be read again, or when it is cancelled.
    pub(super) fn read_ahead(
        &self,
        needs: &Needs,
        largest: usize,
        progress: &dyn Progress,
        cancelled: &Cancelled,
    ) -> Result<(), Error> {
        // The first reader is left to the first query, which may come at the same time.
        let Opened { reader, position, .. } = read(&self.input, &self.file)?;
        let meter = Meter { progress, position, size: self.size };
        let receiver = Receiver::new(Vec::new(), needs, meter, Some(cancelled)).keep_small(largest);
        self.keep(needs, &[], reader, receiver, cancelled)
    }

    /// Makes a pass, and keeps the tables that no query is fed with.
    fn keep(
        &self,
        needs: &Needs,
        fed: &[TableCall],
        mut reader: Reader,
        mut receiver: Receiver<'_>,
        cancelled: &Cancelled,
    ) -> Result<(), Error> {
        let pass = Pass::new(needs, Window::default(), self.stacks.clone());
        let outcome = pass.run(&mut reader, &self.file, &mut receiver);
        let is_over = !outcome.stopped;
        self.finished(outcome);
        if cancelled.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if is_over {
            self.used();
        }
        let mut tables = receiver.into_tables();
        let mut loaded = lock(&self.loaded);
        for (call, want) in needs.iter().filter(|(call, _)| !fed.contains(call)) {
            if let Some(batches) = tables.remove(call).unwrap_or(Some(Vec::new())) {
                loaded.insert(call.clone(), Loaded { columns: want.columns.clone(), batches });
            }
        }
        Ok(())
    }

    /// A reader at the beginning of the trace.
    fn reader(&self) -> Result<Opened, Error> {
        let first = lock(&self.first).take();
        first.map_or_else(|| read(&self.input, &self.file), Ok)
    }

    fn meter(&self, position: Position) -> Meter<'_> {
        Meter { progress: self.progress.as_ref(), position, size: self.size }
    }

    fn finished(&self, outcome: Outcome) {
        let Some(problem) = outcome.problem else { return };
        let read = outcome.is_whole.then_some(outcome.bytes_read);
        let bytes = self.file.bytes.or(read);
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

    fn stream(self: Arc<Self>, scan: &Scan, metrics: ScanMetrics) -> SendableRecordBatchStream {
        let mut needs = Needs::default();
        needs.add(scan.call.clone(), scan.want());
        let scan = scan.clone();
        let source = self.clone();
        load::stream(
            scan.schema(),
            move || source.used(),
            move |to| {
                let Opened { mut reader, position, .. } = self.reader().map_err(|e| e.to_string())?;
                let feeds = vec![Feed::new(&scan, &needs, to)];
                let mut receiver = Receiver::new(feeds, &needs, self.meter(position), None);
                let pass = Pass::new(&needs, scan.window, self.stacks.clone());
                let outcome = pass.run(&mut reader, &self.file, &mut receiver);
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

/// What is known of an input before it is opened, and its size.
fn describe(input: &Input) -> Result<(FileInfo, Option<u64>), Error> {
    let Input::File(path) = input else {
        return Ok((FileInfo { label: "-".into(), path: "-".into(), bytes: None }, None));
    };
    let text = path.display().to_string();
    let label = path.file_name().map_or_else(|| text.clone(), |name| name.to_string_lossy().into_owned());
    let metadata = std::fs::metadata(path).map_err(|e| io_error(&text, e))?;
    if metadata.is_dir() {
        return Err(io_error(&text, std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    Ok((FileInfo { label, path: text, bytes: None }, metadata.is_file().then_some(metadata.len())))
}

/// Whether both paths lead to one file, by whatever names and links.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    let place = |path: &Path| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
    };
    #[cfg(not(unix))]
    let place = |path: &Path| path.canonicalize();
    place(a).is_ok_and(|a| place(b).is_ok_and(|b| a == b))
}

fn modified(input: &Input) -> Option<SystemTime> {
    match input {
        Input::StandardInput => None,
        Input::File(path) => std::fs::metadata(path).ok()?.modified().ok(),
    }
}

fn read(input: &Input, file: &FileInfo) -> Result<Opened, Error> {
    let content = match input {
        Input::StandardInput => Content::new(std::io::stdin()),
        Input::File(path) => File::open(path).and_then(Content::new),
    };
    let Content { read, compression, position } = content.map_err(|e| io_error(&file.path, e))?;
    match Reader::new(read) {
        Ok(reader) => Ok(Opened { reader, compression, position }),
        Err(error) => Err(Error::Open { path: file.path.clone(), compression, error }),
    }
}

fn io_error(path: &str, error: std::io::Error) -> Error {
    let error = trace::Error { offset: 0, kind: ErrorKind::Io(error) };
    Error::Open { path: path.to_owned(), compression: None, error }
}

/// Tables without a trace, to plan with.
#[derive(Debug)]
pub(super) struct NoTrace;

impl RowSource for NoTrace {
    fn loaded(&self, _: &TableCall, _: &[usize]) -> Option<Vec<RecordBatch>> {
        None
    }

    fn stream(self: Arc<Self>, scan: &Scan, _: ScanMetrics) -> SendableRecordBatchStream {
        load::stream(scan.schema(), || (), |_| Ok(()))
    }
}
