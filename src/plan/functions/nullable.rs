//! A value that may turn out to be missing.

use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The value itself, said to be nullable: a scalar subquery without rows is null, also where its column never is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Nullable {
    signature: Signature,
}

impl Default for Nullable {
    fn default() -> Self {
        // Volatile: of a constant, the optimizer would see that it is not null after all.
        Self { signature: Signature::any(1, Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for Nullable {
    fn name(&self) -> &'static str {
        "nullable"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.into_iter().next() {
            Some(value) => Ok(value),
            None => exec_err!("nullable takes an argument"),
        }
    }
}
