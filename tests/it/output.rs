//! Results and diagnostics as they are written. Snapshots show the forms; the rest is read back.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, ListBuilder, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StringBuilder, StringViewArray, StructArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema, SchemaRef};
use arrow::ipc::reader::FileReader;
use gtq::diag::{Code, Diagnostic, Fix, Label, Severity, Span};
use gtq::output::report::Source;
use gtq::output::{Error, Format, Options, Summary, TYPE_KEY, report, writer};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn field(name: &str, kind: &str, data_type: DataType) -> Field {
    let mut metadata = HashMap::from([(TYPE_KEY.to_owned(), kind.to_owned())]);
    match kind {
        "duration" | "time" => metadata.insert("unit".into(), "ns".into()),
        "bytes" => metadata.insert("unit".into(), "B".into()),
        _ => None,
    };
    Field::new(name, data_type, true).with_metadata(metadata)
}

pub(crate) fn batch(columns: Vec<(&str, &str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, kind, array)| field(name, kind, array.data_type().clone())).collect();
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

pub(crate) fn strings(lists: &[Option<&[&str]>]) -> ListArray {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in lists {
        match list {
            Some(items) => builder.append_value(items.iter().map(Some)),
            None => builder.append_null(),
        }
    }
    builder.finish()
}

/// A column of every type: usual values, extreme or empty ones, null.
fn every_type() -> RecordBatch {
    let ints = |values: [Option<i64>; 3]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let range: Fields =
        vec![Field::new("name", DataType::Utf8, true), Field::new("dur", DataType::Int64, true)].into();
    let range = StructArray::try_new(
        range,
        vec![Arc::new(StringArray::from(vec![Some("gc"), None, None])), ints([Some(1500), Some(0), None])],
        Some(vec![true, true, false].into()),
    );
    let waits = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1_000), None]),
        Some(vec![]),
        None,
    ]);
    let stack: &[&str] =
        &["main.Map[go.shape.struct { a int }] /src/a b/map.go:7", "main.main /src/main.go:12"];
    batch(vec![
        ("flag", "bool", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("g", "int", ints([Some(18), Some(i64::MIN), None])),
        ("count", "int", Arc::new(UInt64Array::from(vec![Some(3), Some(u64::MAX), None]))),
        ("share", "float", Arc::new(Float64Array::from(vec![Some(0.1 + 0.2), Some(f64::NAN), None]))),
        ("name", "string", Arc::new(StringViewArray::from(vec![Some("main.worker"), Some(""), None]))),
        ("text", "string", Arc::new(StringArray::from(vec![Some("a, \"b\"\tc\\"), Some("x\ny\r\n"), None]))),
        ("size", "bytes", ints([Some(65_536), Some(i64::MAX), None])),
        ("dur", "duration", ints([Some(1_250_000), Some(-90_000_000_000), None])),
        ("start", "time", ints([Some(1_250_345_999), Some(0), None])),
        ("stack", "stack", Arc::new(strings(&[Some(stack), Some(&[]), None]))),
        ("labels", "list<string>", Arc::new(strings(&[Some(&["a", "b|c"]), Some(&[]), None]))),
        ("waits", "list<duration>", Arc::new(waits)),
        ("range", "struct<name: string, dur: duration>", Arc::new(range.unwrap())),
    ])
}

/// What a trace may contain to play tricks on whoever looks at it.
fn hostile() -> RecordBatch {
    let texts = vec![
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "\u{9b}31mC1\u{7f}\u{0}",
        "a\nb\r\nc\td",
        "admin\u{202e}txt.exe\u{2066}x\u{2069}\u{200f}",
        "| <img src=x onerror=alert(1)> & `code` *b* [l](javascript:x)",
        "=cmd|' /C calc'!A0, \"quoted\"",
        "世界 👩‍🚀 e\u{301}",
        "\\N \\t \\",
    ];
    let stacks: Vec<Vec<&str>> = texts.iter().map(|text| vec![*text, "main.main x.go:1"]).collect();
    let stacks: Vec<Option<&[&str]>> = stacks.iter().map(|stack| Some(stack.as_slice())).collect();
    batch(vec![
        ("evil\u{1b}[1m|name\n", "string", Arc::new(StringArray::from(texts.clone()))),
        ("stack", "stack", Arc::new(strings(&stacks))),
    ])
}

/// `rows` rows of a scheduling query, with names of very different lengths.
fn goroutines(rows: i64) -> RecordBatch {
    let names = (0..rows).map(|row| match row % 3 {
        0 => "main.main".to_owned(),
        1 => format!("github.com/acme/shop/internal/checkout.(*Service).handleOrder.func{row}"),
        _ => "net/http.(*conn).serve".to_owned(),
    });
    let stacks = (0..rows).map(|row| {
        let depth = usize::try_from(row % 4).unwrap() + 1;
        Some(vec![Some("internal/poll.runtime_pollWait /go/src/runtime/netpoll.go:351"); depth])
    });
    let mut stack = ListBuilder::new(StringBuilder::new());
    stack.extend(stacks);
    let ints =
        |factor: i64| Arc::new((0..rows).map(|row| Some(row * factor)).collect::<Int64Array>()) as ArrayRef;
    let reasons = StringArray::from_iter_values((0..rows).map(|_| "network poll"));
    batch(vec![
        ("g", "int", ints(1)),
        ("name", "string", Arc::new(StringViewArray::from_iter_values(names))),
        ("exec", "duration", ints(1_234_567)),
        ("stack", "stack", Arc::new(stack.finish())),
        ("reason", "string", Arc::new(reasons)),
        ("start", "time", ints(1_000_001_000)),
        ("heap", "bytes", ints(4_000)),
    ])
}

/// Where the bytes go, kept by the test while a writer has it.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn write(
    format: Format,
    options: &Options,
    schema: SchemaRef,
    batches: &[RecordBatch],
) -> (Vec<u8>, Summary) {
    let sink = Sink::default();
    let mut writer = writer(format, schema, options, Box::new(sink.clone())).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let summary = writer.finish().unwrap();
    let bytes = sink.0.lock().unwrap().clone();
    (bytes, summary)
}

pub(crate) fn text(format: Format, options: &Options, batch: &RecordBatch) -> String {
    let (bytes, _) = write(format, options, batch.schema(), std::slice::from_ref(batch));
    String::from_utf8(bytes).unwrap()
}

/// The formats of rows, which any result can be written in.
fn row_formats() -> impl Iterator<Item = Format> {
    let drawn =
        [Format::Plot, Format::Svg, Format::Flamegraph, Format::Pprof, Format::Perfetto, Format::ChromeJson];
    Format::ALL.into_iter().filter(move |format| !drawn.contains(format))
}

fn text_formats() -> impl Iterator<Item = Format> {
    row_formats().filter(|format| !format.is_binary())
}

#[test]
fn every_type_in_every_text_format() {
    for format in text_formats() {
        insta::assert_snapshot!(format!("types_{format}"), text(format, &Options::default(), &every_type()));
    }
}

#[test]
fn an_empty_result_in_every_text_format() {
    let empty = every_type().slice(0, 0);
    for format in text_formats() {
        let written = text(format, &Options::default(), &empty);
        insta::assert_snapshot!(format!("empty_{format}"), written);
        let (without_batch, summary) = write(format, &Options::default(), empty.schema(), &[]);
        assert_eq!(written.as_bytes(), without_batch, "{format}");
        assert_eq!(summary, Summary { rows: 0, rows_shown: 0, columns_left_out: 0 });
    }
}

#[test]
fn hostile_texts_in_every_text_format() {
    for format in text_formats() {
        let written = text(format, &Options::default(), &hostile());
        if matches!(format, Format::Table | Format::Vertical | Format::Markdown) {
            let acts = |c: char| {
                c != '\n'
                    && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            };
            assert_eq!(written.chars().find(|&c| acts(c)), None, "{format}");
            insta::assert_snapshot!(format!("hostile_{format}"), written);
        } else {
            insta::assert_snapshot!(
                format!("hostile_{format}"),
                written.escape_debug().to_string().replace("\\n", "\n")
            );
        }
    }
}

#[test]
fn tables_fit_the_terminal_and_say_what_they_leave_out() {
    for width in [24, 60, 80, 120, 200] {
        let options = Options { width: Some(width), max_rows: Some(5), ..Options::default() };
        let table = text(Format::Table, &options, &goroutines(12_345));
        let rows = table.lines().filter(|line| !line.starts_with('('));
        // All characters of this table are one column wide.
        assert_eq!(rows.clone().find(|line| line.chars().count() > width), None, "{width}");
        assert_eq!(rows.count(), 7, "{width}");
        insta::assert_snapshot!(format!("width_{width}"), table);
    }
}

#[test]
fn rows_beyond_the_limit_are_counted_for_people_and_written_for_machines() {
    let all = goroutines(100);
    let batches: Vec<RecordBatch> = (0..10).map(|index| all.slice(index * 10, 10)).collect();
    for format in row_formats() {
        let options = Options { max_rows: Some(25), ..Options::default() };
        let (bytes, summary) = write(format, &options, all.schema(), &batches);
        let limited = matches!(format, Format::Table | Format::Vertical);
        assert_eq!(
            summary,
            Summary { rows: 100, rows_shown: if limited { 25 } else { 100 }, columns_left_out: 0 },
            "{format}"
        );
        if limited {
            let written = String::from_utf8(bytes).unwrap();
            assert_eq!(
                written.lines().last(),
                Some("(25 of 100 rows shown; --max-rows shows more)"),
                "{format}"
            );
        } else if !format.is_binary() {
            assert_eq!(bytes, text(format, &options, &all).as_bytes(), "{format}");
        }
    }
    let none = Options { max_rows: None, ..Options::default() };
    assert_eq!(write(Format::Table, &none, all.schema(), &batches).1.rows_shown, 100);
    let zero = Options { max_rows: Some(0), ..Options::default() };
    let table = text(Format::Table, &zero, &all);
    assert_eq!(table.lines().last(), Some("(0 of 100 rows shown; --max-rows shows more)"));
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    let options = Options { color: true, ..Options::default() };
    let few = batch(vec![
        ("g", "int", Arc::new(Int64Array::from(vec![Some(1), None]))),
        ("name", "string", Arc::new(StringArray::from(vec![Some("\u{1b}[31m"), None]))),
    ]);
    for format in [Format::Table, Format::Vertical] {
        insta::assert_snapshot!(
            format!("color_{format}"),
            text(format, &options, &few).replace('\u{1b}', "␛")
        );
    }
    for format in [Format::Markdown, Format::Csv, Format::Json] {
        assert_eq!(text(format, &options, &few), text(format, &Options::default(), &few), "{format}");
    }
}

#[test]
fn csv_and_tsv_can_go_without_a_header() {
    let few = batch(vec![
        ("a", "int", Arc::new(Int64Array::from(vec![1]))),
        ("b,c", "int", Arc::new(Int64Array::from(vec![2]))),
    ]);
    let bare = Options { header: false, ..Options::default() };
    assert_eq!(text(Format::Csv, &bare, &few), "1,2\n");
    assert_eq!(text(Format::Csv, &Options::default(), &few), "a,\"b,c\"\n1,2\n");
    assert_eq!(text(Format::Tsv, &bare, &few), "1\t2\n");
}

#[test]
fn json_reads_back_with_every_column_and_every_digit() {
    let batch = every_type();
    let array: serde_json::Value =
        serde_json::from_str(&text(Format::Json, &Options::default(), &batch)).unwrap();
    let lines = text(Format::Ndjson, &Options::default(), &batch);
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(array.as_array(), Some(&lines));
    for row in &lines {
        assert_eq!(row.as_object().unwrap().len(), batch.num_columns());
    }
    assert_eq!(lines[0]["share"].as_f64(), Some(0.1 + 0.2));
    assert_eq!(lines[0]["waits"], serde_json::json!([1000, null]));
    assert_eq!(lines[0]["range"], serde_json::json!({"name": "gc", "dur": 1500}));
    assert_eq!(lines[1]["range"], serde_json::json!({"name": null, "dur": 0}));
    assert_eq!(lines[1]["g"].as_i64(), Some(i64::MIN));
    assert_eq!(lines[1]["count"].as_u64(), Some(u64::MAX));
    assert_eq!(lines[1]["share"], serde_json::Value::Null);
    assert!(lines[2].as_object().unwrap().values().all(serde_json::Value::is_null));
    let written = text(Format::Ndjson, &Options::default(), &hostile());
    let row: serde_json::Value = serde_json::from_str(written.lines().nth(2).unwrap()).unwrap();
    assert_eq!(row["evil\u{1b}[1m|name\n"], "a\nb\r\nc\td");
}

#[test]
fn parquet_reads_back_equal_with_its_metadata() {
    // The last one is longer than a row group.
    let numbers = batch(vec![("n", "int", Arc::new(Int64Array::from_iter_values(0..140_000)))]);
    for batch in [every_type(), hostile(), numbers] {
        let parts = [batch.slice(0, 1), batch.slice(1, batch.num_rows() - 1)];
        let (bytes, summary) = write(Format::Parquet, &Options::default(), batch.schema(), &parts);
        assert_eq!(summary.rows, batch.num_rows() as u64);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
        assert_eq!(reader.schema().fields(), batch.schema().fields());
        let read: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        assert_same(&read, &batch);
    }
}

#[test]
fn arrow_reads_back_equal_with_its_metadata() {
    for batch in [every_type(), hostile(), every_type().slice(0, 0)] {
        let (bytes, _) =
            write(Format::Arrow, &Options::default(), batch.schema(), std::slice::from_ref(&batch));
        let reader = FileReader::try_new(io::Cursor::new(bytes), None).unwrap();
        assert_eq!(reader.schema(), batch.schema());
        let read: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        assert_same(&read, &batch);
    }
}

/// Batches equal, where a float that is no number equals itself.
#[track_caller]
fn assert_same(read: &[RecordBatch], expected: &RecordBatch) {
    let read = arrow::compute::concat_batches(&expected.schema(), read).unwrap();
    assert_eq!(read.num_rows(), expected.num_rows());
    for (column, expected) in read.columns().iter().zip(expected.columns()) {
        assert_eq!(column.to_data(), expected.to_data());
    }
}

#[test]
fn files_take_batches_that_lost_their_metadata_or_their_exact_type() {
    let schema = Arc::new(Schema::new(vec![field("name", "string", DataType::Utf8View)]));
    let plain = Schema::new(vec![Field::new("name", DataType::Utf8, true)]);
    let plain = RecordBatch::try_new(Arc::new(plain), vec![Arc::new(StringArray::from(vec!["a"]))]).unwrap();
    let (bytes, _) = write(Format::Arrow, &Options::default(), schema.clone(), std::slice::from_ref(&plain));
    assert_eq!(FileReader::try_new(io::Cursor::new(bytes), None).unwrap().schema(), schema);
    let (bytes, _) = write(Format::Parquet, &Options::default(), schema.clone(), &[plain]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    assert_eq!(reader.schema().fields(), schema.fields());
}

#[test]
fn results_without_columns_are_no_panic() {
    let options = RecordBatchOptions::new().with_row_count(Some(2));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    for format in Format::ALL {
        let sink = Sink::default();
        let written = writer(format, batch.schema(), &Options::default(), Box::new(sink.clone())).and_then(
            |mut writer| {
                writer.write(&batch)?;
                writer.finish()
            },
        );
        if let Ok(summary) = written {
            assert_eq!(summary.rows, 2, "{format}");
        }
    }
    assert_eq!(text(Format::Table, &Options::default(), &batch), "(2 rows)\n");
    assert_eq!(text(Format::Ndjson, &Options::default(), &batch), "{}\n{}\n");
}

#[test]
fn a_column_of_nothing_but_null_is_null() {
    let nothing =
        batch(vec![("a", "int", Arc::new(NullArray::new(2))), ("b", "int", Arc::new(NullArray::new(2)))]);
    let written = |format| text(format, &Options::default(), &nothing);
    assert_eq!(written(Format::Csv), "a,b\n,\n,\n");
    assert_eq!(written(Format::Tsv), "a\tb\n\\N\t\\N\n\\N\t\\N\n");
    assert_eq!(written(Format::Ndjson), "{\"a\":null,\"b\":null}\n".repeat(2));
    assert_eq!(written(Format::Markdown), "| a | b |\n| --: | --: |\n| null | null |\n| null | null |\n");
    for format in [Format::Parquet, Format::Arrow] {
        assert_eq!(
            write(format, &Options::default(), nothing.schema(), std::slice::from_ref(&nothing)).1.rows,
            2
        );
    }
}

#[test]
fn very_wide_results_are_no_panic() {
    let long = "x".repeat(20_000);
    let columns = (0..50).map(|index| format!("c{index}")).collect::<Vec<_>>();
    let array: ArrayRef = Arc::new(StringArray::from(vec![long.as_str()]));
    let wide = batch(columns.iter().map(|name| (name.as_str(), "string", array.clone())).collect());
    let table = text(Format::Table, &Options::default(), &wide);
    assert_eq!(table.lines().last(), Some("(1 row; 50 cells shortened; --format vertical shows more)"));
    for width in [0, 1, 2, 80] {
        let options = Options { width: Some(width), ..Options::default() };
        assert!(text(Format::Table, &options, &wide).contains("columns left out: "), "{width}");
    }
}

/// An output whose reader goes away after so many bytes.
struct Pipe(usize);

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_recognised_in_every_format() {
    let batch = goroutines(5_000);
    let options = Options { max_rows: None, ..Options::default() };
    for format in row_formats() {
        for room in [0, 10, 10_000] {
            let run = || -> Result<Summary, Error> {
                let mut writer = writer(format, batch.schema(), &options, Box::new(Pipe(room)))?;
                writer.write(&batch)?;
                writer.finish()
            };
            let error = run().expect_err("the pipe is too short");
            assert!(error.is_broken_pipe(), "{format} {room}: {error:?}");
        }
    }
}

#[test]
fn machine_formats_write_batch_by_batch() {
    let batch = goroutines(10);
    for format in [Format::Csv, Format::Tsv, Format::Json, Format::Ndjson, Format::Markdown] {
        let sink = Sink::default();
        let mut writer = writer(format, batch.schema(), &Options::default(), Box::new(sink.clone())).unwrap();
        writer.write(&batch).unwrap();
        let first = sink.0.lock().unwrap().len();
        assert!(first > 500, "{format}");
        writer.write(&batch).unwrap();
        assert!(sink.0.lock().unwrap().len() > first + 500, "{format}");
        writer.finish().unwrap();
    }
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!("JSON".parse(), Ok(Format::Json));
    let error = "xml".parse::<Format>().unwrap_err();
    insta::assert_snapshot!(error, @"there is no format `xml`; there are table, vertical, markdown, csv, tsv, json, ndjson, parquet, arrow, plot, svg, flamegraph, pprof, perfetto, chrome-json");
}

fn error(span: (usize, usize), message: &str, note: &str) -> Diagnostic {
    Diagnostic::error(Code("E0201"), Span::new(span.0, span.1), message).note(note)
}

#[test]
fn diagnostics_show_their_place_hints_and_fix() {
    let query = "select nme, dur > 10000000\nfrom goroutines\n|> where naem = 'x'\n";
    let diagnostics = [
        Diagnostic {
            hints: vec!["columns are: g, name, dur".into()],
            fix: Some(Fix { span: Span::new(7, 10), replacement: "name".into() }),
            ..error((7, 10), "there is no column `nme` in goroutines", "did you mean `name`?")
        },
        Diagnostic {
            labels: vec![Label { source: None, span: Span::new(12, 15), message: "a duration".into() }],
            ..error((18, 26), "a duration is compared with an int", "an int")
        },
        Diagnostic {
            severity: Severity::Warning,
            code: Code("W0003"),
            labels: vec![Label { source: None, span: Span::new(32, 42), message: "of this table".into() }],
            ..error((52, 56), "there is no column `naem`", "")
        },
        error((query.len(), query.len()), "the query ends here, but a stage is missing", "expected a stage"),
        error((7, 55), "all of this is odd", "from here to there"),
    ];
    let source = [Source { name: "<query>", text: query }];
    insta::assert_snapshot!("report", report::render(&source, &diagnostics, false));
    let color = report::render(&source, &diagnostics[..1], true);
    insta::assert_snapshot!("report_color", color.replace('\u{1b}', "␛"));
    assert_eq!(report::render(&source, &[], false), "");
}

#[test]
fn diagnostics_in_difficult_texts() {
    let cases = [
        ("", (0, 0)),
        ("from", (4, 4)),
        ("from", (2, 99)),
        ("a\tb\tc", (4, 5)),
        ("'世界' = é", (11, 13)),
        ("x \u{1b}[2J\u{202e} y", (10, 11)),
        ("a\r\nb c\r\n", (5, 6)),
    ];
    let reports = cases.map(|(text, span)| {
        report::render(&[Source { name: "q\u{1b}.gtq", text }], &[error(span, "m", "here")], false)
    });
    insta::assert_snapshot!("report_difficult", reports.join("\n"));
}
