//! Failures and reports tell what everybody knows, and no value of a private input.

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::*;

use crate::stock::{self, one};

/// A secret that no text has by chance.
const SECRET: u64 = 123_456_789_012;

fn failure(build: impl FnOnce(&mut ConstraintSystem)) -> Unsatisfied {
    let mut cs = ConstraintSystem::with_witness("secret");
    build(&mut cs);
    let (layout, assignment) = cs.finish();
    match check(&layout, &assignment) {
        Err(CheckError::Unsatisfied(fault)) => *fault,
        other => panic!("a constraint must not hold: {other:?}"),
    }
}

#[track_caller]
fn hides(fault: &Unsatisfied, secrets: &[String]) {
    let error = CheckError::Unsatisfied(Box::new(fault.clone()));
    for text in
        [fault.to_string(), format!("{fault:?}"), format!("{fault:#?}"), error.to_string(), format!("{error:?}")]
    {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is secret: {text}");
        }
    }
    assert!(fault.has_private());
    assert!(fault.to_string().contains("DUSK_SHOW_PRIVATE=1 shows private values"), "{fault}");
    let revealed = Revealed(fault).to_string();
    assert!(secrets.iter().any(|secret| revealed.contains(secret)), "it is told when it is asked for: {revealed}");
}

#[test]
fn a_failing_constraint_tells_public_values_alone() {
    let fault = failure(|cs| {
        let secret = cs.private::<Field>("secret", Some(&SECRET.into()));
        let public = cs.public::<Field>("public", Some(&5.into()));
        secret.assert_eq(cs, "equal", public);
    });
    hides(&fault, &[SECRET.to_string()]);
    let text = fault.to_string();
    assert!(text.contains("= (private) (secret)") && text.contains("= 5 (public)"), "{text}");
}

/// A value that is computed from a private input tells of it.
#[test]
fn values_that_derive_from_private_inputs_are_private() {
    let own = native::hash(&[SECRET.into()]);
    let fault = failure(|cs| {
        let secret = cs.private::<Field>("secret", Some(&SECRET.into()));
        let public = cs.public::<Field>("public", Some(&5.into()));
        hash(cs, &[secret]).assert_eq(cs, "commitment", public);
    });
    hides(&fault, &[short(&own), own.to_string()]);
}

#[test]
fn a_number_that_is_too_large_is_not_told() {
    let value = native::Field::from(BlsScalar::pow_of_2(253) + BlsScalar::from(77));
    let fault = failure(|cs| {
        let secret = cs.private::<Field>("secret_key", Some(&value));
        let _ = Scalar::constrain(cs, secret);
    });
    hides(&fault, &[short(&value), value.to_string()]);
    assert!(fault.to_string().contains("number = (private) (secret_key)"), "{fault}");
}

/// Constants and public inputs are known to all, wherever they stand.
#[test]
fn constants_and_public_inputs_are_told() {
    let fault = failure(|cs| {
        let public = cs.public::<Field>("public", Some(&5.into()));
        let constant = Field::constant(cs, 9_u64);
        public.assert_eq(cs, "equal", constant);
    });
    let text = fault.to_string();
    assert!(!fault.has_private() && text.contains("= 5 (public)") && text.contains("= 9"), "{text}");
    assert!(!text.contains("DUSK_SHOW_PRIVATE"), "{text}");
}

#[test]
fn an_audit_does_not_tell_the_witness() {
    let mut cs = ConstraintSystem::with_witness("roots");
    let square = stock::field(&mut cs, "square", BlsScalar::from(SECRET).square());
    let root = cs.hint([], |[]| BlsScalar::from(SECRET));
    cs.gate("root", Gate::new().ab(root, root, one()).c(square, -one()));
    let (layout, assignment) = cs.finish();
    let report = audit_with(&layout, &assignment).unwrap();
    assert!(matches!(report.findings[0].kind, FindingKind::UnderConstrained(_)), "{report}");
    for text in [report.to_string(), format!("{report:?}"), report.findings[0].to_string()] {
        assert!(!text.contains(&SECRET.to_string()), "{text}");
    }
    assert!(report.to_string().contains("DUSK_SHOW_PRIVATE=1 shows both"), "{report}");
    assert!(Revealed(&report).to_string().contains(&SECRET.to_string()));
    assert!(Revealed(&report.findings[0]).to_string().contains(&SECRET.to_string()));
}
