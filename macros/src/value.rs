//! `#[contract_type]`, and what events and errors share with it: a type's encoding, its JSON, its description.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Ident, Item, ItemEnum, ItemStruct, Type};

use crate::diagnostics::Diagnostics;
use crate::source::{docs, type_fault};

/// Expands `#[contract_type]`.
pub(crate) fn expand(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let mut rust_layout = false;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("layout") && meta.value()?.parse::<syn::LitStr>()?.value() == "rust" {
            rust_layout = true;
            return Ok(());
        }
        Err(meta.error("unknown option: #[contract_type] takes `layout = \"rust\"`, which matches contracts that do not fix their layout"))
    });
    if let Err(error) = parser.parse2(options) {
        faults.add(error);
    }
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Struct(item)) => structure(&item, rust_layout, &mut faults),
        Ok(Item::Enum(item)) => enumeration(&item, &mut faults),
        _ => {
            faults.at(item, "#[contract_type] stands on a struct or an enum");
            TokenStream::new()
        }
    };
    if faults.is_empty() {
        return expanded;
    }
    let errors = faults.into_tokens();
    quote!(#item #errors)
}

/// A struct with its encoding and its `Value`.
pub(crate) fn structure(item: &ItemStruct, rust_layout: bool, faults: &mut Diagnostics) -> TokenStream {
    generics(
        &item.generics,
        "a type that crosses the border of a contract cannot be generic: callers need to know it",
        faults,
    );
    let parts = Parts::of(&item.fields, faults);
    let derives = derives(&item.attrs);
    let layout = (!rust_layout).then(|| quote!(#[archive_attr(repr(C))]));
    let name = item.ident.to_string();
    let doc = docs(&item.attrs);
    let pattern = parts.pattern();
    let mut constant = TokenStream::new();
    let (write, read, describe) = if matches!(item.fields, Fields::Unnamed(_)) {
        // Without names a struct looks as the tuple of its fields, and as the field itself where there is one.
        let types = &parts.types;
        let bound = &parts.bound;
        let indices = (0..types.len()).map(syn::Index::from);
        if let ([ty], [field]) = (types.as_slice(), bound.as_slice()) {
            constant = quote!(const MAY_BE_NULL: bool = <#ty as ::dusk_sdk::Value>::MAY_BE_NULL;);
            (
                quote!(::dusk_sdk::Value::write_json(#field, out);),
                quote!(::core::result::Result::Ok(Self(<#ty as ::dusk_sdk::Value>::read_json(json)?))),
                quote!(<#ty as ::dusk_sdk::Value>::describe(types)),
            )
        } else {
            (
                quote! {
                    let mut list = ::dusk_sdk::__private::Members::list(out);
                    #(::dusk_sdk::Value::write_json(#bound, list.item());)*
                    list.end();
                },
                quote! {
                    let fields = <(#(#types,)*) as ::dusk_sdk::Value>::read_json(json)?;
                    ::core::result::Result::Ok(Self(#(fields.#indices),*))
                },
                quote!(<(#(#types,)*) as ::dusk_sdk::Value>::describe(types)),
            )
        }
    } else {
        let (write, make, names, fields) = (parts.write(), parts.make(), &parts.names, parts.describe());
        (
            write,
            quote! {
                let given = ::dusk_sdk::interface::Given::object(&[#(#names),*], json)?;
                ::core::result::Result::Ok(Self #make)
            },
            quote! {
                types.define::<Self>(#name, #doc, |types| ::dusk_sdk::interface::Shape::Struct(#fields))
            },
        )
    };
    let write = quote!(let Self #pattern = self; #write);
    let value = value_with(&constant, &item.ident, &write, &read, &describe);
    quote! {
        #derives
        #layout
        #item
        #value
    }
}

fn enumeration(item: &ItemEnum, faults: &mut Diagnostics) -> TokenStream {
    generics(
        &item.generics,
        "a type that crosses the border of a contract cannot be generic: callers need to know it",
        faults,
    );
    if item.variants.is_empty() {
        faults.at(&item.ident, "an enum without variants has no values to exchange");
    }
    if item.variants.len() > 256 {
        faults.at(
            &item.ident,
            "an enum that crosses the border of a contract has at most 256 variants: its tag is one byte",
        );
    }
    let derives = derives(&item.attrs);
    let (write, describe) = variants(item, faults);
    let name = item.ident.to_string();
    let doc = docs(&item.attrs);
    let names: Vec<_> = item.variants.iter().map(|variant| variant.ident.to_string()).collect();
    let read = item.variants.iter().map(|variant| {
        let (ident, text) = (&variant.ident, variant.ident.to_string());
        // Faults of the fields have been noted above.
        let parts = Parts::of(&variant.fields, &mut Diagnostics::default());
        let make = parts.make();
        let names = &parts.names;
        if matches!(variant.fields, Fields::Unit) {
            quote!(#text => { variant.no_fields()?; ::core::result::Result::Ok(Self::#ident) })
        } else if variant.fields.is_empty() {
            quote!(#text => { variant.empty_fields()?; ::core::result::Result::Ok(Self::#ident {}) })
        } else {
            quote! {
                #text => {
                    let given = ::dusk_sdk::interface::Given::object(&[#(#names),*], variant.fields()?)?;
                    ::core::result::Result::Ok(Self::#ident #make)
                }
            }
        }
    });
    let read = quote! {
        let variant = ::dusk_sdk::interface::VariantJson::new(json)?;
        match variant.name {
            #(#read)*
            _ => ::core::result::Result::Err(variant.unknown(&[#(#names),*])),
        }
    };
    let describe = quote! {
        types.define::<Self>(#name, #doc, |types| ::dusk_sdk::interface::Shape::Enum(#describe))
    };
    let value = value(&item.ident, &quote!(match self { #write }), &read, &describe);
    quote! {
        #derives
        #item
        #value
    }
}

/// The arms that write the variants of an enum as JSON, and the vector that describes them.
fn variants(item: &ItemEnum, faults: &mut Diagnostics) -> (TokenStream, TokenStream) {
    let mut arms = TokenStream::new();
    let mut descriptions = Vec::new();
    for variant in &item.variants {
        let parts = Parts::of(&variant.fields, faults);
        let (ident, name, doc) = (&variant.ident, variant.ident.to_string(), docs(&variant.attrs));
        let pattern = parts.pattern();
        let fields = parts.describe();
        descriptions.push(quote!(::dusk_sdk::interface::Variant::new(#name, #doc, #fields)));
        if matches!(variant.fields, Fields::Unit) {
            arms.extend(quote!(Self::#ident => out.push_str(::core::concat!("\"", #name, "\"")),));
        } else {
            let write = parts.write();
            arms.extend(quote! {
                Self::#ident #pattern => {
                    let mut object = ::dusk_sdk::__private::Members::object(out);
                    { let out = object.field(#name); #write }
                    object.end();
                }
            });
        }
    }
    (arms, quote!(::dusk_sdk::__private::vec![#(#descriptions),*]))
}

/// The fields of a struct or of a variant.
pub(crate) struct Parts {
    /// Their names in JSON.
    pub(crate) names: Vec<String>,
    /// Their types.
    pub(crate) types: Vec<Type>,
    /// The variables that a pattern binds them to.
    pub(crate) bound: Vec<Ident>,
    docs: Vec<String>,
    idents: Option<Vec<Ident>>,
}

impl Parts {
    /// Understands fields, and notes those whose type cannot cross the border.
    pub(crate) fn of(fields: &Fields, faults: &mut Diagnostics) -> Self {
        for field in fields {
            if let Some(fault) = type_fault(&field.ty) {
                faults.at(&field.ty, fault);
            }
            for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
                faults.at(
                    attribute,
                    "a field cannot depend on `cfg`: the two sides of a call would disagree about the bytes",
                );
            }
        }
        let idents = matches!(fields, Fields::Named(_))
            .then(|| fields.iter().filter_map(|field| field.ident.clone()).collect::<Vec<_>>());
        let names = match &idents {
            Some(idents) => idents.iter().map(|ident| ident.to_string().trim_start_matches("r#").to_owned()).collect(),
            None => (0..fields.len()).map(|index| index.to_string()).collect(),
        };
        Self {
            names,
            types: fields.iter().map(|field| field.ty.clone()).collect(),
            bound: (0..fields.len()).map(|index| format_ident!("field_{index}")).collect(),
            docs: fields.iter().map(|field| docs(&field.attrs)).collect(),
            idents,
        }
    }

    /// The pattern that binds every field to its variable.
    pub(crate) fn pattern(&self) -> TokenStream {
        let bound = &self.bound;
        match &self.idents {
            Some(idents) => quote!({ #(#idents: #bound),* }),
            None if bound.is_empty() => quote!(),
            None => quote!((#(#bound),*)),
        }
    }

    /// Writes the bound fields to `out` as a JSON object.
    pub(crate) fn write(&self) -> TokenStream {
        let (names, bound) = (&self.names, &self.bound);
        quote! {
            #[allow(unused_mut, reason = "there may be no fields")]
            let mut fields = ::dusk_sdk::__private::Members::object(out);
            #(::dusk_sdk::Value::write_json(#bound, fields.field(#names));)*
            fields.end();
        }
    }

    /// Makes the fields from `given`.
    fn make(&self) -> TokenStream {
        let types = &self.types;
        let indices = 0..types.len();
        let values = quote!(#(given.read::<#types>(#indices)?),*);
        match &self.idents {
            Some(idents) => {
                let indices = 0..types.len();
                quote!({ #(#idents: given.read::<#types>(#indices)?),* })
            }
            None if types.is_empty() => quote!(),
            None => quote!((#values)),
        }
    }

    /// A vector of descriptions of the fields.
    pub(crate) fn describe(&self) -> TokenStream {
        let (names, types, docs) = (&self.names, &self.types, &self.docs);
        quote! {
            ::dusk_sdk::__private::vec![#(
                ::dusk_sdk::interface::Field::new(#names, #docs, <#types as ::dusk_sdk::Value>::describe(types))
            ),*]
        }
    }

    /// Says at the user's own places which types are not values.
    pub(crate) fn assertions(&self) -> TokenStream {
        let types =
            self.types.iter().map(|ty| quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_value::<#ty>();));
        quote! {
            const _: () = {
                #[allow(dead_code, reason = "only its types matter")]
                fn check() { #(#types)* }
            };
        }
    }
}

/// Notes generic parameters.
pub(crate) fn generics(generics: &syn::Generics, message: &str, faults: &mut Diagnostics) {
    if !generics.params.is_empty() {
        faults.at(generics, message);
    }
}

/// The derives of an exchanged type that the user has not written.
fn derives(attributes: &[Attribute]) -> TokenStream {
    let derived = derived(attributes);
    let missing = [
        ("Clone", quote!(::core::clone::Clone)),
        ("Debug", quote!(::core::fmt::Debug)),
        ("PartialEq", quote!(::core::cmp::PartialEq)),
    ];
    let missing =
        missing.into_iter().filter(|(name, _)| !derived.iter().any(|known| known == name)).map(|(_, path)| path);
    // A key of a map is compared in its archived form too.
    let ordered = derived.iter().any(|name| name == "Ord").then(|| {
        quote! {
            #[archive_attr(derive(PartialEq, Eq, PartialOrd, Ord))]
        }
    });
    quote! {
        #[derive(
            #(#missing,)*
            ::dusk_sdk::__private::rkyv::Archive,
            ::dusk_sdk::__private::rkyv::Serialize,
            ::dusk_sdk::__private::rkyv::Deserialize
        )]
        #[archive(check_bytes, crate = "::dusk_sdk::__private::rkyv")]
        #ordered
    }
}

/// The names of the traits that the user derives.
pub(crate) fn derived(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // A malformed derive is reported by the compiler.
        let _ = attribute.parse_nested_meta(|meta| {
            names.extend(meta.path.segments.last().map(|last| last.ident.to_string()));
            Ok(())
        });
    }
    names
}

fn value(ident: &Ident, write: &TokenStream, read: &TokenStream, describe: &TokenStream) -> TokenStream {
    value_with(&TokenStream::new(), ident, write, read, describe)
}

fn value_with(
    constant: &TokenStream,
    ident: &Ident,
    write: &TokenStream,
    read: &TokenStream,
    describe: &TokenStream,
) -> TokenStream {
    quote! {
        ::dusk_sdk::__with_json! {
            { impl ::dusk_sdk::Value for #ident }
            {
                #constant

                fn write_json(&self, out: &mut ::dusk_sdk::__private::String) {
                    #write
                }
            }
            {
                fn read_json(
                    json: &::dusk_sdk::__private::Json,
                ) -> ::core::result::Result<Self, ::dusk_sdk::interface::JsonError> {
                    #read
                }

                fn describe(types: &mut ::dusk_sdk::interface::Types) -> ::dusk_sdk::interface::Type {
                    #describe
                }
            }
        }
    }
}
