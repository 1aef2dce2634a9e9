//! Days, derived from heights.
//!
//! A chain has no clock. An officer states the day and the time of a block; from then on the day follows from the
//! height. If blocks take longer or shorter, an officer corrects the day. The day never goes back, so nothing that has
//! ended becomes valid again.

use crate::prelude::{ensure, error};

/// The seconds of a day.
const DAY_SECONDS: u64 = 86_400;

/// The day of today. Days are counted from 1 January of the year 1, which is day 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    day: u32,
    since: u64,
    block_seconds: u32,
}

/// The errors of the calendar.
#[error(first = 9210)]
pub enum Refused {
    /// The day would go back; today is `today`.
    Backwards {
        /// The day.
        today: u32,
    },
    /// A block takes between a second and a day.
    BlockTime,
}

/// No day: an officer has to state it first. A block takes ten seconds.
impl Default for Calendar {
    fn default() -> Self {
        Self { day: 0, since: 0, block_seconds: 10 }
    }
}

impl Calendar {
    /// The day at a height.
    #[must_use]
    pub fn today(&self, height: u64) -> u32 {
        let seconds = height.saturating_sub(self.since).saturating_mul(u64::from(self.block_seconds));
        let days = u32::try_from(seconds / DAY_SECONDS).unwrap_or(u32::MAX);
        self.day.saturating_add(days)
    }

    /// The time of a block in seconds, as an officer has stated it.
    #[must_use]
    pub fn block_seconds(&self) -> u32 {
        self.block_seconds
    }

    /// States the day at a height, and the time of a block.
    ///
    /// # Errors
    /// [`Refused::Backwards`], [`Refused::BlockTime`].
    pub fn correct(&mut self, day: u32, block_seconds: u32, height: u64) -> Result<(), Refused> {
        let today = self.today(height);
        ensure!(day >= today, Refused::Backwards { today });
        ensure!(block_seconds > 0 && u64::from(block_seconds) <= DAY_SECONDS, Refused::BlockTime);
        *self = Self { day, since: height, block_seconds };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_moves_on_with_the_blocks() {
        let mut calendar = Calendar::default();
        calendar.correct(700_000, 10, 100).unwrap();
        assert_eq!(
            [100, 8_739, 8_740, 17_380].map(|height| calendar.today(height)),
            [700_000, 700_000, 700_001, 700_002]
        );
        assert_eq!(calendar.today(u64::MAX), u32::MAX);
    }

    #[test]
    fn the_day_never_goes_back() {
        let mut calendar = Calendar::default();
        calendar.correct(700_000, 10, 0).unwrap();
        assert_eq!(calendar.correct(700_000, 10, 8_640), Err(Refused::Backwards { today: 700_001 }));
        assert_eq!(calendar.correct(700_001, 20, 8_640), Ok(()));
        assert_eq!(calendar.today(8_640 + 4_320), 700_002);
        assert_eq!(calendar.correct(u32::MAX, 0, 8_640), Err(Refused::BlockTime));
        assert_eq!(calendar.correct(u32::MAX, 86_401, 8_640), Err(Refused::BlockTime));
        assert_eq!(calendar.correct(u32::MAX, 86_400, 8_640), Ok(()));
        assert_eq!(calendar.today(u64::MAX), u32::MAX);
    }
}
