//! Format v1: Go 1.5 to 1.21.
//!
//! A trace is a sequence of batches, each of the events of one P. Its strings stand anywhere, its stacks and the frequency
//! of its clock at the end; so it is read whole. `wire` finds the events in the bytes, `index` reads what is not an event
//! and finds the batches of each P, `merge` puts the events of all Ps in order by time and by the states of goroutines (by
//! sequence numbers in Go 1.5), `check` holds them against the rules of the scheduler, `convert` says the same in the terms
//! of format v2, and `reader` gives it out.
//!
//! Order, times and context are those that Go 1.27 gives to traces of Go 1.11 and later (`internal/trace/tracev1.go` and
//! `internal/trace/internal/tracev1`). It does not read those of Go 1.5 to 1.10 any more; they are parsed as in Go 1.21
//! (`internal/trace/parser.go`) and converted by the same rules. Before Go 1.10 each P told of its part in a stop of the world;
//! that is a range of the P here. How much was swept is known since Go 1.9.

mod check;
mod convert;
mod futile;
mod index;
mod merge;
mod reader;
mod spec;
mod track;
mod wire;

pub(super) use reader::Reader;
