//! What of a trace a scan must read.
//!
//! A condition on times says which rows matter. Whether the generations before the first of them can be passed over, and
//! whether reading can end behind the last, depends on the columns: some tell of what came before or comes after.

use crate::catalog::Table;

/// The part of a trace that is read, in ns since its beginning: at least all generations with events from `from`
/// (inclusive) to `to` (exclusive).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Bounds on the times of rows: what is outside of them is asked for by nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    /// For instants, when they are; for intervals, when they start. From (inclusive), to (exclusive).
    pub(super) start: Window,
    /// When intervals end: before this.
    pub(super) end_before: Option<i64>,
    /// Intervals are cut to this window, and whether an end was cut shows as it being open.
    pub(super) clip: Window,
}

/// Columns that tell of what came before the row's own events. Tables that are not listed are always read as a whole:
/// summaries, tasks and regions add up lives; memory may live on from any generation; a wakeup tells of the wait before it
/// and of the run after it; a GC cycle of the heap before it, and its number counts those before; slices and flows are
/// numbered from the trace's beginning, since other queries refer to them by their numbers.
const OF_THE_PAST: &[(&str, &[&str])] = &[
    ("events", &["from_state", "name", "parent_task"]),
    ("goroutine_states", &["name", "before_run"]),
    ("proc_states", &[]),
    ("logs", &[]),
    ("metrics", &[]),
    ("samples", &[]),
    ("labels", &[]),
];

/// Columns of an interval that is cut at its start that are known without its start: each generation tells the state of
/// every goroutine, but not that of every P.
const WITHOUT_START: &[(&str, &[&str])] =
    &[("goroutine_states", &["g", "state", "start", "end", "dur", "end_stack", "open_start", "open_end"])];

/// Columns of an interval that is cut at its end that are known without its end.
const WITHOUT_END: &[(&str, &[&str])] = &[
    (
        "goroutine_states",
        &[
            "g",
            "state",
            "reason",
            "start",
            "end",
            "dur",
            "stack",
            "p",
            "m",
            "waker",
            "waker_stack",
            "seen",
            "open_start",
            "open_end",
        ],
    ),
    ("proc_states", &["p", "state", "start", "end", "dur", "m", "open_start", "open_end"]),
    ("ranges", &["name", "scope", "id", "start", "end", "dur", "g", "p", "stack", "open_start", "open_end"]),
];

/// What the end of an interval decides, where it is not cut.
const END: &[&str] = &["end", "dur", "end_stack", "open_end"];

fn of(list: &'static [(&str, &[&str])], table: &Table) -> Option<&'static [&'static str]> {
    list.iter().find(|(name, _)| *name == table.name).map(|(_, columns)| *columns)
}

impl Window {
    /// Whether the beginning of the trace is passed over.
    pub(super) fn resumes(self) -> bool {
        self.from.is_some()
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = |time: Option<i64>| time.map_or(String::new(), |ns| format!("{ns}ns"));
        write!(f, "{}..{}", side(self.from), side(self.to))
    }
}

impl Bounds {
    /// What must be read for some columns of a table, by their places in the catalog.
    pub(super) fn window(&self, table: &'static Table, columns: &[usize]) -> Window {
        let wanted =
            || columns.iter().filter_map(|&column| table.columns.get(column)).map(|column| column.name);
        let within =
            |known: Option<&[&str]>| known.is_some_and(|known| wanted().all(|name| known.contains(&name)));
        let past = of(OF_THE_PAST, table);
        let is_interval = table.column("end").is_some();

        let starts =
            self.start.from.filter(|_| past.is_some_and(|past| wanted().all(|name| !past.contains(&name))));
        let cut_start = self.clip.from.filter(|_| within(of(WITHOUT_START, table)));
        // A goroutine's name, or whether it ever runs, may be known only later.
        let waits =
            table.name == "goroutine_states" && wanted().any(|name| ["name", "before_run"].contains(&name));
        let ends =
            self.start.to.filter(|_| past.is_some() && !waits && wanted().all(|name| !END.contains(&name)));
        let ends = if is_interval { ends } else { self.start.to.filter(|_| past.is_some()) };
        let ended = self.end_before.filter(|_| past.is_some() && !waits);
        let cut_end = self.clip.to.filter(|_| within(of(WITHOUT_END, table)));
        Window {
            from: [starts, cut_start].into_iter().flatten().max(),
            to: [ends, ended, cut_end].into_iter().flatten().min(),
        }
    }
}
