//! What the garbage collector leaves to the program: the utilization of the mutator.
//!
//! Events become step functions (`steps`), one for the whole program or one for each P; those become a curve (`curve`)
//! that finds the windows of some length in which the mean is low, without looking at all of them. What is asked of these
//! windows is an observer's: the least (`minimum`), how they are distributed (`distribution`), the worst (`worst`).
//! The numbers are those of `internal/trace/gc.go`; only this file knows Arrow.

mod curve;
mod distribution;
mod minimum;
mod steps;
mod worst;

#[cfg(test)]
mod naive;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::catalog::{Argument, TableCall};
use crate::trace::Event;
use curve::Curve;
use steps::{Flags, Series, Steps};

columns! {
    StepColumns { p: OptInts, time: Ints, utilization: OptFloats }
}

columns! {
    MmuColumns { window: Ints, mmu: OptFloats, p999: OptFloats, p99: OptFloats, p95: OptFloats }
}

columns! {
    WorstColumns { start: Ints, end: Ints, utilization: OptFloats }
}

/// The percentiles beside the minimum: what 99.9 %, 99 % and 95 % of the windows exceed.
const QUANTILES: [f64; 3] = [1.0 - 0.999, 1.0 - 0.99, 1.0 - 0.95];

struct Utilization {
    schema: SchemaRef,
    call: TableCall,
    question: Question,
    steps: Steps,
}

/// What a call asks for.
enum Question {
    Steps,
    Mmu { windows: Option<Vec<i64>>, compat: bool },
    Worst { window: i64, n: usize },
}

pub(super) fn builder(call: &TableCall, schema: SchemaRef) -> Option<Box<dyn WholeBuilder>> {
    let (question, flags) = match call.table().name {
        "mutator_utilization" => (Question::Steps, 0),
        "mmu" => {
            let windows = call.arg(1).as_list();
            let windows = windows.map(|list| list.iter().filter_map(Argument::as_int).collect());
            (Question::Mmu { windows, compat: call.arg(2).as_bool() != Some(false) }, 0)
        }
        "mmu_worst" => {
            let n = call.arg(1).as_int().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
            (Question::Worst { window: call.arg(0).as_int().unwrap_or_default(), n }, 2)
        }
        _ => return None,
    };
    let flags = Flags::of(call.arg(flags).as_text().unwrap_or_default());
    Some(Box::new(Utilization { schema, call: call.clone(), question, steps: Steps::new(flags) }))
}

impl WholeBuilder for Utilization {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        self.steps.observe(event, cx.now, cx.symbols);
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.steps.lost(gap.from);
    }

    fn finish(
        self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        let series = self.steps.finish(end.last);
        let batch = match self.question {
            Question::Steps => steps(&self.schema, &series, interner),
            Question::Mmu { windows, compat } => {
                mmu(&self.schema, &Curve::new(&series), windows, compat, interner)
            }
            Question::Worst { window, n } => worst(&self.schema, &Curve::new(&series), window, n, interner),
        };
        vec![(self.call.table().name, batch)]
    }
}

fn steps(schema: &SchemaRef, series: &[Series], interner: &mut Interner) -> RecordBatch {
    let mut rows: Vec<_> =
        series.iter().flat_map(|series| series.steps.iter().map(|step| (series.p, step))).collect();
    rows.sort_by_key(|(_, step)| step.time);
    let mut c = StepColumns::new(schema);
    for (p, step) in &rows {
        c.p.push(*p);
        c.time.push(step.time);
        c.utilization.push(Some(step.utilization));
    }
    assemble(schema, rows.len(), |name| c.array(name, interner))
}

/// In compatible figures the percentiles are the minimum. Go's accumulator returns before it adds to the distribution
/// that its percentiles are read from, which therefore stays empty; and for an empty one it gives the minimum.
fn mmu(
    schema: &SchemaRef,
    curve: &Curve<'_>,
    windows: Option<Vec<i64>>,
    compat: bool,
    interner: &mut Interner,
) -> RecordBatch {
    let windows = windows.unwrap_or_else(|| curve.windows());
    let mut c = MmuColumns::new(schema);
    for &window in &windows {
        let least = curve.minimum(window);
        let quantiles = if compat { [least; 3] } else { curve.quantiles(window, QUANTILES) };
        c.window.push(window);
        c.mmu.push(least);
        for (column, quantile) in [&mut c.p999, &mut c.p99, &mut c.p95].into_iter().zip(quantiles) {
            column.push(quantile);
        }
    }
    assemble(schema, windows.len(), |name| c.array(name, interner))
}

fn worst(
    schema: &SchemaRef,
    curve: &Curve<'_>,
    window: i64,
    n: usize,
    interner: &mut Interner,
) -> RecordBatch {
    let mut c = WorstColumns::new(schema);
    let worst = curve.worst(window, n);
    for window in &worst {
        c.start.push(window.start);
        c.end.push(window.end);
        c.utilization.push(Some(window.utilization));
    }
    assemble(schema, worst.len(), |name| c.array(name, interner))
}
