//! Times and durations, as people write and read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    since_1970().as_secs()
}

/// The time since 1970, with the part of the second.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A time in the form of RFC 3339: `2026-11-22T16:48:39Z`.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / DAY);
    let second = seconds % DAY;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / HOUR, second % HOUR / MINUTE, second % MINUTE)
}

/// The date of a day since 1970, in the Gregorian calendar. No crate for dates is compiled otherwise, and blocks of a
/// hostile node have times that such crates refuse. Years begin in March here, so that leap days come last.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days.saturating_add(DAYS_BEFORE_1970);
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// How long ago a time was: `3 min ago`; `in 2 d` where it is yet to come.
pub(crate) fn age(seconds: u64, now: u64) -> String {
    let (distance, ahead) = (now.abs_diff(seconds), seconds > now);
    let text = match distance {
        0 => return "now".to_owned(),
        1..MINUTE => format!("{distance} s"),
        MINUTE..HOUR => format!("{} min", distance / MINUTE),
        HOUR..DAY => format!("{} h", distance / HOUR),
        _ => format!("{} d", distance / DAY),
    };
    if ahead { format!("in {text}") } else { format!("{text} ago") }
}

/// A time as commands show it: its age, and itself.
pub(crate) fn moment(seconds: u64) -> String {
    format!("{} · {}", age(seconds, now()), rfc3339(seconds))
}

/// Reads a duration in this form alone: crates for durations also take `1.5h`, years and signs.
///
/// The form: `90s`, `15m`, `6h`, `1d`, `2w`, or several of them: `1d12h`; `0s` is none. Gives seconds.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn duration(text: &str) -> Result<u64, String> {
    const FORM: &str = "write a number with its unit: 90s, 15m, 6h, 1d, 2w, or 1d12h";
    let wrong = || format!("`{text}` is not a duration; {FORM}");
    if text.is_empty() {
        return Err(wrong());
    }
    let mut total = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let mut tail = rest[digits..].chars();
        let unit = match tail.next() {
            Some('s') => 1,
            Some('m') => MINUTE,
            Some('h') => HOUR,
            Some('d') => DAY,
            Some('w') => WEEK,
            _ => return Err(wrong()),
        };
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = tail.as_str();
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(rfc3339(seconds), text);
        }
        assert!(rfc3339(u64::MAX).ends_with('Z'));
    }

    #[test]
    fn ages_are_told_in_the_unit_that_suits_them() {
        let cases =
            [(100, "now"), (99, "1 s ago"), (41, "59 s ago"), (40, "1 min ago"), (160, "in 1 min"), (104, "in 4 s")];
        for (seconds, text) in cases {
            assert_eq!(age(seconds, 100), text);
        }
        assert_eq!((age(0, 7_300), age(0, 3 * DAY)), ("2 h ago".to_owned(), "3 d ago".to_owned()));
    }

    #[test]
    fn durations_have_units() {
        let cases = [
            ("90s", 90),
            ("15m", 900),
            ("6h", 21_600),
            ("1d", 86_400),
            ("2w", 1_209_600),
            ("1d12h", 129_600),
            ("0s", 0),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text), Ok(seconds));
        }
        for wrong in ["", "90", "s", "1y", "-1s", "1.5h", "1d ", "99999999999999999999s", "9999999999999999999w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
