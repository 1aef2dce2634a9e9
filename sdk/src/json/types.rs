//! The types of values, as JSON sees them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::type_name;

/// A type, as JSON sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `null`.
    Unit,
    /// `true` or `false`.
    Bool,
    /// An unsigned integer of that many bits.
    Uint(u8),
    /// A signed integer of that many bits.
    Int(u8),
    /// Text.
    String,
    /// Bytes of any length: hexadecimal text.
    Bytes,
    /// That many bytes: hexadecimal text.
    FixedBytes(u32),
    /// A public account: base58 text.
    Account,
    /// A contract id: hexadecimal text.
    Contract,
    /// An account or a contract: the text of the one or the other.
    Principal,
    /// An amount of money: the decimal text of a number of LUX.
    Amount,
    /// A field element: hexadecimal text.
    Field,
    /// A value or `null`.
    Option(Box<Type>),
    /// A list.
    List(Box<Type>),
    /// A list without duplicate values.
    Set(Box<Type>),
    /// A list of fixed length.
    Array(Box<Type>, u32),
    /// A list of values of these types.
    Tuple(Vec<Type>),
    /// A list of pairs.
    Map(Box<Type>, Box<Type>),
    /// A type of the schema's table.
    Named(String),
}

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) ty: Type,
}

impl Field {
    /// A field of a struct or a variant.
    #[must_use]
    pub fn new(name: &'static str, doc: &'static str, ty: Type) -> Self {
        Self { name, doc, ty }
    }
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) fields: Vec<Field>,
}

impl Variant {
    /// A variant.
    #[must_use]
    pub fn new(name: &'static str, doc: &'static str, fields: Vec<Field>) -> Self {
        Self { name, doc, fields }
    }
}

/// The shape of a named type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// An object.
    Struct(Vec<Field>),
    /// A string for a variant without fields, else an object with the variant's name as its only key.
    Enum(Vec<Variant>),
}

/// The named types that a schema refers to.
#[derive(Debug, Default)]
pub struct Types(pub(crate) Vec<Definition>);

/// A named type.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The whole path of the Rust type: two types of one name are told apart by it.
    path: &'static str,
    pub(crate) name: String,
    pub(crate) doc: &'static str,
    pub(crate) shape: Shape,
}

impl Types {
    /// Adds a type to the table, unless it is there, and refers to it.
    pub fn define<T: 'static>(
        &mut self,
        name: &str,
        doc: &'static str,
        shape: impl FnOnce(&mut Self) -> Shape,
    ) -> Type {
        let path = type_name::<T>();
        if let Some(known) = self.0.iter().find(|known| known.path == path) {
            return Type::Named(known.name.clone());
        }
        let mut unique = String::from(name);
        let mut number = 1;
        while self.0.iter().any(|known| known.name == unique) {
            number += 1;
            unique = alloc::format!("{name}_{number}");
        }
        // The place is taken first, for types that refer to themselves.
        let place = self.0.len();
        self.0.push(Definition { path, name: unique.clone(), doc, shape: Shape::Struct(Vec::new()) });
        self.0[place].shape = shape(self);
        Type::Named(unique)
    }
}
