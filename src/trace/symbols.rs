//! The strings and stacks of a generation, and the types of its heap.

use std::borrow::Cow;
use std::sync::Arc;

use super::alloc_free::{HeapType, MemoryLayout, Tables};
use super::event::{StackId, StringId};

/// The strings and stacks that the events of the current generation name.
///
/// Ids are small and dense: a [`StringId`] below [`strings`](Self::strings), a [`StackId`] below
/// [`stacks`](Self::stacks). They mean something else in the next generation. Copies share what they hold.
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
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    lists: Arc<Lists>,
    /// Strings that came after there were copies.
    added: Vec<Arc<[u8]>>,
}

#[derive(Debug)]
struct Lists {
    bytes: Vec<u8>,
    strings: Vec<Place>,
    frames: Vec<Frame>,
    /// Indices into `frames`, stack after stack.
    stack_frames: Vec<u32>,
    stacks: Vec<Place>,
    /// What the experiment AllocFree tells.
    experiment: Tables,
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

impl Default for Lists {
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
        let id = id.0 as usize;
        match self.lists.strings.get(id) {
            Some(place) => place.of(&self.lists.bytes),
            None => self.added.get(id - self.lists.strings.len()).map_or(&[], |bytes| bytes),
        }
    }

    /// A string as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self, id: StringId) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(id))
    }

    /// The frames of a stack, leaf first. An unknown id gives none.
    pub fn frames(&self, id: StackId) -> impl DoubleEndedIterator<Item = &Frame> + Clone {
        let Lists { frames, stack_frames, stacks, .. } = self.lists.as_ref();
        let stack: &[u32] = stacks.get(id.0 as usize).map_or(&[], |place| place.of(stack_frames));
        stack.iter().filter_map(|&i| frames.get(i as usize))
    }

    /// The number of strings, the empty one included.
    pub fn strings(&self) -> usize {
        self.lists.strings.len() + self.added.len()
    }

    /// The number of stacks, the empty one included.
    pub fn stacks(&self) -> usize {
        self.lists.stacks.len()
    }

    /// The type that allocations name. `None`: the runtime did not tell one (id 0), or an unknown id.
    pub fn heap_type(&self, id: u64) -> Option<HeapType> {
        self.lists.experiment.heap_type(id)
    }

    /// Where the heap lies. The runtime tells it in the first generation of a trace with the experiment, for all of them.
    pub fn memory_layout(&self) -> Option<MemoryLayout> {
        self.lists.experiment.layout
    }

    /// What the experiment AllocFree tells, to add to it. `None`: there are copies.
    pub(super) fn experiment(&mut self) -> Option<&mut Tables> {
        Arc::get_mut(&mut self.lists).map(|lists| &mut lists.experiment)
    }

    /// Adds a string. `None`: the generation has more text than a trace can have.
    pub(super) fn add_string(&mut self, bytes: &[u8]) -> Option<StringId> {
        let id = u32::try_from(self.strings()).ok()?;
        match Arc::get_mut(&mut self.lists).filter(|_| self.added.is_empty()) {
            Some(lists) => {
                let start = u32::try_from(lists.bytes.len()).ok()?;
                let end = start.checked_add(u32::try_from(bytes.len()).ok()?)?;
                lists.bytes.extend_from_slice(bytes);
                lists.strings.push(Place { start, end });
            }
            None => self.added.push(bytes.into()),
        }
        Some(StringId(id))
    }

    /// Adds a frame; stacks name frames by the order of their addition, from 0. Only before there are copies.
    pub(super) fn add_frame(&mut self, frame: Frame) {
        if let Some(lists) = Arc::get_mut(&mut self.lists) {
            lists.frames.push(frame);
        }
    }

    /// Adds a stack. Only before there are copies.
    pub(super) fn add_stack(&mut self, frames: &[u32]) -> Option<StackId> {
        let lists = Arc::get_mut(&mut self.lists)?;
        let start = u32::try_from(lists.stack_frames.len()).ok()?;
        let end = start.checked_add(u32::try_from(frames.len()).ok()?)?;
        let id = u32::try_from(lists.stacks.len()).ok()?;
        lists.stack_frames.extend_from_slice(frames);
        lists.stacks.push(Place { start, end });
        Some(StackId(id))
    }
}
