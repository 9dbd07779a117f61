//! The distinct stacks of a session.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use ahash::AHashMap;

use crate::trace::{StackId, Symbols};

/// Stacks by number, from 1. Stacks with the same functions, files and lines are one, whatever their program counters.
///
/// Columns of stacks hold these numbers; functions of stacks look the frames up here, once per distinct stack. Numbers
/// stay valid while more are added.
#[derive(Debug, Default)]
pub struct Stacks {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    strings: Vec<Arc<str>>,
    string_ids: AHashMap<Arc<str>, u32>,
    frames: Vec<Frame>,
    stacks: Vec<Range<usize>>,
    ids: AHashMap<Box<[FrameKey]>, u32>,
}

/// What makes frames equal: function, file, line.
type FrameKey = (u32, u32, u64);

#[derive(Debug, Clone, Copy)]
struct Frame {
    key: FrameKey,
    pc: u64,
}

/// A frame of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRef<'a> {
    pub func: &'a str,
    pub file: &'a str,
    pub line: u64,
    /// Of the first of the equal stacks.
    pub pc: u64,
}

impl fmt::Display for FrameRef<'_> {
    /// `func file:line`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:{}", self.func, self.file, self.line)
    }
}

/// The stacks as they are at the moment.
pub struct StacksView<'a>(RwLockReadGuard<'a, Inner>);

impl Stacks {
    /// The number of a generation's stack, which is added if it is new.
    pub(super) fn intern(&self, symbols: &Symbols, id: StackId) -> u32 {
        let mut inner = self.inner.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let frames: Vec<Frame> = symbols
            .frames(id)
            .map(|frame| {
                let func = inner.string(&symbols.text(frame.func));
                let file = inner.string(&symbols.text(frame.file));
                Frame { key: (func, file, frame.line), pc: frame.pc }
            })
            .collect();
        let key: Box<[FrameKey]> = frames.iter().map(|f| f.key).collect();
        if let Some(&number) = inner.ids.get(&key) {
            return number;
        }
        let start = inner.frames.len();
        inner.frames.extend(frames);
        let end = inner.frames.len();
        inner.stacks.push(start..end);
        let number = u32::try_from(inner.stacks.len()).unwrap_or(u32::MAX);
        inner.ids.insert(key, number);
        number
    }

    /// A look at the stacks; adding waits while it lasts.
    pub fn view(&self) -> StacksView<'_> {
        StacksView(self.inner.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Inner {
    fn string(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.string_ids.get(text) {
            return id;
        }
        let id = u32::try_from(self.strings.len()).unwrap_or(u32::MAX);
        let shared: Arc<str> = text.into();
        self.strings.push(shared.clone());
        self.string_ids.insert(shared, id);
        id
    }
}

impl StacksView<'_> {
    /// The frames of a stack, leaf first; none for an unknown number.
    pub fn frames(&self, stack: u32) -> impl DoubleEndedIterator<Item = FrameRef<'_>> + ExactSizeIterator {
        let range =
            (stack as usize).checked_sub(1).and_then(|i| self.0.stacks.get(i)).cloned().unwrap_or(0..0);
        self.0.frames[range].iter().map(|frame| FrameRef {
            func: self.string(frame.key.0),
            file: self.string(frame.key.1),
            line: frame.key.2,
            pc: frame.pc,
        })
    }

    /// The highest number.
    pub fn len(&self) -> u32 {
        u32::try_from(self.0.stacks.len()).unwrap_or(u32::MAX)
    }

    pub fn is_empty(&self) -> bool {
        self.0.stacks.is_empty()
    }

    fn string(&self, id: u32) -> &str {
        self.0.strings.get(id as usize).map_or("", AsRef::as_ref)
    }
}
