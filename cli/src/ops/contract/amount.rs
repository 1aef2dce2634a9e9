//! Amounts of money as people write them.
//!
//! One rule for all commands: a unit, or a decimal point. `2.5DUSK` and `100LUX` say what they are; `2.5` can only be
//! DUSK, because there is no part of a LUX. A whole number alone could be either, a thousand million times apart: it is
//! refused, except 0. In JSON a whole number is LUX, because programs write that.

use local_node_types::rules::LUX_PER_DUSK;

/// Decimal places of one DUSK.
const PLACES: usize = 9;

/// Reads DUSK (`2.5`, `30DUSK`) or LUX (`100LUX`). The answer is LUX.
///
/// # Errors
/// The fault, with an example.
pub(crate) fn lux(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase().replace('_', "");
    let wrong = || format!("`{text}` is not an amount: write DUSK, as in 2.5DUSK, or LUX, as in 100LUX");
    let figure = |unit: &str| lower.strip_suffix(unit).map(str::trim_end);
    if let Some(figure) = figure("lux") {
        return digits(figure).ok_or_else(wrong);
    }
    if digits(&lower).is_some_and(|figure| figure > 0) {
        return Err(format!("`{text}` has no unit: write {lower}DUSK or {lower}LUX"));
    }
    let figure = figure("dusk").unwrap_or(&lower);
    let (whole, part) = figure.split_once('.').unwrap_or((figure, "0"));
    if part.len() > PLACES {
        return Err(format!("`{text}` is finer than one LUX: an amount of DUSK has at most {PLACES} decimal places"));
    }
    if part.is_empty() {
        return Err(wrong());
    }
    let whole = digits(whole).and_then(|whole| whole.checked_mul(LUX_PER_DUSK));
    let part = digits(&format!("{part:0<PLACES$}"));
    whole.zip(part).and_then(|(whole, part)| whole.checked_add(part)).ok_or_else(wrong)
}

/// Digits and nothing else.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        let good = [
            ("0", 0),
            ("1.0", 1_000_000_000),
            ("1dusk", 1_000_000_000),
            ("2.5", 2_500_000_000),
            ("0.000000001", 1),
            ("1_000 DUSK", 1_000_000_000_000),
            ("100LUX", 100),
            (" 7 lux ", 7),
            ("0.0", 0),
            ("18446744073.709551615", u64::MAX),
        ];
        for (text, expected) in good {
            assert_eq!(lux(text), Ok(expected), "{text}");
        }
        for text in ["", ".5", "1.", "-1", "1e3", "0.0000000001", "1.5 LUX", "18446744073.709551616", "5 EUR", "1.2.3"]
        {
            assert!(lux(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_whole_number_needs_a_unit() {
        for text in ["1", " 30 ", "1_000", "18446744073709551615"] {
            assert!(lux(text).is_err_and(|error| error.contains("has no unit: write ")), "{text}");
        }
        assert_eq!(lux("30").unwrap_err(), "`30` has no unit: write 30DUSK or 30LUX");
    }
}
