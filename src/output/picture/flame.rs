//! Stacks, each as wide as its weight. As text a tree from the roots on, with shares; as SVG inferno's flame graph, which
//! can be searched and zoomed.

use std::collections::BTreeMap;

use arrow::array::{Array, RecordBatch};
use unicode_width::UnicodeWidthStr as _;

use super::super::frames::function;
use super::super::{escape, layout, stacks};
use super::axis::Unit;
use super::svg::{Anchor, Svg, WIDTH};
use super::text::{Paper, right};
use super::{Column, Error, Picture, left_out};
use crate::blocks::bar;

/// What stands for a stack that is null or has no frames.
const NO_STACK: &str = "(no stack)";
/// The columns of a share's bar.
const BAR: usize = 8;
/// Shares below it are left out of the text.
const LEAST: f64 = 0.001;

pub(super) struct Flame {
    stack: Column,
    /// None: each row weighs 1.
    weight: Option<Column>,
    /// By functions, roots first.
    weights: BTreeMap<Vec<String>, f64>,
    /// Rows without a positive weight.
    missing: usize,
}

/// A function under its callers.
struct Node<'a> {
    name: &'a str,
    total: f64,
    /// The heaviest first.
    callees: Vec<Node<'a>>,
}

impl Flame {
    pub(super) fn new(stack: Column, weight: Option<Column>) -> Self {
        Self { stack, weight, weights: BTreeMap::new(), missing: 0 }
    }

    fn unit(&self) -> Unit {
        self.weight.as_ref().map_or(Unit::Number, Column::unit)
    }

    fn title(&self) -> String {
        let weight = self.weight.as_ref().map_or("rows", |weight| &weight.name);
        format!("{weight} by {}", self.stack.name)
    }

    fn total(&self) -> f64 {
        self.weights.values().sum()
    }
}

/// The tree of what begins with the same frames; `depth` of them lie above.
fn nodes<'a>(stacks: &[(&'a [String], f64)], depth: usize) -> Vec<Node<'a>> {
    let below: Vec<&(&[String], f64)> = stacks.iter().filter(|(frames, _)| frames.len() > depth).collect();
    let groups = below.chunk_by(|a, b| a.0[depth] == b.0[depth]);
    let mut nodes: Vec<Node<'a>> = groups
        .map(|group| {
            let group: Vec<(&'a [String], f64)> = group.iter().map(|stack| **stack).collect();
            Node {
                name: &group[0].0[depth],
                total: group.iter().map(|(_, weight)| weight).sum(),
                callees: nodes(&group, depth + 1),
            }
        })
        .collect();
    nodes.sort_by(|a, b| b.total.total_cmp(&a.total).then(a.name.cmp(b.name)));
    nodes
}

impl Picture for Flame {
    fn take(&mut self, batch: &RecordBatch) {
        let array: &dyn Array = batch.column(self.stack.index);
        for row in 0..batch.num_rows() {
            let weight = self.weight.as_ref().map_or(1.0, |weight| weight.number(batch, row));
            if !(weight > 0.0 && weight.is_finite()) {
                self.missing += 1;
                continue;
            }
            let frames = stacks::frames(array, row).unwrap_or_default();
            let mut functions: Vec<String> =
                frames.iter().rev().map(|frame| escape::terminal(function(frame)).into_owned()).collect();
            if functions.is_empty() {
                functions.push(NO_STACK.to_owned());
            }
            *self.weights.entry(functions).or_insert(0.0) += weight;
        }
    }

    fn text(&self, paper: &Paper) -> String {
        let stacks: Vec<(&[String], f64)> =
            self.weights.iter().map(|(frames, weight)| (&frames[..], *weight)).collect();
        let (roots, total) = (nodes(&stacks, 0), self.total());
        let mut totals = Vec::new();
        collect(&roots, &mut totals);
        totals.sort_by(|a, b| b.total_cmp(a));
        let cut = paper.lines.and_then(|lines| totals.get(lines)).copied().unwrap_or(0.0);
        let least = cut.max(total * LEAST);
        let mut tree = Tree { paper, unit: self.unit(), total, least, left_out: 0, text: String::new() };
        tree.text.push_str(&format!("{}\n", super::text::left(&self.title(), paper.width).trim_end()));
        if total > 0.0 {
            tree.line(total, "(all)", 0);
        }
        for root in &roots {
            tree.node(root, 1);
        }
        let Tree { mut text, left_out: pruned, .. } = tree;
        if pruned > 0 {
            let calls = if pruned == 1 { "call" } else { "calls" };
            text.push_str(&format!("{pruned} {calls} of less weight left out\n"));
        }
        if let Some(note) = left_out(self.missing, "without a positive weight") {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    fn svg(&self) -> Result<String, Error> {
        let total = self.total();
        if total <= 0.0 {
            let mut svg = Svg::new(&self.title());
            svg.text_of("note", 12.0, 56.0, Anchor::Start, "no stack has a positive weight", WIDTH);
            return Ok(svg.finish(80.0));
        }
        // inferno counts in whole numbers of 64 bits.
        let whole = self.weights.values().all(|weight| weight.fract() == 0.0);
        let factor = if whole && total < 1e15 { 1.0 } else { total / 1e12 };
        let mut lines: Vec<String> = self
            .weights
            .iter()
            .map(|(frames, weight)| {
                let frames: Vec<String> = frames.iter().map(|frame| folded(frame)).collect();
                format!("{} {:.0}", frames.join(";"), weight / factor)
            })
            .collect();
        lines.sort_unstable();
        let mut options = inferno::flamegraph::Options::default();
        options.title = self.title();
        options.count_name = match self.unit() {
            Unit::Duration | Unit::Time => "ns".to_owned(),
            Unit::Bytes => "bytes".to_owned(),
            Unit::Number => self.weight.as_ref().map_or("rows", |weight| &weight.name).to_owned(),
        };
        options.factor = factor;
        // A function has the same colour in every graph.
        options.deterministic = true;
        options.no_sort = true;
        let mut bytes = Vec::new();
        inferno::flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A function's name without what has a meaning in a line of folded stacks, and without what XML can't hold.
fn folded(name: &str) -> String {
    if name.is_empty() {
        return "?".to_owned();
    }
    let name = name.replace(' ', "\u{a0}").replace(';', ",");
    name.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn collect(nodes: &[Node<'_>], totals: &mut Vec<f64>) {
    for node in nodes {
        totals.push(node.total);
        collect(&node.callees, totals);
    }
}

struct Tree<'a> {
    paper: &'a Paper,
    unit: Unit,
    total: f64,
    least: f64,
    left_out: usize,
    text: String,
}

impl Tree<'_> {
    fn line(&mut self, weight: f64, name: &str, indent: usize) {
        let share = weight / self.total;
        let head = format!("{:>6.1}% ", 100.0 * share);
        let value = right(&self.unit.text(weight), 9);
        let is_wide = self.paper.width >= 40;
        let drawn = bar(share, BAR);
        let space = " ".repeat(BAR - drawn.width());
        let drawn = if is_wide {
            format!("{}{space} {value} ", self.paper.colored(&drawn, 0))
        } else {
            String::new()
        };
        let used = head.width() + if is_wide { BAR + 11 } else { 0 };
        let indent = (2 * indent).min(self.paper.width.saturating_sub(used) / 2);
        let room = self.paper.width.saturating_sub(used + indent).max(1);
        let name = layout::shorten(name, room).unwrap_or_else(|| name.to_owned());
        self.text.push_str(format!("{head}{drawn}{}{name}", " ".repeat(indent)).trim_end());
        self.text.push('\n');
    }

    /// A function and what it calls. A chain of only calls stays at one depth.
    fn node(&mut self, node: &Node<'_>, indent: usize) {
        if node.total < self.least {
            self.left_out += 1;
            return;
        }
        self.line(node.total, node.name, indent);
        let is_chain = matches!(&node.callees[..], [only] if only.total >= node.total);
        for callee in &node.callees {
            self.node(callee, if is_chain { indent } else { indent + 1 });
        }
    }
}
