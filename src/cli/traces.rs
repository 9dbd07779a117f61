//! One question to several traces: each is opened, answered and closed before the next, so that memory is that of one.
//!
//! A query has one result over all of them, where a column `trace` comes first; a picture there is of each. Queries come one
//! after the other, as of one trace, but each trace is read for all of them at once: what comes of the second query and
//! further ones waits in a temporary file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::path::{Component, Path, PathBuf};

use super::Failure;
use super::answer::{
    Planned, Question, check_results, evaluate, format_of, has_gaps, one_standard_input, open, options,
    shown_as, tell_loss,
};
use super::args::{Limits, Output};
use super::target::Target;
use super::terminal::Terminal;
use crate::engine::Session;
use crate::output::{self, Format, Labels, Options, Writer, escape};

/// The column that says which trace a row is of.
const COLUMN: &str = "trace";

/// Asks one trace after the other. One that can't be read does not keep the others from being asked.
pub(super) fn ask(
    question: &Question<'_>,
    paths: &[PathBuf],
    output: &Output,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    one_standard_input(paths)?;
    let are_several = paths.len() > 1;
    let format = format_of(output, question.default);
    check_format(format, question.queries.len(), paths.len())?;
    let mut target = Target::new(output)?;
    let waiting = question.queries.iter().skip(1).map(|_| tempfile::tempfile());
    let mut waiting = waiting.collect::<io::Result<Vec<File>>>()?;
    let files = waiting.iter().map(|file| Box::new(file) as Box<dyn Write + Send + '_>);
    let outs = std::iter::once(target.writer(format)?).chain(files);
    let queries = question.queries.iter().zip(outs);
    let mut results: Vec<Answer<'_>> = queries
        .map(|(query, out)| {
            let options = options(output, terminal);
            let picture = query.render.as_ref().map(|render| render.picture.name);
            let format = if format == Format::Table { shown_as(picture, output, &options) } else { format };
            Answer { format, options, out: Some(out), joined: None, pictures: 0 }
        })
        .collect();
    let (mut code, mut unread) = (0, 0);
    for (path, label) in paths.iter().zip(labels(paths)) {
        let session = match open(Some(path), Some(label.clone()), limits, terminal) {
            Ok(session) => session,
            Err(Failure::Usage(message)) => {
                terminal.error(&message);
                unread += 1;
                continue;
            }
            Err(other) => return Err(other),
        };
        let planned = question.prepare(&session, output, terminal);
        let (mut planned, assertions) = planned.map_err(|failure| failure.on(path))?;
        for (result, query) in results.iter_mut().zip(&mut planned) {
            result.take(&session, query, &label).map_err(|failure| failure.on(path))?;
        }
        let name = path.display().to_string();
        let name = if are_several { name.as_str() } else { "" };
        let held = evaluate(&assertions, &session, name, terminal);
        if tell_loss(&session, name, limits, terminal).and(held).is_err() {
            code = 1;
        }
    }
    if unread == paths.len() {
        return Err(Failure::Said(2));
    }
    for result in results {
        result.finish()?;
    }
    let mut out = target.out();
    for file in &mut waiting {
        if has_gaps(format) {
            out.write_all(b"\n")?;
        }
        file.rewind()?;
        io::copy(file, &mut out)?;
    }
    drop(out);
    target.finish()?;
    match (unread, code) {
        (0, 0) => Ok(()),
        (0, code) => Err(Failure::Said(code)),
        _ => Err(Failure::Said(2)),
    }
}

/// Refuses what a file of the format has no place for.
fn check_format(format: Format, queries: usize, traces: usize) -> Result<(), Failure> {
    if matches!(format, Format::Svg | Format::Perfetto | Format::ChromeJson) && traces > 1 {
        return Err(Failure::Usage(format!("{format} takes one trace, and there are {traces}")));
    }
    check_results(format, queries)
}

/// The result of a query, which traces add to.
struct Answer<'w> {
    format: Format,
    options: Options,
    /// None: `joined` has it.
    out: Option<Box<dyn Write + Send + 'w>>,
    /// What takes the rows of all traces, once one has been opened.
    joined: Option<(Labels, Box<dyn Writer + 'w>)>,
    /// How many pictures have been drawn instead.
    pictures: usize,
}

impl Answer<'_> {
    fn take(&mut self, session: &Session, planned: &mut Planned, label: &str) -> Result<(), Failure> {
        if self.format == Format::Plot {
            return self.draw(session, planned, label);
        }
        let query = &planned.query;
        if let Some(out) = self.out.take() {
            let labels = Labels::new(COLUMN, query.schema());
            let render = query.render().map(|render| labels.shift(render));
            let options = Options { render, ..self.options.clone() };
            let writer = output::writer(self.format, labels.schema().clone(), &options, out)?;
            self.joined = Some((labels, writer));
        }
        if let Some((labels, writer)) = &mut self.joined {
            session.run(query, |batch| writer.write(&labels.add(label, batch)?))?;
        }
        Ok(())
    }

    /// Draws a picture under the name of its trace.
    fn draw(&mut self, session: &Session, planned: &mut Planned, label: &str) -> Result<(), Failure> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let mut picture = Vec::new();
        planned.write(session, Format::Plot, &self.options, Box::new(&mut picture))?;
        let gap = if self.pictures > 0 { "\n" } else { "" };
        self.pictures += 1;
        writeln!(out, "{gap}── {} ──", escape::terminal(label))?;
        Ok(out.write_all(&picture)?)
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some((_, writer)) = self.joined {
            writer.finish()?;
        }
        Ok(())
    }
}

/// What traces are called: the names of their files, or of equal names the shortest endings of paths that tell them apart.
pub(super) fn labels(paths: &[impl AsRef<Path>]) -> Vec<String> {
    let parts: Vec<Vec<Component<'_>>> =
        paths.iter().map(|path| path.as_ref().components().collect()).collect();
    let ending = |path: usize, length: usize| {
        let parts = &parts[path];
        &parts[parts.len().saturating_sub(length)..]
    };
    let mut lengths = vec![1; paths.len()];
    let mut alike: Vec<usize> = (0..paths.len()).collect();
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    for length in 1..=longest {
        let mut counts: HashMap<&[Component<'_>], usize> = HashMap::new();
        for &path in &alike {
            lengths[path] = length;
            *counts.entry(ending(path, length)).or_default() += 1;
        }
        alike.retain(|&path| counts.get(ending(path, length)).is_some_and(|count| *count > 1));
    }
    let label = |path: usize| ending(path, lengths[path]).iter().collect::<PathBuf>().display().to_string();
    (0..paths.len()).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_traces_apart() {
        let of = |paths: &[&str]| labels(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(of(&["a/one.trace", "b/two.trace", "-"]), ["one.trace", "two.trace", "-"]);
        assert_eq!(of(&["a/x/t", "b/x/t", "b/y/t", "c/u"]), ["a/x/t", "b/x/t", "y/t", "u"]);
        assert_eq!(of(&["t", "a/t", "/t", "/b/a/t"]), ["t", "a/t", "/t", "b/a/t"]);
        // Nothing tells a trace from itself.
        assert_eq!(of(&["a/t", "a/t"]), ["a/t", "a/t"]);
        assert_eq!(of(&["", "/", ".."]), ["", "/", ".."]);
    }
}
