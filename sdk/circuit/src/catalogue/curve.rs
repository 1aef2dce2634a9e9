//! Points and scalars.

use super::Gadget;
use crate::constraint_system::ConstraintSystem;
use crate::gadgets::{Ciphertext, Credential, Set, Signature, assert_balanced, commit};
use crate::native;
use crate::value::{Bool, Field, Point, Scalar, U8, U16, U32, U64, Value};

/// A private input.
fn input<T: Value>(cs: &mut ConstraintSystem, name: &str) -> T {
    cs.private(name, None)
}

/// A gadget over named inputs.
macro_rules! gadget {
    ($name:literal, $aim:literal, |$cs:ident, $($value:ident: $input:ty),+| $body:expr) => {
        Gadget {
            name: $name,
            aim: $aim,
            build: |$cs| {
                $(let $value = input::<$input>($cs, stringify!($value));)+
                let rows = $cs.rows();
                let _ = $body;
                rows
            },
        }
    };
}

pub(super) const GADGETS: &[Gadget] = &[
    gadget!("point", 9, |cs, u: Field, v: Field| Point::constrain(cs, u, v)),
    gadget!("scalar", 68, |cs, k: Field| Scalar::constrain(cs, k)),
    gadget!("sum of points", 2, |cs, p: Point, q: Point| p.add(cs, q)),
    gadget!("negative point", 1, |cs, p: Point| p.neg(cs)),
    gadget!("select a point", 4, |cs, bit: Bool, p: Point, q: Point| bit.select(cs, p, q)),
    gadget!("equality of points, stated", 2, |cs, p: Point, q: Point| p.assert_eq(cs, "equal", q)),
    gadget!("is equal, points", 4, |cs, p: Point, q: Point| p.eq(cs, q)),
    gadget!("multiple of a fixed point", 262, |cs, k: Scalar| {
        Point::multiple_of(cs, &native::Point::GENERATOR_NUMS, k)
    }),
    gadget!("key ownership", 262, |cs, k: Scalar, key: Point| k.assert_owns(cs, "owns the key", key)),
    gadget!("multiple of a point", 2016, |cs, p: Point, k: Scalar| p.mul(cs, k)),
    gadget!("commitment to a scalar", 526, |cs, value: Scalar, blinding: Scalar| commit(cs, value, blinding)),
    gadget!("commitment to 64 bits", 526, |cs, value: U64, blinding: Scalar| commit(cs, value, blinding)),
    gadget!("balance of 8 amounts of 64 bits", 4, |cs, inputs: [U64; 4], outputs: [U64; 4]| {
        assert_balanced(cs, "balance", &inputs, &outputs);
    }),
    gadget!("encryption of 64 bits", 2050, |cs, it: Ciphertext, key: Point, amount: U64, randomness: Scalar| {
        it.assert_encrypts(cs, key, amount, randomness);
    }),
    gadget!("Schnorr verification", 3200, |cs, it: Signature, key: Point, message: Field| {
        it.assert_signs(cs, "signed", key, message);
    }),
    gadget!("decryption of 64 bits", 2050, |cs, it: Ciphertext, secret_key: Scalar, amount: U64| {
        it.assert_decrypts(cs, secret_key, amount);
    }),
    gadget!("leaf of a credential", 700, |cs, it: Credential| it.leaf(cs)),
    gadget!("signed credential", 4100, |cs, it: Credential, issuer: Point, signature: Signature| {
        it.assert_signed(cs, "signed", issuer, signature);
    }),
    gadget!("holder of a credential", 262, |cs, it: Credential, key: Scalar| it.assert_held_by(cs, "held", key)),
    gadget!("age of a holder", 7, |cs, it: Credential, day: U32| it.assert_born_by(cs, "old enough", day)),
    gadget!("validity of a credential", 7, |cs, it: Credential, day: U32| it.assert_valid_on(cs, "valid", day)),
    gadget!("level of accreditation", 7, |cs, it: Credential, level: U8| it.assert_accredited(cs, "level", level)),
    gadget!("in a set of 8", 8, |cs, it: U16, set: Set<8>| set.assert_contains(cs, "in the set", it)),
    gadget!("not in a set of 8", 9, |cs, it: U16, set: Set<8>| set.assert_lacks(cs, "not in the set", it)),
];
