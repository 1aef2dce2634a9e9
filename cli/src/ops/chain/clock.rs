//! Times and durations, as people write and read them.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    since_1970().as_secs()
}

/// The time since 1970, with the part of the second.
pub(crate) fn since_1970() -> Duration {
    Timestamp::now().as_duration().try_into().unwrap_or_default()
}

/// A time in the form of RFC 3339: `2026-11-22T16:48:39Z`. The form ends with the year 9999, but a block of a hostile
/// node can have a later time: of that the seconds are told.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("{seconds} s after 1970"), |time| time.to_string())
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

/// Reads a duration of whole seconds: `90s`, `15m`, `6h`, `1d`, `2w`, or several units: `1d12h`. `0s` is none. A day
/// has 24 hours. Gives seconds.
///
/// # Errors
/// The fault.
pub(crate) fn duration(text: &str) -> Result<u64, String> {
    const FORM: &str = "write a number with its unit: 90s, 15m, 6h, 1d, 2w, or 1d12h";
    let read = |text: &str| -> Result<SignedDuration, jiff::Error> {
        text.parse::<Span>()?.to_duration(SpanRelativeTo::days_are_24_hours())
    };
    let whole = read(text).ok().filter(|it| it.subsec_nanos() == 0).and_then(|it| u64::try_from(it.as_secs()).ok());
    whole.ok_or_else(|| format!("`{text}` is not a duration of whole seconds; {FORM}"))
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
        assert_eq!(rfc3339(253_402_207_200), "9999-12-30T22:00:00Z");
        for seconds in [253_402_300_800, u64::MAX] {
            assert_eq!(rfc3339(seconds), format!("{seconds} s after 1970"));
        }
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
            ("1.5h", 5_400),
            ("0s", 0),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text), Ok(seconds));
        }
        for wrong in ["", "90", "s", "1y", "2mo", "-1s", "1.5s", "99999999999999999999s", "9999999999999999999w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
