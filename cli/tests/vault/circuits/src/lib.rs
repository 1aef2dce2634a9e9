//! The circuits of the vault.
#![no_std]

use dusk_sdk::zk::*;

/// The prover knows two factors of `product`, the second below 2^32.
///
/// 1. `left` times `right` is `product`.  2. `right` is not 1.
#[circuit]
pub fn factors(cs: &mut ConstraintSystem, #[public] product: Field, #[private] left: Field, #[private] right: U32) {
    cs.region("factors", |cs| {
        let one = BlsScalar::one();
        cs.gate("product", Gate::new().ab(left.wire(), right.field().wire(), one).c(product.wire(), -one)); // 1
        right.field().assert_ne(cs, "more than one", Field::ONE); // 2
    });
}
