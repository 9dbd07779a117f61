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

use crate::catalog::TableCall;
use crate::compression::Position;
use crate::tables::Sink;

/// Hears how far a pass is.
pub trait Progress: Debug + Send + Sync {
    /// So many bytes of the input have been read, of all where that is known.
    fn read(&self, bytes: u64, of: Option<u64>);

    /// The pass is over.
    fn finish(&self);
}

/// Tells how far the input of a pass has been read.
pub(super) struct Meter<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) position: Position,
    /// Bytes of the input; None: not known.
    pub(super) size: Option<u64>,
}

impl Meter<'_> {
    fn tell(&self) {
        self.progress.read(self.position.bytes(), self.size);
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

/// Keeps all batches by table.
pub(super) struct Collector<'a> {
    tables: HashMap<TableCall, Vec<RecordBatch>>,
    meter: Meter<'a>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(meter: Meter<'a>) -> Self {
        Self { tables: HashMap::new(), meter }
    }

    pub(super) fn into_tables(self) -> HashMap<TableCall, Vec<RecordBatch>> {
        self.tables
    }
}

impl Sink for Collector<'_> {
    fn batch(&mut self, call: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        self.tables.entry(call.clone()).or_default().extend(pieces(&batch));
        ControlFlow::Continue(())
    }

    fn progress(&mut self) -> ControlFlow<()> {
        self.meter.tell();
        ControlFlow::Continue(())
    }
}

type Channel = mpsc::Sender<Result<RecordBatch>>;

/// Sends batches to a query that is running, until it has enough.
pub(super) struct Sender<'a> {
    to: Channel,
    places: Vec<usize>,
    meter: Meter<'a>,
}

impl<'a> Sender<'a> {
    /// `places`: the columns to send, in order, by their places in a batch.
    pub(super) fn new(to: Channel, places: Vec<usize>, meter: Meter<'a>) -> Self {
        Self { to, places, meter }
    }
}

impl Sink for Sender<'_> {
    fn batch(&mut self, _: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        for piece in pieces(&batch) {
            let piece = piece.project(&self.places).map_err(DataFusionError::from);
            if self.to.blocking_send(piece).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn progress(&mut self) -> ControlFlow<()> {
        self.meter.tell();
        if self.to.is_closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Runs `produce` on a thread of its own and streams what it sends; calls `used` when all of it has been taken.
pub(super) fn stream(
    schema: SchemaRef,
    used: impl Fn() + Send + 'static,
    produce: impl FnOnce(Channel) -> std::result::Result<(), String> + Send + 'static,
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
