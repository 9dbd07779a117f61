//! A bar a row, in the order of the rows.

use arrow::array::RecordBatch;
use unicode_width::UnicodeWidthStr as _;

use super::axis::{Axis, is_drawable, range};
use super::svg::{self, Anchor, Area, Svg};
use super::text::{Paper, left, right};
use super::{Column, Error, Picture};
use crate::blocks::bar;

/// More bars than that say nothing.
const MOST: usize = 200;
/// The height of a bar in SVG, with the space below it.
const HEIGHT: f64 = 20.0;

pub(super) struct Bars {
    label: Column,
    size: Column,
    /// The first of the rows.
    bars: Vec<(String, f64)>,
    rows: usize,
}

impl Bars {
    pub(super) fn new(label: Column, size: Column) -> Self {
        Self { label, size, bars: Vec::new(), rows: 0 }
    }

    fn sizes(&self, shown: usize) -> impl Iterator<Item = f64> {
        self.bars[..shown].iter().map(|(_, size)| *size)
    }

    /// A size for people. What is no number has been null, or NaN itself.
    fn value(&self, size: f64) -> String {
        if size.is_nan() { "–".to_owned() } else { self.size.unit().text(size) }
    }

    fn more(&self, shown: usize) -> Option<String> {
        (shown < self.rows).then(|| format!("the first {shown} of {} rows are shown", self.rows))
    }
}

impl Picture for Bars {
    fn take(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows();
        let room = MOST - self.bars.len();
        self.bars.extend(
            (0..batch.num_rows().min(room))
                .map(|row| (self.label.text(batch, row), self.size.number(batch, row))),
        );
    }

    fn text(&self, paper: &Paper) -> String {
        let shown = self.bars.len().min(paper.lines.unwrap_or(MOST));
        let bars = &self.bars[..shown];
        let largest = range(self.sizes(shown)).map_or(0.0, |(low, high)| low.abs().max(high.abs()));
        let values: Vec<String> = bars.iter().map(|(_, size)| self.value(*size)).collect();
        let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let value_width = widest(&mut values.iter().map(|value| value.width())).min(paper.width / 3);
        let labels = widest(&mut bars.iter().map(|(label, _)| label.width())).min(paper.width * 2 / 5);
        let room = paper.width.saturating_sub(labels + value_width + 4).max(1);
        let mut text = String::new();
        for ((label, size), value) in bars.iter().zip(&values) {
            let share = if is_drawable(*size) && largest > 0.0 { size.abs() / largest } else { 0.0 };
            let drawn = bar(share, room);
            let drawn = if *size < 0.0 { "▒".repeat(drawn.width()) } else { drawn };
            let space = " ".repeat(room - drawn.width());
            let drawn = paper.colored(&drawn, 0);
            let (label, value) = (left(label, labels), right(value, value_width));
            text.push_str(&format!("{label} │{drawn}{space} {value}\n"));
        }
        if let Some(more) = self.more(shown) {
            text.push_str(&format!("{more}\n"));
        }
        text
    }

    fn svg(&self) -> Result<String, Error> {
        let mut svg = Svg::new(&format!("{} by {}", self.size.name, self.label.name));
        let axis = Axis::from_zero(range(self.sizes(self.bars.len())), self.size.unit());
        let labels = self.bars.iter().map(|(label, _)| svg::text_width(label)).fold(40.0, f64::max);
        let labels = labels.min(320.0);
        let values = self.bars.iter().map(|(_, size)| svg::text_width(&self.value(*size)));
        let values = values.fold(20.0, f64::max).min(160.0);
        #[expect(clippy::cast_precision_loss, reason = "at most 200 bars")]
        let height = self.bars.len().max(1) as f64 * HEIGHT;
        let x = labels + 24.0;
        let area = Area { x, y: 44.0, width: svg::WIDTH - x - values - 28.0, height };
        svg.axis_below(area, &axis, &self.size.name);
        let zero = area.x + axis.place(0.0) * area.width;
        let mut y = area.y;
        for (label, size) in &self.bars {
            svg.text(area.x - 8.0, y + 14.0, Anchor::End, label, labels);
            let value = self.value(*size);
            let mut end = zero;
            if is_drawable(*size) {
                end = area.x + axis.place(*size) * area.width;
                let (from, to) = (zero.min(end), zero.max(end));
                let bar = Area { x: from, y: y + 3.0, width: (to - from).max(0.5), height: HEIGHT - 6.0 };
                svg.filled(bar, 0, &format!("{label}: {value}"));
            }
            svg.text(end.max(zero) + 6.0, y + 14.0, Anchor::Start, &value, values);
            y += HEIGHT;
        }
        svg.line("axis", (zero, area.y), (zero, area.y + height));
        if let Some(more) = self.more(self.bars.len()) {
            svg.text_of("note", 12.0, y + 56.0, Anchor::Start, &more, svg::WIDTH);
        }
        Ok(svg.finish(y + 64.0))
    }
}
