//! The experiment AllocFree (`GODEBUG=traceallocfree=1`): what its batches hold, and what its events' arguments mean.
//!
//! Source: `runtime/traceallocfree.go` and `runtime/tracetype.go` of Go 1.27. Go's own reader does not look into batches of
//! an experiment, so nothing in them is an error: what can't be read is not known.

use super::event::StringId;
use super::symbols::Symbols;
use super::wire::{Cursor, IdTable, Malformed};

/// The number of the experiment in the file.
pub(super) const NUMBER: u8 = 1;

/// The kinds of its batches.
const TYPES: u8 = 0;
const LAYOUT: u8 = 1;

/// A type of the program that was traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapType {
    pub name: StringId,
    /// Bytes of one value. An object of the type may be a slice of many.
    pub size: u64,
}

/// What the ids of memory count: they are distances from the beginning of the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLayout {
    /// The heap's lowest address. The runtime writes it once, at the beginning of the trace; `None`: that is not there.
    pub base: Option<u64>,
    /// Bytes that the id of a span counts: a page.
    pub page: u64,
    /// Bytes that the id of an object counts: the least distance between two.
    pub align: u64,
    /// Bytes that the id of a goroutine's stack counts: the least stack.
    pub stack: u64,
}

impl Default for MemoryLayout {
    /// The usual one, with the heap anywhere.
    fn default() -> Self {
        Self { base: None, page: 8 << 10, align: 8, stack: 2 << 10 }
    }
}

impl MemoryLayout {
    /// The address of what has an id that counts `unit` bytes.
    pub fn address(self, id: u64, unit: u64) -> Option<u64> {
        self.base.map(|base| base.wrapping_add(id.wrapping_mul(unit)))
    }
}

/// What a span is for, as its events have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanClass(pub u64);

impl SpanClass {
    /// Whether the runtime keeps it for itself: for goroutines' stacks and its own work. Else objects lie in it.
    pub fn is_manual(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether its objects have no pointers.
    pub fn is_noscan(self) -> bool {
        self.0 >> 1 & 1 != 0
    }

    /// The runtime's number for the size of its objects. 0: one large object, which fills it.
    pub fn size_class(self) -> Option<u64> {
        (!self.is_manual()).then_some(self.0 >> 2)
    }

    /// Whether several tiny objects may share a slot of it. They are allocated one by one and freed together.
    pub fn is_shared(self) -> bool {
        self.is_noscan() && self.size_class() == Some(2)
    }

    /// Bytes of each slot for an object, in a span of `bytes`.
    pub fn object_size(self, bytes: u64) -> Option<u64> {
        match usize::try_from(self.size_class()?).ok()? {
            0 => Some(bytes),
            class => SIZES.get(class - 1).map(|&size| size.into()),
        }
    }
}

/// The sizes of objects by class, from class 1: `internal/runtime/gc/sizeclasses.go`.
static SIZES: [u16; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
    448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
    3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336,
    16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// Bytes of a goroutine's stack, from the order that its events have: the number of bits of the size. `None`: a goroutine
/// without a stack.
pub fn goroutine_stack_size(order: u64) -> Option<u64> {
    1u64.checked_shl(u32::try_from(order).ok()?.checked_sub(1)?)
}

/// What the batches of a generation tell.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) layout: Option<MemoryLayout>,
    types: Vec<HeapType>,
    /// From the file's ids to places in `types`, counted from 1.
    by_id: IdTable,
}

impl Tables {
    pub(super) fn heap_type(&self, id: u64) -> Option<HeapType> {
        let place = self.by_id.get(id)? as usize;
        self.types.get(place.checked_sub(1)?).copied()
    }

    fn add_type(&mut self, id: u64, ty: HeapType) -> Option<()> {
        let place = u32::try_from(self.types.len() + 1).ok()?;
        if self.by_id.insert(id, place) {
            self.types.push(ty);
        }
        Some(())
    }
}

/// Adds what a batch tells to the generation's symbols, up to what can't be read.
pub(super) fn read(batch: &[u8], symbols: &mut Symbols) {
    let mut cursor = Cursor::new(batch);
    match cursor.byte() {
        Ok(TYPES) => while matches!(read_type(&mut cursor, symbols), Ok(Some(()))) {},
        Ok(LAYOUT) => {
            if let Ok(layout) = read_layout(&mut cursor)
                && layout.page > 0
                && let Some(tables) = symbols.experiment()
            {
                tables.layout = Some(layout);
            }
        }
        _ => {}
    }
}

/// `None`: that was all, or there are more types than a trace can have.
fn read_type(cursor: &mut Cursor<'_>, symbols: &mut Symbols) -> Result<Option<()>, Malformed> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let id = cursor.uvarint()?;
    cursor.uvarint()?; // The address of its description.
    let size = cursor.uvarint()?;
    cursor.uvarint()?; // How many of its bytes can hold pointers.
    let length = cursor.uvarint()?;
    let name = symbols.add_string(cursor.take(length)?);
    Ok(name.and_then(|name| symbols.experiment()?.add_type(id, HeapType { name, size })))
}

fn read_layout(cursor: &mut Cursor<'_>) -> Result<MemoryLayout, Malformed> {
    let base = Some(cursor.uvarint()?);
    Ok(MemoryLayout { base, page: cursor.uvarint()?, align: cursor.uvarint()?, stack: cursor.uvarint()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn types_and_layout() {
        let mut symbols = Symbols::default();
        read(b"\x00\x01\x90\x4e\x30\x10\x04node\x02\x05\x08\x00\x03int", &mut symbols);
        read(b"\x01\x80\x80\x04\x80\x40\x08\x80\x10", &mut symbols);
        let named = |id| symbols.heap_type(id).map(|ty| (symbols.text(ty.name).into_owned(), ty.size));
        assert_eq!(named(1), Some(("node".to_owned(), 48)));
        assert_eq!(named(2), Some(("int".to_owned(), 8)));
        assert_eq!((named(0), named(3)), (None, None));
        let layout = symbols.memory_layout().expect("a layout");
        assert_eq!(layout, MemoryLayout { base: Some(1 << 16), page: 8192, align: 8, stack: 2048 });
        assert_eq!(layout.address(3, layout.page), Some((1 << 16) + 3 * 8192));
        assert_eq!(MemoryLayout::default().address(3, 8192), None);
    }

    /// A name longer than the batch, an id that is taken, another kind of batch.
    #[test]
    fn what_cannot_be_read_is_not_known() {
        let mut symbols = Symbols::default();
        read(b"\x00\x01\x01\x08\x00\x01a\x01\x01\x10\x00\x01b\x02\x01\x08\x00\x7fc", &mut symbols);
        read(b"\x01\x01\x00\x08\x80\x10", &mut symbols);
        read(b"\x02\x03\x01\x08\x00\x01d", &mut symbols);
        read(b"", &mut symbols);
        assert_eq!(symbols.heap_type(1).map(|ty| ty.size), Some(8));
        assert_eq!((symbols.heap_type(2), symbols.heap_type(3), symbols.memory_layout()), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>, id: u64) {
            let mut symbols = Symbols::default();
            read(&bytes, &mut symbols);
            symbols.heap_type(id);
        }
    }

    /// As `spanClass` and `traceSpanTypeAndClass` put them together.
    #[test]
    fn classes_of_spans() {
        let manual = SpanClass(1);
        assert_eq!((manual.is_manual(), manual.size_class(), manual.object_size(8192)), (true, None, None));
        let large = SpanClass(0);
        assert_eq!((large.is_noscan(), large.object_size(5 * 8192)), (false, Some(5 * 8192)));
        let tiny = SpanClass(2 << 2 | 1 << 1);
        assert_eq!((tiny.is_shared(), tiny.object_size(8192)), (true, Some(16)));
        assert!(!SpanClass(2 << 2).is_shared());
        assert_eq!(SpanClass(67 << 2).object_size(32768), Some(32768));
        assert_eq!(SpanClass(68 << 2).object_size(32768), None);
        assert_eq!(SpanClass(u64::MAX).object_size(8192), None);
    }

    #[test]
    fn sizes_of_stacks() {
        assert_eq!(
            [0, 1, 12, 64, 65, u64::MAX].map(goroutine_stack_size),
            [None, Some(1), Some(2048), Some(1 << 63), None, None]
        );
    }
}
