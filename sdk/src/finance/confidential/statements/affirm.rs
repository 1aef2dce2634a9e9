//! The statement by which a party agrees to an instruction of settlement.

use super::notes::{Keys, leg};
use crate::zk::{ConstraintSystem, Field, U64, circuit_type};

/// Agreement of the receiver of a leg to the instruction, without the receiver's name.
///
/// 1. The leg is a commitment to this asset, an amount, and a receiver.
/// 2. The prover knows the spend secret of that receiver.
///
/// A [`binding`](crate::zk::binding) contains the name of the instruction, which is a hash of both legs and the
/// deadline.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Affirm {
    /// The asset of the leg.
    pub asset: Field,
    /// The leg: [`leg`](super::super::leg).
    pub leg: Field,
}

/// The private inputs of an [`Affirm`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct AffirmSecret {
    /// The spend secret.
    pub spend: Field,
    /// The amount of the leg.
    pub value: U64,
    /// The blinding of the leg.
    pub blinding: Field,
}

impl Affirm {
    /// Asserts the statement. About 1,700 rows.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &AffirmSecret) {
        let keys = cs.region("keys", |cs| Keys::derive(cs, secret.spend)); // 2
        cs.region("leg", |cs| {
            let made = leg(cs, self.asset, secret.value, keys.owner, secret.blinding);
            made.assert_eq(cs, "the leg is for the prover", self.leg); // 1
        });
    }
}
