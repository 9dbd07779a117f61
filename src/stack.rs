//! A stack for deep trees.
//!
//! Trees of queries and plans are walked, and dropped, by functions that call themselves. How deep the trees can be is
//! bounded where they are made; this is enough for the deepest, whatever thread it is on.

/// What the deepest tree may need: DataFusion's frames are large where they are not inlined. Pages that are not touched
/// cost nothing.
pub(crate) const SIZE: usize = 256 << 20;
/// What is too little to start with.
const ENOUGH: usize = SIZE / 4 * 3;

/// Calls `f` on a stack that is large enough.
pub(crate) fn deep<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ENOUGH, SIZE, f)
}
