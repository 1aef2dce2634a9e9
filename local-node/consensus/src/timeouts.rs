//! How long a step may take.
//!
//! Source: the book, "Consensus", section "Timeouts".

use std::collections::VecDeque;

use local_node_types::ledger::StepName;

use crate::parameters::{Millis, Timeouts};

/// How many elapsed times an average is taken over.
const AVERAGED: usize = 5;

/// How long each step took the last times it came to a result. A node keeps these over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTimes([VecDeque<Millis>; 3]);

impl StepTimes {
    /// Adds how long a step took. Of each step the last five count.
    pub fn record(&mut self, step: StepName, elapsed: Millis) {
        let times = &mut self.0[step as usize];
        if times.len() == AVERAGED {
            times.pop_front();
        }
        times.push_back(elapsed);
    }

    /// The recorded times of a step, oldest first.
    pub fn recorded(&self, step: StepName) -> impl Iterator<Item = Millis> {
        self.0[step as usize].iter().copied()
    }

    /// The timeout with which a step begins: the average, rounded up, within the bounds; the longest when nothing is
    /// known.
    #[must_use]
    pub fn base(&self, step: StepName, bounds: &Timeouts) -> Millis {
        let times = &self.0[step as usize];
        let sum: u64 = times.iter().fold(0, |sum, time| sum.saturating_add(time.0));
        let Some(average) = sum.checked_div(times.len() as u64) else { return bounds.max };
        let unit = bounds.granularity.0.max(1);
        Millis(average.div_ceil(unit).saturating_mul(unit)).clamp(bounds.min, bounds.max)
    }
}

/// The timeouts of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoundTimeouts {
    current: [Millis; 3],
    bounds: Timeouts,
}

impl RoundTimeouts {
    /// Those with which a round begins.
    #[must_use]
    pub(crate) fn new(times: &StepTimes, bounds: Timeouts) -> Self {
        Self { current: StepName::ALL.map(|step| times.base(step, &bounds)), bounds }
    }

    /// The timeout of a step.
    #[must_use]
    pub(crate) const fn of(&self, step: StepName) -> Millis {
        self.current[step as usize]
    }

    /// A step has timed out: it gets more time for the rest of the round.
    pub(crate) fn expired(&mut self, step: StepName) {
        let timeout = &mut self.current[step as usize];
        *timeout = timeout.plus(self.bounds.increase).min(self.bounds.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Timeouts = Timeouts::PRODUCTION;

    #[test]
    fn begins_with_the_longest() {
        assert_eq!(StepTimes::default().base(StepName::Proposal, &BOUNDS), Millis::from_secs(40));
    }

    #[test]
    fn averages_the_last_five_and_rounds_up() {
        let mut times = StepTimes::default();
        for elapsed in [100_000, 10_000, 10_000, 10_000, 10_000, 10_005] {
            times.record(StepName::Validation, Millis(elapsed));
        }
        assert_eq!(times.base(StepName::Validation, &BOUNDS), Millis::from_secs(11));
        assert_eq!(times.base(StepName::Proposal, &BOUNDS), Millis::from_secs(40));
        times.record(StepName::Ratification, Millis(1));
        assert_eq!(times.base(StepName::Ratification, &BOUNDS), Millis::from_secs(7));
    }

    #[test]
    fn grows_with_each_expiry_up_to_the_longest() {
        let mut times = StepTimes::default();
        times.record(StepName::Proposal, Millis(0));
        let mut round = RoundTimeouts::new(&times, BOUNDS);
        round.expired(StepName::Proposal);
        assert_eq!(round.of(StepName::Proposal), Millis::from_secs(9));
        (0..30).for_each(|_| round.expired(StepName::Proposal));
        assert_eq!(round.of(StepName::Proposal), Millis::from_secs(40));
        assert_eq!(round.of(StepName::Validation), Millis::from_secs(40));
    }
}
