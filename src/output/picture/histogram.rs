//! How many values lie where. Bins have round bounds, each holds its lower one; where the values span three powers of
//! ten, the bins grow with them.

use arrow::array::RecordBatch;
use unicode_width::UnicodeWidthStr as _;

use super::super::human;
use super::super::types::Type;
use super::axis::{Axis, Unit, is_drawable, range};
use super::svg::{self, Anchor, Area, Svg};
use super::text::{Paper, left, right};
use super::{Column, Error, Picture, left_out};
use crate::blocks::bar;

/// About how many bins there are.
const BINS: usize = 20;
/// From which ratio of the greatest to the least on bins grow.
const WIDE: f64 = 1000.0;

pub(super) struct Histogram {
    x: Column,
    values: Vec<f64>,
    /// Rows without a value that has a place.
    missing: usize,
}

struct Bin {
    from: f64,
    to: f64,
    count: u64,
}

impl Histogram {
    pub(super) fn new(x: Column) -> Self {
        Self { x, values: Vec::new(), missing: 0 }
    }

    fn bins(&self) -> Vec<Bin> {
        let Some((low, high)) = range(self.values.iter().copied()) else { return Vec::new() };
        let positive = range(self.values.iter().copied().filter(|value| *value > 0.0));
        let edges = match positive {
            Some((least, _)) if low >= 0.0 && high / least >= WIDE => {
                let mut edges = growing_edges(least, high, self.x.unit());
                if low == 0.0 {
                    edges.insert(0, 0.0);
                }
                edges
            }
            _ => self.equal_edges(low, high),
        };
        let pairs = edges.windows(2);
        let mut bins: Vec<Bin> = pairs.map(|pair| Bin { from: pair[0], to: pair[1], count: 0 }).collect();
        for value in &self.values {
            let bin = edges.partition_point(|edge| edge <= value).saturating_sub(1).min(bins.len() - 1);
            bins[bin].count += 1;
        }
        bins
    }

    fn equal_edges(&self, low: f64, high: f64) -> Vec<f64> {
        let step = self.x.unit().step(high - low, BINS);
        let step = if self.x.kind == Type::Int { step.max(1.0).round() } else { step };
        // A step has to be seen beside the values themselves.
        let step = step.max(low.abs().max(high.abs()) * 1e-12);
        let first = (low / step).floor();
        #[expect(clippy::cast_precision_loss, reason = "a few bins")]
        let edge = |n: usize| (first + n as f64) * step;
        let bins = (1..=2 * BINS).find(|n| edge(*n) > high).unwrap_or(2 * BINS);
        (0..=bins).map(edge).collect()
    }

    fn about(&self, bin: &Bin) -> String {
        let unit = self.x.unit();
        let unit = if unit == Unit::Time { Unit::Duration } else { unit };
        format!("{}..{}", unit.text(bin.from), unit.text(bin.to))
    }

    fn share(&self, count: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = 100.0 * count as f64 / self.values.len().max(1) as f64;
        format!("{share:.1}%")
    }
}

/// 1, 2 and 5 times the powers of ten, of sizes the powers of 4, from below `least` to above `high`.
fn growing_edges(least: f64, high: f64, unit: Unit) -> Vec<f64> {
    let (base, parts): (f64, &[f64]) =
        if unit == Unit::Bytes { (4.0, &[1.0]) } else { (10.0, &[1.0, 2.0, 5.0]) };
    let exponent = |value: f64| (value.ln() / base.ln()).floor();
    let decades = exponent(high) - exponent(least) + 1.0;
    let parts = if decades > 10.0 { &parts[..1] } else { parts };
    // Where there are hundreds of powers, as floats may have, each bin has several.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some hundred")]
    let (first, last, every) =
        (exponent(least) as i32, exponent(high) as i32 + 1, (decades / 30.0).ceil() as usize);
    let powers = (first..=last + i32::try_from(every).unwrap_or(0)).step_by(every.max(1));
    let edges: Vec<f64> = powers.flat_map(|n| parts.iter().map(move |part| part * base.powi(n))).collect();
    let from = edges.partition_point(|edge| *edge <= least).saturating_sub(1);
    let to = edges.partition_point(|edge| *edge <= high).min(edges.len() - 1);
    edges[from..=to].to_vec()
}

impl Picture for Histogram {
    fn take(&mut self, batch: &RecordBatch) {
        for row in 0..batch.num_rows() {
            match self.x.number(batch, row) {
                value if is_drawable(value) => self.values.push(value),
                _ => self.missing += 1,
            }
        }
    }

    fn text(&self, paper: &Paper) -> String {
        let bins = self.bins();
        let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1);
        let names: Vec<String> = bins.iter().map(|bin| self.about(bin)).collect();
        let name_width = names.iter().map(|name| name.width()).max().unwrap_or(0).min(paper.width / 2);
        let counts: Vec<String> = bins.iter().map(|bin| human::count(bin.count)).collect();
        let count_width = counts.iter().map(String::len).max().unwrap_or(0);
        // Shares are left out where there is hardly room for bars.
        let share_width = if paper.width < 40 { 0 } else { 7 };
        let room = paper.width.saturating_sub(name_width + count_width + share_width + 4).max(1);
        let mut text = String::new();
        for ((bin, name), count) in bins.iter().zip(&names).zip(&counts) {
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let drawn = bar(bin.count as f64 / most as f64, room);
            let space = " ".repeat(room - drawn.width());
            let drawn = paper.colored(&drawn, 0);
            let (name, count) = (left(name, name_width), right(count, count_width));
            text.push_str(&format!("{name} │{drawn}{space} {count}"));
            if share_width > 0 {
                text.push_str(&format!(" {:>6}", self.share(bin.count)));
            }
            text.push('\n');
        }
        if let Some(note) = left_out(self.missing, "without a value") {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    fn svg(&self) -> Result<String, Error> {
        let bins = self.bins();
        let mut svg =
            Svg::new(&format!("{} ({} values)", self.x.name, human::count(self.values.len() as u64)));
        let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1);
        #[expect(clippy::cast_precision_loss, reason = "for a picture")]
        let axis = Axis::from_zero(Some((0.0, most as f64)), Unit::Number);
        let area = Area { x: 72.0, y: 60.0, width: svg::WIDTH - 96.0, height: 300.0 };
        let bottom = area.y + area.height;
        svg.axis_beside(area, &axis, "rows");
        #[expect(clippy::cast_precision_loss, reason = "a few bins")]
        let width = area.width / bins.len().max(1) as f64;
        let mut x = area.x;
        // The right end of the last label below.
        let mut written = f64::NEG_INFINITY;
        let unit = if self.x.unit() == Unit::Time { Unit::Duration } else { self.x.unit() };
        let last = bins.last().map(|bin| bin.to);
        for (from, bin) in bins.iter().map(|bin| (bin.from, Some(bin))).chain(last.map(|to| (to, None))) {
            let label = unit.text(from);
            let half = svg::text_width(&label) / 2.0;
            if x - half > written {
                svg.line("axis", (x, bottom), (x, bottom + 4.0));
                svg.text(x, bottom + 18.0, Anchor::Middle, &label, area.width);
                written = x + half + 10.0;
            }
            let Some(bin) = bin else { break };
            #[expect(clippy::cast_precision_loss, reason = "for a picture")]
            let height = axis.place(bin.count as f64) * area.height;
            if bin.count > 0 {
                let height = height.max(0.5);
                let shape = Area { x: x + 0.5, y: bottom - height, width: width - 1.0, height };
                let count = human::count(bin.count);
                svg.filled(shape, 0, &format!("{}: {count} ({})", self.about(bin), self.share(bin.count)));
            }
            x += width;
        }
        svg.line("axis", (area.x, bottom), (area.x + area.width, bottom));
        let name = area.x + area.width / 2.0;
        svg.text_of("note", name, bottom + 36.0, Anchor::Middle, &self.x.name, area.width);
        if let Some(note) = left_out(self.missing, "without a value") {
            svg.text_of("note", 12.0, bottom + 54.0, Anchor::Start, &note, svg::WIDTH);
        }
        Ok(svg.finish(bottom + 64.0))
    }
}
