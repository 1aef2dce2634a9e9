//! The implementation of `Contract`, and the description for the data driver and the tests.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::{Contract, Method, Returned, argument_names, argument_types, events, exported, refusals};
use crate::source::plain_name;

pub(super) fn of(contract: &Contract, state: &Ident) -> TokenStream {
    let docs = &contract.docs;
    let init = match &contract.init {
        None => quote!(::core::option::Option::None),
        Some(init) => {
            let function = function(init, &Returned::of_init(init, state), "Init");
            quote!(::core::option::Option::Some(#function))
        }
    };
    let functions = exported(contract).map(|method| {
        let kind = if method.changes() { "Transaction" } else { "Query" };
        function(method, &Returned::of(method, contract), kind)
    });
    let events = events(contract);
    let refusals = refusals(contract, state);
    quote! {
        impl ::dusk_sdk::contract::Contract for #state {
            const PACKAGE: &'static ::core::primitive::str = ::core::env!("CARGO_PKG_NAME");
        }

        ::dusk_sdk::__on_json! {
            impl ::dusk_sdk::interface::Described for #state {
                const INTERFACE: ::dusk_sdk::interface::Interface = ::dusk_sdk::interface::Interface {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    doc: #docs,
                    init: #init,
                    functions: &[#(#functions),*],
                    events: &[#(::dusk_sdk::interface::Event::of::<#events>()),*],
                    refusals: &[#(::dusk_sdk::interface::Refusals::of::<#refusals>()),*],
                };
            }
        }
    }
}

fn function(method: &Method, returned: &Returned, kind: &str) -> TokenStream {
    let name = plain_name(&method.signature.ident);
    let docs = &method.docs;
    let kind = Ident::new(kind, Span::call_site());
    let names = argument_names(method).into_iter().map(|name| plain_name(&name));
    let types = argument_types(method);
    let Returned { value, fallible, .. } = returned;
    let feeds = match &method.feeds {
        None => quote!(::core::option::Option::None),
        Some(item) => quote!(::core::option::Option::Some(::dusk_sdk::interface::Output::of::<#item>())),
    };
    quote_spanned! {method.signature.ident.span()=>
        ::dusk_sdk::interface::Function {
            name: #name,
            doc: #docs,
            kind: ::dusk_sdk::interface::Kind::#kind,
            names: &[#(#names),*],
            input: ::dusk_sdk::interface::Input::of::<#types>(),
            output: ::dusk_sdk::interface::Output::of::<#value>(),
            fallible: #fallible,
            feeds: #feeds,
        }
    }
}
