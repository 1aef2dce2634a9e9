//! From the model to code.
//!
//! The expansion adds to the user's code: the implementation of `Contract`; the constructor call and the typed client;
//! the entry points, which `dusk_sdk` exports from the compiled contract and every build type-checks; and, inside
//! macros of `dusk_sdk` that its features switch, the description of the contract, the entry point of the data driver,
//! and the client for tests.
//!
//! Users may choose any names. Generated code therefore uses whole paths, calls methods through their traits or types,
//! and declares variables and items of its own only under names that start with `__dusk`, which users cannot declare,
//! or that occur nowhere in the module.

mod assertions;
mod client;
mod description;
mod entries;
mod single;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Item, Type, UseTree, parse_quote};

use super::model::{Contract, Method};
use crate::source::{condition, text};
use crate::types::written_result;

/// Expands a valid contract.
pub(super) fn contract(contract: &Contract, primary: bool) -> TokenStream {
    let mut module = contract.module.clone();
    let Some((_, items)) = &mut module.content else { return quote!(#module) };
    items.iter_mut().for_each(allow_unused_parent);
    let state = &contract.states[0].ident;
    let parts = [
        assertions::of(contract, state),
        description::of(contract, state),
        client::constructor(contract, state),
        client::client(contract, state),
        if primary { entries::of(contract, state) } else { TokenStream::new() },
    ];
    items.extend(parts.into_iter().map(Item::Verbatim));
    let second = if primary { single::refusal(&module.ident) } else { None };
    let (visibility, name) = (&module.vis, &module.ident);
    let condition = condition(&module.attrs);
    // A contract's package and module usually have the same name. Then callers reach everything through the package
    // name alone.
    quote! {
        #module

        #[allow(unused_imports, reason = "for callers")]
        #condition
        #visibility use self::#name::*;

        #second
    }
}

/// Allows `use super::*;` without a use of it. Every contract begins with this line, and a small one may need nothing
/// of the prelude.
fn allow_unused_parent(item: &mut Item) {
    if let Item::Use(import) = item
        && import.leading_colon.is_none()
        && matches!(&import.tree, UseTree::Path(path) if path.ident == "super" && matches!(*path.tree, UseTree::Glob(_)))
    {
        import.attrs.push(parse_quote!(#[allow(unused_imports, reason = "the way a contract begins")]));
    }
}

fn exported(contract: &Contract) -> impl Iterator<Item = &Method> {
    contract.methods.iter().filter(|method| method.is_public())
}

fn events(contract: &Contract) -> Vec<syn::Path> {
    let declared = contract.events.iter().map(|ident| parse_quote!(#ident));
    declared.chain(contract.options.events.iter().cloned()).collect()
}

/// The value and error types of a function's result.
///
/// The compiler resolves both by a trait, whatever the type's name is. If the name is `Result` without doubt, the
/// expansion writes the types out, so that documentation shows the user's types; `assertions` lets the compiler check
/// them.
struct Returned {
    /// The whole type, for the trait.
    whole: TokenStream,
    value: TokenStream,
    refusal: TokenStream,
    /// Whether it may return an error.
    fallible: TokenStream,
    /// Whether the two types are written out.
    written: bool,
}

impl Returned {
    fn of(method: &Method, contract: &Contract) -> Self {
        let never = quote!(::core::convert::Infallible);
        let unit = parse_quote!(());
        let ty = method.output.as_ref().unwrap_or(&unit);
        let place = ty.span();
        if method.raw_result.is_some() {
            let whole = quote_spanned!(place=> ::dusk_sdk::__private::entry::Raw<#ty>);
            return Self { whole, value: quote!(#ty), refusal: never, fallible: quote!(false), written: false };
        }
        let whole = quote!(#ty);
        if contract.scope.is_plain(ty) {
            return Self { whole, value: quote!(#ty), refusal: never, fallible: quote!(false), written: true };
        }
        if let Some((value, refusal)) = written_result(ty) {
            let (value, refusal) = (quote!(#value), quote!(#refusal));
            return Self { whole, value, refusal, fallible: quote!(true), written: true };
        }
        let returned = quote_spanned!(place=> <#ty as ::dusk_sdk::contract::Returned>);
        Self {
            value: quote_spanned!(place=> #returned::Output),
            refusal: quote_spanned!(place=> #returned::Refusal),
            fallible: quote_spanned!(place=> #returned::FALLIBLE),
            whole,
            written: false,
        }
    }

    /// The same for the constructor, whose value is the state.
    fn of_init(init: &Method, state: &Ident) -> Self {
        let ty = init.output.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
        let value = quote!(());
        if text(&ty) == text(state) {
            let refusal = quote!(::core::convert::Infallible);
            return Self { whole: ty, value, refusal, fallible: quote!(false), written: true };
        }
        let place = init.output.as_ref().map_or_else(Span::call_site, Spanned::span);
        let makes = quote_spanned!(place=> <#ty as ::dusk_sdk::contract::Makes<#state>>);
        let (refusal, written) = match init.output.as_ref().and_then(written_result) {
            Some((_, refusal)) => (quote!(#refusal), true),
            None => (quote_spanned!(place=> #makes::Refusal), false),
        };
        let fallible = quote_spanned!(place=> #makes::FALLIBLE);
        Self { whole: ty, value, refusal, fallible, written }
    }
}

/// The distinct error types of all functions.
fn refusals(contract: &Contract, state: &Ident) -> Vec<TokenStream> {
    let init = contract.init.iter().map(|init| Returned::of_init(init, state));
    let methods = exported(contract).map(|method| Returned::of(method, contract));
    let mut known = Vec::new();
    let mut distinct = Vec::new();
    for returned in init.chain(methods).filter(|returned| text(&returned.fallible) != "false") {
        let refusal = text(&returned.refusal);
        if !known.contains(&refusal) {
            known.push(refusal);
            distinct.push(returned.refusal);
        }
    }
    distinct
}

/// The types of the arguments as a tuple.
fn argument_types(method: &Method) -> TokenStream {
    let types = method.arguments.iter().map(|argument| &argument.ty);
    quote_spanned!(method.signature.ident.span()=> (#(#types,)*))
}

/// The names of the arguments, for callers.
fn argument_names(method: &Method) -> Vec<Ident> {
    let place = |index: usize| format_ident!("argument_{index}");
    let names = method.arguments.iter().enumerate();
    names.map(|(index, argument)| argument.name.clone().unwrap_or_else(|| place(index))).collect()
}

/// The types of the arguments, one by one.
fn types(method: &Method) -> impl Iterator<Item = &Type> {
    method.arguments.iter().map(|argument| &argument.ty)
}
