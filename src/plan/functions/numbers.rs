//! Functions of numbers.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array, Int64Array};
use arrow::compute::kernels::arity::binary;
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

/// `bin(x, width)`: rounds down to a multiple; null for a width that is not positive.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Bin {
    signature: Signature,
}

impl Default for Bin {
    fn default() -> Self {
        let of = |ty: DataType| TypeSignature::Exact(vec![ty.clone(), ty]);
        let types = vec![of(DataType::Int64), of(DataType::Float64)];
        Self { signature: Signature::one_of(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Bin {
    fn name(&self) -> &'static str {
        "bin"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [x, width] = arrays.as_slice() else { return exec_err!("bin takes two arguments") };
        Ok(ColumnarValue::Array(match x.data_type() {
            DataType::Int64 => {
                let (x, width) = (x.as_primitive::<Int64Type>(), width.as_primitive::<Int64Type>());
                let bins: Int64Array =
                    binary(x, width, |x, w| if w > 0 { x.saturating_sub(x.rem_euclid(w)) } else { 0 })?;
                let bad = width.iter().map(|w| Some(w.is_none_or(|w| w <= 0))).collect();
                Arc::new(nullif(&bins, &bad)?)
            }
            _ => {
                let (x, width) = (x.as_primitive::<Float64Type>(), width.as_primitive::<Float64Type>());
                let bins: Float64Array = binary(x, width, |x, w| (x / w).floor() * w)?;
                let bad = width.iter().map(|w| Some(w.is_none_or(|w| w.is_nan() || w <= 0.0))).collect();
                Arc::new(nullif(&bins, &bad)?)
            }
        }))
    }
}
