//! Which refusals are told: a flood of datagrams does not become a flood of lines.

use std::time::Duration;

/// The most refusals that are told in a second.
pub const MAX_TOLD_REFUSALS: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);

/// Whether a refusal is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is.
    This,
    /// It is, and so many before it were not.
    After(u64),
    /// Too many were told lately.
    Not,
}

/// How many refusals were told in this second, and how many not.
#[derive(Debug, Default)]
pub(super) struct RefusalLog {
    since: Duration,
    told: u32,
    untold: u64,
}

impl RefusalLog {
    /// Counts a refusal.
    pub(super) fn takes(&mut self, now: Duration) -> Told {
        if now.saturating_sub(self.since) >= SECOND {
            (self.since, self.told) = (now, 0);
        }
        if self.told >= MAX_TOLD_REFUSALS {
            self.untold += 1;
            return Told::Not;
        }
        self.told += 1;
        match std::mem::take(&mut self.untold) {
            0 => Told::This,
            untold => Told::After(untold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_in_part_and_counted_whole() {
        let mut log = RefusalLog::default();
        let told = (0..1000).filter(|_| log.takes(Duration::from_millis(3)) == Told::This).count();
        assert_eq!(told, MAX_TOLD_REFUSALS as usize);
        assert_eq!(log.takes(Duration::from_millis(999)), Told::Not);
        assert_eq!(log.takes(SECOND), Told::After(901));
        assert_eq!(log.takes(SECOND), Told::This);
    }
}
