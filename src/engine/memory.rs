//! The memory that operators may hold together, and what is said when it is not enough.

use std::fmt;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

use crate::output::human;

/// Operators that can write to disk share what the others leave.
#[derive(Debug)]
pub(super) struct Pool {
    shared: FairSpillPool,
    limit: usize,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Self { shared: FairSpillPool::new(limit), limit }
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.shared.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.shared.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.shared.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.shared.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.shared.try_grow(reservation, additional).map_err(|_| {
            let others = self.reserved().saturating_sub(reservation.size());
            DataFusionError::ResourcesExhausted(format!(
                "{} wanted {} more and held {}, others held {}, of {}",
                operation(reservation.consumer().name()),
                bytes(additional),
                bytes(reservation.size()),
                bytes(others),
                bytes(self.limit),
            ))
        })
    }

    fn reserved(&self) -> usize {
        self.shared.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.shared.memory_limit()
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name(), bytes(self.limit))
    }
}

/// What a consumer of DataFusion does, in the user's words; ours are called so already.
fn operation(consumer: &str) -> &str {
    let name = consumer.split_once('[').map_or(consumer, |(name, _)| name);
    let operations = [
        ("Aggregate", "grouping"),
        ("Sort", "sorting"),
        ("TopK", "sorting"),
        ("Join", "a join"),
        ("SMJ", "a join"),
        ("Repartition", "spreading rows over threads"),
    ];
    operations.iter().find(|(part, _)| name.contains(part)).map_or(name, |(_, operation)| operation)
}

fn bytes(bytes: usize) -> String {
    human::bytes(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// What a refusal says, without what was said around it.
pub(super) fn refusal(message: &str) -> String {
    let message = message.rsplit("Resources exhausted: ").next().unwrap_or(message);
    message.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_refusal_names_what_wanted_memory() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(10 << 20));
        let join = MemoryConsumer::new("HashJoinInput[0]").register(&pool);
        let depth = MemoryConsumer::new("depth[3]").register(&pool);
        join.try_grow(4 << 20).expect("it is there");
        depth.try_grow(1 << 20).expect("it is there");
        let error = join.try_grow(6 << 20).expect_err("too much");
        let wrapped = DataFusionError::ResourcesExhausted(format!("it failed: {error}\n\nbacktrace: ..."));
        for error in [error, wrapped] {
            let DataFusionError::ResourcesExhausted(message) = error else { panic!("{error}") };
            assert_eq!(
                refusal(&message),
                "a join wanted 6MiB more and held 4MiB, others held 1MiB, of 10MiB"
            );
        }
    }

    #[test]
    fn operations() {
        let names = ["GroupedHashAggregateStream[1] (count(1))", "ExternalSorterMerge[0]", "overlap join[2]"];
        assert_eq!(names.map(operation), ["grouping", "sorting", "overlap join"]);
    }
}
