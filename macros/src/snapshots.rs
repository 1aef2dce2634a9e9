//! Snapshots of the expansions of the smaller macros.

use proc_macro2::TokenStream;
use quote::quote;

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn2::parse2(tokens).unwrap())
}

#[test]
fn the_expansion_of_an_event() {
    let event = quote! {
        /// Shares moved.
        pub struct Transferred { pub from: Account, pub amount: u64 }
    };
    insta::assert_snapshot!(pretty(crate::event::expand(quote!(topic = "transferred"), &event)));
}

#[test]
fn the_expansion_of_an_error() {
    let error = quote! {
        #[derive(Eq, PartialEq)]
        pub enum Refused {
            /// Too little.
            Insufficient { held: u64 },
            #[code(9)]
            Closed,
        }
    };
    insta::assert_snapshot!(pretty(crate::refusal::expand(TokenStream::new(), &error)));
}

#[test]
fn the_expansion_of_an_error_that_holds_another() {
    let error = quote! {
        pub enum Refused {
            Closed,
            #[from]
            Pausing(pausing::Refused),
        }
    };
    insta::assert_snapshot!(pretty(crate::refusal::expand(TokenStream::new(), &error)));
}

#[test]
fn the_expansion_of_a_type() {
    let kind = quote! {
        #[derive(Copy, Ord)]
        pub enum Kind {
            Plain,
            Pair(bool, u8),
        }
    };
    insta::assert_snapshot!(pretty(crate::value::expand(TokenStream::new(), &kind)));
}

#[test]
fn the_expansion_of_a_test() {
    let test = quote! {
        fn counts(chain: Chain) -> TestResult { Ok(()) }
    };
    insta::assert_snapshot!(pretty(crate::test::expand(&TokenStream::new(), &test)));
}

#[test]
fn the_expansion_of_a_circuit() {
    let circuit = quote! {
        /// The prover knows two factors of `product`.
        pub fn factors(cs: &mut ConstraintSystem, #[public] product: Field, #[private] left: Field, #[private] right: Field) {
            left.mul(cs, right).assert_eq(cs, "product", product);
        }
    };
    insta::assert_snapshot!(pretty(crate::circuit::expand(&TokenStream::new(), &circuit)));
}

#[test]
fn the_expansion_of_an_observer_test() {
    let test = quote! {
        /// Amounts stay private.
        #[ignore]
        fn hides(chain: Chain, private: &Private) -> TestResult { Ok(()) }
    };
    insta::assert_snapshot!(pretty(crate::test::expand(&quote!(observer), &test)));
}

#[test]
fn the_expansion_of_a_type_of_circuits() {
    let holder = quote! {
        /// Who holds shares.
        pub struct Holder {
            /// Known to the holder alone.
            pub secret: Field,
            pub country: U16,
        }
    };
    insta::assert_snapshot!(pretty(crate::circuit::expand_type(&TokenStream::new(), &holder)));
}
