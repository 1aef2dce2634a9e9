//! The code for callers: the constructor's call and the typed client.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::{Contract, Method, Returned, argument_names, argument_types, exported, types};
use crate::source::{fresh, plain_name};

/// The constructor for callers: a function beside the state that only collects the arguments.
pub(super) fn constructor(contract: &Contract, state: &Ident) -> TokenStream {
    let shown = plain_name(state);
    let Some(init) = &contract.init else {
        let docs = format!("Deploys `{shown}` in its default state: pass it to `chain.deploy`.");
        return quote! {
            #[doc = #docs]
            #[must_use]
            pub fn init() -> ::dusk_sdk::client::Constructor<#state, (), ::core::convert::Infallible> {
                ::dusk_sdk::client::Constructor::new(())
            }
        };
    };
    let refusal = Returned::of_init(init, state).refusal;
    let names = argument_names(init);
    let types = types(init);
    let arguments = argument_types(init);
    let docs = documentation(init, || format!("Deploys `{shown}`."));
    quote! {
        #docs
        ///
        /// This gathers the arguments of the constructor: give it to `chain.deploy`.
        #[must_use]
        #[allow(clippy::too_many_arguments, reason = "as many as the contract takes")]
        pub fn init(#(#names: #types),*) -> ::dusk_sdk::client::Constructor<#state, #arguments, #refusal> {
            ::dusk_sdk::client::Constructor::new((#(#names,)*))
        }
    }
}

/// The typed client.
pub(super) fn client(contract: &Contract, state: &Ident) -> TokenStream {
    let shown = plain_name(state);
    let client = format_ident!("{shown}Client", span = proc_macro2::Span::call_site());
    let via = fresh("Via", &contract.tokens);
    let docs = format!("Calls a deployed `{shown}`: from a test, or from another contract.");
    let (transactions, queries): (Vec<_>, Vec<_>) = exported(contract).partition(|method| method.changes());
    let (feeding, queries): (Vec<_>, Vec<_>) = queries.into_iter().partition(|method| method.feeds.is_some());
    let feeding = feeding.into_iter().map(|method| feeding_method(method, &via));
    let queries = queries.into_iter().map(|method| method_of(method, contract, &via));
    let transactions = transactions.into_iter().map(|method| method_of(method, contract, &via));
    let at = format!("The `{shown}` at this id, for a contract to call.");
    let id = fresh("id", &contract.tokens);
    let ways = ways(&client, contract, state);
    quote! {
        #[doc = #docs]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        pub struct #client<#via> {
            via: #via,
        }

        impl<#via: ::dusk_sdk::client::Reads> #client<#via> {
            #(#queries)*
            #(#transactions)*
            #(#feeding)*
        }

        #[doc = #at]
        #[must_use]
        pub fn at(#id: ::dusk_sdk::ContractId) -> #client<::dusk_sdk::client::OnChain> {
            #client { via: ::dusk_sdk::client::OnChain::new(#id) }
        }

        #ways
    }
}

/// The functions of a client in addition to the contract's methods.
fn ways(client: &Ident, contract: &Contract, state: &Ident) -> TokenStream {
    let (limit, account) = (fresh("limit", &contract.tokens), fresh("account", &contract.tokens));
    let caller = fresh("Caller", &contract.tokens);
    quote! {
        impl #client<::dusk_sdk::client::OnChain> {
            /// The same contract, to be called such that its failures are results, and with a gas limit of the caller's
            /// choice.
            #[must_use]
            pub fn attempt(&self) -> #client<::dusk_sdk::client::Attempt> {
                #client { via: ::dusk_sdk::client::OnChain::attempt(&self.via) }
            }
        }

        impl #client<::dusk_sdk::client::Attempt> {
            /// Gives the calls at most this much gas. Without it a call may spend 93 % of what is left.
            #[must_use]
            pub fn with_gas(self, #limit: ::core::primitive::u64) -> Self {
                #client { via: ::dusk_sdk::client::Attempt::with_gas(self.via, #limit) }
            }
        }

        ::dusk_sdk::__on_testing! {
            impl #client<::dusk_sdk::testing::Deployed> {
                /// The same contract, called by an account.
                #[must_use]
                pub fn by<#caller: ::dusk_sdk::testing::Caller>(&self, #account: #caller) -> #client<#caller::Via> {
                    #client { via: ::dusk_sdk::testing::Deployed::by(&self.via, #account) }
                }

                /// The id of the contract.
                #[must_use]
                pub fn id(&self) -> ::dusk_sdk::ContractId {
                    ::dusk_sdk::testing::Deployed::id(&self.via)
                }
            }

            impl ::dusk_sdk::testing::Deployable for #state {
                type Client = #client<::dusk_sdk::testing::Deployed>;

                fn client(__dusk_via: ::dusk_sdk::testing::Deployed) -> #client<::dusk_sdk::testing::Deployed> {
                    #client { via: __dusk_via }
                }
            }
        }
    }
}

fn method_of(method: &Method, contract: &Contract, via: &Ident) -> TokenStream {
    let name = &method.signature.ident;
    let via = Ident::new(&via.to_string(), name.span());
    let text = plain_name(name);
    let names = argument_names(method);
    let types = types(method);
    let Returned { value, refusal, .. } = Returned::of(method, contract);
    let (way, call, answer) = if method.changes() { ("Writes", "write", "Written") } else { ("Reads", "read", "Read") };
    let [way, call, answer] = [way, call, answer].map(|text| Ident::new(text, name.span()));
    // On the method and not on the `impl`, and no bound of the result: the compiler then says what the call lacks, and
    // not that there is no such method.
    let bound = method.changes().then(|| quote_spanned!(name.span()=> where #via: ::dusk_sdk::client::#way));
    let docs = documentation(method, || format!("Calls `{text}`."));
    quote_spanned! {name.span()=>
        #docs
        #[track_caller]
        #[allow(clippy::too_many_arguments, reason = "as many as the contract takes")]
        pub fn #name(&self, #(#names: #types),*) -> #via::#answer<#value, #refusal>
        #bound
        {
            ::dusk_sdk::client::#way::#call(&self.via, #text, (#(#names,)*))
        }
    }
}

/// The client's method for a feeder.
fn feeding_method(method: &Method, via: &Ident) -> TokenStream {
    let name = &method.signature.ident;
    let via = Ident::new(&via.to_string(), name.span());
    let text = plain_name(name);
    let names = argument_names(method);
    let types = types(method);
    let item = &method.feeds;
    let docs = documentation(method, || format!("Calls `{text}`, and gives all that it feeds."));
    quote_spanned! {name.span()=>
        #docs
        #[track_caller]
        #[allow(clippy::too_many_arguments, reason = "as many as the contract takes")]
        pub fn #name(&self, #(#names: #types),*) -> #via::Fed<#item>
        where
            #via: ::dusk_sdk::client::Feeds,
        {
            ::dusk_sdk::client::Feeds::feed(&self.via, #text, (#(#names,)*))
        }
    }
}

/// The documentation of a method, or a default if it has none.
fn documentation(method: &Method, other: impl FnOnce() -> String) -> TokenStream {
    let docs = &method.doc_attributes;
    if docs.is_empty() {
        let other = other();
        quote!(#[doc = #other])
    } else {
        quote!(#(#docs)*)
    }
}
