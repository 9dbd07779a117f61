//! Intervals over time, a lane for each value: lanes of numbers in their order, others as they begin.
//!
//! Labels that take the most time have a fill of their own. As text, a cell shows what takes most of its time, or without
//! labels how much of it is taken. As SVG, what overlaps within a lane is drawn below each other.

use std::cmp::Ordering;
use std::collections::HashMap;

use ahash::AHashMap;
use arrow::array::{Array as _, RecordBatch};
use unicode_width::UnicodeWidthStr as _;

use super::axis::{Axis, Unit, is_drawable, range};
use super::svg::{self, Anchor, Area, FILLS, Svg};
use super::text::{Grid, Paper, below, left};
use super::{Column, Error, Picture, left_out};

/// More lanes than that are not looked at.
const MOST_LANES: usize = 100;
/// How many of a lane's intervals are drawn below each other.
const MOST_DEEP: usize = 12;
const HEIGHT: f64 = 15.0;
/// What the labels that take the most time are drawn with, and the rest.
const MARKS: [char; FILLS] = ['█', '▒', '░', '▓', '#', '=', '+', '·'];
/// How much of a cell is taken.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

/// What tells lanes apart: what they are of, and which one of that.
pub(super) struct Lane {
    pub(super) kind: Column,
    pub(super) id: Option<Column>,
}

impl Lane {
    fn text(&self, batch: &RecordBatch, row: usize) -> String {
        let kind = self.kind.text(batch, row);
        match &self.id {
            Some(id) if batch.column(id.index).is_valid(row) => format!("{kind} {}", id.text(batch, row)),
            _ => kind,
        }
    }

    fn number(&self, batch: &RecordBatch, row: usize) -> f64 {
        self.id.as_ref().unwrap_or(&self.kind).number(batch, row)
    }

    fn keys<'b>(&self, batch: &'b RecordBatch) -> Option<impl Fn(usize) -> [u128; 2] + use<'b>> {
        let kind = self.kind.keys(batch)?;
        let id = self.id.as_ref().map_or(Some(None), |id| id.keys(batch).map(Some))?;
        Some(move |row| [kind(row), id.as_ref().map_or(u128::MAX, |id| id(row))])
    }

    /// Lanes of numbers come in their order: those of one kind, if there are several. Rows come in any order, so others are
    /// not told apart here.
    fn order(&self, a: &(String, f64), b: &(String, f64)) -> Ordering {
        match &self.id {
            Some(_) => kind(&a.0).cmp(kind(&b.0)).then(a.1.total_cmp(&b.1)),
            None if self.kind.kind.is_number() => a.1.total_cmp(&b.1),
            None => Ordering::Equal,
        }
    }
}

/// The kind of a lane, from its name.
fn kind(lane: &str) -> &str {
    lane.rsplit_once(' ').map_or(lane, |(kind, _)| kind)
}

pub(super) struct Timeline {
    lane: Lane,
    start: Column,
    end: Column,
    label: Option<Column>,
    lanes: Names,
    labels: Names,
    slices: Vec<Slice>,
    missing: usize,
}

/// Distinct texts, numbered as they come; with a number each, where they are numbers.
#[derive(Default)]
struct Names {
    texts: Vec<(String, f64)>,
    ids: HashMap<String, u32>,
}

impl Names {
    fn id(&mut self, text: String, number: f64) -> u32 {
        let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1);
        *self.ids.entry(text).or_insert_with_key(|text| {
            self.texts.push((text.clone(), number));
            next
        })
    }
}

/// Numbers of the names in a batch, which has few: each is made once.
struct Known<K> {
    /// Of a row, the keys of what its name is made of.
    keys: Option<K>,
    numbers: AHashMap<[u128; 2], u32>,
}

impl<K: Fn(usize) -> [u128; 2]> Known<K> {
    fn new(keys: Option<K>) -> Self {
        Self { keys, numbers: AHashMap::new() }
    }

    fn get(&mut self, row: usize, number: impl FnOnce() -> u32) -> u32 {
        let Some(keys) = &self.keys else { return number() };
        let keys = keys(row);
        // Nearly all are known: `entry` would be slower.
        if let Some(number) = self.numbers.get(&keys) {
            return *number;
        }
        *self.numbers.entry(keys).or_insert_with(number)
    }
}

struct Slice {
    lane: u32,
    label: u32,
    start: f64,
    end: f64,
}

/// What is shown of the rows, ready to be drawn.
struct Shown {
    /// Lanes in the order in which they are drawn.
    lanes: Vec<usize>,
    /// For each label its fill; the last one is that of all the others.
    fills: Vec<usize>,
    /// The names of the fills.
    names: Vec<String>,
    axis: Axis,
}

impl Timeline {
    pub(super) fn new(lane: Lane, start: Column, end: Column, label: Option<Column>) -> Self {
        let (lanes, labels) = (Names::default(), Names::default());
        Self { lane, start, end, label, lanes, labels, slices: Vec::new(), missing: 0 }
    }

    fn shown(&self, most: usize) -> Shown {
        let names = &self.lanes.texts;
        let mut begins = vec![f64::INFINITY; names.len()];
        for slice in &self.slices {
            let begin = &mut begins[slice.lane as usize];
            *begin = begin.min(slice.start);
        }
        let mut lanes: Vec<usize> = (0..names.len()).collect();
        lanes.sort_by(|&a, &b| {
            let by_name = self.lane.order(&names[a], &names[b]);
            by_name.then(begins[a].total_cmp(&begins[b])).then_with(|| names[a].0.cmp(&names[b].0))
        });
        lanes.truncate(most);
        let mut times = vec![0.0; self.labels.texts.len()];
        for slice in &self.slices {
            times[slice.label as usize] += slice.end - slice.start;
        }
        let mut by_time: Vec<usize> = (0..times.len()).collect();
        let text = |label: usize| &self.labels.texts[label].0;
        by_time.sort_by(|&a, &b| times[b].total_cmp(&times[a]).then_with(|| text(a).cmp(text(b))));
        let own = if by_time.len() > FILLS { FILLS - 1 } else { by_time.len() };
        let mut fills = vec![own; times.len()];
        let mut names = Vec::new();
        for (fill, &label) in by_time[..own].iter().enumerate() {
            fills[label] = fill;
            names.push(self.labels.texts[label].0.clone());
        }
        if own < by_time.len() {
            names.push(format!("{} others", by_time.len() - own));
        }
        let times = range(self.slices.iter().flat_map(|slice| [slice.start, slice.end]));
        Shown { lanes, fills, names, axis: Axis::linear(times, Unit::Time) }
    }

    fn notes(&self, shown: &Shown) -> Vec<String> {
        let lanes = self.lanes.texts.len();
        let more = (shown.lanes.len() < lanes)
            .then(|| format!("the first {} of {lanes} lanes are shown", shown.lanes.len()));
        more.into_iter().chain(left_out(self.missing, "without a start and a later end")).collect()
    }

    /// For each shown lane and each fill, how much of each cell is taken.
    fn taken(&self, shown: &Shown, width: usize) -> Vec<Vec<f64>> {
        let mut taken = vec![Vec::new(); shown.lanes.len() * shown.names.len()];
        let mut rows = vec![None; self.lanes.texts.len()];
        for (row, &lane) in shown.lanes.iter().enumerate() {
            rows[lane] = Some(row);
        }
        for slice in &self.slices {
            let Some(row) = rows[slice.lane as usize] else { continue };
            #[expect(clippy::cast_precision_loss, reason = "columns")]
            let place = |time| shown.axis.place(time) * width as f64;
            let (from, to) = (place(slice.start), place(slice.end));
            let fill = shown.fills[slice.label as usize];
            let cells = &mut taken[row * shown.names.len() + fill];
            cells.resize(width, 0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the width")]
            let (first, last) = ((from as usize).min(width - 1), (to as usize).min(width - 1));
            for (column, cell) in cells.iter_mut().enumerate().take(last + 1).skip(first) {
                #[expect(clippy::cast_precision_loss, reason = "columns")]
                let column = column as f64;
                // An instant is seen too.
                *cell += (to.min(column + 1.0) - from.max(column)).max(1e-6);
            }
        }
        taken
    }
}

impl Picture for Timeline {
    fn take(&mut self, batch: &RecordBatch) {
        let (starts, ends) = (self.start.numbers(batch), self.end.numbers(batch));
        let mut lanes = Known::new(self.lane.keys(batch));
        let label = self.label.as_ref().and_then(|label| label.keys(batch));
        let mut labels = Known::new(label.map(|label| move |row| [label(row), 0]));
        for (row, (start, end)) in starts.into_iter().zip(ends).enumerate() {
            if !is_drawable(start) || !is_drawable(end) || end < start {
                self.missing += 1;
                continue;
            }
            let lane =
                lanes.get(row, || self.lanes.id(self.lane.text(batch, row), self.lane.number(batch, row)));
            let label = labels.get(row, || {
                let text = self.label.as_ref().map(|label| label.text(batch, row)).unwrap_or_default();
                self.labels.id(text, f64::NAN)
            });
            self.slices.push(Slice { lane, label, start, end });
        }
    }

    fn text(&self, paper: &Paper) -> String {
        let shown = self.shown(paper.lines.unwrap_or(MOST_LANES).min(MOST_LANES));
        let names = shown.lanes.iter().map(|&lane| &self.lanes.texts[lane].0);
        let labels = names.clone().map(|name| name.width()).max().unwrap_or(0).min(paper.width / 3);
        let width = paper.width.saturating_sub(labels + 2).max(1);
        let taken = self.taken(&shown, width);
        let mut text = String::new();
        for (row, name) in names.enumerate() {
            let mut line = Grid::new(width, 1);
            for column in 0..width {
                let fills = (0..shown.names.len()).map(|fill| {
                    let cell = taken[row * shown.names.len() + fill].get(column).copied().unwrap_or(0.0);
                    (fill, cell)
                });
                let Some((fill, cell)) = fills.rev().max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
                if cell > 0.0 {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "from 0 to 3"
                    )]
                    let shade = ((cell * 4.0) as usize).min(3);
                    let mark = if self.label.is_some() { MARKS[fill] } else { SHADES[shade] };
                    line.put(column, 0, mark, fill);
                }
            }
            text.push_str(format!("{} │{}", left(name, labels), line.line(paper, 0)).trim_end());
            text.push('\n');
        }
        text.push_str(&below(&shown.axis, labels + 1, width));
        if self.label.is_some() && !shown.names.is_empty() {
            let names = shown.names.iter().enumerate();
            let names = names.map(|(n, name)| {
                paper.colored(&format!("{} {}", MARKS[n], left(name, name.width().min(30))), n)
            });
            text.push_str(&format!("{}\n", names.collect::<Vec<_>>().join("  ")));
        }
        for note in self.notes(&shown) {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    fn svg(&self) -> Result<String, Error> {
        let shown = self.shown(MOST_LANES);
        let by_lane = self.slices_by_lane(&shown);
        let labels = shown.lanes.iter().map(|&lane| svg::text_width(&self.lanes.texts[lane].0));
        let labels = labels.fold(40.0, f64::max).min(220.0);
        let rows: usize = by_lane.iter().map(|slices| deepest(slices)).sum();
        #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
        let height = rows.max(1) as f64 * HEIGHT + by_lane.len() as f64 * 5.0;
        let area = Area { x: labels + 24.0, y: 44.0, width: svg::WIDTH - labels - 64.0, height };
        let mut svg = Svg::new(&format!("Timeline by {}", self.lane.kind.name));
        svg.axis_below(area, &shown.axis, "time");
        let mut y = area.y;
        for (&lane, slices) in shown.lanes.iter().zip(&by_lane) {
            let name = &self.lanes.texts[lane].0;
            svg.text(area.x - 8.0, y + HEIGHT - 1.0, Anchor::End, name, labels);
            self.draw_lane(&mut svg, area, y, &shown, name, slices);
            #[expect(clippy::cast_precision_loss, reason = "a few lines")]
            let height = deepest(slices) as f64 * HEIGHT;
            y += height + 5.0;
            svg.line("grid", (area.x, y - 1.0), (area.x + area.width, y - 1.0));
        }
        let mut end = area.y + height + 48.0;
        if self.label.is_some() {
            svg.legend(&shown.names, end + 12.0, false);
            end += 28.0;
        }
        for note in self.notes(&shown) {
            svg.text_of("note", 12.0, end + 8.0, Anchor::Start, &note, svg::WIDTH);
            end += svg::LINE;
        }
        Ok(svg.finish(end))
    }
}

/// How many lines a lane takes.
fn deepest(slices: &[(&Slice, usize)]) -> usize {
    slices.iter().map(|(_, depth)| depth + 1).max().unwrap_or(1)
}

impl Timeline {
    /// The slices of each lane that is shown, in the order of their starts, each with its depth: the first line that is
    /// free.
    fn slices_by_lane(&self, shown: &Shown) -> Vec<Vec<(&Slice, usize)>> {
        let rows: HashMap<usize, usize> =
            shown.lanes.iter().enumerate().map(|(row, &lane)| (lane, row)).collect();
        let mut lanes: Vec<Vec<(&Slice, usize)>> = vec![Vec::new(); shown.lanes.len()];
        for slice in &self.slices {
            if let Some(&row) = rows.get(&(slice.lane as usize)) {
                lanes[row].push((slice, 0));
            }
        }
        for slices in &mut lanes {
            slices.sort_by(|(a, _), (b, _)| a.start.total_cmp(&b.start).then(b.end.total_cmp(&a.end)));
            let mut ends: Vec<f64> = Vec::new();
            for (slice, depth) in slices {
                let free = ends.iter().position(|end| *end <= slice.start);
                *depth = free.unwrap_or(ends.len()).min(MOST_DEEP - 1);
                match ends.get_mut(*depth) {
                    Some(end) => *end = end.max(slice.end),
                    None => ends.push(slice.end),
                }
            }
        }
        lanes
    }

    fn draw_lane(
        &self,
        svg: &mut Svg,
        area: Area,
        y: f64,
        shown: &Shown,
        lane: &str,
        slices: &[(&Slice, usize)],
    ) {
        // Where each line ends so far: what lies within a pixel that is drawn is not drawn again.
        let mut ends = [(f64::NEG_INFINITY, usize::MAX); MOST_DEEP];
        for &(slice, depth) in slices {
            let (from, to) = (shown.axis.place(slice.start), shown.axis.place(slice.end));
            let (x, width) = (area.x + from * area.width, (to - from) * area.width);
            let fill = shown.fills[slice.label as usize];
            if x + width < ends[depth].0 + 0.5 && fill == ends[depth].1 {
                continue;
            }
            ends[depth] = (x + width.max(0.5), fill);
            #[expect(clippy::cast_precision_loss, reason = "a few lines")]
            let y = y + depth as f64 * HEIGHT;
            let label = &self.labels.texts[slice.label as usize].0;
            let about = format!(
                "{lane}: {label} {} + {}",
                Unit::Time.text(slice.start),
                Unit::Duration.text(slice.end - slice.start)
            );
            let shape = Area { x, y: y + 2.0, width: width.max(0.5), height: HEIGHT - 2.0 };
            svg.filled(shape, fill, &about);
            if width > 30.0 && !label.is_empty() {
                svg.text_of("inside", x + 4.0, y + 12.0, Anchor::Start, label, width - 8.0);
            }
        }
    }
}
