//! Diagnostics, collected until the whole input was examined.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// The diagnostics so far.
#[derive(Default)]
pub(crate) struct Diagnostics(Option<Error>);

impl Diagnostics {
    /// Adds a diagnostic for these tokens.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: impl std::fmt::Display) {
        self.add(Error::new_spanned(place, message));
    }

    /// Adds a diagnostic for this place.
    pub(crate) fn at_span(&mut self, place: Span, message: impl std::fmt::Display) {
        self.add(Error::new(place, message));
    }

    /// Adds a diagnostic from another parser.
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Whether there is no diagnostic.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The compiler errors for all diagnostics.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(|error| error.to_compile_error()).unwrap_or_default()
    }

    /// The messages of all diagnostics.
    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}
