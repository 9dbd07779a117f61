//! The trace itself, and its generations.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::trace::Event;

columns! {
    TraceColumns {
        trace: Texts,
        path: Texts,
        go_version: Texts,
        format: Words,
        bytes: Ints,
        valid_bytes: Ints,
        events: Ints,
        generations: Ints,
        start_wall: Texts,
        start_unix: OptInts,
        dur: Ints,
        problem: Texts,
    }
}

columns! {
    GenerationColumns { generation: Ints, start: Ints, end: Ints, offset: Ints, bytes: Ints, batches: Ints, events: Ints }
}

struct TraceTables {
    traces: Option<SchemaRef>,
    generations: Option<SchemaRef>,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let (traces, generations) = (schema("traces"), schema("generations"));
    if traces.is_none() && generations.is_none() {
        return None;
    }
    Some(Box::new(TraceTables { traces, generations }))
}

impl WholeBuilder for TraceTables {
    fn observe(&mut self, _: &Event, _: &mut Context<'_>) {}

    fn lost(&mut self, _: Gap, _: &Interner) {}

    fn finish(
        self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        let mut tables = Vec::new();
        if let Some(schema) = &self.traces {
            tables.push(("traces", traces(schema, end, interner)));
        }
        if let Some(schema) = &self.generations {
            tables.push(("generations", generations(schema, end, interner)));
        }
        tables
    }
}

fn traces(schema: &SchemaRef, end: &TraceEnd<'_>, interner: &mut Interner) -> RecordBatch {
    let mut c = TraceColumns::new(schema);
    let reader = end.reader;
    let bytes = end.file.bytes.unwrap_or_else(|| reader.bytes_read());
    let start_unix = reader.clock().map(|clock| clock.wall.saturating_sub(clock.time.0 - end.start));
    c.trace.push(interner.intern(&end.file.label));
    c.path.push(interner.intern(&end.file.path));
    c.go_version.push(interner.intern(&format!("go1.{}", reader.version().0)));
    c.format.push(if reader.version().has_generations() { "v2" } else { "v1" });
    c.bytes.push(bytes.cast_signed());
    c.valid_bytes.push(reader.valid_bytes().cast_signed());
    c.events.push(end.events.cast_signed());
    c.generations.push(i64::try_from(reader.generations().len()).unwrap_or(i64::MAX));
    c.start_wall.push(interner.intern(&start_unix.map(rfc3339).unwrap_or_default()));
    c.start_unix.push(start_unix);
    c.dur.push(end.last);
    c.problem.push(interner.intern(end.problem.unwrap_or_default()));
    assemble(schema, 1, |name| c.array(name, interner))
}

fn generations(schema: &SchemaRef, end: &TraceEnd<'_>, interner: &mut Interner) -> RecordBatch {
    let mut c = GenerationColumns::new(schema);
    let generations = end.reader.generations();
    for generation in generations {
        c.generation.push(generation.number.cast_signed());
        c.start.push(generation.first.0 - end.start);
        c.end.push(generation.last.0 - end.start);
        c.offset.push(generation.offset.cast_signed());
        c.bytes.push(generation.bytes.cast_signed());
        c.batches.push(generation.batches.cast_signed());
        c.events.push(generation.events.cast_signed());
    }
    assemble(schema, generations.len(), |name| c.array(name, interner))
}

/// A time in ns since the Unix epoch as `2026-01-02T03:04:05.678901234Z`.
fn rfc3339(ns: i64) -> String {
    const DAY: i64 = 86_400_000_000_000;
    let (days, in_day) = (ns.div_euclid(DAY), ns.rem_euclid(DAY));
    // Days since 1 March of the year 0, in eras of 400 years: the leap day is then the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (seconds, fraction) = (in_day / 1_000_000_000, in_day % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn wall_clock_times() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(rfc3339(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(rfc3339(1_767_323_045_678_000_000), "2026-01-02T03:04:05.678000000Z");
    }
}
