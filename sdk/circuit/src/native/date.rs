//! Dates as numbers of days.

use core::fmt;

/// A day of the Gregorian calendar, from 1 January of the year 1. Circuits use the number of the day; this type
/// converts to it.
///
/// ```
/// use dusk_sdk_circuit::native::Date;
/// let today = Date::new(2026, 3, 1).unwrap();
/// // A person born on this day or before is of age today.
/// assert_eq!(today.years_before(18), Date::new(2008, 3, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

const MONTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn length(year: u16, month: u8) -> u8 {
    if month == 2 && is_leap(year) { 29 } else { MONTHS[usize::from(month) - 1] }
}

impl Date {
    /// The date, if it exists: years from 1 to 9999, months and days from 1.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let known = (1..=9999).contains(&year) && (1..=12).contains(&month);
        (known && day >= 1 && day <= length(year, month)).then_some(Self { year, month, day })
    }

    /// The number of the day: 1 January of the year 1 is day 1.
    #[must_use]
    pub fn number(self) -> u32 {
        let years = u32::from(self.year) - 1;
        let months = (1..self.month).map(|month| u32::from(length(self.year, month))).sum::<u32>();
        365 * years + years / 4 - years / 100 + years / 400 + months + u32::from(self.day)
    }

    /// The same date some years before, if it is after the year 0; for 29 February the 28th in years without it. A
    /// person born on that day or earlier has lived this number of years.
    #[must_use]
    pub fn years_before(self, years: u16) -> Option<Self> {
        let year = self.year.checked_sub(years).filter(|year| *year > 0)?;
        Some(Self { year, month: self.month, day: self.day.min(length(year, self.month)) })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
