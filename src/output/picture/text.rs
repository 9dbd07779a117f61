//! Pictures of characters: a grid of cells, dots of braille, axes.

use unicode_width::UnicodeWidthStr as _;

use super::super::layout;
use super::axis::{Axis, Tick};

/// What is drawn on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paper {
    pub(super) width: usize,
    /// Lines that a list of things may take; None: all of them.
    pub(super) lines: Option<usize>,
    pub(super) color: bool,
}

/// Where nothing says how wide the output is.
pub(super) const USUAL_WIDTH: usize = 80;
/// Pictures are not drawn narrower: they would show nothing.
const LEAST_WIDTH: usize = 20;

impl Paper {
    pub(super) fn new(width: Option<usize>, lines: Option<usize>, color: bool) -> Self {
        Self { width: width.unwrap_or(USUAL_WIDTH).max(LEAST_WIDTH), lines, color }
    }

    /// `text` in the colour of the n-th of several things.
    pub(super) fn colored(&self, text: &str, n: usize) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", COLORS[n % COLORS.len()])
        } else {
            text.to_owned()
        }
    }
}

/// Cyan, yellow, magenta, green, blue, red.
const COLORS: [u8; 6] = [36, 33, 35, 32, 34, 31];

/// `text` in exactly `width` columns, at the left.
pub(super) fn left(text: &str, width: usize) -> String {
    let text = layout::shorten(text, width).unwrap_or_else(|| text.to_owned());
    let space = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(space))
}

/// The same, at the right.
pub(super) fn right(text: &str, width: usize) -> String {
    let text = layout::shorten(text, width).unwrap_or_else(|| text.to_owned());
    let space = width.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(space))
}

/// Cells of one column each, with what is drawn last on top.
pub(super) struct Grid {
    width: usize,
    height: usize,
    /// A character and which of several things it belongs to.
    cells: Vec<Option<(char, usize)>>,
}

impl Grid {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![None; width * height] }
    }

    /// Puts a character in a row, counted from below.
    pub(super) fn put(&mut self, column: usize, row: usize, c: char, thing: usize) {
        if column < self.width && row < self.height {
            self.cells[(self.height - 1 - row) * self.width + column] = Some((c, thing));
        }
    }

    pub(super) fn line(&self, paper: &Paper, row: usize) -> String {
        let cells = &self.cells[row * self.width..(row + 1) * self.width];
        let mut line = String::new();
        for run in cells.chunk_by(|a, b| a.map(|a| a.1) == b.map(|b| b.1)) {
            let text: String = run.iter().map(|cell| cell.map_or(' ', |cell| cell.0)).collect();
            match run[0] {
                Some((_, thing)) => line.push_str(&paper.colored(&text, thing)),
                None => line.push_str(&text),
            }
        }
        line
    }
}

/// Dots, two beside and four above each other in a cell.
pub(super) struct Dots {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

impl Dots {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![0; width * height] }
    }

    /// A dot; x from the left, below 2 × width, y from below, below 4 × height.
    pub(super) fn put(&mut self, x: usize, y: usize) {
        // The bits of a braille character, from below.
        const BITS: [[u8; 2]; 4] = [[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]];
        if x < 2 * self.width && y < 4 * self.height {
            self.cells[y / 4 * self.width + x / 2] |= BITS[y % 4][x % 2];
        }
    }

    pub(super) fn onto(&self, grid: &mut Grid, thing: usize) {
        for (index, &bits) in self.cells.iter().enumerate().filter(|(_, bits)| **bits != 0) {
            if let Some(c) = char::from_u32(0x2800 + u32::from(bits)) {
                grid.put(index % self.width, index / self.width, c, thing);
            }
        }
    }
}

/// How wide the labels of an axis that stands upright are, over so many lines.
pub(super) fn label_width(ticks: &[Tick]) -> usize {
    ticks.iter().map(|tick| tick.label.width()).max().unwrap_or(0)
}

/// The ticks of an upright axis over so many lines.
pub(super) fn upright(axis: &Axis, lines: usize) -> Vec<Tick> {
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    axis.ticks(lines.saturating_sub(1) as f64, |_| 2.9)
}

/// A grid with its axes; labels of the upright one take `labels` columns.
pub(super) fn framed(grid: &Grid, x: &Axis, upright: &[Tick], labels: usize, paper: &Paper) -> String {
    let mut text = String::new();
    let mut marks: Vec<Option<&Tick>> = vec![None; grid.height];
    for tick in upright {
        marks[grid.height - 1 - cell(tick.at, grid.height)] = Some(tick);
    }
    for (row, mark) in marks.iter().enumerate() {
        let label = mark.map_or("", |tick| &tick.label);
        let stroke = if mark.is_some() { '┤' } else { '│' };
        text.push_str(format!("{} {stroke}{}", right(label, labels), grid.line(paper, row)).trim_end());
        text.push('\n');
    }
    text + &below(x, labels + 1, grid.width)
}

/// The axis below a picture of `width` columns, which begins after `indent` columns and a stroke.
pub(super) fn below(axis: &Axis, indent: usize, width: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "columns")]
    let ticks = axis.ticks(width.saturating_sub(1) as f64, |label| label.width() as f64 + 2.0);
    let mut stroke = vec!['─'; width];
    let mut labels = String::new();
    for tick in &ticks {
        let column = cell(tick.at, width);
        stroke[column] = '┬';
        // Centred below its mark, but within the line.
        let size = tick.label.width();
        let start = column.saturating_sub(size / 2).min(width.saturating_sub(size));
        let used = labels.width();
        if start >= used + usize::from(used > 0) {
            labels.push_str(&" ".repeat(start - used));
            labels.push_str(&tick.label);
        }
    }
    let (space, stroke) = (" ".repeat(indent), stroke.into_iter().collect::<String>());
    format!("{space}└{stroke}\n{space} {labels}\n")
}

/// Which of `count` cells a place between 0 and 1 is in.
pub(super) fn cell(place: f64, count: usize) -> usize {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let cell = (place * count.saturating_sub(1) as f64).round() as usize;
    cell.min(count.saturating_sub(1))
}
