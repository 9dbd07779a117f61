//! Lines over x: one, or those of mutator utilization over the length of the window. Points are put in the order of x; where
//! a value is missing, its line is broken.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::axis::{Axis, Unit, is_drawable, range};
use super::svg::{self, Area, Svg};
use super::text::{Dots, Grid, Paper, cell, framed, label_width, upright};
use super::{Column, Error, Picture, left_out};

/// Lines of text that a plot is high.
const HEIGHT: usize = 16;
/// What several lines are drawn with.
const MARKS: [char; 6] = ['●', '○', '×', '+', '△', '□'];

pub(super) struct Lines {
    title: String,
    x: Column,
    is_mmu: bool,
    lines: Vec<Column>,
    /// x, and the value of each line; NaN is none.
    points: Vec<(f64, Vec<f64>)>,
    missing: usize,
}

impl Lines {
    pub(super) fn new(x: Column, y: Column) -> Self {
        let title = format!("{} over {}", y.name, x.name);
        Self { title, x, is_mmu: false, lines: vec![y], points: Vec::new(), missing: 0 }
    }

    /// The columns `window`, and every other number: `mmu`, `p999`, …
    pub(super) fn mmu(schema: &Schema) -> Result<Self, Error> {
        let unfit =
            "the picture `mmu` is made of a column `window` and the utilization in others, such as `mmu`";
        let unfit = || Error::Unfit(unfit.into());
        let x = Column::new(schema, schema.index_of("window").map_err(|_| unfit())?);
        let others = (0..schema.fields().len()).filter(|index| *index != x.index);
        let lines = others.map(|index| Column::new(schema, index)).filter(|column| column.kind.is_number());
        let lines: Vec<Column> = lines.collect();
        if lines.is_empty() {
            return Err(unfit());
        }
        let title = "Minimum mutator utilization".to_owned();
        Ok(Self { title, x, is_mmu: true, lines, points: Vec::new(), missing: 0 })
    }

    fn axes(&self) -> (Axis, Axis) {
        let xs = range(self.points.iter().map(|(x, _)| *x));
        let ys = range(self.points.iter().flat_map(|(_, ys)| ys.iter().copied()));
        let unit = self.lines.first().map_or(Unit::Number, Column::unit);
        if self.is_mmu {
            let high = ys.map_or(1.0, |(_, high)| high.max(1.0));
            (Axis::log(xs, self.x.unit()), Axis::from_zero(Some((0.0, high)), unit))
        } else {
            (Axis::linear(xs, self.x.unit()), Axis::from_zero(ys, unit))
        }
    }

    /// The unbroken pieces of a line, as places from 0 to 1.
    fn pieces(&self, line: usize, x: &Axis, y: &Axis) -> Vec<Vec<(f64, f64)>> {
        let mut points: Vec<(f64, f64)> = self.points.iter().map(|(x, ys)| (*x, ys[line])).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let pieces = points.split(|(_, y)| !is_drawable(*y)).filter(|piece| !piece.is_empty());
        let place = |(a, b): &(f64, f64)| (x.place(*a), y.place(*b));
        pieces.map(|piece| piece.iter().map(place).collect()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.name.clone()).collect()
    }
}

/// Of the points in each of `columns` columns the first, the least, the greatest and the last: a line through them looks
/// like that through all.
fn thinned(points: &[(f64, f64)], columns: usize) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| cell(a.0, columns) == cell(b.0, columns)) {
        if column.len() <= 4 {
            kept.extend_from_slice(column);
            continue;
        }
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let (least, greatest) = ((0..column.len()).min_by(by_height), (0..column.len()).max_by(by_height));
        let chosen: BTreeMap<usize, (f64, f64)> = [Some(0), least, greatest, Some(column.len() - 1)]
            .into_iter()
            .flatten()
            .map(|index| (index, column[index]))
            .collect();
        kept.extend(chosen.into_values());
    }
    kept
}

/// The cells of a line through places from 0 to 1, on a grid of `width` × `height`.
fn cells(points: &[(f64, f64)], width: usize, height: usize, mut put: impl FnMut(usize, usize)) {
    let at = |(x, y): (f64, f64)| (cell(x, width), cell(y, height));
    let points = thinned(points, width);
    if let [only] = points[..] {
        let (x, y) = at(only);
        put(x, y);
    }
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (at(pair[0]), at(pair[1]));
        let steps = x1.abs_diff(x2).max(y1.abs_diff(y2)).max(1);
        for step in 0..=steps {
            #[expect(clippy::cast_precision_loss, reason = "cells")]
            let part = step as f64 / steps as f64;
            let between = |a: (f64, f64), b: (f64, f64)| (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part);
            let (x, y) = at(between(pair[0], pair[1]));
            put(x, y);
        }
    }
}

impl Picture for Lines {
    fn take(&mut self, batch: &RecordBatch) {
        for row in 0..batch.num_rows() {
            let x = self.x.number(batch, row);
            if is_drawable(x) {
                self.points.push((x, self.lines.iter().map(|line| line.number(batch, row)).collect()));
            } else {
                self.missing += 1;
            }
        }
    }

    fn text(&self, paper: &Paper) -> String {
        let (x, y) = self.axes();
        let ticks = upright(&y, HEIGHT);
        let labels = label_width(&ticks).min(paper.width / 3);
        let width = paper.width.saturating_sub(labels + 2).max(2);
        let mut grid = Grid::new(width, HEIGHT);
        // The first line, which people look for, is on top.
        for line in (0..self.lines.len()).rev() {
            let mut dots = Dots::new(width, HEIGHT);
            for piece in self.pieces(line, &x, &y) {
                if self.lines.len() == 1 {
                    cells(&piece, 2 * width, 4 * HEIGHT, |x, y| dots.put(x, y));
                } else {
                    cells(&piece, width, HEIGHT, |x, y| grid.put(x, y, MARKS[line % MARKS.len()], line));
                }
            }
            dots.onto(&mut grid, line);
        }
        let mut text = format!("{}\n", super::text::left(&self.title, paper.width).trim_end());
        text.push_str(&framed(&grid, &x, &ticks, labels, paper));
        if self.lines.len() > 1 {
            let names = self.names().into_iter().enumerate();
            let names =
                names.map(|(n, name)| paper.colored(&format!("{} {name}", MARKS[n % MARKS.len()]), n));
            text.push_str(&format!("{}\n", names.collect::<Vec<_>>().join("   ")));
        }
        if let Some(note) = left_out(self.missing, "without a place on the axis") {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    fn svg(&self) -> Result<String, Error> {
        let (x, y) = self.axes();
        let mut svg = Svg::new(&self.title);
        let area = Area { x: 84.0, y: 60.0, width: svg::WIDTH - 120.0, height: 320.0 };
        let bottom = area.y + area.height;
        svg.axis_below(area, &x, &self.x.name);
        let name = if self.is_mmu { "utilization" } else { self.lines.first().map_or("", |line| &line.name) };
        svg.axis_beside(area, &y, name);
        for line in 0..self.lines.len() {
            for piece in self.pieces(line, &x, &y) {
                // As many columns as the area has pixels.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let points = thinned(&piece, area.width as usize).into_iter();
                let points = points.map(|(x, y)| (area.x + x * area.width, bottom - y * area.height));
                svg.curve(&points.collect::<Vec<_>>(), line);
            }
        }
        let mut end = bottom + 48.0;
        if self.lines.len() > 1 {
            svg.legend(&self.names(), end + 12.0, true);
            end += 28.0;
        }
        if let Some(note) = left_out(self.missing, "without a place on the axis") {
            svg.text_of("note", 12.0, end + 8.0, svg::Anchor::Start, &note, svg::WIDTH);
            end += 16.0;
        }
        Ok(svg.finish(end))
    }
}
