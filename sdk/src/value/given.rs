//! Values out of JSON documents whose parts were taken apart.

use super::Value;
use crate::__private::Json;
use crate::json::{Given, Items, JsonError};

impl Given<'_> {
    /// Reads the value of this number. An optional value may be missing.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn read<T: Value>(&self, index: usize) -> Result<T, JsonError> {
        let name = self.names[index];
        let missing = || JsonError::missing().in_field(name);
        match self.values[index] {
            Some(json) => {
                // A lone argument may be a list with one item for its own value, as in an ordered list of arguments.
                let lone = match json {
                    Json::Array(items) if self.lone && items.len() == 1 => items.first(),
                    _ => None,
                };
                T::read_json(json)
                    .or_else(|e| lone.and_then(|item| T::read_json(item).ok()).ok_or(e))
                    .map_err(|e| e.in_field(name))
            }
            None => T::read_json(&Json::Null).map_err(|_| missing()),
        }
    }
}

impl Items<'_> {
    /// Reads the item of this number.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn read<T: Value>(&self, index: usize) -> Result<T, JsonError> {
        T::read_json(&self.0[index]).map_err(|e| e.within(index))
    }
}
