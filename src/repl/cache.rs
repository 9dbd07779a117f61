//! Results of the session, to be shown again without a pass.

use std::collections::VecDeque;

use arrow::array::RecordBatch;

/// Results that are kept.
const RESULTS: usize = 32;

/// Bytes of a result that is kept.
const BYTES: usize = 1 << 20;

/// The last results, by the text that they answer.
#[derive(Debug, Default)]
pub(super) struct Cache(VecDeque<(String, Vec<RecordBatch>)>);

impl Cache {
    pub(super) fn get(&self, key: &str) -> Option<Vec<RecordBatch>> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, batches)| batches.clone())
    }

    pub(super) fn keep(&mut self, key: String, result: Kept) {
        if let Some(batches) = result.batches {
            self.0.push_back((key, batches));
            if self.0.len() > RESULTS {
                self.0.pop_front();
            }
        }
    }
}

/// A result on its way, as long as it is small.
pub(super) struct Kept {
    batches: Option<Vec<RecordBatch>>,
    bytes: usize,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self { batches: Some(Vec::new()), bytes: 0 }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) {
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        match &mut self.batches {
            Some(batches) if self.bytes <= BYTES => batches.push(batch.clone()),
            batches => *batches = None,
        }
    }
}
