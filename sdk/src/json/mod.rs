//! JSON documents below values: reading them, and the types that values have in them.

mod read;
mod types;

pub(crate) use self::read::{Document, hex_array, hex_bytes};
pub use self::read::{Given, Items, JsonError, VariantJson};
pub use self::types::{Field, Shape, Type, Types, Variant};
