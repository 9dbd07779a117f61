//! Runs queries and writes their results: to the screen, through a pager, to a file.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cache::Kept;
use super::core::{Problem, Repl, Streams};
use super::pager::Paged;
use super::settings::{Mode, Screen};
use crate::engine::{self, Session};
use crate::output::{self, Advice, Error, Format, Options, Render, escape, human};

/// Records of a vertical listing that takes the place of a table.
const MAX_RECORDS: usize = 10;

/// A file that results go to.
#[derive(Debug, Clone)]
pub(super) struct Output {
    path: PathBuf,
    /// For one result only.
    once: bool,
    /// Whether there is a result in it: the first takes the place of what was there.
    begun: bool,
}

impl Output {
    pub(super) fn new(path: PathBuf, once: bool) -> Self {
        Self { path, once, begun: false }
    }

    fn file(&mut self) -> Result<File, String> {
        let opened = if self.begun {
            OpenOptions::new().append(true).create(true).open(&self.path)
        } else {
            File::create(&self.path)
        };
        self.begun = true;
        opened.map_err(|e| format!("can't write {}: {e}", self.path.display()))
    }

    fn format(&self) -> Option<Format> {
        Format::of_file(self.path.file_name()?.to_str()?)
    }
}

/// How a result is shown.
struct Manner {
    format: Format,
    /// Vertical, where a table has no room for most columns, if that has at most so many lines.
    upright: Option<usize>,
    options: Options,
}

impl Repl {
    /// Runs a query, or shows its result again, which is known by `key`.
    pub(super) fn answer(
        &mut self,
        query: &engine::Query,
        key: String,
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        let since = Instant::now();
        let session = self.session()?;
        let picture = query.render.as_ref().map(|render| render.picture.name);
        let drawn = picture == Some("timeline") && self.manner(picture).format == Format::Plot;
        let prepared = if drawn { session.prepare_drawn(query)? } else { session.prepare(query)? };
        let mut manner = self.manner(picture);
        manner.options.render = prepared.render().cloned();
        let key = format!("{drawn} {key}");
        let schema = prepared.schema();
        let known = self.cache.get(&key);
        let mut kept = Kept::new();
        let (mut time, mut whole) = (Duration::ZERO, false);
        if known.is_none() {
            session.load([&prepared])?;
        }
        // Whoever reads in a pager takes their own time, and may leave it early.
        let rows: &mut Rows<'_> = &mut |take| {
            let computed = match &known {
                Some(batches) => {
                    batches.iter().try_for_each(|batch| take(batch).map_err(engine::Error::Output))
                }
                None => session.run(&prepared, |batch| {
                    kept.add(batch);
                    take(batch)
                }),
            };
            time = since.elapsed();
            whole = computed.is_ok();
            computed
        };
        let to_file = self.output.is_some();
        let shown = self.show(&manner, schema, rows, streams);
        if self.output.as_ref().is_some_and(|output| output.once) {
            self.output = None;
        }
        shown?;
        if known.is_none() && whole {
            self.cache.keep(key, kept);
        }
        if self.settings.timer && !to_file {
            let time = human::duration(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
            writeln!(streams.out, "{}", self.dim(&time))?;
        }
        if prepared.reads() { self.tell_loss(&session, streams) } else { Ok(()) }
    }

    /// Says that some of the trace could not be used.
    fn tell_loss(&self, session: &Session, streams: &mut Streams<'_>) -> Result<(), Problem> {
        let Some(loss) = session.loss() else { return Ok(()) };
        if self.preset().strict {
            return Err(loss.to_string().into());
        }
        if !self.preset().quiet {
            writeln!(streams.err, "warning: {}", escape::terminal(&loss.to_string()))?;
        }
        Ok(())
    }

    /// Shows a list that is already there: for whoever asks, not for the file that results go to.
    pub(super) fn list(&mut self, batch: &RecordBatch, streams: &mut Streams<'_>) -> Result<(), Problem> {
        let screen = self.options(self.screen());
        let options = Options { max_rows: None, color: self.color(), wraps: true, ..screen };
        let manner = Manner { format: Format::Table, upright: None, options };
        let rows: &mut Rows<'_> = &mut |take| take(batch).map_err(engine::Error::Output);
        self.show_here(&manner, &batch.schema(), rows, streams)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        if self.color() { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn manner(&self, picture: Option<&str>) -> Manner {
        let screen = self.screen().filter(|_| self.output.is_none());
        let of_file = self.output.as_ref().and_then(Output::format);
        let draws = screen.is_some() && picture.is_some_and(|picture| picture != "table");
        let format = match (of_file, self.settings.mode) {
            (Some(format), _) | (None, Mode::As(format)) => format,
            (None, Mode::Auto) if draws => Format::Plot,
            (None, Mode::Auto) => Format::Table,
        };
        let max_rows = self.settings.max_rows.filter(|_| self.output.is_none());
        Manner {
            format,
            upright: screen
                .filter(|_| self.settings.mode == Mode::Auto && format == Format::Table && max_rows.is_some())
                .map(|screen| screen.size().1),
            options: Options {
                max_rows,
                color: self.output.is_none() && self.color(),
                ..self.options(screen)
            },
        }
    }

    /// For a screen; without one, for a pipe or a file.
    fn options(&self, screen: Option<Screen>) -> Options {
        Options {
            max_rows: None,
            width: screen.map(|screen| self.settings.max_width.unwrap_or(screen.size().0)),
            header: !self.preset().no_header,
            color: false,
            wraps: false,
            advice: Advice { rows: ".maxrows", cells: ".mode vertical", table: ".mode table" },
            render: None::<Render>,
        }
    }

    fn show(
        &mut self,
        manner: &Manner,
        schema: &SchemaRef,
        rows: &mut Rows<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        let Some(output) = &mut self.output else {
            return self.show_here(manner, schema, rows, streams);
        };
        let file = output.file()?;
        let name = escape::terminal(&output.path.display().to_string()).into_owned();
        write(manner, schema, rows, Box::new(file))
            .inspect_err(|_| drop(writeln!(streams.err, "{name} is not whole")))?;
        if self.prompts {
            writeln!(streams.out, "{}", self.dim(&format!("written to {name}")))?;
        }
        Ok(())
    }

    /// Shows a result to whoever asked.
    fn show_here(
        &mut self,
        manner: &Manner,
        schema: &SchemaRef,
        rows: &mut Rows<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        if manner.format.is_binary() {
            return Err(format!("{} is for files: .once FILE", manner.format).into());
        }
        let pages = self.settings.pager.then(|| self.screen()).flatten();
        let Some(screen) = pages else {
            return write(manner, schema, rows, Box::new(&mut *streams.out));
        };
        let paging = self.paging().clone();
        let mut paged = Paged::new(streams.out, screen.size().1, &paging);
        let written = write(manner, schema, rows, Box::new(&mut paged));
        let seen = paged.finish()?;
        if !seen {
            self.settings.pager = false;
            writeln!(streams.err, "the pager can't be run: .pager is off now")?;
        }
        match written {
            // Whoever left the pager has seen enough.
            Err(Problem::Closed) => Ok(()),
            written => written,
        }
    }
}

/// Gives the batches of a result to whom it is called with.
type Rows<'r> =
    dyn FnMut(&mut dyn FnMut(&RecordBatch) -> Result<(), Error>) -> Result<(), engine::Error> + 'r;

fn write(
    manner: &Manner,
    schema: &SchemaRef,
    rows: &mut Rows<'_>,
    mut out: Box<dyn Write + Send + '_>,
) -> Result<(), Problem> {
    let Manner { format, upright, options } = manner;
    let Some(height) = upright else {
        let mut writer = output::writer(*format, schema.clone(), options, out)?;
        rows(&mut |batch| writer.write(batch))?;
        writer.finish()?;
        return Ok(());
    };
    // Both forms hold a few rows only.
    let few = options.max_rows.map(|rows| rows.min(MAX_RECORDS));
    let records_options = Options { max_rows: few, ..options.clone() };
    let (mut table, mut records) = (Vec::new(), Vec::new());
    let mut as_table = output::writer(Format::Table, schema.clone(), options, Box::new(&mut table))?;
    let mut as_records =
        output::writer(Format::Vertical, schema.clone(), &records_options, Box::new(&mut records))?;
    rows(&mut |batch| {
        as_table.write(batch)?;
        as_records.write(batch)
    })?;
    let left_out = as_table.finish()?.columns_left_out;
    as_records.finish()?;
    let lines = records.split(|byte| *byte == b'\n').count();
    let turned = left_out * 2 > schema.fields().len() && lines <= *height;
    out.write_all(if turned { &records } else { &table })?;
    Ok(())
}
