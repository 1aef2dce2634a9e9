//! Simulations that several tests look at. Each of them runs once in a process.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use local_node_sim::Report;

/// Runs of one kind, by what tells them apart. A run is made when a test first asks for it, and kept.
pub(crate) struct Runs<K> {
    make: fn(K) -> Report,
    made: Mutex<BTreeMap<K, &'static OnceLock<Report>>>,
}

impl<K: Ord + Copy> Runs<K> {
    pub(crate) const fn new(make: fn(K) -> Report) -> Self {
        Self { make, made: Mutex::new(BTreeMap::new()) }
    }

    /// The run of a key. Tests that ask for another one do not wait for it.
    pub(crate) fn of(&self, key: K) -> &'static Report {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let run: &'static OnceLock<Report> =
            made.entry(key).or_insert_with(|| Box::leak(Box::<OnceLock<Report>>::default()));
        drop(made);
        run.get_or_init(|| (self.make)(key))
    }
}
