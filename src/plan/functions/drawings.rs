//! Drawings in a cell of a table: bars, sparklines.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::blocks;
use crate::catalog::BAR_WIDTHS;

/// `bar(value, of, width)`: the share of `of` that `value` is. A width that can't be is the nearest that can.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Bar {
    signature: Signature,
}

impl Default for Bar {
    fn default() -> Self {
        Self { signature: Signature::any(3, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Bar {
    fn name(&self) -> &'static str {
        "bar"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [value, of, width] = arrays.as_slice() else { return exec_err!("bar takes three arguments") };
        let (value, of) = (cast(value, &DataType::Float64)?, cast(of, &DataType::Float64)?);
        let (value, of) = (value.as_primitive::<Float64Type>(), of.as_primitive::<Float64Type>());
        let width = cast(width, &DataType::Int64)?;
        let mut bars = StringViewBuilder::new();
        for ((value, of), width) in value.iter().zip(of).zip(width.as_primitive::<Int64Type>()) {
            bars.append_option(value.zip(of).zip(width).map(|((value, of), width)| {
                let share = if value > 0.0 && of > 0.0 { value / of } else { 0.0 };
                let width = width.clamp(*BAR_WIDTHS.start(), *BAR_WIDTHS.end());
                blocks::bar(share, usize::try_from(width).unwrap_or(0))
            }));
        }
        Ok(ColumnarValue::Array(Arc::new(bars.finish())))
    }
}

/// `sparkline(list)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Sparkline {
    signature: Signature,
}

impl Default for Sparkline {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Sparkline {
    fn name(&self) -> &'static str {
        "sparkline"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(lists) = arrays.first() else { return exec_err!("sparkline takes a list") };
        let floats = DataType::List(Arc::new(Field::new("item", DataType::Float64, true)));
        let lists = cast(lists, &floats)?;
        let mut lines = StringViewBuilder::new();
        for list in lists.as_list::<i32>().iter() {
            lines
                .append_option(list.map(|list| blocks::sparkline(list.as_primitive::<Float64Type>().iter())));
        }
        Ok(ColumnarValue::Array(Arc::new(lines.finish())))
    }
}
