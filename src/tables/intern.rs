//! The strings of a whole trace under one number each, and the way from a generation's symbols to them.

use std::sync::Arc;

use ahash::AHashMap;

use super::stacks::Stacks;
use crate::trace::{RangeKind, StackId, StringId, Symbols};

/// A distinct string of the trace. Empty strings are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct TextId(pub(super) u32);

impl TextId {
    pub(super) const NULL: Self = Self(0);
}

/// A distinct stack of the session; see [`Stacks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct StackNumber(pub(super) u32);

impl StackNumber {
    pub(super) const NONE: Self = Self(0);
}

/// Numbers the strings and stacks that builders ask for, and no others.
#[derive(Debug)]
pub(super) struct Interner {
    texts: Vec<Arc<str>>,
    ids: AHashMap<Arc<str>, TextId>,
    stacks: Arc<Stacks>,
    /// By the present generation's ids: the number, or [`Interner::UNKNOWN`].
    generation_texts: Vec<u32>,
    generation_stacks: Vec<u32>,
    /// Names of stop-the-worlds by their reasons.
    stop_the_world: AHashMap<TextId, TextId>,
    /// Scratch of [`compact`](Self::compact), all [`Interner::UNKNOWN`] between calls.
    places: Vec<u32>,
}

impl Interner {
    const UNKNOWN: u32 = u32::MAX;
    /// What null has become after [`compact`](Self::compact).
    pub(super) const NULL: u32 = u32::MAX;

    pub(super) fn new(stacks: Arc<Stacks>) -> Self {
        Self {
            texts: vec!["".into()],
            ids: AHashMap::new(),
            stacks,
            generation_texts: Vec::new(),
            generation_stacks: Vec::new(),
            stop_the_world: AHashMap::new(),
            places: Vec::new(),
        }
    }

    /// Forgets the ids of the generation before.
    pub(super) fn begin_generation(&mut self) {
        self.generation_texts.clear();
        self.generation_stacks.clear();
    }

    /// The number of a generation's string.
    #[inline]
    pub(super) fn string(&mut self, symbols: &Symbols, id: StringId) -> TextId {
        if id == StringId::EMPTY {
            return TextId::NULL;
        }
        match self.generation_texts.get(id.0 as usize) {
            Some(&known) if known != Self::UNKNOWN => TextId(known),
            _ => self.new_string(symbols, id),
        }
    }

    fn new_string(&mut self, symbols: &Symbols, id: StringId) -> TextId {
        let text = self.intern(&symbols.text(id));
        if self.generation_texts.len() < symbols.strings() {
            self.generation_texts.resize(symbols.strings(), Self::UNKNOWN);
        }
        if let Some(slot) = self.generation_texts.get_mut(id.0 as usize) {
            *slot = text.0;
        }
        text
    }

    /// The number of any string.
    pub(super) fn intern(&mut self, text: &str) -> TextId {
        if text.is_empty() {
            return TextId::NULL;
        }
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = TextId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1));
        let shared: Arc<str> = text.into();
        self.texts.push(shared.clone());
        self.ids.insert(shared, id);
        id
    }

    pub(super) fn text(&self, id: TextId) -> &str {
        self.texts.get(id.0 as usize).map_or("", AsRef::as_ref)
    }

    /// The number of a generation's stack.
    #[inline]
    pub(super) fn stack(&mut self, symbols: &Symbols, id: StackId) -> StackNumber {
        if id == StackId::NONE {
            return StackNumber::NONE;
        }
        match self.generation_stacks.get(id.0 as usize) {
            Some(&known) if known != Self::UNKNOWN => StackNumber(known),
            _ => self.new_stack(symbols, id),
        }
    }

    fn new_stack(&mut self, symbols: &Symbols, id: StackId) -> StackNumber {
        let number = self.stacks.intern(symbols, id);
        if self.generation_stacks.len() < symbols.stacks() {
            self.generation_stacks.resize(symbols.stacks(), Self::UNKNOWN);
        }
        if let Some(slot) = self.generation_stacks.get_mut(id.0 as usize) {
            *slot = number;
        }
        StackNumber(number)
    }

    pub(super) fn stacks(&self) -> &Stacks {
        &self.stacks
    }

    /// The name of a range, as Go words it.
    pub(super) fn range_name(&mut self, symbols: &Symbols, kind: RangeKind) -> TextId {
        match kind {
            RangeKind::GcMark => self.intern("GC concurrent mark phase"),
            RangeKind::GcSweep => self.intern("GC incremental sweep"),
            RangeKind::GcMarkAssist => self.intern("GC mark assist"),
            RangeKind::StopTheWorld { why } => {
                let why = self.string(symbols, why);
                if let Some(&name) = self.stop_the_world.get(&why) {
                    return name;
                }
                let name = self.intern(&format!("stop-the-world ({})", self.text(why)));
                self.stop_the_world.insert(why, name);
                name
            }
        }
    }

    /// Replaces the numbers in `ids` by indices into the returned list of distinct ones; null becomes
    /// [`Interner::NULL`].
    pub(super) fn compact(&mut self, ids: &mut [u32]) -> Vec<TextId> {
        self.places.resize(self.texts.len(), Self::UNKNOWN);
        let mut distinct = Vec::new();
        for id in ids {
            if *id == TextId::NULL.0 {
                *id = Self::NULL;
                continue;
            }
            let place = &mut self.places[*id as usize];
            if *place == Self::UNKNOWN {
                *place = u32::try_from(distinct.len()).expect("fewer distinct values than numbers");
                distinct.push(TextId(*id));
            }
            *id = *place;
        }
        for id in &distinct {
            self.places[id.0 as usize] = Self::UNKNOWN;
        }
        distinct
    }
}
