//! The circuit: a statement about a sealed income.
#![no_std]

#[cfg(test)]
mod drafts;

use dusk_sdk::zk::*;

// ANCHOR: earns
/// The sealed income is at least `least` a month.
///
/// 1. `seal` is the hash of `income`, the income of a year, and `salt`.
/// 2. A twelfth of `income`, rounded down, is at least `least`.
#[circuit]
pub fn earns(
    cs: &mut ConstraintSystem,
    #[public] seal: Field,
    #[public] least: U64,
    #[private] income: U64,
    #[private] salt: Field,
) {
    let own = hash(cs, &[income.field(), salt]);
    own.assert_eq(cs, "the income is the sealed one", seal); // 1
    let monthly = twelfth(cs, income);
    monthly.assert_ge(cs, "the monthly income is enough", least); // 2
}
// ANCHOR_END: earns

// ANCHOR: twelfth
/// A twelfth of a number, rounded down. 15 rows.
///
/// 1. `number = 12·twelfth + rest`. Both are below 2^64, so that the sum does not wrap around.
/// 2. `rest < 12`. So only one pair satisfies both.
#[track_caller]
fn twelfth(cs: &mut ConstraintSystem, number: U64) -> U64 {
    cs.gadget("twelfth", |cs| {
        let [twelfth, rest] = cs.hints([number.wire()], |[number]| {
            let number = native::Field::from(number).to_u64().unwrap_or_default();
            [BlsScalar::from(number / 12), BlsScalar::from(number % 12)]
        });
        let (twelfth, rest) = (U64::constrain(cs, twelfth), U8::constrain(cs, rest));
        let sum = Linear::new().plus(twelfth, 12).plus(rest, 1).minus(number, 1);
        sum.assert_zero(cs, "twelve twelfths and the rest"); // 1
        let twelve = U8::constant(cs, 12);
        rest.assert_lt(cs, "the rest is below twelve", twelve); // 2
        twelfth
    })
}
// ANCHOR_END: twelfth
