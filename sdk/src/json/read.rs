//! Reading JSON, with errors that give the place and the expected form. Duplicate keys are rejected.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::__private::Json;

/// The name of an unnamed field of a variant.
const FIRST: &str = "0";
/// The maximum length of a wrong value in an error, in bytes.
const MAX_SHOWN_BYTES: usize = 60;

/// The error of a document that does not have the expected form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// The path in the document, from the outermost value: `order.items[3].price`.
    path: String,
    message: String,
}

impl JsonError {
    /// The error for a value of another form.
    #[must_use]
    pub fn expected(what: &str, found: &Json) -> Self {
        let mut found = found.to_string();
        if found.len() > MAX_SHOWN_BYTES {
            found.truncate(found.floor_char_boundary(MAX_SHOWN_BYTES));
            found.push('…');
        }
        Self::new(format!("expected {what}, found {found}"))
    }

    /// The error for a list with another number of items.
    #[must_use]
    pub fn count(expected: usize, found: usize) -> Self {
        Self::new(format!("expected {expected} items, found {found}"))
    }

    fn new(message: String) -> Self {
        Self { path: String::new(), message }
    }

    /// The error of a missing value.
    pub(crate) fn missing() -> Self {
        Self::new("is missing".into())
    }

    /// Adds the index of a list item to the path.
    #[must_use]
    pub fn within(mut self, index: usize) -> Self {
        self.path.insert_str(0, &format!("[{index}]"));
        self
    }

    /// Adds a field's name to the path.
    #[must_use]
    pub fn in_field(mut self, name: &str) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, name);
        self
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl core::error::Error for JsonError {}

/// Named values, given by name or in order.
#[derive(Debug)]
pub struct Given<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) values: Vec<Option<&'a Json>>,
    /// Whether the only value was given without its name.
    pub(crate) lone: bool,
}

impl<'a> Given<'a> {
    /// Reads arguments: an object with their names, a list in their order, or, for one argument, its own value.
    ///
    /// # Errors
    /// If there are too many or too few arguments, or unknown ones.
    pub fn new(names: &'a [&'a str], json: &'a Json) -> Result<Self, JsonError> {
        match json {
            // A single argument may itself be an object or a list. It counts as named only if the object has no other
            // key.
            Json::Object(map) if names.len() != 1 || (map.len() == 1 && map.contains_key(names[0])) => {
                Self::object(names, json)
            }
            Json::Array(values) if names.len() != 1 => {
                if values.len() != names.len() {
                    return Err(JsonError::new(format!(
                        "expected {} ({}), found {} in a list",
                        count(names.len()),
                        names.join(", "),
                        values.len()
                    )));
                }
                Ok(Self { names, values: values.iter().map(Some).collect(), lone: false })
            }
            Json::Null if names.is_empty() => Ok(Self { names, values: Vec::new(), lone: false }),
            _ if names.len() == 1 => Ok(Self { names, values: alloc::vec![Some(json)], lone: true }),
            _ if names.is_empty() => Err(JsonError::expected("no arguments", json)),
            _ => Err(JsonError::expected(&format!("an object with {}, or a list of them", names.join(", ")), json)),
        }
    }

    /// Reads fields: an object with their names. Unnamed fields of a variant may also be a list, and a single one its
    /// own value.
    ///
    /// # Errors
    /// If the document is not an object, or has an unknown field.
    pub fn object(names: &'a [&'a str], json: &'a Json) -> Result<Self, JsonError> {
        let unnamed = names.first() == Some(&FIRST);
        match json {
            Json::Array(values) if unnamed && names.len() > 1 => {
                if values.len() != names.len() {
                    return Err(JsonError::count(names.len(), values.len()));
                }
                return Ok(Self { names, values: values.iter().map(Some).collect(), lone: false });
            }
            Json::Object(map) if map.len() == 1 && map.contains_key(FIRST) => {}
            _ if unnamed && names.len() == 1 => {
                return Ok(Self { names, values: alloc::vec![Some(json)], lone: false });
            }
            _ => {}
        }
        let map = json.as_object().ok_or_else(|| JsonError::expected("an object", json))?;
        if let Some(unknown) = map.keys().find(|key| !names.contains(&key.as_str())) {
            let known =
                if names.is_empty() { "there are none".into() } else { format!("there are {}", names.join(", ")) };
            return Err(JsonError::new(format!("`{unknown}` is not known here; {known}")));
        }
        Ok(Self { names, values: names.iter().map(|name| map.get(*name)).collect(), lone: false })
    }
}

/// The items of a list of fixed length.
#[derive(Debug)]
pub struct Items<'a>(pub(crate) &'a [Json]);

impl<'a> Items<'a> {
    /// Reads a list of this length.
    ///
    /// # Errors
    /// If the document is not a list, or has another length.
    pub fn of(json: &'a Json, count: usize) -> Result<Self, JsonError> {
        let items = json.as_array().ok_or_else(|| JsonError::expected("a list", json))?;
        if items.len() == count { Ok(Self(items)) } else { Err(JsonError::count(count, items.len())) }
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 argument".into() } else { format!("{number} arguments") }
}

/// A variant of an enum: a string, or an object with one key.
#[derive(Debug)]
pub struct VariantJson<'a> {
    /// Its name.
    pub name: &'a str,
    body: Option<&'a Json>,
}

impl<'a> VariantJson<'a> {
    /// Reads the name of the variant.
    ///
    /// # Errors
    /// If the document is neither a string nor an object with one key.
    pub fn new(json: &'a Json) -> Result<Self, JsonError> {
        match json {
            Json::String(name) => Ok(Self { name, body: None }),
            Json::Object(map) if map.len() == 1 => {
                let (name, body) = map.iter().next().ok_or_else(|| JsonError::expected("a variant", json))?;
                Ok(Self { name, body: Some(body) })
            }
            _ => Err(JsonError::expected("a variant: its name, or an object with its name as the only key", json)),
        }
    }

    /// The fields of the variant.
    ///
    /// # Errors
    /// If there are none.
    pub fn fields(&self) -> Result<&'a Json, JsonError> {
        self.body.ok_or_else(|| JsonError::new(format!("`{}` has fields: write {{\"{0}\": {{…}}}}", self.name)))
    }

    /// Checks that the variant has no field, although it could have some: `"Name"` or `{"Name": {}}`.
    ///
    /// # Errors
    /// If it has one.
    pub fn empty_fields(&self) -> Result<(), JsonError> {
        match self.body {
            None => Ok(()),
            Some(Json::Object(map)) if map.is_empty() => Ok(()),
            Some(_) => self.no_fields(),
        }
    }

    /// Checks that the variant has no fields.
    ///
    /// # Errors
    /// If it has some.
    pub fn no_fields(&self) -> Result<(), JsonError> {
        match self.body {
            None => Ok(()),
            Some(_) => Err(JsonError::new(format!("`{}` has no fields: write \"{0}\"", self.name))),
        }
    }

    /// The error for an unknown variant.
    #[must_use]
    pub fn unknown(&self, known: &[&str]) -> JsonError {
        JsonError::new(format!("there is no variant `{}`; there are {}", self.name, known.join(", ")))
    }
}

/// A document without duplicate keys.
pub(crate) struct Document(pub(crate) Json);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Document, E> {
                Ok(Document(Json::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
                Ok(Document(Json::Bool(value)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Document, E> {
                Ok(Document(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Document, E> {
                Ok(Document(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Document, E> {
                Ok(Document(number.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Document, E> {
                Ok(Document(text.into()))
            }

            fn visit_string<E>(self, text: String) -> Result<Document, E> {
                Ok(Document(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
                let mut list = Vec::new();
                while let Some(Document(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(Document(Json::Array(list)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Document, A::Error> {
                let mut object = serde_json::Map::new();
                while let Some((key, Document(value))) = members.next_entry::<String, Document>()? {
                    if object.contains_key(&key) {
                        return Err(A::Error::custom(format_args!("the key `{key}` is given twice")));
                    }
                    object.insert(key, value);
                }
                Ok(Document(Json::Object(object)))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Reads hexadecimal text of any length. No crate for it: it would be one more dependency of every data driver.
pub(crate) fn hex_bytes(json: &Json) -> Result<Vec<u8>, JsonError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let read = || {
        let text = json.as_str()?;
        let text = text.strip_prefix("0x").unwrap_or(text).as_bytes();
        if text.len() % 2 != 0 {
            return None;
        }
        text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
    };
    read().ok_or_else(|| JsonError::expected("bytes as hexadecimal text", json))
}

/// Reads hexadecimal text of a fixed length.
pub(crate) fn hex_array<const N: usize>(json: &Json) -> Result<[u8; N], JsonError> {
    let bytes = hex_bytes(json)?;
    bytes.try_into().map_err(|_| JsonError::expected(&format!("{N} bytes as hexadecimal text"), json))
}
