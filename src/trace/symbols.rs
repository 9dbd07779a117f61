//! The strings and stacks of a generation, and the types of its heap.

use std::borrow::Cow;

use super::alloc_free::{HeapType, MemoryLayout, Tables};
use super::event::{StackId, StringId};

/// The strings and stacks that the events of the current generation name.
///
/// Ids are small and dense: a [`StringId`] below [`strings`](Self::strings), a [`StackId`] below
/// [`stacks`](Self::stacks). They mean something else in the next generation.
///
/// ```
/// use gtq::trace::{Happening, Reader};
///
/// let mut reader = Reader::new(std::fs::File::open("examples/sum/trace.dat")?)?;
/// let mut begun_by = Vec::new();
/// while let Some(event) = reader.next_event()? {
///     if let Happening::TaskBegin { name, .. } = event.what {
///         let symbols = reader.symbols();
///         assert_eq!(symbols.text(name), "sumTask");
///         begun_by.extend(symbols.frames(event.stack).map(|frame| symbols.text(frame.func).into_owned()));
///     }
/// }
/// assert!(begun_by.contains(&"main.main".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Symbols {
    bytes: Vec<u8>,
    strings: Vec<Place>,
    frames: Vec<Frame>,
    /// Indices into `frames`, stack after stack.
    stack_frames: Vec<u32>,
    stacks: Vec<Place>,
    /// What the experiment AllocFree tells.
    pub(super) experiment: Tables,
}

/// Where something lies in a list of everything of its kind.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A frame of a stack. The functions and files are strings of the same generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub pc: u64,
    pub func: StringId,
    pub file: StringId,
    pub line: u64,
}

impl Default for Symbols {
    /// Only the empty string and the empty stack.
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            strings: vec![Place::default()],
            frames: Vec::new(),
            stack_frames: Vec::new(),
            stacks: vec![Place::default()],
            experiment: Tables::default(),
        }
    }
}

impl Symbols {
    /// The bytes of a string, as the program wrote them: any bytes. An unknown id gives the empty string.
    pub fn bytes(&self, id: StringId) -> &[u8] {
        self.strings.get(id.0 as usize).map_or(&[], |place| place.of(&self.bytes))
    }

    /// A string as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self, id: StringId) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(id))
    }

    /// The frames of a stack, leaf first. An unknown id gives none.
    pub fn frames(&self, id: StackId) -> impl DoubleEndedIterator<Item = &Frame> + Clone {
        let stack: &[u32] = self.stacks.get(id.0 as usize).map_or(&[], |place| place.of(&self.stack_frames));
        stack.iter().filter_map(|&i| self.frames.get(i as usize))
    }

    /// The number of strings, the empty one included.
    pub fn strings(&self) -> usize {
        self.strings.len()
    }

    /// The number of stacks, the empty one included.
    pub fn stacks(&self) -> usize {
        self.stacks.len()
    }

    /// The type that allocations name. `None`: the runtime did not tell one (id 0), or an unknown id.
    pub fn heap_type(&self, id: u64) -> Option<HeapType> {
        self.experiment.heap_type(id)
    }

    /// Where the heap lies. The runtime tells it in the first generation of a trace with the experiment, for all of them.
    pub fn memory_layout(&self) -> Option<MemoryLayout> {
        self.experiment.layout
    }

    /// Adds a string. `None`: the generation has more text than a trace can have.
    pub(super) fn add_string(&mut self, bytes: &[u8]) -> Option<StringId> {
        let start = u32::try_from(self.bytes.len()).ok()?;
        let end = start.checked_add(u32::try_from(bytes.len()).ok()?)?;
        let id = u32::try_from(self.strings.len()).ok()?;
        self.bytes.extend_from_slice(bytes);
        self.strings.push(Place { start, end });
        Some(StringId(id))
    }

    /// Adds a frame; stacks name frames by the order of their addition, from 0.
    pub(super) fn add_frame(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    pub(super) fn add_stack(&mut self, frames: &[u32]) -> Option<StackId> {
        let start = u32::try_from(self.stack_frames.len()).ok()?;
        let end = start.checked_add(u32::try_from(frames.len()).ok()?)?;
        let id = u32::try_from(self.stacks.len()).ok()?;
        self.stack_frames.extend_from_slice(frames);
        self.stacks.push(Place { start, end });
        Some(StackId(id))
    }
}
