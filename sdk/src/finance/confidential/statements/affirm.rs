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

#[cfg(test)]
mod tests {
    use super::super::super::{Keys, leg};
    use super::*;
    use crate::zk::{CheckError, audit, check};

    type F = crate::Field;

    fn build(cs: &mut ConstraintSystem, case: Option<&(AffirmNative, AffirmSecretNative)>) {
        let act: Affirm = cs.public("act", case.map(|it| &it.0));
        let secret: AffirmSecret = cs.private("secret", case.map(|it| &it.1));
        act.assert(cs, &secret);
    }

    fn usual() -> (AffirmNative, AffirmSecretNative) {
        let keys = Keys::from_seed(&[9; 64], 0);
        let (asset, blinding) = (F::from(1_000), F::from(44));
        let leg = leg(asset, 70, keys.address().owner, blinding);
        (AffirmNative { asset, leg }, AffirmSecretNative { spend: keys.spend.secret(), value: 70, blinding })
    }

    /// The name of the constraint that does not hold.
    fn fault(change: impl Fn(&mut AffirmNative, &mut AffirmSecretNative)) -> Option<std::string::String> {
        let (mut act, mut secret) = usual();
        change(&mut act, &mut secret);
        let mut cs = ConstraintSystem::with_witness("test");
        build(&mut cs, Some(&(act, secret)));
        let (layout, assignment) = cs.finish();
        match check(&layout, &assignment) {
            Ok(()) => None,
            Err(CheckError::Unsatisfied(fault)) => Some(fault.constraint.clone()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn only_the_receiver_of_the_leg_affirms() {
        assert_eq!(fault(|_, _| {}), None);
        let refused = Some("the leg is for the prover".into());
        assert_eq!(fault(|_, secret| secret.spend = Keys::from_seed(&[9; 64], 1).spend.secret()), refused);
        assert_eq!(fault(|_, secret| secret.value += 1), refused);
        assert_eq!(fault(|_, secret| secret.blinding = 45.into()), refused);
        assert_eq!(fault(|act, _| act.asset = 1_001.into()), refused);
        assert_eq!(fault(|act, _| act.leg = 7.into()), refused);
    }

    #[test]
    fn nothing_is_left_to_choose() {
        let mut cs = ConstraintSystem::new("test");
        build(&mut cs, None);
        let layout = cs.finish().0;
        let report = audit(&layout);
        assert!(report.clean(), "{report}");
        assert!(layout.rows.len() < 1 << 11, "{} rows", layout.rows.len());
    }
}
