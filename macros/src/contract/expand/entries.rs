//! The entry points: those of the compiled contract, and that of the data driver.
//!
//! Every build type-checks them, so that `cargo check` reports the same errors as `cargo dusk build`. Only the compiled
//! contract exports them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::{Contract, Method, argument_types, exported};
use crate::source::plain_name;

pub(super) fn of(contract: &Contract, state: &Ident) -> TokenStream {
    let constructor = match &contract.init {
        None => quote!(|(): ()| <#state as ::core::default::Default>::default()),
        Some(init) => {
            let (names, types) = (variables(init), argument_types(init));
            quote!(|(#(#names,)*): #types| <#state>::init(#(#names),*))
        }
    };
    let functions = exported(contract).map(|method| function(method, state));
    quote! {
        const _: () = {
            #[allow(dead_code, reason = "only the compiled contract is called")]
            static __DUSK_STATE: ::dusk_sdk::__private::entry::Slot<#state> =
                ::dusk_sdk::__private::entry::Slot::new();

            ::dusk_sdk::__entry! {
                "init" fn __dusk_init(__dusk_bytes: ::core::primitive::u32) -> ::core::primitive::u32 {
                    ::dusk_sdk::__private::entry::construct(&__DUSK_STATE, __dusk_bytes, #constructor)
                }
            }

            #(#functions)*
        };

        ::dusk_sdk::__on_driver! {
            const _: () = {
                #[unsafe(export_name = "init")]
                extern "C" fn __dusk_init() {
                    ::dusk_sdk::driver::serve(&<#state as ::dusk_sdk::interface::Described>::INTERFACE);
                }
            };
        }
    }
}

fn function(method: &Method, state: &Ident) -> TokenStream {
    let name = &method.signature.ident;
    let text = plain_name(name);
    let function = format_ident!("__dusk_{text}");
    let (names, types) = (variables(method), argument_types(method));
    let call = quote!(<#state>::#name(__dusk_state, #(#names),*));
    let call = match method.raw_result {
        Some(_) => quote!(::dusk_sdk::__private::entry::Raw(#call)),
        None => call,
    };
    let entry = if method.changes() { quote!(transact) } else { quote!(query) };
    quote! {
        ::dusk_sdk::__entry! {
            #text fn #function(__dusk_bytes: ::core::primitive::u32) -> ::core::primitive::u32 {
                ::dusk_sdk::__private::entry::#entry(
                    &__DUSK_STATE,
                    __dusk_bytes,
                    |__dusk_state, (#(#names,)*): #types| #call,
                )
            }
        }
    }
}

/// The variables of the arguments, named by position, because users may give arguments any name.
fn variables(method: &Method) -> Vec<Ident> {
    (0..method.arguments.len()).map(|index| format_ident!("__dusk_{index}")).collect()
}
