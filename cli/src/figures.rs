//! Numbers, amounts of money, times and lists as people read them.

use std::collections::BTreeSet;
use std::time::Duration;

/// An integer with its thousands set apart: `5,412,004`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people read them: `512 B`, `18.2 KiB`.
pub(crate) fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} B") } else { format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024) }
}

/// Money in the unit that suits it: `10.8 mDUSK`, `1,000 DUSK`, `12 LUX`.
pub(crate) fn money(lux: u64) -> String {
    let (unit, name) = match lux {
        0..1_000 => return format!("{lux} LUX"),
        1_000..1_000_000 => (1_000, "µDUSK"),
        1_000_000..1_000_000_000 => (1_000_000, "mDUSK"),
        _ => (1_000_000_000, "DUSK"),
    };
    let tenths = lux % unit * 10 / unit;
    if tenths == 0 {
        format!("{} {name}", grouped(lux / unit))
    } else {
        format!("{}.{tenths} {name}", grouped(lux / unit))
    }
}

/// Money with all its digits: `1,234.56789 DUSK`.
pub(crate) fn exact_money(lux: u64) -> String {
    const LUX_PER_DUSK: u64 = 1_000_000_000;
    let fraction = format!("{:09}", lux % LUX_PER_DUSK);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction} DUSK", grouped(lux / LUX_PER_DUSK))
}

/// A time as people read it: `9 ms`, `1.2 s`.
pub(crate) fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 { format!("{millis} ms") } else { format!("{}.{} s", millis / 1000, millis % 1000 / 100) }
}

/// A count with its noun: `1 event`, `4 events`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Names in one line, each once, in the order of the alphabet.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (5_412_004, "5,412,004"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        for (bytes, text) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (18_637, "18.2 KiB")] {
            assert_eq!(size(bytes), text);
        }
        let money_cases = [
            (12, "12 LUX"),
            (1_500, "1.5 µDUSK"),
            (10_824_008, "10.8 mDUSK"),
            (1_000_000_000, "1 DUSK"),
            (1_000_000_000_000_000, "1,000,000 DUSK"),
        ];
        for (lux, text) in money_cases {
            assert_eq!(money(lux), text);
        }
        let exact =
            [(0, "0 DUSK"), (1, "0.000000001 DUSK"), (1_500_000_000, "1.5 DUSK"), (4_000_000_000_000, "4,000 DUSK")];
        for (lux, text) in exact {
            assert_eq!(exact_money(lux), text);
        }
        assert_eq!(time(Duration::from_millis(999)), "999 ms");
        assert_eq!(time(Duration::from_millis(1250)), "1.2 s");
        assert_eq!((count(1, "event"), count(0, "event")), ("1 event".to_owned(), "0 events".to_owned()));
    }
}
