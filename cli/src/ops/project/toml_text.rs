//! Mistakes in TOML that people write: where they stand, and what helps.

/// `:3:7`, lines and columns from 1.
pub(crate) fn place(text: &str, offset: usize) -> String {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(":{line}:{column}")
}

/// The hint if the reader of TOML stops in the digits of a number.
pub(crate) fn hint_for_digits(text: &str, at: usize) -> Option<String> {
    let name = in_digits(text, at).and_then(|_| key_of(text, at))?;
    Some(format!("TOML has no numbers of more than 64 bits: write `{name} = \"…\"`, the digits as a text"))
}

/// Whether the place in a text is in, or right behind, a number of more digits than 64 bits have.
fn in_digits(text: &str, at: usize) -> Option<()> {
    let bytes = text.as_bytes();
    // `0x` and its digits: 16 of them have 64 bits, of which TOML has 63.
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let begin = at - bytes.get(..at)?.iter().rev().take_while(|byte| word(byte)).count();
    let is_hexadecimal = bytes[begin..].starts_with(b"0x");
    let (min_digits, is_digit): (usize, fn(&u8) -> bool) = if is_hexadecimal {
        (16, |byte| byte.is_ascii_hexdigit() || *byte == b'_')
    } else {
        (19, |byte| byte.is_ascii_digit() || *byte == b'_')
    };
    let after = bytes.get(at..)?.iter().take_while(|byte| is_digit(byte)).count();
    let before = bytes.get(..at)?.iter().rev().take_while(|byte| is_digit(byte)).count();
    (before + after >= min_digits).then_some(())
}

/// The key whose value is at this place: the last word before an equals sign.
fn key_of(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let key = before.rsplit_once('=')?.0.trim_end();
    let is_outside = |letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-';
    key.rsplit(is_outside).next().filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_where_a_letter_of_any_length_stands() {
        let hint = |text: &str| hint_for_digits(text, text.len());
        assert!(hint("supply = 99999999999999999999").unwrap().contains("`supply = \"…\"`"));
        assert!(hint("a.größe = 99999999999999999999").unwrap().contains("`größe = \"…\"`"));
        assert!(hint("init = [\"x—b=c\", 99999999999999999999").unwrap().contains("`b = \"…\"`"));
        assert_eq!(hint("init = [\"—=c\", 99999999999999999999"), None);
        assert_eq!(hint("99999999999999999999"), None);
        assert!(hint("x = 0x8000000000000000").unwrap().contains("`x = \"…\"`"));
        assert_eq!(hint("x = 0x80"), None);
    }
}
