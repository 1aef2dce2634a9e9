//! Points and scalars.

use super::Gadget;
use crate::circuit::Circuit;
use crate::plain;
use crate::value::{Bool, Field, Point, Scalar, Value};

/// A private input.
fn input<T: Value>(cs: &mut Circuit, name: &str) -> T {
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
        Point::multiple_of(cs, &plain::Point::GENERATOR_NUMS, k)
    }),
    gadget!("key ownership", 262, |cs, k: Scalar, key: Point| k.assert_owns(cs, "owns the key", key)),
    gadget!("multiple of a point", 2016, |cs, p: Point, k: Scalar| p.mul(cs, k)),
];
