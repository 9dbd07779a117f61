//! Which line of a timeline a slice is on. Lines hold slices that nest; a slice that crosses another one of its lane, or
//! comes after a later one, gets a further line of the lane.

use ahash::AHashMap;

/// What a lane belongs to, and which of these it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lane {
    /// `proc`, `thread`, `g`, `task`, or anything else.
    pub(super) kind: String,
    /// Empty: there is only one of the kind.
    pub(super) id: String,
}

impl Lane {
    /// The group that people see.
    fn group(&self) -> &str {
        match self.kind.as_str() {
            "proc" | "p" => "Procs",
            "thread" | "m" => "Threads",
            "g" | "goroutine" => "Goroutines",
            "task" => "Tasks",
            _ if self.id.is_empty() => "Runtime",
            kind => kind,
        }
    }

    fn name(&self) -> String {
        let kind = match self.kind.as_str() {
            "proc" | "p" => "Proc",
            "thread" | "m" => "Thread",
            "g" | "goroutine" => "Goroutine",
            "task" => "Task",
            kind => kind,
        };
        if self.id.is_empty() { kind.to_owned() } else { format!("{kind} {}", self.id) }
    }
}

/// A track that a viewer has not heard of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Track<'a> {
    /// From 1, over all groups.
    pub(super) id: u64,
    /// From 1.
    pub(super) group: u32,
    /// Where the group is new, too.
    pub(super) new_group: Option<&'a str>,
    /// Lines of one lane have one name.
    pub(super) name: String,
    /// Where it comes within its group.
    pub(super) rank: i64,
}

/// Where a slice goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) track: u64,
    pub(super) new: Option<Track<'a>>,
    /// The ends of slices on the track that are over before it, the innermost first.
    pub(super) closed: Vec<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    groups: AHashMap<String, u32>,
    lanes: AHashMap<Lane, Vec<Line>>,
    tracks: u64,
}

#[derive(Debug)]
struct Line {
    track: u64,
    /// The ends of what is open, the innermost last.
    open: Vec<i64>,
    last_start: i64,
}

impl Line {
    fn takes(&self, start: i64, end: i64) -> bool {
        let around = self.open.iter().rev().find(|open| **open > start);
        start >= self.last_start && around.is_none_or(|around| end <= *around)
    }
}

impl Lanes {
    pub(super) fn place<'a>(&mut self, lane: &'a Lane, start: i64, end: i64) -> Place<'a> {
        let (index, new) = self.line(lane, |line| line.takes(start, end));
        let Some(line) = self.lanes.get_mut(lane).and_then(|lines| lines.get_mut(index)) else {
            return Place { track: 0, new, closed: Vec::new() };
        };
        let still_open = line.open.iter().rposition(|open| *open > start).map_or(0, |last| last + 1);
        let closed = line.open.drain(still_open..).rev().collect();
        line.open.push(end);
        line.last_start = start;
        Place { track: line.track, new, closed }
    }

    /// The first line of a lane.
    pub(super) fn first<'a>(&mut self, lane: &'a Lane) -> (u64, Option<Track<'a>>) {
        let (index, new) = self.line(lane, |_| true);
        let line = self.lanes.get(lane).and_then(|lines| lines.get(index));
        (line.map_or(0, |line| line.track), new)
    }

    /// The first line that takes it; else a new one.
    fn line<'a>(&mut self, lane: &'a Lane, takes: impl Fn(&Line) -> bool) -> (usize, Option<Track<'a>>) {
        let lines = self.lanes.get(lane).map_or(&[][..], Vec::as_slice);
        if let Some(index) = lines.iter().position(takes) {
            return (index, None);
        }
        let index = lines.len();
        let next_group = u32::try_from(self.groups.len()).unwrap_or(u32::MAX).saturating_add(1);
        let group = self.groups.get(lane.group()).copied();
        let new_group = group.is_none().then(|| lane.group());
        let group = group.unwrap_or(next_group);
        self.groups.insert(lane.group().to_owned(), group);
        self.tracks += 1;
        let line = Line { track: self.tracks, open: Vec::new(), last_start: i64::MIN };
        self.lanes.entry(lane.clone()).or_default().push(line);
        let rank = lane.id.parse().unwrap_or(self.tracks.cast_signed());
        (index, Some(Track { id: self.tracks, group, new_group, name: lane.name(), rank }))
    }

    /// For each track in their order the ends of what is open, the innermost first.
    pub(super) fn open(&self) -> Vec<(u64, Vec<i64>)> {
        let lines = self.lanes.values().flatten();
        let mut open: Vec<(u64, Vec<i64>)> =
            lines.map(|line| (line.track, line.open.iter().rev().copied().collect())).collect();
        open.sort_unstable();
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_that_cross_are_on_lines_of_their_own() {
        let lane = Lane { kind: "g".into(), id: "7".into() };
        let mut lanes = Lanes::default();
        let mut place = |start, end| {
            let place = lanes.place(&lane, start, end);
            (place.track, place.new.is_some(), place.closed)
        };
        assert_eq!(place(0, 10), (1, true, vec![]));
        assert_eq!(place(2, 10), (1, false, vec![]));
        assert_eq!(place(3, 3), (1, false, vec![]));
        assert_eq!(place(3, 5), (1, false, vec![3]));
        assert_eq!(place(4, 12), (2, true, vec![]));
        assert_eq!(place(10, 20), (1, false, vec![5, 10, 10]));
        assert_eq!(place(1, 2), (3, true, vec![]));
        assert_eq!(lanes.open(), [(1, vec![20]), (2, vec![12]), (3, vec![2])]);
    }

    #[test]
    fn lanes_are_named_and_grouped() {
        let mut lanes = Lanes::default();
        let mut track = |kind: &str, id: &str| {
            let lane = Lane { kind: kind.into(), id: id.into() };
            let (_, new) = lanes.first(&lane);
            new.map(|track| (track.group, track.new_group.map(str::to_owned), track.name, track.rank))
        };
        assert_eq!(track("proc", "0"), Some((1, Some("Procs".into()), "Proc 0".into(), 0)));
        assert_eq!(track("proc", "3"), Some((1, None, "Proc 3".into(), 3)));
        assert_eq!(track("gc", ""), Some((2, Some("Runtime".into()), "gc".into(), 3)));
        assert_eq!(track("stw", ""), Some((2, None, "stw".into(), 4)));
        assert_eq!(track("host", "a"), Some((3, Some("host".into()), "host a".into(), 5)));
        assert_eq!(track("proc", "0"), None);
    }
}
