//! Regular expressions.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{Array as _, ArrayRef, AsArray, BooleanArray, StringViewArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use regex::Regex;

/// A function of a text and a pattern.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RegexFunction {
    op: Op,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Op {
    Matches,
    Extract,
    Replace,
}

impl RegexFunction {
    pub(super) fn matches() -> Self {
        Self::new(Op::Matches)
    }

    pub(super) fn extract() -> Self {
        Self::new(Op::Extract)
    }

    pub(super) fn replace() -> Self {
        Self::new(Op::Replace)
    }

    fn new(op: Op) -> Self {
        Self { op, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for RegexFunction {
    fn name(&self) -> &'static str {
        match self.op {
            Op::Matches => "regexp_like",
            Op::Extract => "regexp_extract",
            Op::Replace => "regexp_replace",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(if self.op == Op::Matches { DataType::Boolean } else { DataType::Utf8View })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [text, pattern, rest @ ..] = arrays.as_slice() else {
            return exec_err!("{} takes a text and a pattern", self.name());
        };
        let (text, pattern) = (strings(text)?, strings(pattern)?);
        let (text, pattern) = (text.as_string_view(), pattern.as_string_view());
        let mut patterns = Patterns::default();
        let array: ArrayRef = match self.op {
            Op::Matches => Arc::new(matches(text, pattern, &mut patterns)?),
            Op::Extract => Arc::new(extract(text, pattern, rest.first(), &mut patterns)?),
            Op::Replace => {
                let Some(to) = rest.first() else { return exec_err!("regexp_replace takes three arguments") };
                let to = strings(to)?;
                let mut replaced = StringViewBuilder::new();
                for ((text, pattern), to) in text.iter().zip(pattern).zip(to.as_string_view()) {
                    match (text, pattern, to) {
                        (Some(text), Some(pattern), Some(to)) => {
                            replaced.append_value(patterns.get(pattern)?.replace_all(text, to));
                        }
                        _ => replaced.append_null(),
                    }
                }
                Arc::new(replaced.finish())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// An array of strings of any Arrow type as views.
pub(super) fn strings(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(cast(array, &DataType::Utf8View)?)
}

/// Looks at each text only once where there is one pattern: most columns have few texts.
fn matches(
    text: &StringViewArray,
    pattern: &StringViewArray,
    patterns: &mut Patterns,
) -> Result<BooleanArray> {
    let mut known: AHashMap<u128, bool> = AHashMap::new();
    let is_one = pattern.views().windows(2).all(|pair| pair[0] == pair[1]);
    let match_row = |row: usize| {
        if text.is_null(row) || pattern.is_null(row) {
            return Ok(None);
        }
        // Equal views are of equal texts.
        let view = text.views()[row];
        if let Some(matches) = known.get(&view).filter(|_| is_one) {
            return Ok(Some(*matches));
        }
        let matches = patterns.get(pattern.value(row))?.is_match(text.value(row));
        if is_one {
            known.insert(view, matches);
        }
        Ok(Some(matches))
    };
    (0..text.len()).map(match_row).collect()
}

fn extract(
    text: &StringViewArray,
    pattern: &StringViewArray,
    group: Option<&ArrayRef>,
    patterns: &mut Patterns,
) -> Result<StringViewArray> {
    let group = group.map(|g| cast(g, &DataType::Int64)).transpose()?;
    let mut extracted = StringViewBuilder::new();
    for (row, (text, pattern)) in text.iter().zip(pattern).enumerate() {
        let group = group.as_ref().map_or(0, |g| g.as_primitive::<Int64Type>().value(row));
        let found = match (text, pattern) {
            (Some(text), Some(pattern)) => {
                let captures = patterns.get(pattern)?.captures(text);
                captures.and_then(|c| c.get(usize::try_from(group).ok()?)).map(|m| m.as_str())
            }
            _ => None,
        };
        extracted.append_option(found);
    }
    Ok(extracted.finish())
}

/// Compiled patterns. Nearly always there is one.
#[derive(Default)]
pub(super) struct Patterns {
    compiled: HashMap<String, Regex>,
    /// The one that was asked for last: most often it is the same for all rows.
    last: Option<(String, Regex)>,
}

impl Patterns {
    pub(super) fn get(&mut self, pattern: &str) -> Result<&Regex> {
        if self.last.as_ref().is_none_or(|(last, _)| last != pattern) {
            let regex = match self.compiled.get(pattern) {
                Some(regex) => regex.clone(),
                None => Regex::new(pattern).map_err(|e| {
                    DataFusionError::External(format!("`{pattern}` is no regular expression: {e}").into())
                })?,
            };
            self.compiled.insert(pattern.to_owned(), regex.clone());
            self.last = Some((pattern.to_owned(), regex));
        }
        match &self.last {
            Some((_, regex)) => Ok(regex),
            None => exec_err!("a pattern was lost"),
        }
    }
}
