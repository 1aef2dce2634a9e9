//! Assertions that report wrong types at the user's code.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::types::Scope;

use super::{Contract, Method, Returned, events, exported, refusals, types};

pub(super) fn of(contract: &Contract, state: &Ident) -> TokenStream {
    let methods = || contract.init.iter().chain(exported(contract));
    let values = methods().flat_map(types).map(Scope::assertion);
    let made = contract.init.as_ref().map(|init| made(init, state));
    let returned = exported(contract).map(|method| returned(method, contract));
    let fed = exported(contract).filter_map(|method| method.feeds.as_ref()).map(Scope::assertion);
    let events = events(contract);
    let emitted =
        events.iter().map(|path| quote_spanned!(path.span()=> ::dusk_sdk::__private::assert_event::<#path>();));
    let default = contract
        .init
        .is_none()
        .then(|| quote_spanned!(state.span()=> ::dusk_sdk::__private::assert_constructible::<#state>();));
    let used = methods().map(|method| {
        let name = &method.signature.ident;
        quote!(let _ = <#state>::#name;)
    });
    let codes = refusals(contract, state);
    let distinct = quote_spanned! {contract.module.ident.span()=>
        ::core::assert!(
            ::dusk_sdk::contract::are_distinct_codes(&[#(<#codes as ::dusk_sdk::contract::Refusal>::CODES),*]),
            "two errors of this contract have the same code: give one enum #[error(first = 100)]"
        );
        ::core::assert!(
            ::dusk_sdk::contract::are_distinct_topics(&[#(<#events as ::dusk_sdk::contract::Event>::TOPIC),*]),
            "two events of this contract have the same topic: give one #[event(topic = \"…\")]"
        );
    };
    quote! {
        const _: () = {
            #[allow(dead_code, deprecated, reason = "only its types matter")]
            fn __dusk_check(_: #state) {
                #(#values)* #made #(#returned)* #(#fed)* #(#emitted)* #default #(#used)*
            }
            #distinct
        };
    }
}

/// A method returns a value or a `Result` with an error of the contract, and the types in it are those in the source.
fn returned(method: &Method, contract: &Contract) -> Option<TokenStream> {
    let ty = method.output.as_ref()?;
    let Returned { whole, value, refusal, written, .. } = Returned::of(method, contract);
    if method.raw_result.is_some() {
        return Some(quote_spanned! {ty.span()=>
            ::dusk_sdk::__private::assert_raw_result::<#ty>();
            ::dusk_sdk::__private::assert_value::<#ty>();
        });
    }
    Some(if written {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_returned_as::<#whole, #value, #refusal>();)
    } else {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_returned::<#whole>();)
    })
}

/// The constructor returns the state, or a `Result` of it with an error of the contract.
fn made(init: &Method, state: &Ident) -> Option<TokenStream> {
    let ty = init.output.as_ref()?;
    let Returned { whole, refusal, written, .. } = Returned::of_init(init, state);
    Some(if written {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_made_as::<#whole, #state, #refusal>();)
    } else {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_made::<#whole, #state>();)
    })
}
