//! Calls of scalar functions.

use datafusion::common::{Result, plan_datafusion_err};
use datafusion::functions::expr_fn as df;
use datafusion::functions_nested::expr_fn as nested;
use datafusion::logical_expr::{Expr, Operator, lit};

use super::expr::{binary, cast};
use super::{Lowering, functions};
use crate::catalog::{Type, USUAL_BAR_WIDTH};

impl Lowering<'_> {
    /// A call of the catalog's function `name`; the caller brings the result to its type.
    pub(super) fn call(&mut self, name: &str, args: Vec<Expr>, types: &[&Type], ty: &Type) -> Result<Expr> {
        let stacks = &self.environment.stacks;
        let is_int = types.first().is_some_and(|t| **t != Type::Float);
        let is_list = types.first().is_some_and(|t| matches!(t, Type::List(_)));
        // Of zero to three arguments, those that a function surely has.
        let first = || args.first().cloned().ok_or_else(|| plan_datafusion_err!("{name} without arguments"));
        let second = || args.get(1).cloned().ok_or_else(|| plan_datafusion_err!("{name} with one argument"));
        Ok(match name {
            // Numbers. Integers have no fraction to round.
            "ceil" | "floor" | "round" | "trunc" if is_int => first()?,
            "abs" => df::abs(first()?),
            "ceil" => df::ceil(first()?),
            "floor" => df::floor(first()?),
            "round" => df::round(args),
            "trunc" => df::trunc(args),
            "sign" => df::signum(cast(first()?, &arrow::datatypes::DataType::Float64)),
            "sqrt" => df::sqrt(first()?),
            "exp" => df::exp(first()?),
            "ln" => df::ln(first()?),
            "log10" => df::log10(first()?),
            "log2" => df::log2(first()?),
            "pow" | "power" => df::power(first()?, second()?),
            "mod" => binary(first()?, Operator::Modulo, second()?),
            "greatest" => df::greatest(args),
            "least" => df::least(args),
            "bin" => functions::bin(first()?, second()?),
            // Strings.
            "to_hex" => df::to_hex(first()?),
            "lower" => df::lower(first()?),
            "upper" => df::upper(first()?),
            "length" if is_list => df::coalesce(vec![nested::array_length(first()?), lit(0u64)]),
            "length" => df::character_length(first()?),
            "octet_length" => df::octet_length(first()?),
            "substr" => match args.get(2) {
                Some(n) => df::substring(first()?, second()?, n.clone()),
                None => df::substr(first()?, second()?),
            },
            "left" => df::left(first()?, second()?),
            "right" => df::right(first()?, second()?),
            "trim" => df::btrim(args),
            "ltrim" => df::ltrim(args),
            "rtrim" => df::rtrim(args),
            "replace" => df::replace(first()?, second()?, third(&args)?),
            "concat" => df::concat(args),
            "split_part" => df::split_part(first()?, second()?, third(&args)?),
            "starts_with" => df::starts_with(first()?, second()?),
            "ends_with" => df::ends_with(first()?, second()?),
            "contains" | "list_contains" if is_list => nested::array_has(first()?, second()?),
            "contains" => df::contains(first()?, second()?),
            "strpos" => df::strpos(first()?, second()?),
            "lpad" => df::lpad(args),
            "rpad" => df::rpad(args),
            "repeat" => df::repeat(first()?, second()?),
            "reverse" => df::reverse(first()?),
            "regexp_like" => functions::matches(first()?, second()?),
            "regexp_replace" => functions::regexp_replace(args),
            "regexp_extract" => functions::regexp_extract(args),
            "package" => functions::package(first()?),
            // Choices.
            "coalesce" => df::coalesce(args),
            "nullif" => df::nullif(first()?, second()?),
            "if" => {
                let otherwise = args.get(2).cloned().map(Box::new);
                Expr::Case(datafusion::logical_expr::Case::new(
                    None,
                    vec![(Box::new(first()?), Box::new(second()?))],
                    otherwise,
                ))
            }
            // Lists.
            "list_sort" => nested::array_sort(first()?, lit("ASC"), lit("NULLS LAST")),
            "list_distinct" => nested::array_distinct(first()?),
            "list_concat" => nested::array_concat(args),
            "list_join" => functions::list_join(first()?, second()?),
            // Stacks.
            "leaf" | "root" | "fold" => functions::stack_text(stacks, name, first()?),
            "depth" => functions::stack_depth(stacks, first()?),
            "frames" => functions::stack_frames(stacks, first()?),
            "funcs" => functions::stack_funcs(stacks, first()?),
            "locations" => functions::stack_locations(stacks, first()?),
            // Drawings.
            "bar" => {
                let width = args.get(2).cloned().unwrap_or_else(|| lit(USUAL_BAR_WIDTH));
                functions::bar(first()?, second()?, width)
            }
            "sparkline" => functions::sparkline(first()?),
            _ => return Err(plan_datafusion_err!("the function {name} of type {ty} can't be lowered")),
        })
    }
}

fn third(args: &[Expr]) -> Result<Expr> {
    args.get(2).cloned().ok_or_else(|| plan_datafusion_err!("a function with two arguments needs a third"))
}
