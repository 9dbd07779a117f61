//! Slices that are no rows yet, by their numbers.

use std::collections::VecDeque;

use slab::Slab;

/// Things numbered in the order in which they come, some of which are kept until they are taken.
///
/// Takes 4 bytes for each number since the first thing that is still there, besides the things.
#[derive(Debug)]
pub(super) struct Held<T> {
    /// The number of the first place.
    first: usize,
    /// Where in `things` each is, or [`NOWHERE`].
    places: VecDeque<u32>,
    things: Slab<T>,
}

const NOWHERE: u32 = u32::MAX;

impl<T> Held<T> {
    pub(super) fn new() -> Self {
        Self { first: 0, places: VecDeque::new(), things: Slab::new() }
    }

    /// The number that comes next: how many there were so far.
    pub(super) fn next(&self) -> usize {
        self.first + self.places.len()
    }

    /// Adds a thing; `None` only takes a number.
    pub(super) fn push(&mut self, thing: Option<T>) {
        let place = thing.map(|thing| u32::try_from(self.things.insert(thing)).unwrap_or(NOWHERE));
        self.places.push_back(place.unwrap_or(NOWHERE));
        self.skip();
    }

    fn place(&self, number: usize) -> Option<usize> {
        let place = *self.places.get(number.checked_sub(self.first)?)?;
        (place != NOWHERE).then_some(place as usize)
    }

    pub(super) fn get(&self, number: usize) -> Option<&T> {
        self.things.get(self.place(number)?)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.things.get_mut(self.place(number)?)
    }

    pub(super) fn remove(&mut self, number: usize) -> Option<T> {
        let place = self.place(number)?;
        self.places[number - self.first] = NOWHERE;
        self.skip();
        self.things.try_remove(place)
    }

    /// The first that is still there, with its number.
    pub(super) fn first(&self) -> Option<(usize, &T)> {
        Some((self.first, self.get(self.first)?))
    }

    /// Those that are still there, with their numbers, ascending.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        self.since(self.first)
    }

    /// Those of them that have at least this number.
    pub(super) fn since(&self, number: usize) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        (number.max(self.first)..self.next()).filter_map(|number| Some((number, self.get(number)?)))
    }

    fn skip(&mut self) {
        while self.places.front() == Some(&NOWHERE) {
            self.places.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Held;

    #[test]
    fn numbers_go_on_whatever_is_taken() {
        let mut held = Held::new();
        held.push(None);
        held.push(Some('b'));
        held.push(None);
        held.push(Some('d'));
        assert_eq!((held.next(), held.first()), (4, Some((1, &'b'))));
        assert_eq!(held.remove(3), Some('d'));
        assert_eq!(held.remove(3), None);
        held.push(Some('e'));
        assert_eq!(held.iter().collect::<Vec<_>>(), [(1, &'b'), (4, &'e')]);
        assert_eq!((held.since(0).count(), held.since(2).count(), held.since(9).count()), (2, 1, 0));
        assert_eq!(held.remove(1), Some('b'));
        assert_eq!((held.first(), held.get(1), held.get(9)), (Some((4, &'e')), None, None));
        assert_eq!(held.remove(4), Some('e'));
        assert_eq!((held.first(), held.next()), (None, 5));
    }
}
