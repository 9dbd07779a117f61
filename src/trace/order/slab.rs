//! Goroutines by id, for a handful of look-ups per event.

use ahash::AHashMap;

use super::state::Goroutine;
use crate::trace::event::GoroutineId;

/// Entries of the cache; a power of two.
const CACHE: usize = 1024;

/// A map from ids to goroutines with a small cache of the ids used last: nearly every event is about one of them.
#[derive(Debug)]
pub(super) struct Goroutines {
    slots: AHashMap<GoroutineId, u32>,
    goroutines: Vec<Goroutine>,
    /// Slots of goroutines that are gone.
    free: Vec<u32>,
    /// By the low bits of the id: an id and its slot.
    cache: Vec<(GoroutineId, u32)>,
}

impl Default for Goroutines {
    fn default() -> Self {
        Self {
            slots: AHashMap::new(),
            goroutines: Vec::new(),
            free: Vec::new(),
            cache: vec![(GoroutineId::NONE, 0); CACHE],
        }
    }
}

impl Goroutines {
    #[inline]
    pub(super) fn get_mut(&mut self, id: GoroutineId) -> Option<&mut Goroutine> {
        let slot = self.slot(id)?;
        self.goroutines.get_mut(slot as usize)
    }

    pub(super) fn contains(&mut self, id: GoroutineId) -> bool {
        self.slot(id).is_some()
    }

    /// Adds a goroutine; false, and nothing is done, if it exists.
    pub(super) fn insert(&mut self, id: GoroutineId, goroutine: Goroutine) -> bool {
        if self.contains(id) {
            return false;
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                self.goroutines[slot as usize] = goroutine;
                slot
            }
            None => {
                self.goroutines.push(goroutine);
                u32::try_from(self.goroutines.len() - 1).expect("fewer goroutines than bytes of a generation")
            }
        };
        self.slots.insert(id, slot);
        true
    }

    pub(super) fn remove(&mut self, id: GoroutineId) {
        if let Some(slot) = self.slots.remove(&id) {
            self.free.push(slot);
            self.cache[place(id)] = (GoroutineId::NONE, 0);
        }
    }

    #[inline]
    fn slot(&mut self, id: GoroutineId) -> Option<u32> {
        let (cached, slot) = self.cache[place(id)];
        if cached == id && id != GoroutineId::NONE {
            return Some(slot);
        }
        let slot = *self.slots.get(&id)?;
        self.cache[place(id)] = (id, slot);
        Some(slot)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only the low bits count")]
fn place(id: GoroutineId) -> usize {
    id.0 as usize % CACHE
}
