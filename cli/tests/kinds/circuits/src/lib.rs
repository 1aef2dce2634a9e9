//! Circuits whose inputs are numbers of every size, at every depth.
#![no_std]
use dusk_sdk::zk::*;

/// One of several.
#[circuit_type]
pub struct Line {
    pub id: U128,
    pub amount: U64,
    pub root: Field,
}

/// Public inputs of all shapes, in this order.
#[circuit]
pub fn shapes(
    cs: &mut ConstraintSystem,
    #[public] big: U128,
    #[public] bigs: [U128; 2],
    #[public] line: Line,
    #[private] lines: [Line; 2],
) {
    let sum = lines[0].amount.add(cs, lines[1].amount);
    sum.assert_eq(cs, "the sum of the amounts", line.amount);
    big.assert_eq(cs, "the ids are equal", lines[0].id);
    bigs[0].assert_eq(cs, "the first", big);
    bigs[1].assert_eq(cs, "the second", line.id);
    line.root.assert_eq(cs, "the roots are equal", lines[0].root);
    lines[1].root.assert_eq(cs, "the other root", lines[0].root);
}

/// A public number of 64 bits equals a private one.
#[circuit]
pub fn same(cs: &mut ConstraintSystem, #[public] n: U64, #[private] m: U64) {
    n.assert_eq(cs, "the same", m);
}

/// A field element equals another.
#[circuit]
pub fn equal(cs: &mut ConstraintSystem, #[public] x: Field, #[private] y: Field) {
    y.assert_eq(cs, "equal", x);
}

#[doc = "Says \u{1b}[31mred\u{9b}2J things.\u{202e}\r\nFORGED"]
#[circuit]
pub fn loud(cs: &mut ConstraintSystem, #[public] x: Field, #[private] y: Field) {
    cs.region("\u{1b}[31mregion\r\nFORGED", |cs| {
        let z = y.mul(cs, y);
        z.assert_eq(cs, "\u{1b}]0;t\u{7}name\u{202e}\r\nFORGED", x);
    });
}
