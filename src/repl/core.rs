//! The session behind the prompt: takes inputs, keeps what they set.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cache::Cache;
use super::commands;
use super::declarations::{Declarations, Typed};
use super::opening::Opening;
use super::results::Output;
use super::settings::{Preset, Screen, Settings};
use crate::engine::{
    self, Assertion, Cancel, Cancelled, FoundQuery, Limits, Origin, ParamValue, Progress, SavedText, Session,
};
use crate::output::checks::{Check, Outcome};
use crate::output::escape;

/// How long it may take until a wait for a trace is given up.
const WATCHFUL: Duration = Duration::from_millis(50);

/// What a session begins with.
#[derive(Debug, Clone)]
pub struct Setup {
    pub trace: Option<PathBuf>,
    pub limits: Limits,
    /// Hears of passes over the trace.
    pub progress: Arc<dyn Progress>,
    /// The terminal that results go to; None: they go elsewhere.
    pub screen: Option<Screen>,
    pub preset: Preset,
}

/// Where the session speaks.
pub struct Streams<'s> {
    /// Results.
    pub out: &'s mut (dyn Write + Send),
    /// What is wrong.
    pub err: &'s mut (dyn Write + Send),
}

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Stay,
    Leave,
}

/// Why an input was not done.
pub(super) enum Problem {
    /// What was to be said has been said.
    Said,
    Message(String),
    /// Nobody reads the results any more.
    Closed,
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Output(error) => error.into(),
            engine::Error::NoTrace => Self::Message("the query needs a trace: .open FILE opens one".into()),
            error => Self::Message(error.to_string()),
        }
    }
}

impl From<crate::output::Error> for Problem {
    fn from(error: crate::output::Error) -> Self {
        if error.is_broken_pipe() { Self::Closed } else { Self::Message(error.to_string()) }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        crate::output::Error::from(error).into()
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

/// A file from which statements and commands are read.
pub(super) struct Reading {
    file: String,
    /// Where the statement begins that is being run.
    pub(super) line: usize,
    /// How many files read it, one from the other.
    pub(super) depth: usize,
}

impl Reading {
    /// `outer`: the file that reads it.
    pub(super) fn new(file: &str, outer: Option<&Self>) -> Self {
        Self { file: file.to_owned(), line: 1, depth: outer.map_or(1, |outer| outer.depth + 1) }
    }
}

/// An interactive session.
pub struct Repl {
    setup: Setup,
    opening: Opening,
    /// Stops what an input does.
    cancel: Cancel,
    /// Whether the present input is to stop.
    cancelled: Cancelled,
    pub(super) settings: Settings,
    pub(super) declarations: Declarations,
    pub(super) cache: Cache,
    /// Where results go instead.
    pub(super) output: Option<Output>,
    /// The last text with a query in it.
    pub(super) last: Option<String>,
    /// The file that declarations were saved to, and what was written.
    pub(super) saved: Option<(PathBuf, String)>,
    /// All inputs, the oldest first.
    pub(super) history: Vec<String>,
    /// The file that is being read.
    pub(super) reading: Option<Reading>,
    /// Whether a pager has the screen.
    paging: Arc<AtomicBool>,
    /// Whether somebody sits at a terminal.
    pub(super) prompts: bool,
    failed: bool,
}

impl Repl {
    /// Opens the trace, if there is one.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn new(setup: Setup) -> Result<Self, String> {
        let repl = Self::soon(setup);
        repl.opening.wait()?;
        Ok(repl)
    }

    /// Begins to open the trace, if there is one.
    pub(super) fn soon(mut setup: Setup) -> Self {
        let cancel = Cancel::default();
        let paging = Arc::new(AtomicBool::new(false));
        setup.progress = Arc::new(Beside { paging: paging.clone(), progress: setup.progress });
        Self {
            settings: Settings::new(setup.screen.is_some(), setup.preset),
            opening: Opening::start(setup.trace.as_deref(), &setup, &cancel),
            setup,
            cancelled: cancel.watch(),
            cancel,
            declarations: Declarations::default(),
            cache: Cache::default(),
            output: None,
            last: None,
            saved: None,
            history: Vec::new(),
            reading: None,
            paging,
            prompts: false,
            failed: false,
        }
    }

    /// Opens another trace; what is declared and set stays.
    pub(super) fn open(&mut self, path: &Path) -> Result<(), Problem> {
        let opening = Opening::start(Some(path), &self.setup, &self.cancel);
        self.wait(&opening)?;
        self.opening = opening;
        self.setup.trace = Some(path.to_owned());
        self.cache = Cache::default();
        Ok(())
    }

    /// The session with the trace, as soon as it is open.
    pub(super) fn session(&self) -> Result<Arc<Session>, Problem> {
        self.wait(&self.opening)
    }

    fn wait(&self, opening: &Opening) -> Result<Arc<Session>, Problem> {
        loop {
            match opening.wait_for(WATCHFUL)? {
                Some(session) => return Ok(session),
                None if self.is_cancelled() => return Err(engine::Error::Cancelled.into()),
                None => {}
            }
        }
    }

    pub(super) fn opening(&self) -> &Opening {
        &self.opening
    }

    /// The trace's path.
    pub fn trace(&self) -> Option<&Path> {
        self.setup.trace.as_deref()
    }

    pub(super) fn screen(&self) -> Option<Screen> {
        self.setup.screen
    }

    pub(super) fn preset(&self) -> Preset {
        self.setup.preset
    }

    pub(super) fn paging(&self) -> &Arc<AtomicBool> {
        &self.paging
    }

    /// Stops what an input does.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Whether the present input is to stop.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Whether something could not be done.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// What has been declared, as text.
    pub(super) fn declared(&self) -> String {
        self.declarations.text()
    }

    /// Takes inputs of earlier sessions.
    pub(super) fn remember(&mut self, inputs: impl IntoIterator<Item = String>) {
        self.history.extend(inputs);
    }

    /// Takes a dot command, or statements.
    pub fn take(&mut self, input: &str, streams: &mut Streams<'_>) -> Flow {
        let input = input.trim();
        if input.is_empty() {
            return Flow::Stay;
        }
        if self.reading.is_none() {
            self.history.push(input.to_owned());
            self.cancelled = self.cancel.watch();
            if let Err(problem) = self.refresh(streams) {
                return self.tell(problem, streams);
            }
        }
        // Who comes from other shells leaves and asks for help without the dot.
        let is_habit = matches!(input.trim_end_matches(';'), "help" | "quit" | "exit" | "tables");
        // As reports name others.
        let run = input.strip_prefix("gtq ").filter(|rest| rest.starts_with("run "));
        let command = if is_habit { Some(input) } else { run.or(input.strip_prefix('.')) };
        let done = match command {
            Some(command) => commands::run(self, command, streams),
            None => self.statements(input, streams).map(|()| Flow::Stay),
        };
        done.unwrap_or_else(|problem| self.tell(problem, streams))
    }

    /// Reads a trace anew that has been written to: answers would be of two traces.
    fn refresh(&mut self, streams: &mut Streams<'_>) -> Result<(), Problem> {
        let opened = self.opening.wait_for(Duration::ZERO).ok().flatten();
        let changed = opened.is_some_and(|session| !session.is_current());
        let Some(path) = self.setup.trace.clone().filter(|_| changed) else { return Ok(()) };
        self.open(&path)?;
        if !self.preset().quiet {
            let path = path.display().to_string();
            writeln!(streams.err, "{} has changed and is read anew", escape::terminal(&path))?;
        }
        Ok(())
    }

    /// Says why something was not done.
    pub(super) fn tell(&mut self, problem: Problem, streams: &mut Streams<'_>) -> Flow {
        if matches!(problem, Problem::Closed) {
            return Flow::Leave;
        }
        self.failed = true;
        if let Problem::Message(message) = problem {
            // The terminal shows the keys of Ctrl-C where the cursor was.
            if self.prompts && self.is_cancelled() {
                self.setup.progress.finish();
                let _ = writeln!(streams.err);
            }
            self.complain(&message, streams);
        }
        Flow::Stay
    }

    /// Nothing can be done where standard error itself fails.
    pub(super) fn complain(&self, message: &str, streams: &mut Streams<'_>) {
        let label = if self.preset().error_color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        let place = self.reading.as_ref().map(|reading| format!("{}:{}: ", reading.file, reading.line));
        let message = format!("{}{message}", place.unwrap_or_default());
        let _ = writeln!(streams.err, "{label}: {}", escape::terminal(&message));
    }

    /// What is wrong with statements, as text.
    pub(super) fn report(&self, typed: &Typed) -> String {
        let from = self.reading.as_ref().map(|reading| (reading.file.as_str(), reading.line));
        typed.report(from, self.preset().error_color)
    }

    pub(super) fn color(&self) -> bool {
        self.setup.preset.color || self.setup.screen.is_some_and(|screen| screen.color)
    }

    /// Compiles statements with what has been declared, keeps what they declare, and runs their queries.
    pub(super) fn statements(&mut self, text: &str, streams: &mut Streams<'_>) -> Result<(), Problem> {
        if text.starts_with("|>") && self.last.is_none() {
            return Err("there is no query yet that a stage could go on with".to_owned().into());
        }
        let text = &self.continued(text);
        let typed = self.declarations.compile(text);
        if typed.compiled.has_errors() || !self.setup.preset.quiet {
            streams.err.write_all(self.report(&typed).as_bytes())?;
        }
        if typed.compiled.has_errors() {
            return Err(Problem::Said);
        }
        let compiled = typed.compiled.clone();
        self.declarations.keep(typed);
        if !compiled.queries.is_empty() {
            self.last = Some(text.to_owned());
        }
        let sources = sources(&compiled);
        for (n, query) in compiled.queries.iter().enumerate() {
            self.answer(query, format!("{n}\n{sources}"), streams)?;
        }
        self.assertions(&compiled, streams)
    }

    /// A text that begins with a stage goes on with the last query.
    fn continued(&self, text: &str) -> String {
        match &self.last {
            Some(last) if text.starts_with("|>") => {
                format!("{}\n{text}", last.trim_end_matches(|c: char| c == ';' || c.is_whitespace()))
            }
            _ => text.to_owned(),
        }
    }

    /// Says which assertions hold.
    fn assertions(&mut self, compiled: &engine::Compiled, streams: &mut Streams<'_>) -> Result<(), Problem> {
        for assertion in &compiled.assertions {
            let source = compiled.sources().nth(assertion.source.0).map_or("", |(_, text)| text);
            self.assert(assertion, source, streams)?;
        }
        Ok(())
    }

    /// Says whether an assertion holds.
    fn assert(
        &mut self,
        assertion: &Assertion,
        source: &str,
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        let session = self.session()?;
        let prepared = session.prepare(&assertion.query)?;
        session.load([&prepared])?;
        let mut outcome = Outcome::Fails(Vec::new());
        session.run(&prepared, |row| {
            if row.num_rows() > 0 {
                outcome = Outcome::of(row);
            }
            Ok(())
        })?;
        let condition = source.get(assertion.span.start..assertion.span.end).unwrap_or_default();
        let check = Check {
            file: String::new(),
            trace: String::new(),
            name: assertion.name.clone(),
            condition: condition.to_owned(),
            outcome,
            time: Duration::ZERO,
        };
        writeln!(streams.out, "{}", escape::terminal(&check.describe()))?;
        if check.outcome.holds() { Ok(()) } else { Err(Problem::Said) }
    }

    /// Finds a saved query: what the session declares comes before what is on disk.
    pub(super) fn find_saved(&self, name: &str) -> Result<FoundQuery, String> {
        find_saved(self.declared(), name)
    }

    /// Runs a saved query with values for its parameters, beside those that are set.
    pub(super) fn run_saved(
        &mut self,
        name: &str,
        given: &[ParamValue],
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        let found = self.find_saved(name)?;
        let compiled = &found.compiled;
        if compiled.has_errors() {
            return Err(format!("{name} has errors: gtq check shows them").into());
        }
        let sources = sources(compiled);
        let Some(query) = &found.query else {
            if !compiled.queries.is_empty() {
                self.last = Some(found.call(&[]));
            }
            for (n, query) in compiled.queries.iter().enumerate() {
                self.answer(query, format!("{n}\n{sources}"), streams)?;
            }
            return self.assertions(compiled, streams);
        };
        let mut values: Vec<ParamValue> = given.to_vec();
        for (param, text) in &self.settings.params {
            let takes = query.params.iter().any(|known| known.name == *param);
            if takes && !values.iter().any(|value| value.param == *param) {
                values.push(ParamValue { param: param.clone(), text: text.clone() });
            }
        }
        let typed = compiled.call(&query.name, &values).map_err(|problems| problems.join("; "))?;
        self.last = Some(found.call(&values));
        self.answer(&typed, format!("{} {values:?}\n{sources}", query.name), streams)
    }
}

/// Finds a saved query among declarations, else on disk.
pub(super) fn find_saved(declared: String, name: &str) -> Result<FoundQuery, String> {
    let text = SavedText { origin: Origin::Typed, text: declared };
    let compiled = engine::compile(&text.text, &text.origin);
    match compiled.saved_queries().into_iter().find(|query| query.name == name) {
        Some(query) => Ok(FoundQuery { text, compiled, query: Some(query) }),
        None => engine::Shelves::of_user().find(name),
    }
}

/// All texts that a result depends on.
fn sources(compiled: &engine::Compiled) -> String {
    compiled.sources().flat_map(|(name, text)| [name, "\n", text, "\n"]).collect()
}

/// Progress that is not shown while a pager has the screen.
#[derive(Debug)]
struct Beside {
    paging: Arc<AtomicBool>,
    progress: Arc<dyn Progress>,
}

impl Progress for Beside {
    fn read(&self, bytes: u64, of: Option<u64>) {
        if !self.paging.load(Ordering::Relaxed) {
            self.progress.read(bytes, of);
        }
    }

    fn finish(&self) {
        self.progress.finish();
    }
}
