//! The macro `#[dusk_sdk::test]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{FnArg, ItemFn, ReturnType};

use crate::diagnostics::Diagnostics;
use crate::source::item_of;

/// The option of a test that compares its runs.
const OBSERVER: &str = "observer";

/// The form of a kind of test.
struct Form {
    attribute: &'static str,
    arguments: usize,
    takes: &'static str,
    example: &'static str,
}

const USUAL: Form = Form {
    attribute: "#[dusk_sdk::test]",
    arguments: 1,
    takes: "a test takes one argument, its own chain",
    example: "fn name(chain: Chain) -> TestResult",
};

const OBSERVING: Form = Form {
    attribute: "#[dusk_sdk::test(observer)]",
    arguments: 2,
    takes: "an observer test takes two arguments, its own chain and its private values",
    example: "fn name(chain: Chain, private: &Private) -> TestResult",
};

/// Expands the macro.
pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let observes = options.to_string() == OBSERVER;
    let form = if observes { &OBSERVING } else { &USUAL };
    let options = if observes { &TokenStream::new() } else { options };
    let on = format!("a function: `{}`", form.example);
    let function: ItemFn = match item_of(form.attribute, &on, options, item, &mut faults) {
        Ok(function) => function,
        Err(errors) => return errors,
    };
    check(&function, form, &mut faults);
    if observes && matches!(function.sig.output, ReturnType::Default) {
        faults.at(&function.sig.ident, format_args!("an observer test returns a `TestResult`: `{}`", form.example));
    }
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#function #errors);
    }
    if observes { observer(&function) } else { usual(&function) }
}

fn check(function: &ItemFn, form: &Form, faults: &mut Diagnostics) {
    let signature = &function.sig;
    if let Some(token) = signature.asyncness {
        faults.at(token, "a test of a contract is not `async`: every call waits for its block");
    }
    if !signature.generics.params.is_empty() {
        faults.at(&signature.generics, "a test cannot be generic");
    }
    let inputs: Vec<_> = signature.inputs.iter().collect();
    if inputs.len() != form.arguments || inputs.iter().any(|input| matches!(input, FnArg::Receiver(_))) {
        let place = inputs.get(form.arguments).map_or_else(|| signature.ident.span(), Spanned::span);
        faults.at_span(place, format_args!("{}: `{}`", form.takes, form.example));
    }
    if let Some(attribute) = function.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        faults.at(attribute, format_args!("{} makes the function a test already: remove #[test]", form.attribute));
    }
}

fn usual(function: &ItemFn) -> TokenStream {
    let signature = &function.sig;
    let (attributes, name, output) = (&function.attrs, &signature.ident, &signature.output);
    let (inputs, body) = (&signature.inputs, &function.block);
    // A test with `#[should_panic]` gives nothing. The result of another one is reported where it ran.
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

/// The test is called `NAME::observer`: by the end of its name `cargo dusk test --observer` knows it.
fn observer(function: &ItemFn) -> TokenStream {
    let mut body = function.clone();
    let attributes = std::mem::take(&mut body.attrs);
    let conditions: Vec<_> = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let name = &function.sig.ident;
    let hidden = quote::format_ident!("__dusk_body_{}", name.to_token_stream().to_string().trim_start_matches("r#"));
    body.sig.ident = hidden.clone();
    quote! {
        #[cfg(test)]
        #(#conditions)*
        #body
        #[cfg(test)]
        #(#conditions)*
        mod #name {
            #[::core::prelude::v1::test]
            #(#attributes)*
            fn observer() {
                ::dusk_sdk::testing::run_observer(
                    ::core::concat!(::core::module_path!(), "::observer"),
                    ::core::env!("CARGO_MANIFEST_DIR"),
                    super::#hidden,
                );
            }
        }
    }
}
