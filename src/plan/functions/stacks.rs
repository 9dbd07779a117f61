//! Functions of stacks, evaluated once per distinct stack.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringViewArray, StringViewBuilder,
    StructArray, UInt32Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Fields, UInt32Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::regex::{Patterns, strings};
use crate::tables::{FrameRef, Stacks, StacksView};

/// A function of a stack's number.
#[derive(Debug)]
pub(super) struct StackFunction {
    op: StackOp,
    stacks: Arc<Stacks>,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StackOp {
    Leaf,
    Root,
    Fold,
    Depth,
    Frames,
    Funcs,
    Locations,
    Has,
    Matches,
}

impl StackFunction {
    pub(super) fn new(op: StackOp, stacks: Arc<Stacks>) -> Self {
        Self { op, stacks, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl PartialEq for StackFunction {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op && Arc::ptr_eq(&self.stacks, &other.stacks)
    }
}

impl Eq for StackFunction {}

impl Hash for StackFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.op.hash(state);
    }
}

impl ScalarUDFImpl for StackFunction {
    fn name(&self) -> &'static str {
        match self.op {
            StackOp::Leaf => "leaf",
            StackOp::Root => "root",
            StackOp::Fold => "fold",
            StackOp::Depth => "depth",
            StackOp::Frames => "frames",
            StackOp::Funcs => "funcs",
            StackOp::Locations => "locations",
            StackOp::Has => "stack_has",
            StackOp::Matches => "stack_matches",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.op {
            StackOp::Leaf | StackOp::Root | StackOp::Fold => DataType::Utf8View,
            StackOp::Depth => DataType::Int64,
            StackOp::Frames => list_of(DataType::Struct(frame_fields())),
            StackOp::Funcs | StackOp::Locations => list_of(DataType::Utf8View),
            StackOp::Has | StackOp::Matches => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(stack) = arrays.first() else { return exec_err!("{} takes a stack", self.name()) };
        let stack = cast(stack, &DataType::UInt32)?;
        let stack = stack.as_primitive::<UInt32Type>();
        let view = self.stacks.view();
        let array = match self.op {
            StackOp::Leaf => {
                per_stack(stack, |s| texts(s, |s| view.frames(s).next().map(|f| f.func.to_owned())))?
            }
            StackOp::Root => {
                per_stack(stack, |s| texts(s, |s| view.frames(s).next_back().map(|f| f.func.to_owned())))?
            }
            StackOp::Fold => per_stack(stack, |s| texts(s, |s| Some(fold(&view, s))))?,
            StackOp::Depth => per_stack(stack, |s| {
                let depth = |s: &u32| i64::try_from(view.frames(*s).len()).unwrap_or(i64::MAX);
                Arc::new(s.iter().map(depth).collect::<Int64Array>())
            })?,
            StackOp::Frames => per_stack(stack, |s| frames(&view, s))?,
            StackOp::Funcs => per_stack(stack, |s| lists(&view, s, |f| f.func.to_owned()))?,
            StackOp::Locations => per_stack(stack, |s| lists(&view, s, |f| f.to_string()))?,
            StackOp::Has | StackOp::Matches => {
                let Some(wanted) = arrays.get(1) else { return exec_err!("{} takes a text", self.name()) };
                let wanted = strings(wanted)?;
                Arc::new(find(&view, stack, wanted.as_string_view(), self.op == StackOp::Matches)?)
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// The results for the distinct stacks, spread to the rows.
fn per_stack(stacks: &UInt32Array, of_distinct: impl FnOnce(&[u32]) -> ArrayRef) -> Result<ArrayRef> {
    let mut places: AHashMap<u32, u32> = AHashMap::new();
    let mut distinct = Vec::new();
    let mut place = |stack: u32| {
        *places.entry(stack).or_insert_with(|| {
            distinct.push(stack);
            u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
        })
    };
    // Most rows have one of a few stacks, which need not be looked up: the last one with the same low bits.
    let mut recent: [Option<(u32, u32)>; 64] = [None; 64];
    let mut recent_place = |stack: u32| match &mut recent[stack as usize % 64] {
        Some((known, place)) if *known == stack => *place,
        other => other.insert((stack, place(stack))).1,
    };
    let indices: UInt32Array = stacks.iter().map(|stack| stack.map(&mut recent_place)).collect();
    Ok(take(&of_distinct(&distinct), &indices, None)?)
}

fn texts(stacks: &[u32], text: impl Fn(u32) -> Option<String>) -> ArrayRef {
    let mut builder = StringViewBuilder::new();
    for &stack in stacks {
        builder.append_option(text(stack).filter(|text| !text.is_empty()));
    }
    Arc::new(builder.finish())
}

/// The functions from root to leaf, joined by `;`.
fn fold(view: &StacksView<'_>, stack: u32) -> String {
    let mut folded = String::new();
    for (i, frame) in view.frames(stack).rev().enumerate() {
        if i > 0 {
            folded.push(';');
        }
        folded.push_str(frame.func);
    }
    folded
}

/// A text of each frame, the leaf first.
fn lists(view: &StacksView<'_>, stacks: &[u32], text: impl Fn(FrameRef<'_>) -> String) -> ArrayRef {
    let offsets = OffsetBuffer::from_lengths(stacks.iter().map(|&s| view.frames(s).len()));
    let items = StringViewArray::from_iter_values(stacks.iter().flat_map(|&s| view.frames(s).map(&text)));
    let field = Arc::new(Field::new("item", DataType::Utf8View, true));
    Arc::new(ListArray::new(field, offsets, Arc::new(items), None))
}

fn frames(view: &StacksView<'_>, stacks: &[u32]) -> ArrayRef {
    let offsets = OffsetBuffer::from_lengths(stacks.iter().map(|&s| view.frames(s).len()));
    let all: Vec<FrameRef<'_>> = stacks.iter().flat_map(|&s| view.frames(s)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(all.iter().map(|f| f.func))),
        Arc::new(StringViewArray::from_iter_values(all.iter().map(|f| f.file))),
        Arc::new(all.iter().map(|f| f.line.cast_signed()).collect::<Int64Array>()),
        Arc::new(all.iter().map(|f| f.pc.cast_signed()).collect::<Int64Array>()),
    ];
    let structs = StructArray::new(frame_fields(), columns, None);
    let field = Arc::new(Field::new("item", structs.data_type().clone(), true));
    Arc::new(ListArray::new(field, offsets, Arc::new(structs), None))
}

fn frame_fields() -> Fields {
    Fields::from(vec![
        Field::new("func", DataType::Utf8View, true),
        Field::new("file", DataType::Utf8View, true),
        Field::new("line", DataType::Int64, true),
        Field::new("pc", DataType::Int64, true),
    ])
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// Whether a frame of each stack is, or matches, the wanted function.
fn find(
    view: &StacksView<'_>,
    stacks: &UInt32Array,
    wanted: &StringViewArray,
    is_pattern: bool,
) -> Result<BooleanArray> {
    let mut patterns = Patterns::default();
    let mut known: AHashMap<(u32, &str), bool> = AHashMap::new();
    let rows = stacks.iter().zip(wanted).map(|(stack, wanted)| {
        let (Some(stack), Some(wanted)) = (stack, wanted) else { return Ok(None) };
        if let Some(&found) = known.get(&(stack, wanted)) {
            return Ok(Some(found));
        }
        let found = if is_pattern {
            let pattern = patterns.get(wanted)?;
            view.frames(stack).any(|f| pattern.is_match(f.func))
        } else {
            view.frames(stack).any(|f| f.func == wanted)
        };
        known.insert((stack, wanted), found);
        Ok(Some(found))
    });
    rows.collect()
}

/// `package(func)`: everything up to the first dot after the last slash.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Package {
    signature: Signature,
}

impl Default for Package {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Package {
    fn name(&self) -> &'static str {
        "package"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(functions) = arrays.first() else { return exec_err!("package takes a function") };
        let functions = strings(functions)?;
        let packages = functions.as_string_view().iter().map(|f| f.map(package_of));
        Ok(ColumnarValue::Array(Arc::new(packages.collect::<StringViewArray>())))
    }
}

fn package_of(function: &str) -> &str {
    // Type parameters can hold paths of their own.
    let plain = function.split('[').next().unwrap_or(function);
    let name = plain.rfind('/').map_or(0, |slash| slash + 1);
    match plain[name..].find('.') {
        Some(dot) => &function[..name + dot],
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::package_of;

    #[test]
    fn packages() {
        for (function, package) in [
            ("main.main", "main"),
            ("net/http.(*conn).serve", "net/http"),
            ("github.com/a/b.c/d.F", "github.com/a/b.c/d"),
            ("slices.SortFunc[go.shape.[]example.com/x.T]", "slices"),
            ("nothing", "nothing"),
            ("", ""),
        ] {
            assert_eq!(package_of(function), package);
        }
    }
}
