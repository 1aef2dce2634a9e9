//! The arguments of a call. No arguments are encoded as `()`, one argument as itself, several as a tuple in their
//! order.

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::Members;
use crate::value::Value;
use crate::wire::{Malformed, Overflow, Wire};
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

/// The arguments of a call as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight.
pub trait Arguments: Sized + 'static {
    /// Writes the arguments to the beginning of `buffer` and returns their length in bytes.
    ///
    /// # Errors
    /// [`Overflow`] if they do not fit.
    fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, Overflow>;

    /// Reads arguments from bytes at an address aligned to 16.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes do not encode such arguments.
    fn decode_aligned(bytes: &[u8]) -> Result<Self, Malformed>;

    /// Writes the arguments to a vector.
    ///
    /// # Errors
    /// [`Overflow`] if they are larger than the argument buffer.
    fn encode(&self) -> Result<Vec<u8>, Overflow>;

    /// Reads arguments from bytes at any address.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes do not encode such arguments.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;

    /// Appends the arguments as a JSON object with these names.
    fn write_json(&self, names: &[&str], out: &mut String);

    /// Reads arguments from a JSON object with these names, from a list in their order, or, for one argument, from its
    /// own value.
    ///
    /// # Errors
    /// If an argument is missing, unknown or of another type; the error names it.
    #[cfg(feature = "json")]
    fn read_json(names: &[&str], json: &Json) -> Result<Self, JsonError>;

    /// Describes the types of the arguments.
    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Vec<Type>;
}

macro_rules! wire {
    ((): $value:ty) => {
        wire!(@ $value, |arguments| arguments, |value| value);
    };
    ((one): $value:ty) => {
        wire!(@ $value, |arguments| &arguments.0, |value| (value,));
    };
    ((several): $value:ty) => {
        wire!(@ $value, |arguments| arguments, |value| value);
    };
    (@ $value:ty, |$arguments:ident| $out:expr, |$read:ident| $in:expr) => {
        fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, Overflow> {
            let $arguments = self;
            <$value as Wire>::encode_into($out, buffer)
        }

        fn decode_aligned(bytes: &[u8]) -> Result<Self, Malformed> {
            let $read = <$value as Wire>::decode_aligned(bytes)?;
            Ok($in)
        }

        fn encode(&self) -> Result<Vec<u8>, Overflow> {
            let $arguments = self;
            <$value as Wire>::encode($out)
        }

        fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
            let $read = <$value as Wire>::decode(bytes)?;
            Ok($in)
        }
    };
}

macro_rules! arguments {
    ($(($($ty:ident $index:tt),*) $shape:tt $value:ty;)*) => {$(
        impl<$($ty: Value),*> Arguments for ($($ty,)*)
        where
            $value: Wire,
        {
            wire!($shape: $value);

            fn write_json(&self, names: &[&str], out: &mut String) {
                let _ = names;
                #[allow(unused_mut, reason = "without arguments nothing is written")]
                let mut object = Members::object(out);
                $(self.$index.write_json(object.field(names[$index]));)*
                object.end();
            }

            #[cfg(feature = "json")]
            fn read_json(names: &[&str], json: &Json) -> Result<Self, JsonError> {
                let given = crate::json::Given::new(names, json)?;
                let _ = &given;
                Ok(($(given.read::<$ty>($index)?,)*))
            }

            #[cfg(feature = "json")]
            fn describe(types: &mut Types) -> Vec<Type> {
                let _ = &types;
                alloc::vec![$($ty::describe(types)),*]
            }
        }
    )*};
}

arguments! {
    () () ();
    (A 0) (one) A;
    (A 0, B 1) (several) (A, B);
    (A 0, B 1, C 2) (several) (A, B, C);
    (A 0, B 1, C 2, D 3) (several) (A, B, C, D);
    (A 0, B 1, C 2, D 3, E 4) (several) (A, B, C, D, E);
    (A 0, B 1, C 2, D 3, E 4, F 5) (several) (A, B, C, D, E, F);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (several) (A, B, C, D, E, F, G);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) (several) (A, B, C, D, E, F, G, H);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_argument_is_encoded_as_itself_and_several_as_a_tuple() {
        assert!(Arguments::encode(&()).unwrap().is_empty());
        assert_eq!(Arguments::encode(&(7u64,)).unwrap(), 7u64.to_le_bytes());
        assert_eq!(Arguments::encode(&(7u8, 9u64)).unwrap(), Wire::encode(&(7u8, 9u64)).unwrap());
        assert_eq!(<(u8, u64) as Arguments>::decode(&Wire::encode(&(7u8, 9u64)).unwrap()), Ok((7, 9)));
    }
}
