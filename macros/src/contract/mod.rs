//! `#[contract]`.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;

/// Expands the macro. `primary`: this crate is the one that cargo builds, not a dependency of it; only then may it
/// export functions.
pub(crate) fn expand(options: TokenStream, item: &TokenStream, primary: bool) -> TokenStream {
    let mut faults = Diagnostics::default();
    let module = match parse::module(item) {
        Ok(module) => module,
        Err(error) => {
            faults.add(error);
            let errors = faults.into_tokens();
            return quote!(#item #errors);
        }
    };
    let contract = parse::contract(parse::options(options, &mut faults), module, &mut faults);
    validate::contract(&contract, &mut faults);
    if !faults.is_empty() {
        let module = &contract.module;
        let errors = faults.into_tokens();
        return quote!(#module #errors);
    }
    expand::contract(&contract, primary)
}
