//! Stopping what a session does.

use gtq::engine::{Cancel, Error};

use crate::support::{compiled_one, int, rows, trace};

/// All pairs of all events, of which nearly none satisfies the condition: what computes it has to be told to stop. What is
/// asked then has threads of its own.
#[test]
fn a_session_goes_on_after_what_was_stopped() {
    let cancel = Cancel::default();
    let session = trace("allocfree-go1.27.3").open().stopped_by(cancel.clone());
    let pairs = "from events as a |> join events as b on a.time < b.time and a.g + b.g = -1 |> aggregate count() as n";
    let query = session.prepare(&compiled_one(pairs)).unwrap();
    session.load([&query]).unwrap();
    for _ in 0..3 {
        let stop = cancel.clone();
        let stopping = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(200));
            stop.cancel();
        });
        let stopped = session.run(&query, |_| Ok(()));
        stopping.join().unwrap();
        assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
        let counted = rows(&session, "select count() as n from goroutines where g = 1");
        assert_eq!(int(&counted[0], "n"), 1);
    }
}
