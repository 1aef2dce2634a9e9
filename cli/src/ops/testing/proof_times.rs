//! How long real proofs take in tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dusk_sdk_circuit::Layout;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Measures proofs. A proof takes all cores, so only those count that ran while no other proof did.
#[derive(Debug, Default)]
pub(crate) struct ProofTimes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    running: usize,
    begun: u64,
    circuits: BTreeMap<String, Proven>,
}

#[derive(Debug)]
struct Proven {
    gates: u64,
    proofs: u64,
    /// The times of the processors and of the clock, of the proofs that ran alone.
    alone: Vec<(Duration, Duration)>,
}

/// A proof that is being made.
#[derive(Debug)]
#[must_use]
pub(crate) struct Begun {
    number: u64,
    is_alone: bool,
    at: Instant,
    processors: Duration,
}

/// The proofs of a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProofTime {
    /// The circuit.
    pub(crate) circuit: String,
    /// Its gates.
    pub(crate) gates: u64,
    /// The power of two that its keys are for.
    pub(crate) power: u32,
    /// How many proofs were made.
    pub(crate) proofs: u64,
    /// How many of them were made while no other was.
    pub(crate) alone: u64,
    /// The median time of these on all processors, in milliseconds; none where there are none.
    pub(crate) processor_milliseconds: Option<u64>,
    /// The median time by the clock.
    pub(crate) milliseconds: Option<u64>,
}

impl ProofTimes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a proof.
    pub(crate) fn begin(&self) -> Begun {
        let (number, is_alone) = {
            let mut state = self.state();
            state.running += 1;
            state.begun += 1;
            (state.begun, state.running == 1)
        };
        Begun { number, is_alone, at: Instant::now(), processors: processors() }
    }

    /// Ends a proof. Without a layout it has failed, and does not count.
    pub(crate) fn end(&self, begun: &Begun, layout: Option<&Layout>) {
        let times = (processors().saturating_sub(begun.processors), begun.at.elapsed());
        let mut state = self.state();
        state.running -= 1;
        let is_alone = begun.is_alone && state.begun == begun.number;
        let Some(layout) = layout else { return };
        let empty = || Proven { gates: layout.gates() as u64, proofs: 0, alone: Vec::new() };
        let proven = state.circuits.entry(layout.name.clone()).or_insert_with(empty);
        proven.proofs += 1;
        if is_alone {
            proven.alone.push(times);
        }
    }

    /// The times by circuit.
    pub(crate) fn all(&self) -> Vec<ProofTime> {
        let of = |(circuit, proven): (&String, &Proven)| ProofTime {
            circuit: circuit.clone(),
            gates: proven.gates,
            power: proven.gates.next_power_of_two().ilog2(),
            proofs: proven.proofs,
            alone: proven.alone.len() as u64,
            processor_milliseconds: median(proven.alone.iter().map(|(processors, _)| *processors)),
            milliseconds: median(proven.alone.iter().map(|(_, clock)| *clock)),
        };
        self.state().circuits.iter().map(of).collect()
    }
}

/// In milliseconds; of an even number the lower one of the middle.
fn median(times: impl Iterator<Item = Duration>) -> Option<u64> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let middle = times.get(times.len().saturating_sub(1) / 2)?;
    Some(u64::try_from(middle.as_millis()).unwrap_or(u64::MAX))
}

/// The time that this process has had on all processors.
fn processors() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::{BlsScalar, ConstraintSystem, Field, Gate};

    use super::*;

    fn layout(name: &str, rows: usize) -> Layout {
        let mut cs = ConstraintSystem::new(name);
        let own = cs.private::<Field>("own", None);
        (0..rows).for_each(|_| cs.gate("none", Gate::new().a(own.wire(), BlsScalar::one())));
        cs.finish().0
    }

    #[test]
    fn only_proofs_that_run_alone_are_timed() {
        let times = ProofTimes::default();
        assert_eq!(times.all(), []);
        let (small, large) = (layout("small", 5), layout("large", 100));
        let alone = times.begin();
        times.end(&alone, Some(&large));
        let failed = times.begin();
        times.end(&failed, None);
        // The first begins alone, but not the second; and the first does not end alone.
        let (first, second) = (times.begin(), times.begin());
        times.end(&second, Some(&small));
        times.end(&first, Some(&large));
        let all = times.all();
        let counts: Vec<_> = all.iter().map(|it| (it.circuit.as_str(), it.proofs, it.alone)).collect();
        assert_eq!(counts, [("large", 2, 1), ("small", 1, 0)]);
        assert_eq!(all[0].gates, large.gates() as u64);
        assert_eq!(1 << all[0].power, large.gates().next_power_of_two());
        assert!(all[0].milliseconds.is_some() && all[1].milliseconds.is_none());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |times: &[u64]| median(times.iter().map(|it| Duration::from_millis(*it)));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[9]), Some(9));
        assert_eq!(of(&[9, 1, 4]), Some(4));
        assert_eq!(of(&[9, 1, 4, 5]), Some(4));
    }
}
