//! Names that circuits, inputs and types may have: each is compiled, built and checked.
#![forbid(unsafe_code)]
#![allow(clippy::too_many_arguments, reason = "as many inputs as there are names")]
#![allow(clippy::needless_pass_by_value, reason = "the form of circuits")]
#![allow(dead_code, reason = "what is generated is compiled, and not all of it called")]

use dusk_sdk::zk::{Circuit, assign, check, layout, native};

/// A circuit whose input is called like it.
mod same {
    use dusk_sdk::zk::*;

    /// Somebody is old enough.
    #[circuit]
    pub(crate) fn age(cs: &mut ConstraintSystem, #[public] least: U8, #[private] age: U8) {
        age.assert_ge(cs, "old enough", least);
    }
}

/// Circuits and inputs that are called like keywords, and like what generated code has.
mod keywords {
    use dusk_sdk::zk::*;

    #[circuit]
    pub(crate) fn r#type(
        cs: &mut ConstraintSystem,
        #[public] r#struct: Field,
        #[private] _fn: Field,
        #[private] r#type: Field,
    ) {
        r#type.assert_eq(cs, "the same", r#struct);
    }

    #[circuit]
    pub(crate) fn option(
        cs: &mut ConstraintSystem,
        #[public] circuit: Field,
        #[public] inputs: Field,
        #[public] known: Field,
        #[public] out: Field,
        #[private] public: Field,
        #[private] private: Field,
        #[private] input_0: Field,
        #[private] f: Field,
        #[private] option: Field,
    ) {
        let sum = [circuit, inputs, known, out].into_iter().reduce(|sum, it| sum.add(cs, it)).unwrap_or(Field::ZERO);
        let other =
            [public, private, input_0, f, option].into_iter().reduce(|sum, it| sum.add(cs, it)).unwrap_or(Field::ZERO);
        sum.assert_eq(cs, "the sums", other);
    }
}

/// A type of circuits with members that are called like keywords.
mod types {
    use dusk_sdk::zk::*;

    #[circuit_type]
    pub(crate) struct Pair {
        pub(crate) r#in: Field,
        pub(crate) native: Field,
    }

    #[circuit]
    pub(crate) fn ordered(cs: &mut ConstraintSystem, #[private] out: Pair) {
        out.r#in.assert_ne(cs, "they differ", out.native);
    }
}

/// Circuits that are called like the prelude's items.
mod prelude {
    use dusk_sdk::zk::*;

    macro_rules! called {
        ($($name:ident)*) => {$(
            #[circuit]
            pub(crate) fn $name(cs: &mut ConstraintSystem, #[private] x: Field) {
                x.assert_nonzero(cs, "x");
            }
        )*};
    }

    called!(some none ok err result vec string r#box clone copy send sync drop default debug serialize deserialize iterator main core std);
}

#[track_caller]
fn holds<C: Circuit>(public: &C::Public, private: &C::Private) -> bool {
    let layout = layout::<C>();
    check(&layout, &assign::<C>(&layout, public, private).expect("the layout does not depend on values")).is_ok()
}

#[test]
fn an_input_may_be_called_like_its_circuit() {
    use same::{Age, AgePrivate, AgePublic};
    assert!(holds::<Age>(&AgePublic { least: 18 }, &AgePrivate { age: 18 }));
    assert!(!holds::<Age>(&AgePublic { least: 18 }, &AgePrivate { age: 17 }));
    assert_eq!(layout::<Age>().inputs[1].name, "age");
}

#[test]
fn keywords_are_names() {
    use keywords::{Type, TypePrivate, TypePublic};
    let private = TypePrivate { r#fn: 1.into(), r#type: 2.into() };
    assert!(holds::<Type>(&TypePublic { r#struct: 2.into() }, &private));
    assert!(!holds::<Type>(&TypePublic { r#struct: 3.into() }, &private));
    let names: Vec<String> = layout::<Type>().inputs.into_iter().map(|input| input.name).collect();
    assert_eq!((Type::NAME, names), ("type", vec!["struct".to_owned(), "fn".to_owned(), "type".to_owned()]));
}

#[test]
fn names_of_generated_code_are_free() {
    use keywords::{Option as Sums, OptionPrivate, OptionPublic};
    let [one, two] = [1, 2].map(native::Field::from);
    let public = OptionPublic { circuit: two, inputs: one, known: one, out: one };
    let private = OptionPrivate { public: one, private: one, input_0: one, f: one, option: one };
    assert!(holds::<Sums>(&public, &private));
    assert!(!holds::<Sums>(&OptionPublic { circuit: one, ..public }, &private));
}

#[test]
fn members_of_types_may_be_keywords() {
    use types::{Ordered, OrderedPrivate, OrderedPublic, PairNative};
    let of = |x: u64, y: u64| OrderedPrivate { out: PairNative { r#in: x.into(), native: y.into() } };
    assert!(holds::<Ordered>(&OrderedPublic {}, &of(1, 2)));
    assert!(!holds::<Ordered>(&OrderedPublic {}, &of(2, 2)));
}

#[test]
fn names_of_the_prelude_are_free() {
    use prelude::{Box, BoxPrivate, BoxPublic, Some, SomePrivate, SomePublic};
    assert!(holds::<Some>(&SomePublic {}, &SomePrivate { x: 1.into() }));
    assert!(!holds::<Box>(&BoxPublic {}, &BoxPrivate { x: 0.into() }));
}
