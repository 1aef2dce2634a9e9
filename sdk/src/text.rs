//! Writing JSON without the formatting code of `core`, which would be most of a small contract's code.

use alloc::string::String;

/// Writers of decimal numbers. There are two, because dividing 128 bits takes much more code than dividing 64.
macro_rules! decimals {
    ($($(#[$doc:meta])* $name:ident: $number:ty, $digits:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(out: &mut String, mut number: $number) {
            let mut digits = [0u8; $digits];
            let mut start = digits.len();
            loop {
                start -= 1;
                digits[start] = b'0' + (number % 10) as u8;
                number /= 10;
                if number == 0 {
                    break;
                }
            }
            for digit in &digits[start..] {
                out.push(char::from(*digit));
            }
        }
    )*};
}

decimals! {
    /// Appends a decimal number.
    push_decimal: u128, 39;
    /// Appends a decimal number of at most 64 bits.
    push_decimal_u64: u64, 20;
}

/// Appends text. A function of its own: the compiler would copy the growth of the string to every place that writes.
#[inline(never)]
pub(crate) fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

/// Appends bytes as hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// Appends a JSON string with its quotes.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                out.push_str("\\u00");
                push_hex(out, &[control as u8]);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Writes the members of a JSON object or list, with commas between them.
#[derive(Debug)]
pub struct Members<'a> {
    out: &'a mut String,
    close: &'static str,
    first: bool,
}

impl<'a> Members<'a> {
    /// Starts an object.
    pub fn object(out: &'a mut String) -> Self {
        push(out, "{");
        Self { out, close: "}", first: true }
    }

    /// Starts a list.
    pub fn list(out: &'a mut String) -> Self {
        push(out, "[");
        Self { out, close: "]", first: true }
    }

    /// Starts the next item of a list; write the item to the returned string.
    pub fn item(&mut self) -> &mut String {
        if !self.first {
            push(self.out, ",");
        }
        self.first = false;
        self.out
    }

    /// Starts the next member of an object; write its value to the returned string. The name is an identifier of Rust:
    /// nothing in it needs an escape.
    pub fn field(&mut self, name: &str) -> &mut String {
        let out = self.item();
        push(out, "\"");
        push(out, name);
        push(out, "\":");
        out
    }

    /// Ends the object or list.
    pub fn end(self) {
        push(self.out, self.close);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 9, 10, u64::MAX] {
            let (mut short, mut long) = (String::new(), String::new());
            push_decimal_u64(&mut short, number);
            push_decimal(&mut long, u128::from(number));
            assert_eq!((short, long), (number.to_string(), number.to_string()));
        }
        let mut largest = String::new();
        push_decimal(&mut largest, u128::MAX);
        assert_eq!(largest, u128::MAX.to_string());
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        push_quoted(&mut out, "a\"b\\c\n\u{1}é");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"");
    }
}
