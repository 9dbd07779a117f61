//! Which slices of the timeline are connected with one.
//!
//! As the menus of Go's viewer have it ("Preceding events", "Following events", "All connected events"), slices are
//! connected by flows and by nesting: what encloses a slice leads to it, and so does what its incoming flow starts from.
//! Both are edges of one graph, from cause to effect, over the numbers of the table `slices`, which are 0, 1, 2, ….

/// Which way to go along the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To what has led to a slice.
    Preceding,
    /// To what a slice has caused.
    Following,
    /// Both ways, and any way from there.
    Connected,
}

/// The slices that are reached from `start`, itself included, ascending; none if there is no such slice.
///
/// `edges`: `(from_slice, to_slice)` of flows and `(parent, slice)` of slices. Edges to slices that are not among the
/// `slices` first numbers are passed over. Takes time and memory linear in slices and edges, also where edges go round
/// in circles.
pub(super) fn reached(
    slices: usize,
    edges: &[(usize, usize)],
    start: usize,
    direction: Direction,
) -> Vec<usize> {
    if start >= slices {
        return Vec::new();
    }
    let neighbours = Neighbours::new(slices, edges, direction);
    let mut seen = vec![false; slices];
    seen[start] = true;
    let mut next = vec![start];
    while let Some(slice) = next.pop() {
        for &neighbour in neighbours.of(slice) {
            if !std::mem::replace(&mut seen[neighbour], true) {
                next.push(neighbour);
            }
        }
    }
    seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(slice, _)| slice).collect()
}

/// What each of some slices, which are connected with `start`, is to it.
pub(super) fn relations(
    connected: &[usize],
    slices: usize,
    edges: &[(usize, usize)],
    start: usize,
) -> Vec<&'static str> {
    let [preceding, following] =
        [Direction::Preceding, Direction::Following].map(|way| reached(slices, edges, start, way));
    let has = |reached: &[usize], slice: usize| reached.binary_search(&slice).is_ok();
    let relation = |&slice: &usize| match slice {
        _ if slice == start => "itself",
        _ if has(&preceding, slice) => "preceding",
        _ if has(&following, slice) => "following",
        _ => "connected",
    };
    connected.iter().map(relation).collect()
}

/// The ends of edges by their beginnings.
struct Neighbours {
    /// Where the ends of each slice's edges begin; one more than there are slices.
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Neighbours {
    fn new(slices: usize, edges: &[(usize, usize)], direction: Direction) -> Self {
        let there = (direction != Direction::Preceding).then_some(());
        let back = (direction != Direction::Following).then_some(());
        let steps = || {
            let known = edges.iter().filter(move |(from, to)| *from < slices && *to < slices);
            known.flat_map(move |&(from, to)| {
                there.map(|()| (from, to)).into_iter().chain(back.map(|()| (to, from)))
            })
        };
        let mut starts = vec![0; slices + 1];
        for (from, _) in steps() {
            starts[from + 1] += 1;
        }
        for slice in 0..slices {
            starts[slice + 1] += starts[slice];
        }
        let mut places = starts.clone();
        let mut ends = vec![0; starts[slices]];
        for (from, to) in steps() {
            ends[places[from]] = to;
            places[from] += 1;
        }
        Self { starts, ends }
    }

    fn of(&self, slice: usize) -> &[usize] {
        &self.ends[self.starts[slice]..self.starts[slice + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{Connected, Following, Preceding};
    use super::{reached, relations};

    /// 0 encloses 1; a flow goes from 1 to 2, which encloses 3; another from 4 to 2; 5 is alone.
    const EDGES: [(usize, usize); 4] = [(0, 1), (1, 2), (2, 3), (4, 2)];

    #[test]
    fn preceding_goes_back_and_out() {
        assert_eq!(reached(6, &EDGES, 3, Preceding), [0, 1, 2, 3, 4]);
        assert_eq!(reached(6, &EDGES, 1, Preceding), [0, 1]);
    }

    #[test]
    fn following_goes_on_and_in() {
        assert_eq!(reached(6, &EDGES, 0, Following), [0, 1, 2, 3]);
        assert_eq!(reached(6, &EDGES, 4, Following), [2, 3, 4]);
    }

    #[test]
    fn connected_goes_both_ways_and_any_way_from_there() {
        assert_eq!(reached(6, &EDGES, 4, Connected), [0, 1, 2, 3, 4]);
        assert_eq!(reached(6, &EDGES, 5, Connected), [5]);
        let of_one = relations(&[0, 1, 2, 3, 4], 6, &EDGES, 1);
        assert_eq!(of_one, ["preceding", "itself", "following", "following", "connected"]);
    }

    #[test]
    fn circles_end_and_strange_edges_are_passed_over() {
        assert_eq!(reached(2, &[(0, 1), (1, 0), (0, 0), (1, 7)], 0, Following), [0, 1]);
        assert_eq!(reached(2, &[], 2, Connected), [0_usize; 0]);
    }
}
