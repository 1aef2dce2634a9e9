//! The macro `#[dusk_sdk::test]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{FnArg, ItemFn, ReturnType};

use crate::diagnostics::Diagnostics;
use crate::source::item_of;

/// Expands the macro.
pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let on = "a function: `fn name(chain: Chain) -> TestResult`";
    let function: ItemFn = match item_of("#[dusk_sdk::test]", on, options, item, &mut faults) {
        Ok(function) => function,
        Err(errors) => return errors,
    };
    let signature = &function.sig;
    if let Some(token) = signature.asyncness {
        faults.at(token, "a test of a contract is not `async`: every call waits for its block");
    }
    if !signature.generics.params.is_empty() {
        faults.at(&signature.generics, "a test cannot be generic");
    }
    let inputs: Vec<_> = signature.inputs.iter().collect();
    if !matches!(inputs.as_slice(), [FnArg::Typed(_)]) {
        let place = inputs.get(1).map_or_else(|| signature.ident.span(), Spanned::span);
        faults.at_span(place, "a test takes one argument, its own chain: `fn name(chain: Chain) -> TestResult`");
    }
    if let Some(attribute) = function.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        faults.at(attribute, "#[dusk_sdk::test] makes the function a test already: remove #[test]");
    }
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#function #errors);
    }
    let (attributes, name, output) = (&function.attrs, &signature.ident, &signature.output);
    let (inputs, body) = (&signature.inputs, &function.block);
    // A test with `#[should_panic]` gives nothing. What another one gives is reported where it ran.
    let (reported, end) = match output {
        ReturnType::Default => (quote!(), quote!(;)),
        ReturnType::Type(..) => (quote!(-> ::std::process::ExitCode), quote!()),
    };
    quote! {
        #[::core::prelude::v1::test]
        #(#attributes)*
        fn #name() #reported {
            fn __dusk_body(#inputs) #output #body
            ::dusk_sdk::testing::run(
                ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                ::core::env!("CARGO_MANIFEST_DIR"),
                __dusk_body,
            ) #end
        }
    }
}
