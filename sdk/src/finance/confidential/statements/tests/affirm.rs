//! The agreement of the receiver of a leg.

use super::*;

type Affirmed = (AffirmNative, AffirmSecretNative);

fn affirm(cs: &mut ConstraintSystem, case: Option<&Affirmed>) {
    statement::<Affirm, AffirmSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

#[test]
fn an_affirmation_refuses_by_name() {
    let (world, blinding) = (World::new(), F::from(8));
    let leg = native::leg(asset(), 70, world.receiver.address().owner, blinding);
    let secret = AffirmSecretNative { spend: world.receiver.spend.secret(), value: 70, blinding };
    let usual: Affirmed = (AffirmNative { asset: asset(), leg }, secret);
    holds(|cs: &mut ConstraintSystem| affirm(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut Affirmed)| spoilt(&usual, |cs, case| affirm(cs, Some(case)), change);
    let refused = "the leg is for the prover";
    // 1: another asset, another amount, another blinding, another leg.
    assert_eq!(spoilt(&|it| other(&mut it.0.asset)), refused);
    assert_eq!(spoilt(&|it| it.1.value += 1), refused);
    assert_eq!(spoilt(&|it| other(&mut it.1.blinding)), refused);
    assert_eq!(spoilt(&|it| other(&mut it.0.leg)), refused);
    // 2: the spend secret of the sender.
    assert_eq!(spoilt(&|it| it.1.spend = world.sender.spend.secret()), refused);
}

#[test]
fn nothing_is_left_to_choose_in_an_affirmation() {
    let rows = audited(|cs: &mut ConstraintSystem| affirm(cs, None));
    assert!(rows < 1 << 11, "{rows} rows");
}
