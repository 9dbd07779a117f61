//! Functions of numbers.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array, Int64Array};
use arrow::compute::kernels::arity::binary;
use arrow::compute::kernels::numeric;
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

/// `+`, `-` or `*` of integers, where DataFusion's own operators wrap around silently at 64 bits: this fails.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Checked {
    op: CheckedOp,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::plan) enum CheckedOp {
    Add,
    Sub,
    Mul,
}

impl Checked {
    pub(super) fn new(op: CheckedOp) -> Self {
        Self { op, signature: Signature::uniform(2, vec![DataType::Int64], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &'static str {
        match self.op {
            CheckedOp::Add => "add",
            CheckedOp::Sub => "sub",
            CheckedOp::Mul => "mul",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = args.args.as_slice() else {
            return exec_err!("{} takes two arguments", self.name());
        };
        datafusion::physical_expr_common::datum::apply(
            left,
            right,
            match self.op {
                CheckedOp::Add => numeric::add,
                CheckedOp::Sub => numeric::sub,
                CheckedOp::Mul => numeric::mul,
            },
        )
    }
}
