//! Reads inputs from JSON without rounding numbers: the type of an input decides how a string or a large integer is
//! read.
//!
//! The reader of `serde_json` turns integers beyond 64 bits into floating-point numbers unless a type requests 128 bits
//! itself, and keeps the last of two equal keys. This reader passes the digits to types that can take them, accepts an
//! integer as a string of digits too, and rejects a duplicate key. It avoids copies of values, because they may be
//! secret.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The maximum nesting of values.
const MAX_DEPTH: usize = 64;

/// A value as text.
#[derive(Clone, Copy)]
pub(crate) struct Exact<'de> {
    text: &'de str,
    depth: usize,
}

impl<'de> Exact<'de> {
    /// Parses the text as a value.
    pub(crate) fn new(text: &'de str) -> Result<Self, Error> {
        let raw: &RawValue = serde_json::from_str(text)?;
        Ok(Self { text: raw.get(), depth: MAX_DEPTH })
    }

    fn inner(self, raw: &'de RawValue) -> Self {
        Self { text: raw.get(), depth: self.depth - 1 }
    }

    fn kind(self) -> Option<u8> {
        self.text.as_bytes().first().copied()
    }

    fn members(self) -> Result<Vec<(String, Self)>, Error> {
        let members: Members<'de> = serde_json::from_str(self.text)?;
        if let Some(name) = members.repeated() {
            return Err(Error::custom(format_args!("`{name}` is given twice")));
        }
        Ok(members.0.into_iter().map(|(name, raw)| (name, self.inner(raw))).collect())
    }

    /// The digits in a string, if it contains nothing else.
    fn digits(self) -> Option<&'de str> {
        let digits = self.text.strip_prefix('"')?.strip_suffix('"')?;
        (!digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
    }

    fn number<V: Visitor<'de>>(number: &'de str, visitor: V) -> Result<V::Value, Error> {
        if let Ok(number) = number.parse::<u64>() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = number.parse::<i64>() {
            return visitor.visit_i64(number);
        }
        if let Ok(number) = number.parse::<u128>() {
            return visitor.visit_u128(number);
        }
        if number.bytes().all(|digit| digit.is_ascii_digit()) {
            // The sign tells a long number from hexadecimal text.
            let mut text = Zeroizing::new(String::with_capacity(number.len() + 1));
            text.push('+');
            text.push_str(number);
            return visitor.visit_str(&text);
        }
        Err(Error::custom("expected a whole number"))
    }

    /// An integer: a number, or a string of its digits.
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.digits() {
            Some(digits) => Self::number(digits, visitor),
            None => self.deserialize_any(visitor),
        }
    }
}

/// Integers of any type may be strings.
macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Exact<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Some(b'{' | b'[') if self.depth == 0 => Err(Error::custom("it nests too deep")),
            Some(b'{') => {
                let mut map = MapDeserializer::new(self.members()?.into_iter());
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(self.text)?;
                let mut items = SeqDeserializer::new(items.into_iter().map(|raw| self.inner(raw)));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Some(b'"') if self.text.contains('\\') => {
                let text: Zeroizing<String> = Zeroizing::new(serde_json::from_str(self.text)?);
                visitor.visit_str(&text)
            }
            Some(b'"') => visitor.visit_borrowed_str(&self.text[1..self.text.len() - 1]),
            Some(b'n') => visitor.visit_unit(),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            _ => Self::number(self.text, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind() == Some(b'n') { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // Enums contain no numbers of ours: the reader of `serde_json` is sufficient.
        serde_json::Deserializer::from_str(self.text).deserialize_enum(name, variants, visitor)
    }

    integers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Exact<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The members of an object in the order of the text, for readers that keep its numbers as they are written.
#[derive(Debug)]
pub struct Members<'a>(
    /// Each name with its value. A name may occur twice: see [`Members::repeated`].
    pub Vec<(String, &'a RawValue)>,
);

impl Members<'_> {
    /// A name that two members have.
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use dusk_bls12_381::BlsScalar;

    use super::*;
    use crate::native::{Field, Unsigned};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        id: u128,
        amount: u64,
        root: Field,
        bits: Unsigned<100>,
        grid: [[u8; 2]; 1],
    }

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
        Exact::new(text).and_then(T::deserialize).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_of_any_length_are_decimal() {
        for length in 39..=77 {
            let digits: String = "12345678901234567890".chars().cycle().take(length).collect();
            let expected = digits.bytes().fold(Field::from(0), |sum, digit| {
                Field::from(sum.scalar() * BlsScalar::from(10) + BlsScalar::from(u64::from(digit - b'0')))
            });
            for text in [digits.clone(), format!("\"{digits}\"")] {
                let is_hexadecimal = length == 64 && text.starts_with('"');
                assert_eq!(read::<Field>(&text) == Ok(expected), !is_hexadecimal, "{text}");
            }
        }
        // Hexadecimal text that lost or won a digit is no number.
        for length in [63, 65, 66] {
            let digits: String = "0123456789".chars().cycle().take(length).collect();
            assert!(read::<Field>(&format!("\"{digits}\"")).is_err(), "{digits}");
        }
    }

    /// The largest field element, in decimal digits.
    const LARGEST: &str = "52435875175126190479447740508185965837690552500527637822603658699938581184512";

    #[test]
    fn numbers_of_every_size_are_exact_at_every_depth() {
        let large = u128::MAX.to_string();
        for quote in ["", "\""] {
            let text = format!(
                r#"{{"id":{quote}{large}{quote},"amount":{quote}18446744073709551615{quote},"root":{quote}{LARGEST}{quote},
                    "bits":{quote}18446744073709551616{quote},"grid":[[1,{quote}2{quote}]]}}"#
            );
            let line: Line = read(&text).unwrap();
            assert_eq!((line.id, line.amount, line.grid), (u128::MAX, u64::MAX, [[1, 2]]));
            assert_eq!(line.root, -Field::from(1));
            assert_eq!(line.bits.field(), Field::from(u64::MAX) + Field::from(1));
        }
    }

    #[test]
    fn a_field_element_is_read_in_both_forms_and_told_from_the_other() {
        assert_eq!(read::<Field>("7").unwrap(), Field::from(7));
        assert_eq!(read::<Field>("\"7\"").unwrap(), Field::from(7));
        let digits = format!("1{}", "0".repeat(63));
        let (number, text) = (read::<Field>(&digits).unwrap(), read::<Field>(&format!("\"{digits}\"")).unwrap());
        assert_eq!(text, Field::from(16), "64 digits in a text are hexadecimal, the least significant byte first");
        assert_eq!(number, read(&format!("\"+{digits}\"")).unwrap(), "a sign makes it a number");
        assert_ne!(number, text);
        let too_large = LARGEST.replace("512", "513");
        for wrong in [too_large.as_str(), "-1", "1.5", "1e3", "\"\"", "\"zz\"", "null", "18446744073709551616.0"] {
            assert!(read::<Field>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_no_type_takes_is_refused() {
        for wrong in ["256", "\"256\"", "-1", "1.0", "1e2", "18446744073709551616", "\"\"", "[1]", LARGEST] {
            assert!(read::<u8>(wrong).is_err(), "{wrong}");
        }
        assert!(read::<u128>("340282366920938463463374607431768211456").is_err());
        let twice = r#"{"id":1,"id":2,"amount":1,"root":1,"bits":1,"grid":[[1,2]]}"#;
        assert!(read::<Line>(twice).unwrap_err().contains("`id` is given twice"));
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(read::<serde_json::Value>(&deep).is_err());
    }

    #[test]
    fn a_repeated_name_is_found_wherever_it_stands_and_however_it_is_written() {
        let repeated = |text: &str| {
            let members: Members<'_> = serde_json::from_str(text).unwrap();
            members.repeated().map(String::from)
        };
        assert_eq!(repeated(r#"{"b":1,"a":2,"c":3,"b":4}"#).as_deref(), Some("b"));
        assert_eq!(repeated(r#"{"a":1,"z":2,"\u0061":3}"#).as_deref(), Some("a"));
        for none in ["{}", r#"{"a":1}"#, r#"{"b":1,"a":{"b":2},"c":{"b":3,"b":4}}"#] {
            assert_eq!(repeated(none), None, "{none}");
        }
        let many: String = (0..200_000).map(|n| format!("\"n{n}\":{n},")).collect();
        assert_eq!(repeated(&format!("{{{many}\"n7\":0}}")).as_deref(), Some("n7"));
    }
}
