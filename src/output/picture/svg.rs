//! SVG, written by hand: a few shapes and texts, every text escaped. A text that is cut carries its whole in a `<title>`.
//!
//! Things are told apart by dashes and patterns too, so that a print in black and white shows as much.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::super::escape::xml;
use super::super::layout;
use super::axis::Axis;

pub(super) const WIDTH: f64 = 960.0;
/// How wide a character of the font is thought to be, and how high a line.
const CHARACTER: f64 = 6.7;
pub(super) const LINE: f64 = 16.0;

/// Colours that people with any colour vision tell apart, from dark to light.
const COLORS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#333333", "#e69f00", "#56b4e9", "#999999"];
const DASHES: [&str; 6] = ["none", "8 4", "2 3", "10 3 2 3", "5 2", "1 4"];
/// What distinguishes the fills, drawn over the colour.
const HATCHES: [&str; 8] =
    ["", "M0 8 8 0", "M0 0 8 8", "M0 4H8", "M4 0V8", "M0 8 8 0M0 0 8 8", "M0 4H8M4 0V8", "M2 2h2v2h-2z"];

/// How many things have a fill of their own.
pub(super) const FILLS: usize = HATCHES.len();

/// Where a text is in relation to its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A part of the drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A drawing that grows.
pub(super) struct Svg {
    body: String,
}

/// How wide a text is thought to be.
pub(super) fn text_width(text: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "short texts")]
    let columns = text.width() as f64;
    columns * CHARACTER
}

impl Svg {
    pub(super) fn new(title: &str) -> Self {
        let mut svg = Self { body: String::new() };
        svg.text_of("title", 12.0, 24.0, Anchor::Start, title, WIDTH - 24.0);
        svg
    }

    /// The whole document, `height` high.
    pub(super) fn finish(self, height: f64) -> String {
        let mut defs = String::new();
        for (n, (color, hatch)) in COLORS.iter().zip(HATCHES).enumerate() {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(
                defs,
                "<pattern id=\"f{n}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                 <rect width=\"8\" height=\"8\" fill=\"{color}\"/><path d=\"{hatch}\" stroke=\"#fff\" fill=\"none\"/>\
                 </pattern>"
            );
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\">\n\
             <style>text{{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#222}}.title{{font-size:15px}}\
             .grid{{stroke:#ddd}}.axis{{stroke:#444}}.inside{{font-size:10px;paint-order:stroke;stroke:#fff;stroke-width:3px}}.note{{fill:#666}}\
             .curve{{fill:none;stroke-width:1.8;stroke-linejoin:round}}.box{{stroke:#fff;stroke-width:.5}}</style>\n\
             <defs>\n{defs}</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// A box in the fill of the n-th of several things; `about` is shown where a pointer rests on it.
    pub(super) fn filled(&mut self, area: Area, n: usize, about: &str) {
        let Area { x, y, width, height } = area;
        let n = n % FILLS;
        let _ = writeln!(
            self.body,
            "<rect class=\"box\" x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{height:.1}\" \
             fill=\"url(#f{n})\"><title>{}</title></rect>",
            xml(about)
        );
    }

    /// A line through points, in the dashes and the colour of the n-th of several things.
    pub(super) fn curve(&mut self, points: &[(f64, f64)], n: usize) {
        let (color, dash) = (COLORS[n % COLORS.len()], DASHES[n % DASHES.len()]);
        if let [(x, y)] = points {
            let _ = writeln!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{color}\"/>");
            return;
        }
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            self.body,
            "<polyline class=\"curve\" stroke=\"{color}\" stroke-dasharray=\"{dash}\" points=\"{}\"/>",
            points.join(" ")
        );
    }

    /// A text within `room`, cut in the middle.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: &str, room: f64) {
        self.text_of("label", x, y, anchor, text, room);
    }

    pub(super) fn text_of(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str, room: f64) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let size = if class == "title" { CHARACTER * 1.25 } else { CHARACTER };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let columns = (room / size).max(1.0) as usize;
        let (shown, whole) = match layout::shorten(text, columns) {
            None => (xml(text), String::new()),
            Some(short) => (xml(&short), format!("<title>{}</title>", xml(text))),
        };
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{whole}{shown}</text>"
        );
    }

    /// The ticks below an area, with lines through it.
    pub(super) fn axis_below(&mut self, area: Area, axis: &Axis, name: &str) {
        let bottom = area.y + area.height;
        for tick in axis.ticks(area.width, |label| text_width(label) + 14.0) {
            let x = area.x + tick.at * area.width;
            self.line("grid", (x, area.y), (x, bottom));
            self.line("axis", (x, bottom), (x, bottom + 4.0));
            self.text(x, bottom + 18.0, Anchor::Middle, &tick.label, area.width);
        }
        self.line("axis", (area.x, bottom), (area.x + area.width, bottom));
        self.text_of("note", area.x + area.width / 2.0, bottom + 36.0, Anchor::Middle, name, area.width);
    }

    /// The ticks at the left of an area, with lines through it.
    pub(super) fn axis_beside(&mut self, area: Area, axis: &Axis, name: &str) {
        for tick in axis.ticks(area.height, |_| 24.0) {
            let y = area.y + (1.0 - tick.at) * area.height;
            self.line("grid", (area.x, y), (area.x + area.width, y));
            self.text(area.x - 6.0, y + 4.0, Anchor::End, &tick.label, area.x);
        }
        self.line("axis", (area.x, area.y), (area.x, area.y + area.height));
        self.text_of("note", 12.0, area.y - 14.0, Anchor::Start, name, area.width);
    }

    /// What the fills or dashes mean: names in a row, as many as there is room for.
    pub(super) fn legend(&mut self, names: &[String], y: f64, is_curves: bool) {
        let mut x = 12.0;
        for (n, name) in names.iter().enumerate() {
            let room = (WIDTH - 24.0 - x).min(260.0);
            if room < 60.0 {
                break;
            }
            if is_curves {
                self.curve(&[(x, y - 4.0), (x + 28.0, y - 4.0)], n);
            } else {
                self.filled(Area { x, y: y - 11.0, width: 28.0, height: 12.0 }, n, name);
            }
            self.text(x + 34.0, y, Anchor::Start, name, room - 34.0);
            x += 34.0 + text_width(name).min(room - 34.0) + 20.0;
        }
    }
}
