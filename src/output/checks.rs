//! What became of assertions: for people, for CI.

use std::io::{self, Write};
use std::time::Duration;

use arrow::array::{Array, AsArray, RecordBatch};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::cell::{self, Detail};
use super::error::Error;
use super::escape;
use super::types::Type;

/// An assertion about a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The file of the assertion.
    pub file: String,
    /// Empty where there is only one.
    pub trace: String,
    pub name: String,
    /// What it says.
    pub condition: String,
    pub outcome: Outcome,
    pub time: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Holds,
    /// It is false, or null; with the values that it compares.
    Fails(Vec<Value>),
    /// It could not be computed.
    Error(String),
}

/// A value that an assertion compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Value {
    /// As it stands in the assertion.
    pub text: String,
    /// For people, with its unit.
    pub value: String,
}

/// How checks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckFormat {
    Text,
    Json,
    JUnit,
}

impl Check {
    /// What does not hold, in a line.
    pub fn describe(&self) -> String {
        let condition = self.condition.split_whitespace().collect::<Vec<_>>().join(" ");
        let on = if self.trace.is_empty() { String::new() } else { format!(" on {}", self.trace) };
        match self.outcome.reason() {
            Some(reason) => format!("{}{on} does not hold: {condition}; {reason}", self.name),
            None => format!("{}{on} holds: {condition}", self.name),
        }
    }
}

impl Outcome {
    /// From an assertion's one row: whether it holds, then the values that it compares.
    pub fn of(row: &RecordBatch) -> Self {
        let holds = row.columns().first().and_then(|column| column.as_boolean_opt());
        if holds.is_some_and(|holds| holds.len() == 1 && holds.is_valid(0) && holds.value(0)) {
            return Self::Holds;
        }
        let schema = row.schema();
        let values =
            schema.fields().iter().zip(row.columns()).skip(1).filter(|(_, column)| column.len() == 1);
        let values = values.map(|(field, column)| Value {
            text: field.name().clone(),
            value: cell::or_null(cell::text(column, &Type::of(field), 0, Detail::Short)),
        });
        Self::Fails(values.collect())
    }

    pub fn holds(&self) -> bool {
        *self == Self::Holds
    }

    /// Why it does not hold, in a line.
    fn reason(&self) -> Option<String> {
        match self {
            Self::Holds => None,
            Self::Error(message) => Some(message.clone()),
            Self::Fails(values) if values.is_empty() => Some("it is not true".into()),
            Self::Fails(values) => {
                let values = values.iter().map(|Value { text, value }| format!("{text} is {value}"));
                Some(values.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// Writes checks in a format.
///
/// # Errors
/// Where the output fails.
pub fn write(checks: &[Check], format: CheckFormat, color: bool, out: &mut dyn Write) -> Result<(), Error> {
    match format {
        CheckFormat::Text => text(checks, color, out)?,
        CheckFormat::Json => json(checks, out)?,
        CheckFormat::JUnit => junit(checks, out)?,
    }
    Ok(())
}

fn text(checks: &[Check], color: bool, out: &mut dyn Write) -> io::Result<()> {
    let mark = |holds| match (holds, color) {
        (true, false) => "ok    ",
        (false, false) => "FAILED",
        (true, true) => "\u{1b}[32mok\u{1b}[0m    ",
        (false, true) => "\u{1b}[1;31mFAILED\u{1b}[0m",
    };
    for check in checks {
        let (file, trace, name) =
            (escape::terminal(&check.file), escape::terminal(&check.trace), escape::terminal(&check.name));
        writeln!(out, "{} {name}  ({file} on {trace})", mark(check.outcome.holds()))?;
        if let Some(reason) = check.outcome.reason() {
            let condition = check.condition.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(out, "         {}", escape::terminal(&condition))?;
            writeln!(out, "         {}", escape::terminal(&reason))?;
        }
    }
    let failed = checks.iter().filter(|check| !check.outcome.holds()).count();
    writeln!(out, "{} held, {failed} failed", checks.len() - failed)
}

/// An object a check, in an array.
fn json(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        file: &'a str,
        trace: &'a str,
        name: &'a str,
        condition: &'a str,
        holds: bool,
        values: &'a [Value],
        error: Option<&'a str>,
        seconds: f64,
    }
    let rows: Vec<Row<'_>> = checks
        .iter()
        .map(|check| Row {
            file: &check.file,
            trace: &check.trace,
            name: &check.name,
            condition: &check.condition,
            holds: check.outcome.holds(),
            values: if let Outcome::Fails(values) = &check.outcome { values } else { &[] },
            error: if let Outcome::Error(message) = &check.outcome { Some(message) } else { None },
            seconds: check.time.as_secs_f64(),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

/// A suite a file and trace, a case an assertion.
fn junit(checks: &[Check], out: &mut dyn Write) -> Result<(), Error> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for check in checks {
        let status = match &check.outcome {
            Outcome::Holds => TestCaseStatus::success(),
            other => {
                let is_error = matches!(other, Outcome::Error(_));
                let kind = if is_error { NonSuccessKind::Error } else { NonSuccessKind::Failure };
                let mut status = TestCaseStatus::non_success(kind);
                status.set_message(other.reason().unwrap_or_default());
                status.set_type("assertion");
                status.set_description(check.condition.as_str());
                status
            }
        };
        let mut case = TestCase::new(check.name.as_str(), status);
        case.set_time(check.time).set_classname(check.file.as_str());
        let suite = format!("{} on {}", check.file, check.trace);
        if suites.last().is_none_or(|last| last.name.as_str() != suite) {
            suites.push(TestSuite::new(suite));
        }
        if let Some(last) = suites.last_mut() {
            last.add_test_case(case);
        }
    }
    // A report counts a suite's cases when it is added.
    let mut report = Report::new("gtq check");
    report.add_test_suites(suites);
    let text = report.to_string().map_err(|e| io::Error::other(e.to_string()))?;
    writeln!(out, "{}", text.trim_end())?;
    Ok(())
}
