//! Text forms.

use dusk_sdk::{Field, Value as _};

use play::Outcome;

/// The most bytes of a memo.
const MAX_MEMO_BYTES: usize = 31;

/// A field element from its 64 hexadecimal digits.
///
/// # Errors
/// If it is none.
pub fn element(text: &str) -> Result<Field, String> {
    let json = serde_json::Value::String(text.to_owned());
    Field::read_json(&json).map_err(|_| format!("`{text}` is not a field element of 64 hexadecimal digits"))
}

/// A memo of up to 31 bytes.
///
/// # Errors
/// If it is longer.
pub fn memo_of(text: &str) -> Outcome<Field> {
    let mut bytes = [0; 32];
    let place = bytes.get_mut(..text.len()).filter(|place| place.len() <= MAX_MEMO_BYTES);
    place.ok_or("a memo has at most 31 bytes")?.copy_from_slice(text.as_bytes());
    Ok(Field::from_bytes(&bytes)?)
}

/// A memo as text, if it is some, else in hexadecimal digits. It comes from a stranger: signs that control terminals
/// are escaped.
#[must_use]
pub fn memo_text(memo: Field) -> String {
    let bytes = memo.to_bytes();
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match std::str::from_utf8(&bytes[..length]) {
        Ok(text) if length <= MAX_MEMO_BYTES => text.escape_debug().to_string(),
        _ => memo.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memos_are_text_or_digits() {
        for text in ["", "rent", "größer", &"x".repeat(31)] {
            assert_eq!(memo_text(memo_of(text).unwrap()), text);
        }
        assert!(memo_of(&"x".repeat(32)).is_err());
        assert_eq!(memo_text(memo_of("\u{1b}[31m").unwrap()), "\\u{1b}[31m");
        let hash = -Field::from(1);
        assert_eq!(memo_text(hash), hash.to_string());
    }

    #[test]
    fn elements_have_64_digits() {
        assert_eq!(element(&Field::from(7).to_string()).unwrap(), Field::from(7));
        assert!(element("7").is_err() && element(&"f".repeat(64)).is_err());
    }
}
