//! Passes over a trace: into memory, or into a stream.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::task::Poll;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::{RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter};
use futures::StreamExt;
use tokio::sync::mpsc;

use super::cancel::Cancelled;
use crate::catalog::TableCall;
use crate::compression::Position;
use crate::tables::{Needs, Scan, Sink};

/// Hears how far a pass is.
pub trait Progress: Debug + Send + Sync {
    /// So many bytes of the input are done, of all where that is known.
    fn read(&self, bytes: u64, of: Option<u64>);

    /// The pass is over.
    fn finish(&self);
}

/// Tells how much of the input of a pass is done, and when it is over.
pub(super) struct Meter<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) position: Position,
    /// Bytes of the input; None: not known.
    pub(super) size: Option<u64>,
}

impl Meter<'_> {
    /// `share`: how much is done of what has been read.
    fn tell(&self, share: f64) {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of bytes"
        )]
        let done = (self.position.bytes() as f64 * share) as u64;
        self.progress.read(done, self.size);
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.progress.finish();
    }
}

/// Rows in a batch that goes on to operators: they work in parallel on batches, not within them.
const BATCH_ROWS: usize = 8192;

/// The batch in pieces. They are copies: a slice would count as all of the batch's memory with each operator that holds it.
fn pieces(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> {
    let rows = batch.num_rows();
    (0..rows).step_by(BATCH_ROWS).map(move |start| {
        let piece = batch.slice(start, BATCH_ROWS.min(rows - start));
        let indices = UInt32Array::from_iter_values(0..u32::try_from(piece.num_rows()).unwrap_or(0));
        if rows <= BATCH_ROWS { piece } else { take_record_batch(&piece, &indices).unwrap_or(piece) }
    })
}

/// Where the rows of a query's scan go, as long as it wants them.
pub(super) struct Feed {
    call: TableCall,
    /// The scan's columns, in order, by their places in a batch.
    places: Vec<usize>,
    to: mpsc::Sender<Result<RecordBatch>>,
    closed: bool,
}

impl Feed {
    /// `needs`: what the pass builds, whose batches have columns in the catalog's order.
    pub(super) fn new(scan: &Scan, needs: &Needs, to: mpsc::Sender<Result<RecordBatch>>) -> Self {
        let built = needs.columns(&scan.call).unwrap_or_default();
        let places = scan.columns.iter().filter_map(|c| built.iter().position(|b| b == c)).collect();
        Self { call: scan.call.clone(), places, to, closed: false }
    }

    /// The table that it is about.
    pub(super) fn call(&self) -> &TableCall {
        &self.call
    }
}

/// Takes what a pass gives: feeds queries that are running, and keeps the tables that none of them is fed with.
pub(super) struct Receiver<'a> {
    feeds: Vec<Feed>,
    tables: HashMap<TableCall, Kept>,
    /// Whether there are tables to keep.
    keeps: bool,
    meter: Meter<'a>,
    /// None: the pass ends when nobody wants its rows any more.
    cancelled: Option<&'a Cancelled>,
    /// Bytes that may be kept of a table; what is larger is not kept at all.
    largest: usize,
}

impl<'a> Receiver<'a> {
    pub(super) fn new(
        feeds: Vec<Feed>,
        needs: &Needs,
        meter: Meter<'a>,
        cancelled: Option<&'a Cancelled>,
    ) -> Self {
        let keeps = needs.iter().any(|(call, _)| feeds.iter().all(|feed| feed.call != *call));
        Self { feeds, tables: HashMap::new(), keeps, meter, cancelled, largest: usize::MAX }
    }

    /// Keeps only tables of at most so many bytes.
    pub(super) fn keep_small(self, largest: usize) -> Self {
        Self { largest, ..self }
    }

    /// What has been kept; None: not a table that is too large.
    pub(super) fn into_tables(self) -> HashMap<TableCall, Option<Vec<RecordBatch>>> {
        self.tables.into_iter().map(|(call, kept)| (call, kept.batches)).collect()
    }

    fn wants_more(&self) -> ControlFlow<()> {
        let cancelled = self.cancelled.is_some_and(Cancelled::is_cancelled);
        let wants = !cancelled && (self.keeps || self.feeds.iter().any(|feed| !feed.closed));
        if wants { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// A table that is being kept.
struct Kept {
    /// None: it is too large.
    batches: Option<Vec<RecordBatch>>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, batch: &RecordBatch, largest: usize) {
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        match &mut self.batches {
            Some(batches) if self.bytes <= largest => batches.extend(pieces(batch)),
            batches => *batches = None,
        }
    }
}

impl Sink for Receiver<'_> {
    fn batch(&mut self, call: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        if self.feeds.iter().all(|feed| feed.call != *call) {
            let kept = Kept { batches: Some(Vec::new()), bytes: 0 };
            self.tables.entry(call.clone()).or_insert(kept).add(&batch, self.largest);
            return ControlFlow::Continue(());
        }
        for piece in pieces(&batch) {
            for feed in self.feeds.iter_mut().filter(|feed| feed.call == *call && !feed.closed) {
                let columns = piece.project(&feed.places).map_err(DataFusionError::from);
                feed.closed = feed.to.blocking_send(columns).is_err();
            }
        }
        self.wants_more()
    }

    fn progress(&mut self, share: f64) -> ControlFlow<()> {
        self.meter.tell(share);
        for feed in &mut self.feeds {
            feed.closed |= feed.to.is_closed();
        }
        self.wants_more()
    }
}

/// Rows that another pass sends.
pub(super) fn channel(schema: SchemaRef) -> (mpsc::Sender<Result<RecordBatch>>, SendableRecordBatchStream) {
    let builder = RecordBatchReceiverStreamBuilder::new(schema, 2);
    (builder.tx(), builder.build())
}

/// The same rows, computed on the session's threads: whoever waits for them can leave at any time, whatever an operator does
/// at the moment.
pub(super) fn apart(mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let mut builder = RecordBatchReceiverStreamBuilder::new(rows.schema(), 2);
    let tx = builder.tx();
    builder.spawn(async move {
        while let Some(batch) = rows.next().await {
            if tx.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    builder.build()
}

/// Runs `produce` on a thread of its own and streams what it sends; calls `used` when all of it has been taken.
pub(super) fn stream(
    schema: SchemaRef,
    used: impl Fn() + Send + 'static,
    produce: impl FnOnce(mpsc::Sender<Result<RecordBatch>>) -> std::result::Result<(), String> + Send + 'static,
) -> SendableRecordBatchStream {
    let mut builder = RecordBatchReceiverStreamBuilder::new(schema.clone(), 2);
    let tx = builder.tx();
    builder.spawn_blocking(move || produce(tx).map_err(|message| DataFusionError::External(message.into())));
    let end = futures::stream::poll_fn(move |_| {
        used();
        Poll::Ready(None)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, builder.build().chain(end)))
}
