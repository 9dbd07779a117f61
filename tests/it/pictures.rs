//! Results as pictures: snapshots show them, as text and as SVG; hostile and extreme values are no danger to either.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use gtq::output::{Format, Options, Render, writer};
use unicode_width::UnicodeWidthStr as _;

use crate::output::{batch, strings, text};
use crate::support::{compiled_one, trace, written};

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// A picture whose parts are the first columns in their order.
fn options(picture: &'static str, parts: &[&'static str], width: Option<usize>) -> Options {
    let parts = parts.iter().enumerate().map(|(column, part)| (*part, column)).collect();
    Options { render: Some(Render { picture, parts }), width, ..Options::default() }
}

const BAR: &[&str] = &["label", "size"];
const LINE: &[&str] = &["x", "y"];
const FLAME: &[&str] = &["stack", "weight"];
const TIMELINE: &[&str] = &["lane", "start", "end", "label"];

fn bars() -> RecordBatch {
    let labels =
        [Some("select"), Some("a much longer reason than there is room for in a narrow picture"), None];
    batch(vec![
        ("reason", "string", texts(&labels)),
        ("time", "duration", ints(&[Some(1_250_000), Some(900_000), Some(1_000)])),
    ])
}

fn values() -> RecordBatch {
    let values: Vec<Option<i64>> = (0..200).map(|n| Some(n * n * 50)).chain([None]).collect();
    batch(vec![("dur", "duration", ints(&values))])
}

fn wide_values() -> RecordBatch {
    let values: Vec<Option<i64>> = (0..200).map(|n| Some(1_i64 << (n % 24))).chain([Some(0)]).collect();
    batch(vec![("size", "bytes", ints(&values))])
}

fn heap() -> RecordBatch {
    let times: Vec<Option<i64>> = (0..60).map(|n| Some(n * 10_000_000)).collect();
    let sizes: Vec<Option<i64>> =
        (0..60).map(|n| (n != 30).then_some(4_000_000 + (n % 17) * 250_000)).collect();
    batch(vec![("time", "time", ints(&times)), ("heap", "bytes", ints(&sizes))])
}

fn mmu() -> RecordBatch {
    let windows: Vec<Option<i64>> = (0..9).map(|n| Some(1_000 * 5_i64.pow(n))).collect();
    let line = |low: f64| -> Vec<f64> { (0..9).map(|n| (low + f64::from(n) * 0.1).min(0.9)).collect() };
    batch(vec![
        ("window", "duration", ints(&windows)),
        ("mmu", "float", floats(&line(0.0))),
        ("p999", "float", floats(&line(0.1))),
        ("p99", "float", floats(&line(0.2))),
        ("p95", "float", floats(&line(0.3))),
    ])
}

fn stacks() -> RecordBatch {
    let stacks: [Option<&[&str]>; 5] = [
        Some(&[
            "runtime.gopark proc.go:1",
            "sync.(*Mutex).Lock mutex.go:2",
            "main.work x.go:3",
            "main.main x.go:4",
        ]),
        Some(&["runtime.gopark proc.go:1", "main.work x.go:9", "main.main x.go:4"]),
        Some(&["main.Map[go.shape.struct { a int; b string }] x.go:1", "main.main x.go:5"]),
        Some(&[]),
        None,
    ];
    batch(vec![
        ("stack", "stack", Arc::new(strings(&stacks)) as ArrayRef),
        ("time", "duration", ints(&[Some(7_000_000), Some(2_000_000), Some(900_000), Some(100_000), None])),
    ])
}

fn states() -> RecordBatch {
    let rows: Vec<(i64, i64, i64, &str)> = vec![
        (2, 0, 400, "running"),
        (1, 0, 150, "waiting"),
        (1, 150, 600, "running"),
        (2, 400, 1_000, "waiting <&> \"quoted\""),
        (10, 300, 310, "running"),
        (1, 600, 1_000, "runnable"),
        (1, 500, 700, "crossing"),
    ];
    let column = |value: fn(&(i64, i64, i64, &str)) -> i64| {
        ints(&rows.iter().map(|row| Some(value(row))).collect::<Vec<_>>())
    };
    batch(vec![
        ("g", "int", column(|row| row.0)),
        ("start", "time", column(|row| row.1 * 1_000_000)),
        ("end", "time", column(|row| row.2 * 1_000_000)),
        ("state", "string", texts(&rows.iter().map(|row| Some(row.3)).collect::<Vec<_>>())),
    ])
}

fn all() -> Vec<(&'static str, &'static str, &'static [&'static str], RecordBatch)> {
    vec![
        ("bar", "bar", BAR, bars()),
        ("histogram", "histogram", &["x"], values()),
        ("histogram_wide", "histogram", &["x"], wide_values()),
        ("line", "line", LINE, heap()),
        ("mmu", "mmu", &[], mmu()),
        ("flamegraph", "flamegraph", FLAME, stacks()),
        ("timeline", "timeline", TIMELINE, states()),
        ("timeline_plain", "timeline", &TIMELINE[..3], states()),
    ]
}

#[test]
fn every_picture_as_text() {
    for (name, picture, parts, rows) in all() {
        for width in [80, 20] {
            let shown = text(Format::Plot, &options(picture, parts, Some(width)), &rows);
            insta::assert_snapshot!(format!("{name}_{width}"), shown);
        }
    }
}

/// What is drawn fits; notes in words may be longer.
#[test]
fn plots_fit_the_terminal() {
    for (name, picture, parts, rows) in all() {
        for width in [20, 33, 80, 200] {
            let shown = text(Format::Plot, &options(picture, parts, Some(width)), &rows);
            let is_note =
                |line: &&str| line.contains("shown") || line.contains("left out") || line.contains('●');
            let wide = shown.lines().filter(|line| !is_note(line) && !line.starts_with(['(', '█']));
            let wide: Vec<&str> = wide.filter(|line| line.width() > width).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{name} {width}");
        }
        let piped = text(Format::Plot, &options(picture, parts, None), &rows);
        assert_eq!(piped, text(Format::Plot, &options(picture, parts, Some(80)), &rows), "{name}");
        assert!(!piped.contains('\u{1b}'), "{name}");
        let colored = Options { color: true, ..options(picture, parts, None) };
        assert!(text(Format::Plot, &colored, &rows).contains('\u{1b}'), "{name}");
    }
}

#[test]
fn every_picture_as_svg() {
    for (name, picture, parts, rows) in all() {
        let svg = text(Format::Svg, &options(picture, parts, None), &rows);
        check_xml(&svg);
        assert_eq!(svg, text(Format::Svg, &options(picture, parts, Some(30)), &rows), "{name}");
        // inferno's has its program in it.
        if picture != "flamegraph" {
            insta::assert_snapshot!(format!("{name}_svg"), svg);
        }
    }
}

/// Well-formed as far as it shows here: tags are closed in order, and there are no control characters.
#[track_caller]
fn check_xml(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let is_bad = |c: char| c.is_control() && c != '\n' || c == '\u{fffe}';
    assert_eq!(svg.chars().find(|&c| is_bad(c)), None);
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            rest = &rest[rest.find("]]>").expect("an end") + 3..];
            continue;
        }
        let end = rest.find('>').expect("an end");
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if tag.starts_with(['?', '!']) || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(tag.split_whitespace().next().expect("a name")),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    assert!(!svg.contains("<script>alert"), "{svg}");
}

/// What a trace may contain to play tricks, or what breaks a layout.
#[test]
fn hostile_labels_are_shown_not_obeyed() {
    let long = "x".repeat(5_000);
    let labels = [
        "<script>alert(1)</script>",
        "\u{1b}[2J\u{7}\u{0}\u{9b}",
        "]]><b a=\"1' onload='x\">&amp;",
        "",
        "世界 👩‍🚀 e\u{301}\u{202e}",
        "a;b 12 7",
        "\u{fffe}\u{ffff}\n\t",
        &long,
    ];
    let names: Vec<Option<&str>> = labels.iter().map(|label| Some(*label)).chain([None]).collect();
    let stacks: Vec<Vec<&str>> =
        names.iter().map(|name| vec![name.unwrap_or("?"), "main.main x:1"]).collect();
    let stacks: Vec<Option<&[&str]>> = stacks.iter().map(|stack| Some(&stack[..])).collect();
    let numbers: Vec<Option<i64>> = (1..=9).map(Some).collect();
    let rows = batch(vec![
        ("name</title>\u{1b}", "string", texts(&names)),
        ("size", "int", ints(&numbers)),
        ("stack", "stack", Arc::new(strings(&stacks)) as ArrayRef),
        ("start", "time", ints(&numbers)),
        ("end", "time", ints(&numbers.iter().map(|n| n.map(|n| n * 3)).collect::<Vec<_>>())),
    ]);
    let hints = [
        ("bar", vec![("label", 0), ("size", 1)]),
        ("flamegraph", vec![("stack", 2), ("weight", 1)]),
        ("timeline", vec![("lane", 0), ("start", 3), ("end", 4), ("label", 0)]),
        ("line", vec![("x", 1), ("y", 1)]),
    ];
    for (picture, parts) in hints {
        let options = Options { render: Some(Render { picture, parts }), ..Options::default() };
        check_xml(&text(Format::Svg, &options, &rows));
        let plot = text(Format::Plot, &options, &rows);
        let acts = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert_eq!(plot.chars().find(|&c| acts(c)), None, "{picture}");
    }
}

/// Empty results, one row, and numbers that have no place or are as large as can be.
#[test]
fn extreme_values_are_drawn_or_left_out() {
    let extremes: [&[f64]; 6] = [
        &[],
        &[1.0],
        &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
        &[f64::MAX, f64::MIN, 5e-324, 0.0, -0.0],
        &[1e300, 1e-300, 1.0],
        &[-1.0, -2.0, -2.0],
    ];
    let huge = [Some(i64::MAX), Some(i64::MIN), Some(0), None, Some(1)];
    let mut columns: Vec<(&str, ArrayRef)> =
        extremes.iter().map(|values| ("float", floats(values))).collect();
    columns.extend(["int", "duration", "bytes", "time"].map(|kind| (kind, ints(&huge))));
    for (kind, column) in columns {
        let stack: &[&str] = &["main.main x.go:1"];
        let stack: ArrayRef = Arc::new(strings(&vec![Some(stack); column.len()]));
        let rows = batch(vec![
            ("a", kind, column.clone()),
            ("b", kind, column.clone()),
            ("stack", "stack", stack),
            ("window", kind, column.clone()),
        ]);
        let hints = [
            ("bar", vec![("label", 0), ("size", 1)]),
            ("histogram", vec![("x", 0)]),
            ("line", vec![("x", 0), ("y", 1)]),
            ("flamegraph", vec![("stack", 2), ("weight", 1)]),
            ("timeline", vec![("lane", 0), ("start", 0), ("end", 1)]),
            ("mmu", vec![]),
        ];
        for (picture, parts) in hints {
            for width in [20, 80] {
                let render = Some(Render { picture, parts: parts.clone() });
                let options = Options { render, width: Some(width), ..Options::default() };
                let shown = text(Format::Plot, &options, &rows);
                assert!(shown.lines().count() < 60, "{picture} of {kind}: {shown}");
                let svg = text(Format::Svg, &options, &rows);
                check_xml(&svg);
                assert!(!svg.contains("NaN\"") && !svg.contains("inf\""), "{picture} of {kind}");
            }
        }
    }
}

#[test]
fn a_result_without_a_picture_is_told_which_there_are() {
    let rows = bars();
    for format in [Format::Plot, Format::Svg] {
        let made = writer(format, rows.schema(), &Options::default(), Box::new(std::io::sink()));
        let error = made.err().expect("there is no picture").to_string();
        assert!(error.contains("render bar(label, size)") && error.contains("mmu"), "{error}");
    }
    let table = options("table", &[], None);
    assert_eq!(text(Format::Plot, &table, &rows), text(Format::Table, &table, &rows));
}

/// From the query to the picture, with the columns that the hint names.
#[test]
fn a_query_says_what_its_picture_is_made_of() {
    let session = trace("server-go1.27.3").open();
    for (name, query) in [
        (
            "bar",
            "from tasks |> aggregate count() as n, sum(dur) as time group by name |> order by name |> render bar(name, size: time)",
        ),
        (
            "flame",
            "from goroutine_states |> where state = 'runnable' |> aggregate sum(dur) as t group by stack |> render flamegraph(stack, t)",
        ),
    ] {
        let query = compiled_one(query);
        let plot = String::from_utf8(written(&session, &query, Format::Plot).unwrap()).unwrap();
        insta::assert_snapshot!(format!("query_{name}"), plot);
        check_xml(&String::from_utf8(written(&session, &query, Format::Svg).unwrap()).unwrap());
    }
}

/// The same rows in another order are the same graph.
#[test]
fn flame_graphs_are_the_same_every_time() {
    let rows = stacks();
    let options = options("flamegraph", FLAME, None);
    let graph = text(Format::Flamegraph, &options, &rows);
    assert_eq!(graph, text(Format::Flamegraph, &options, &rows));
    assert_eq!(graph, text(Format::Svg, &options, &rows));
    assert_eq!(
        graph,
        text(Format::Flamegraph, &Options::default(), &rows),
        "without a hint, by the columns' names"
    );
    assert!(graph.contains("sync.(*Mutex).Lock (7,000,000 ns, 70.00%)"), "{graph}");
}
