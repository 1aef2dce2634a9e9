//! Values that overwrite themselves.

/// Implements `Zeroize` for a struct with these fields. The compiler rejects a list that lacks a field.
///
/// The derive macro of `zeroize` does the same; but every project with circuits would compile the macro, and a parser
/// of Rust that no other dependency needs.
macro_rules! zeroize_fields {
    ($ty:ty $(, const $parameter:ident)?: $($field:ident),+) => {
        impl $(<const $parameter: usize>)? zeroize::Zeroize for $ty {
            fn zeroize(&mut self) {
                let Self { $($field),+ } = self;
                $(zeroize::Zeroize::zeroize($field);)+
            }
        }
    };
}

pub(crate) use zeroize_fields;
