//! Aggregates that must see all values: exact percentiles, the greatest values, histograms.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StructArray, new_empty_array};
use arrow::compute::{SortOptions, concat, filter, is_not_null, sort_limit};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float64Type, Int64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

/// An aggregate of all values that are not null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Collect {
    name: String,
    of: Of,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    /// The bits of the fraction.
    Percentile(u64),
    Top(usize),
    Histogram(Buckets),
}

/// How the bounds of a histogram are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::plan) enum Buckets {
    /// Of equal width, for times.
    Equal,
    /// Five to the power of ten.
    Decades,
    /// The same for durations, as `TimeHistogram` in `internal/trace/traceviewer` has them: a bound's last bit decides
    /// where a power of ten belongs, and bounds are given without the fractions that values are compared with.
    OfGo,
}

impl Collect {
    pub(super) fn percentile(q: f64) -> Self {
        Self::new(format!("percentile_{q}"), Of::Percentile(q.clamp(0.0, 1.0).to_bits()))
    }

    pub(super) fn top(n: usize) -> Self {
        Self::new(format!("top_{n}"), Of::Top(n))
    }

    pub(super) fn histogram(buckets: Buckets) -> Self {
        Self::new("histogram".to_owned(), Of::Histogram(buckets))
    }

    fn new(name: String, of: Of) -> Self {
        Self { name, of, signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let Some(item) = types.first().cloned() else { return exec_err!("{} takes an argument", self.name) };
        let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
        Ok(match self.of {
            Of::Percentile(_) => item,
            Of::Top(_) => list(item),
            Of::Histogram(_) => list(DataType::Struct(bucket_fields(&item))),
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let Some(input) = args.input_fields.first() else {
            return exec_err!("{} takes an argument", self.name);
        };
        let item = Field::new("item", input.data_type().clone(), true);
        Ok(vec![Arc::new(Field::new(
            format_state_name(args.name, "values"),
            DataType::List(Arc::new(item)),
            true,
        ))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let Some(input) = args.expr_fields.first() else {
            return exec_err!("{} takes an argument", self.name);
        };
        Ok(Box::new(Values { of: self.of, item: input.data_type().clone(), arrays: Vec::new() }))
    }
}

/// The values so far.
#[derive(Debug)]
struct Values {
    of: Of,
    item: DataType,
    arrays: Vec<ArrayRef>,
}

impl Values {
    fn add(&mut self, values: &ArrayRef) -> Result<()> {
        let values =
            if values.null_count() > 0 { filter(values, &is_not_null(values)?)? } else { values.clone() };
        if !values.is_empty() {
            self.arrays.push(values);
        }
        Ok(())
    }

    fn all(&self) -> Result<ArrayRef> {
        if self.arrays.is_empty() {
            return Ok(new_empty_array(&self.item));
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(AsRef::as_ref).collect();
        Ok(concat(&arrays)?)
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values.first().map_or(Ok(()), |values| self.add(values))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first() else { return Ok(()) };
        for list in lists.as_list::<i32>().iter().flatten() {
            self.add(&list)?;
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![SingleRowListArrayBuilder::new(self.all()?).build_list_scalar()])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let values = self.all()?;
        match self.of {
            Of::Percentile(q) => percentile(&values, f64::from_bits(q)),
            Of::Top(n) => {
                let descending = SortOptions { descending: true, nulls_first: false };
                let top = sort_limit(&values, Some(descending), Some(n))?;
                Ok(SingleRowListArrayBuilder::new(top).build_list_scalar())
            }
            Of::Histogram(buckets) => {
                let buckets = histogram(&values, buckets)?;
                Ok(SingleRowListArrayBuilder::new(Arc::new(buckets)).build_list_scalar())
            }
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.arrays.iter().map(Array::get_array_memory_size).sum::<usize>()
    }
}

/// The nearest-rank percentile: a value that is there.
fn percentile(values: &ArrayRef, q: f64) -> Result<ScalarValue> {
    if values.is_empty() {
        return ScalarValue::try_from(values.data_type());
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank"
    )]
    let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1;
    match values.data_type() {
        DataType::Int64 => {
            let mut numbers = values.as_primitive::<Int64Type>().values().to_vec();
            Ok(ScalarValue::Int64(Some(*numbers.select_nth_unstable(rank).1)))
        }
        DataType::Float64 => {
            let mut numbers = values.as_primitive::<Float64Type>().values().to_vec();
            Ok(ScalarValue::Float64(Some(*numbers.select_nth_unstable_by(rank, f64::total_cmp).1)))
        }
        other => exec_err!("no percentile of {other}"),
    }
}

/// Buckets to the power of ten.
const PER_DECADE: f64 = 5.0;
/// Buckets of equal width.
const EQUAL: i64 = 20;

/// Buckets without gaps from the least value to the greatest: `from` (inclusive), `to` (exclusive), `count`.
fn histogram(values: &ArrayRef, buckets: Buckets) -> Result<StructArray> {
    let is_int = matches!(values.data_type(), DataType::Int64);
    let numbers = arrow::compute::cast(values, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>().values();
    let bounds: Vec<f64> = match (minimum(numbers), maximum(numbers)) {
        (Some(least), Some(most)) if buckets == Buckets::Equal => equal_bounds(least, most),
        (Some(least), Some(most)) => decade_bounds(least, most, buckets == Buckets::OfGo),
        _ => Vec::new(),
    };
    // Whole units: a bound is the same whether it is compared with or shown.
    let is_whole = is_int && buckets != Buckets::OfGo;
    let bounds: Vec<f64> = if is_whole { bounds.into_iter().map(f64::round).collect() } else { bounds };
    let mut counts = vec![0i64; bounds.len().saturating_sub(1)];
    for number in numbers {
        let bucket = bounds.partition_point(|bound| bound <= number).saturating_sub(1);
        if let Some(count) = counts.get_mut(bucket) {
            *count += 1;
        }
    }
    let side = |bounds: &[f64]| -> ArrayRef {
        #[expect(clippy::cast_possible_truncation, reason = "within the range of the values")]
        if is_int {
            Arc::new(bounds.iter().map(|&b| b as i64).collect::<Int64Array>())
        } else {
            Arc::new(bounds.iter().copied().collect::<Float64Array>())
        }
    };
    let from = side(bounds.get(..counts.len()).unwrap_or_default());
    let to = side(bounds.get(1..).unwrap_or_default());
    let columns: Vec<ArrayRef> = vec![from, to, Arc::new(Int64Array::from(counts))];
    Ok(StructArray::new(bucket_fields(values.data_type()), columns, None))
}

fn minimum(numbers: &[f64]) -> Option<f64> {
    numbers.iter().copied().filter(|n| n.is_finite()).min_by(f64::total_cmp)
}

fn maximum(numbers: &[f64]) -> Option<f64> {
    numbers.iter().copied().filter(|n| n.is_finite()).max_by(f64::total_cmp)
}

fn equal_bounds(least: f64, most: f64) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let (count, width) = (EQUAL, ((most - least) / EQUAL as f64).max(1.0));
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let mut bounds: Vec<f64> = (0..=count).map(|i| least + width * i as f64).collect();
    if let Some(last) = bounds.last_mut() {
        *last = last.max(most + 1.0);
    }
    bounds
}

/// Powers of ten and four steps between them; what is not positive lies below the first.
fn decade_bounds(least: f64, most: f64, as_go: bool) -> Vec<f64> {
    let width = 10f64.powf(1.0 / PER_DECADE).ln();
    let step = |n: f64| {
        let n = n.max(1e-9);
        if as_go { (n.ln() / width).floor() } else { (n.log10() * PER_DECADE).floor() }
    };
    let bound = |step: f64| if as_go { (step * width).exp() } else { 10f64.powf(step / PER_DECADE) };
    let positive = if least > 0.0 { least } else { most.min(1.0) };
    let mut bounds = if least > 0.0 { Vec::new() } else { vec![least] };
    let (mut at, last) = (step(positive), step(most));
    if most > 0.0 {
        while at <= last + 1.0 {
            bounds.push(bound(at));
            at += 1.0;
        }
    } else {
        bounds.push(least.abs() + 1.0);
    }
    bounds
}

fn bucket_fields(item: &DataType) -> Fields {
    Fields::from(vec![
        Field::new("from", item.clone(), true),
        Field::new("to", item.clone(), true),
        Field::new("count", DataType::Int64, true),
    ])
}
