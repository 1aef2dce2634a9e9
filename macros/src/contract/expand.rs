//! From the model to code.
//!
//! Next to what the user wrote stand: the implementation of `Contract`; the constructor call and the typed client; and,
//! inside macros of `dusk_sdk` that its features switch, the exports of the compiled contract, the description of the
//! contract, the entry of the data driver, and the client's form for tests.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type, parse_quote};

use super::model::{Contract, Method, Output};

/// Expands a valid contract.
pub(super) fn contract(contract: &Contract, primary: bool) -> TokenStream {
    let mut module = contract.module.clone();
    let Some((_, items)) = &mut module.content else { return quote!(#module) };
    let state = &contract.states[0].ident;
    let parts = [
        assertions(contract, state),
        description(contract, state),
        constructor(contract, state),
        client(contract, state),
        if primary { exports(contract, state) } else { TokenStream::new() },
    ];
    items.extend(parts.into_iter().map(syn::Item::Verbatim));
    let (visibility, name) = (&module.vis, &module.ident);
    // A contract's package and module mostly have one name. Callers then reach everything by the package alone.
    quote! {
        #module

        #[allow(unused_imports, reason = "for callers")]
        #visibility use #name::*;
    }
}

fn exported(contract: &Contract) -> impl Iterator<Item = &Method> {
    contract.methods.iter().filter(|method| method.is_public())
}

/// Says at the user's own places which types are not what they should be.
fn assertions(contract: &Contract, state: &Ident) -> TokenStream {
    let methods = || contract.init.iter().chain(exported(contract));
    let values = methods().flat_map(|method| method.arguments.iter()).map(|argument| {
        let ty = &argument.ty;
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_value::<#ty>();)
    });
    let outputs = exported(contract).filter_map(|method| match &method.output {
        Output::Unit => None,
        Output::Value(ty) => Some(quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_value::<#ty>();)),
        Output::Result(ty) => Some(quote_spanned! {ty.span()=>
            ::dusk_sdk::__private::assert_value::<<#ty as ::dusk_sdk::contract::Fallible>::Output>();
        }),
    });
    let fed = exported(contract)
        .filter_map(|method| method.feeds.as_ref())
        .map(|ty| quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_value::<#ty>();));
    let refusals = refusals(contract).into_iter().map(|ty| {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_refusal::<<#ty as ::dusk_sdk::contract::Fallible>::Refusal>();)
    });
    let events = events(contract)
        .into_iter()
        .map(|path| quote_spanned!(path.span()=> ::dusk_sdk::__private::assert_event::<#path>();));
    let default = contract
        .init
        .is_none()
        .then(|| quote_spanned!(state.span()=> ::dusk_sdk::__private::assert_constructible::<#state>();));
    let topics = self::events(contract).into_iter().map(|path| quote!(<#path as ::dusk_sdk::contract::Event>::TOPIC));
    let used = methods().map(|method| {
        let name = &method.signature.ident;
        quote!(let _ = <#state>::#name;)
    });
    let codes =
        refusals_of(contract).into_iter().map(|refusal| quote!(<#refusal as ::dusk_sdk::contract::Refusal>::CODES));
    let distinct = quote_spanned! {contract.module.ident.span()=>
        ::core::assert!(
            ::dusk_sdk::contract::are_distinct_codes(&[#(#codes),*]),
            "two errors of this contract have the same code: give one enum #[error(first = 100)]"
        );
        ::core::assert!(
            ::dusk_sdk::contract::are_distinct_topics(&[#(#topics),*]),
            "two events of this contract have the same topic: give one #[event(topic = \"…\")]"
        );
    };
    quote! {
        const _: () = {
            #[allow(dead_code, reason = "only its types matter")]
            fn check(_: #state) {
                #(#values)* #(#outputs)* #(#fed)* #(#refusals)* #(#events)* #default #(#used)*
            }
            #distinct
        };
    }
}

/// The distinct result types of all functions that may refuse.
fn refusals(contract: &Contract) -> Vec<Type> {
    let mut found: Vec<Type> = Vec::new();
    for method in contract.init.iter().chain(exported(contract)) {
        if let Output::Result(ty) = &method.output {
            let ty = with_state(ty, contract);
            if !found.contains(&ty) {
                found.push(ty);
            }
        }
    }
    found
}

/// The distinct refusals of all functions.
fn refusals_of(contract: &Contract) -> Vec<TokenStream> {
    let mut distinct: Vec<(Option<Type>, TokenStream)> = Vec::new();
    for ty in refusals(contract) {
        let named = refusal_type(&ty);
        if named.is_none() || !distinct.iter().any(|(known, _)| *known == named) {
            distinct.push((named, quote_spanned!(ty.span()=> <#ty as ::dusk_sdk::contract::Fallible>::Refusal)));
        }
    }
    distinct.into_iter().map(|(_, tokens)| tokens).collect()
}

/// The `T` of `Result<T, E>` where it is written.
fn value_type(ty: &Type) -> Option<Type> {
    generic(ty, 0)
}

/// The `E` of `Result<T, E>` where it is written.
fn refusal_type(ty: &Type) -> Option<Type> {
    generic(ty, 1)
}

fn generic(ty: &Type, index: usize) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(generics) = &path.path.segments.last()?.arguments else { return None };
    match generics.args.iter().nth(index)? {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

/// A type in which `Self` is the state, for use outside its `impl`.
fn with_state(ty: &Type, contract: &Contract) -> Type {
    struct Replace<'a>(&'a Ident);
    impl syn::visit_mut::VisitMut for Replace<'_> {
        fn visit_ident_mut(&mut self, ident: &mut Ident) {
            if ident == "Self" {
                *ident = Ident::new(&self.0.to_string(), ident.span());
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::visit_type_mut(&mut Replace(&contract.states[0].ident), &mut ty);
    ty
}

fn events(contract: &Contract) -> Vec<syn::Path> {
    let declared = contract.events.iter().map(|ident| parse_quote!(#ident));
    declared.chain(contract.options.events.iter().cloned()).collect()
}

/// What a method returns when it does not refuse, and with what it refuses.
fn output(method: &Method, contract: &Contract) -> (TokenStream, TokenStream) {
    let never = quote!(::core::convert::Infallible);
    match &method.output {
        Output::Unit => (quote!(()), never),
        Output::Value(ty) => (quote!(#ty), never),
        Output::Result(ty) => {
            let ty = with_state(ty, contract);
            // Written out where both types are written, so that documentation and lints see what people see.
            if let (Some(value), Some(refusal)) = (value_type(&ty), refusal_type(&ty)) {
                return (quote!(#value), quote!(#refusal));
            }
            (
                quote_spanned!(ty.span()=> <#ty as ::dusk_sdk::contract::Fallible>::Output),
                quote_spanned!(ty.span()=> <#ty as ::dusk_sdk::contract::Fallible>::Refusal),
            )
        }
    }
}

fn argument_types(method: &Method) -> TokenStream {
    let types = method.arguments.iter().map(|argument| &argument.ty);
    quote_spanned!(method.signature.ident.span()=> (#(#types,)*))
}

fn argument_names(method: &Method) -> Vec<Ident> {
    let place = |index: usize| format_ident!("argument_{index}");
    let names = method.arguments.iter().enumerate();
    names.map(|(index, argument)| argument.name.clone().unwrap_or_else(|| place(index))).collect()
}

/// The constructor as callers name it: a function beside the state that only gathers the arguments.
fn constructor(contract: &Contract, state: &Ident) -> TokenStream {
    let Some(init) = &contract.init else {
        let docs = format!("Deploys `{state}` in its default state: give this to `chain.deploy`.");
        return quote! {
            #[doc = #docs]
            #[must_use]
            pub fn init() -> ::dusk_sdk::client::Constructor<#state, (), ::core::convert::Infallible> {
                ::dusk_sdk::client::Constructor::new(())
            }
        };
    };
    let (_, refusal) = output(init, contract);
    let names = argument_names(init);
    let types: Vec<_> = init.arguments.iter().map(|argument| &argument.ty).collect();
    let arguments = argument_types(init);
    let docs = documentation(init, || format!("Deploys `{state}`."));
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
fn client(contract: &Contract, state: &Ident) -> TokenStream {
    let client = format_ident!("{state}Client", span = Span::call_site());
    let docs = format!("Calls a deployed `{state}`: from a test, or from another contract.");
    let (transactions, queries): (Vec<_>, Vec<_>) = exported(contract).partition(|method| method.changes());
    let (feeding, queries): (Vec<_>, Vec<_>) = queries.into_iter().partition(|method| method.feeds.is_some());
    let feeding = feeding.into_iter().map(feeding_method).collect::<Vec<_>>();
    let feeding = (!feeding.is_empty()).then(|| {
        quote! {
            impl<Via: ::dusk_sdk::client::Feeds> #client<Via> {
                #(#feeding)*
            }
        }
    });
    let queries = queries.into_iter().map(|method| client_method(method, contract, "read"));
    let transactions = transactions.into_iter().map(|method| client_method(method, contract, "write"));
    let at = format!("The `{state}` at this id, for a contract to call.");
    quote! {
        #[doc = #docs]
        #[derive(Debug, Clone)]
        pub struct #client<Via> {
            via: Via,
        }

        impl<Via: ::dusk_sdk::client::Reads> #client<Via> {
            #(#queries)*
        }

        impl<Via: ::dusk_sdk::client::Writes> #client<Via> {
            #(#transactions)*
        }

        #feeding

        #[doc = #at]
        #[must_use]
        pub fn at(id: ::dusk_sdk::ContractId) -> #client<::dusk_sdk::client::OnChain> {
            #client { via: ::dusk_sdk::client::OnChain::new(id) }
        }

        impl #client<::dusk_sdk::client::OnChain> {
            /// The same contract, to be called such that its failures are results, and with a gas limit of the caller's choice.
            #[must_use]
            pub fn attempt(&self) -> #client<::dusk_sdk::client::Attempt> {
                #client { via: self.via.attempt() }
            }
        }

        impl #client<::dusk_sdk::client::Attempt> {
            /// Gives the calls at most this much gas. Without it a call may spend 93 % of what is left.
            #[must_use]
            pub fn with_gas(self, limit: u64) -> Self {
                Self { via: self.via.with_gas(limit) }
            }
        }

        ::dusk_sdk::__on_testing! {
            impl #client<::dusk_sdk::testing::Deployed> {
                /// The same contract, called by an account.
                #[must_use]
                pub fn by(&self, account: impl ::core::convert::Into<::dusk_sdk::testing::Signer>) -> #client<::dusk_sdk::testing::Signed> {
                    #client { via: self.via.by(account.into()) }
                }

                /// The id of the contract.
                #[must_use]
                pub fn id(&self) -> ::dusk_sdk::ContractId {
                    self.via.id()
                }
            }

            impl ::dusk_sdk::testing::Deployable for #state {
                type Client = #client<::dusk_sdk::testing::Deployed>;

                fn client(via: ::dusk_sdk::testing::Deployed) -> Self::Client {
                    #client { via }
                }
            }
        }
    }
}

fn client_method(method: &Method, contract: &Contract, via: &str) -> TokenStream {
    let name = &method.signature.ident;
    let text = name.to_string();
    let names = argument_names(method);
    let types = method.arguments.iter().map(|argument| &argument.ty);
    let (value, refusal) = output(method, contract);
    let via = Ident::new(via, name.span());
    let answer = if via == "read" { quote!(Read) } else { quote!(Written) };
    let docs = documentation(method, || format!("Calls `{name}`."));
    quote_spanned! {name.span()=>
        #docs
        #[track_caller]
        #[allow(clippy::too_many_arguments, reason = "as many as the contract takes")]
        pub fn #name(&self, #(#names: #types),*) -> Via::#answer<#value, #refusal> {
            self.via.#via(#text, (#(#names,)*))
        }
    }
}

/// The client's form of a method that feeds.
fn feeding_method(method: &Method) -> TokenStream {
    let name = &method.signature.ident;
    let text = name.to_string();
    let names = argument_names(method);
    let types = method.arguments.iter().map(|argument| &argument.ty);
    let item = &method.feeds;
    let docs = documentation(method, || format!("Calls `{name}`, and gives all that it feeds."));
    quote_spanned! {name.span()=>
        #docs
        #[track_caller]
        #[allow(clippy::too_many_arguments, reason = "as many as the contract takes")]
        pub fn #name(&self, #(#names: #types),*) -> Via::Fed<#item> {
            self.via.feed(#text, (#(#names,)*))
        }
    }
}

/// The documentation of a method, or another where it has none.
fn documentation(method: &Method, other: impl FnOnce() -> String) -> TokenStream {
    let docs = &method.doc_attributes;
    if docs.is_empty() {
        let other = other();
        quote!(#[doc = #other])
    } else {
        quote!(#(#docs)*)
    }
}

/// The exports of the compiled contract, or the entry of the data driver.
fn exports(contract: &Contract, state: &Ident) -> TokenStream {
    let init = match &contract.init {
        None => quote!(|(): ()| <#state as ::core::default::Default>::default()),
        Some(init) => {
            let names = argument_names(init);
            let types = argument_types(init);
            let made = quote!(<#state>::init(#(#names),*));
            let made = if matches!(init.output, Output::Result(_)) {
                quote!(::dusk_sdk::__private::entry::accept(#made))
            } else {
                made
            };
            quote!(|(#(#names,)*): #types| #made)
        }
    };
    let functions = exported(contract).map(|method| {
        let name = &method.signature.ident;
        let names = argument_names(method);
        let types = argument_types(method);
        let call = quote!(<#state>::#name(state, #(#names),*));
        let call = if matches!(method.output, Output::Result(_)) {
            quote!(::dusk_sdk::__private::entry::accept(#call))
        } else {
            call
        };
        let entry = if method.changes() { quote!(transact) } else { quote!(query) };
        quote! {
            #[unsafe(no_mangle)]
            extern "C" fn #name(argument_bytes: u32) -> u32 {
                ::dusk_sdk::__private::entry::#entry(&STATE, argument_bytes, |state, (#(#names,)*): #types| #call)
            }
        }
    });
    quote! {
        ::dusk_sdk::__on_abi! {
            const _: () = {
                static STATE: ::dusk_sdk::__private::entry::Slot<#state> = ::dusk_sdk::__private::entry::Slot::new();

                #[unsafe(no_mangle)]
                extern "C" fn init(argument_bytes: u32) -> u32 {
                    ::dusk_sdk::__private::entry::construct(&STATE, argument_bytes, #init)
                }

                #(#functions)*
            };
        }

        ::dusk_sdk::__on_driver! {
            const _: () = {
                #[unsafe(no_mangle)]
                extern "C" fn init() {
                    ::dusk_sdk::driver::serve(&<#state as ::dusk_sdk::interface::Described>::INTERFACE);
                }
            };
        }
    }
}

/// The implementation of `Contract`, and the description that the data driver and the tests read.
fn description(contract: &Contract, state: &Ident) -> TokenStream {
    let docs = &contract.docs;
    let init = match &contract.init {
        None => quote!(::core::option::Option::None),
        Some(init) => {
            let function = function(init, contract, "Init");
            quote!(::core::option::Option::Some(#function))
        }
    };
    let functions = exported(contract)
        .map(|method| function(method, contract, if method.changes() { "Transaction" } else { "Query" }));
    let events = events(contract);
    let refusals = refusals_of(contract);
    quote! {
        impl ::dusk_sdk::contract::Contract for #state {
            const PACKAGE: &'static str = ::core::env!("CARGO_PKG_NAME");
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

fn function(method: &Method, contract: &Contract, kind: &str) -> TokenStream {
    let name = method.signature.ident.to_string();
    let docs = &method.docs;
    let kind = Ident::new(kind, Span::call_site());
    // As callers know them: `type` is no raw name in JSON.
    let names = argument_names(method).into_iter().map(|name| name.to_string().trim_start_matches("r#").to_owned());
    let types = argument_types(method);
    let output = if kind == "Init" { quote!(()) } else { output(method, contract).0 };
    let fallible = matches!(method.output, Output::Result(_));
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
            output: ::dusk_sdk::interface::Output::of::<#output>(),
            fallible: #fallible,
            feeds: #feeds,
        }
    }
}
