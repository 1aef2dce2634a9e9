//! Two drafts of the circuit, each with a fault. The chapter "Your first circuit" of the book finds them.

use dusk_sdk::zk::*;

// ANCHOR: first
/// The first draft.
#[circuit]
pub fn first_draft(
    cs: &mut ConstraintSystem,
    #[public] seal: Field,
    #[public] least: U64,
    #[private] income: U64,
    #[private] salt: Field,
) {
    let own = hash(cs, &[income.field(), salt]);
    own.assert_eq(cs, "the income is the sealed one", seal);
    let twelve = U64::constant(cs, 12);
    let (monthly, _) = income.div_rem(cs, twelve);
    least.assert_lt(cs, "the monthly income is enough", monthly);
}
// ANCHOR_END: first

// ANCHOR: second
/// The second draft.
#[circuit]
pub fn second_draft(
    cs: &mut ConstraintSystem,
    #[public] seal: Field,
    #[public] least: U64,
    #[private] income: U64,
    #[private] salt: Field,
) {
    let own = hash(cs, &[income.field(), salt]);
    own.assert_eq(cs, "the income is the sealed one", seal);
    let [monthly, rest] = cs.hints([income.wire()], |[income]| {
        let income = native::Field::from(income).to_u64().unwrap_or_default();
        [BlsScalar::from(income / 12), BlsScalar::from(income % 12)]
    });
    let monthly = U64::constrain(cs, monthly);
    let year = Linear::new().plus(monthly, 12).plus(rest, 1).minus(income, 1);
    year.assert_zero(cs, "twelve months and the rest are the year");
    monthly.assert_ge(cs, "the monthly income is enough", least);
}
// ANCHOR_END: second

// ANCHOR: liar
#[test]
fn a_liar_passes_the_second_draft() {
    let layout = layout::<SecondDraft>();
    let assignment = |income: u64, least| {
        let salt = native::Field::from(5);
        let public = SecondDraftPublic { seal: native::hash(&[income.into(), salt]), least };
        assign::<SecondDraft>(&layout, &public, &SecondDraftPrivate { income, salt }).unwrap()
    };
    // With the witness of an honest prover, an income of 1,200 a year does not pass for 4,000 a month.
    let mut lie = assignment(1_200, 4_000);
    assert!(check(&layout, &lie).is_err());
    // A liar copies the undetermined values of the audit from an income of 48,000, and sets `rest` to fit: −46,800.
    let undetermined = audit(&layout).undetermined;
    let rich = assignment(48_000, 4_000);
    for wire in &undetermined {
        lie.replace(*wire, rich.values()[wire.index()]);
    }
    lie.replace(undetermined[1], -BlsScalar::from(46_800));
    assert!(check(&layout, &lie).is_ok());
    // With the assignment of an honest witness, the audit finds a second assignment itself.
    let report = audit_with(&layout, &rich).unwrap();
    assert!(matches!(report.findings[0].kind, FindingKind::UnderConstrained(_)), "{report}");
}
// ANCHOR_END: liar

#[test]
fn the_circuit_determines_every_wire() {
    let report = audit(&layout::<super::Earns>());
    assert!(report.clean(), "{report}");
}
