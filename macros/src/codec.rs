//! The encoding of a type under `#[contract_type]` and `#[event]`: implementations of rkyv's traits.
//!
//! The bytes equal those of rkyv's own derives. The macro does not use those derives: their code is not hygienic (a
//! type named `Tag` or a variant named `r#type` does not compile), and their trait bounds on the fields cannot be
//! satisfied by a type that contains itself. In this expansion all names are positions after a reserved prefix, and
//! there are no such bounds: the types are concrete, so the compiler itself checks whether each field has an encoding.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Index, Type};

use crate::value::Parts;

/// The layout of a type's archived form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A struct in source order (`repr(C)`).
    C,
    /// A struct in the compiler's order (`repr(Rust)`).
    Rust,
}

/// The types of the archived fields, in order.
fn archived(types: &[Type]) -> TokenStream {
    quote!(#(::dusk_sdk::__private::rkyv::Archived<#types>),*)
}

/// The types of the fields' resolvers, in order.
fn resolvers(types: &[Type]) -> TokenStream {
    quote!(#(::dusk_sdk::__private::rkyv::Resolver<#types>),*)
}

/// Comparison of archived forms, for types that may be keys of maps.
fn comparisons(ordered: bool) -> Option<TokenStream> {
    ordered
        .then(|| quote!(#[derive(::core::cmp::PartialEq, ::core::cmp::Eq, ::core::cmp::PartialOrd, ::core::cmp::Ord)]))
}

/// The encoding of a struct.
pub(crate) fn structure(name: &Ident, parts: &Parts, layout: Layout, ordered: bool) -> TokenStream {
    let (types, bound) = (&parts.types, &parts.bound);
    let indices: Vec<_> = (0..types.len()).map(Index::from).collect();
    let archived = archived(types);
    let resolvers = resolvers(types);
    let layout = (layout == Layout::C).then(|| quote!(#[repr(C)]));
    let comparisons = comparisons(ordered);
    let pattern = parts.pattern(&quote!(#name));
    let serialized = parts.serialized();
    let made = parts.made(&quote!(#name), parts.deserialized());
    let definitions = quote! {
        #comparisons
        #layout
        pub struct __DuskArchived(#archived);

        #[allow(dead_code, reason = "there may be no fields")]
        pub struct __DuskResolver(#resolvers);
    };
    let resolve = quote! {
        let #pattern = self;
        #(unsafe {
            ::dusk_sdk::__private::resolve(
                #bound, __dusk_at, __dusk_resolver.#indices, __dusk_out, &raw mut (*__dusk_out).#indices,
            );
        })*
    };
    let serialize = quote! {
        let #pattern = self;
        ::core::result::Result::Ok(__DuskResolver(#(#serialized),*))
    };
    let deserialize = quote! {
        let Self(#(#bound),*) = self;
        ::core::result::Result::Ok(#made)
    };
    let check = quote! {
        #((unsafe { ::dusk_sdk::__private::check(&raw const (*__dusk_value).#indices, __dusk_context) })?;)*
    };
    implementations(name, &definitions, &resolve, &serialize, &deserialize, &check)
}

/// The encoding of an enum: a tag of one byte, the index of the variant, followed by the fields.
pub(crate) fn enumeration(name: &Ident, variants: &[(Ident, Parts)], ordered: bool) -> TokenStream {
    let comparisons = comparisons(ordered);
    let mut definitions = Definitions::default();
    let (mut resolve, mut serialize, mut deserialize, mut check) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (index, (ident, parts)) in variants.iter().enumerate() {
        let variant = format_ident!("__Dusk{index}");
        let tag = Literal::usize_unsuffixed(index);
        definitions.add(&variant, &parts.types);
        let path = quote!(#name::#ident);
        let (bound, pattern) = (&parts.bound, parts.pattern(&path));
        resolve.extend(resolve_variant(&variant, &tag, parts, &pattern));
        let serialized = parts.serialized();
        serialize.extend(quote!(#pattern => __DuskResolver::#variant(#(#serialized),*),));
        let made = parts.made(&path, parts.deserialized());
        deserialize.extend(quote!(Self::#variant(#(#bound),*) => #made,));
        check.extend(check_variant(&variant, &tag, parts.types.len()));
    }
    let Definitions { archived, resolvers, structs } = definitions;
    let definitions = quote! {
        #comparisons
        #[allow(dead_code, reason = "made by writing its bytes")]
        #[repr(u8)]
        pub enum __DuskArchived { #archived }

        pub enum __DuskResolver { #resolvers }

        #structs
    };
    implementations(
        name,
        &definitions,
        &quote!(match __dusk_resolver { #resolve }),
        &quote!(::core::result::Result::Ok(match self { #serialize })),
        &quote!(::core::result::Result::Ok(match self { #deserialize })),
        &quote! {
            match unsafe { *__dusk_value.cast::<::core::primitive::u8>() } {
                #check
                _ => return ::core::result::Result::Err(::dusk_sdk::wire::Malformed),
            }
        },
    )
}

/// The types that represent an enum and its variants.
#[derive(Default)]
struct Definitions {
    archived: TokenStream,
    resolvers: TokenStream,
    /// For each variant with fields, a struct with the layout that the language defines for it.
    structs: TokenStream,
}

impl Definitions {
    fn add(&mut self, variant: &Ident, types: &[Type]) {
        let (fields, resolvers) = (archived(types), resolvers(types));
        self.archived.extend(quote!(#variant(#fields),));
        self.resolvers.extend(quote!(#variant(#resolvers),));
        if !types.is_empty() {
            self.structs.extend(quote! {
                #[repr(C)]
                struct #variant(::core::primitive::u8, #fields);
            });
        }
    }
}

fn resolve_variant(variant: &Ident, tag: &Literal, parts: &Parts, pattern: &TokenStream) -> TokenStream {
    let bound = &parts.bound;
    if bound.is_empty() {
        return quote! {
            __DuskResolver::#variant() => unsafe { __dusk_out.cast::<::core::primitive::u8>().write(#tag) },
        };
    }
    let resolvers: Vec<_> = (0..bound.len()).map(|index| format_ident!("__dusk_resolver_{index}")).collect();
    let indices = (1..=bound.len()).map(Index::from);
    quote! {
        __DuskResolver::#variant(#(#resolvers),*) => match self {
            #pattern => {
                let __dusk_out = __dusk_out.cast::<#variant>();
                unsafe { (&raw mut (*__dusk_out).0).write(#tag) };
                #(unsafe {
                    ::dusk_sdk::__private::resolve(
                        #bound, __dusk_at, #resolvers, __dusk_out, &raw mut (*__dusk_out).#indices,
                    );
                })*
            }
            #[allow(unreachable_patterns, reason = "there may be one variant")]
            _ => unsafe { ::core::hint::unreachable_unchecked() },
        },
    }
}

fn check_variant(variant: &Ident, tag: &Literal, fields: usize) -> TokenStream {
    if fields == 0 {
        return quote!(#tag => {});
    }
    let indices = (1..=fields).map(Index::from);
    quote! {
        #tag => {
            let __dusk_value = __dusk_value.cast::<#variant>();
            #((unsafe { ::dusk_sdk::__private::check(&raw const (*__dusk_value).#indices, __dusk_context) })?;)*
        }
    }
}

/// The implementations of rkyv's traits, given their bodies.
fn implementations(
    name: &Ident,
    definitions: &TokenStream,
    resolve: &TokenStream,
    serialize: &TokenStream,
    deserialize: &TokenStream,
    check: &TokenStream,
) -> TokenStream {
    let rkyv = quote!(::dusk_sdk::__private::rkyv);
    quote! {
        #[automatically_derived]
        const _: () = {
            #definitions

            impl #rkyv::Archive for #name {
                type Archived = __DuskArchived;
                type Resolver = __DuskResolver;

                #[inline]
                unsafe fn resolve(
                    &self,
                    __dusk_at: ::core::primitive::usize,
                    __dusk_resolver: __DuskResolver,
                    __dusk_out: *mut __DuskArchived,
                ) {
                    #resolve
                }
            }

            impl<__DuskTo> #rkyv::Serialize<__DuskTo> for #name
            where
                __DuskTo: #rkyv::ser::Serializer + #rkyv::ser::ScratchSpace + ?::core::marker::Sized,
            {
                #[inline]
                fn serialize(
                    &self,
                    __dusk_to: &mut __DuskTo,
                ) -> ::core::result::Result<__DuskResolver, <__DuskTo as #rkyv::Fallible>::Error> {
                    #serialize
                }
            }

            impl<__DuskFrom> #rkyv::Deserialize<#name, __DuskFrom> for __DuskArchived
            where
                __DuskFrom: #rkyv::Fallible + ?::core::marker::Sized,
            {
                #[inline]
                fn deserialize(
                    &self,
                    __dusk_from: &mut __DuskFrom,
                ) -> ::core::result::Result<#name, <__DuskFrom as #rkyv::Fallible>::Error> {
                    #deserialize
                }
            }

            impl<__DuskIn> #rkyv::bytecheck::CheckBytes<__DuskIn> for __DuskArchived
            where
                __DuskIn: #rkyv::validation::ArchiveContext + ?::core::marker::Sized,
                <__DuskIn as #rkyv::Fallible>::Error: #rkyv::bytecheck::Error,
            {
                type Error = ::dusk_sdk::wire::Malformed;

                unsafe fn check_bytes<'__dusk>(
                    __dusk_value: *const Self,
                    __dusk_context: &mut __DuskIn,
                ) -> ::core::result::Result<&'__dusk Self, ::dusk_sdk::wire::Malformed> {
                    #check
                    ::core::result::Result::Ok(unsafe { &*__dusk_value })
                }
            }
        };
    }
}
