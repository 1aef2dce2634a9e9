//! Multiples of fixed points: the audit finds those that several scalars make, because then one key has several
//! nullifiers.

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{GENERATOR_EXTENDED, JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_sdk_circuit::*;

use crate::stock::{self, one};
use crate::support::leaves_nothing_open;

/// An integer below 2^320, least significant limb first.
type Integer = [u64; 5];

fn plus(a: Integer, b: Integer) -> Integer {
    let mut carry = 0;
    std::array::from_fn(|place| {
        let sum = u128::from(a[place]) + u128::from(b[place]) + carry;
        carry = sum >> 64;
        #[allow(clippy::cast_possible_truncation, reason = "the rest is carried")]
        let limb = sum as u64;
        limb
    })
}

fn integer(bytes: &[u8; 32]) -> Integer {
    let limbs = bytes.as_chunks::<8>().0;
    std::array::from_fn(|place| limbs.get(place).map_or(0, |limb| u64::from_le_bytes(*limb)))
}

fn bit(number: &Integer, place: usize) -> bool {
    number[place / 64] >> (place % 64) & 1 == 1
}

/// The number modulo the order of the field.
fn reduced(number: &Integer) -> BlsScalar {
    let bit = |place| BlsScalar::from(u64::from(bit(number, place)));
    (0..320).rev().fold(BlsScalar::zero(), |value, place| value.double() + bit(place))
}

/// How a run of fixed-base additions is laid.
#[derive(Clone, Copy)]
struct Laid {
    /// How many rows.
    digits: usize,
    /// The accumulator at its beginning.
    start: Wire,
    /// The integer whose digits are taken; zero without a witness.
    claimed: Integer,
}

const FROM_ZERO: Laid = Laid { digits: 252, start: Wire::ZERO, claimed: [0; 5] };

/// Lays a run from the neutral point to a point, which is the end that is given or a new one, and to a scalar.
fn lay(cs: &mut ConstraintSystem, laid: Laid, end: Option<[Wire; 2]>, scalar: Wire) -> [Wire; 2] {
    let mut doublings: Vec<JubJubExtended> = vec![GENERATOR_EXTENDED];
    (1..laid.digits).for_each(|place| doublings.push(doublings[place - 1].double()));
    let mut at = [Wire::ZERO, Wire::ONE, laid.start];
    let (mut point, mut sum) = (JubJubExtended::identity(), cs.value(laid.start).unwrap_or_default());
    for place in (0..laid.digits).rev() {
        let doubling = JubJubAffine::from(doublings[place]);
        let set = bit(&laid.claimed, place);
        let helper = cs.hint([], |[]| if set { doubling.get_u() * doubling.get_v() } else { BlsScalar::zero() });
        cs.gate("step", Gate::fixed_add([at[0], at[1], helper, at[2]], &doubling));
        if set {
            point += JubJubExtended::from(doubling);
        }
        sum = sum.double() + BlsScalar::from(u64::from(set));
        let affine = JubJubAffine::from(point);
        at = match (place, end) {
            (0, Some([u, v])) => [u, v, scalar],
            (0, None) => {
                let [u, v] = cs.hints([], |[]| [affine.get_u(), affine.get_v()]);
                [u, v, scalar]
            }
            _ => cs.hints([], |[]| [affine.get_u(), affine.get_v(), sum]),
        };
    }
    cs.gate("end", Gate::idle([at[0], at[1], Wire::ZERO, at[2]]));
    [at[0], at[1]]
}

fn kinds(report: &Report) -> Vec<&FindingKind> {
    report.findings.iter().map(|finding| &finding.kind).collect()
}

/// A secret key owns a key, and has a nullifier.
fn owns(cs: &mut ConstraintSystem, values: Option<(&native::Scalar, &native::Point)>, laid: Laid) {
    let secret = cs.private::<Scalar>("secret_key", values.map(|it| it.0));
    let key = cs.public::<Point>("key", values.map(|it| it.1));
    lay(cs, laid, Some([key.u().wire(), key.v().wire()]), secret.wire());
    let scope = Field::constant(cs, 7_u64);
    let own = nullifier(cs, secret.field(), scope);
    let nullifier = values.map(|it| native::nullifier(it.0.field(), native::Field::from(7)));
    let public = cs.public::<Field>("nullifier", nullifier.as_ref());
    own.assert_eq(cs, "nullifier", public);
}

fn audit_of(build: impl FnOnce(&mut ConstraintSystem)) -> Report {
    let mut cs = ConstraintSystem::new("fixture");
    build(&mut cs);
    audit(&cs.finish().0)
}

/// The known forgery: with 256 digits, the secret keys `s` and `s + 8·r`, reduced, own the same key, and have two
/// nullifiers.
#[test]
fn an_aliased_ownership_of_a_given_key_is_found() {
    let stock = Laid { digits: 256, ..FROM_ZERO };
    let mut cs = ConstraintSystem::new("owns");
    owns(&mut cs, None, stock);
    let layout = cs.finish().0;
    let report = audit(&layout);
    assert_eq!(kinds(&report), [&FindingKind::Aliased], "{report}");
    assert_eq!(report.findings[0].name, "step");
    let text = report.to_string();
    assert!(
        text.contains("one key has several secrets") && text.contains("hint: take the scalar as a `Scalar`"),
        "{text}"
    );

    // Both pass, which is why.
    let secret = JubJubScalar::from_bytes_wide(&[0x5a; 64]);
    let order = plus(integer(&(-JubJubScalar::one()).to_bytes()), [1, 0, 0, 0, 0]);
    let twice = plus(order, order);
    let four_times = plus(twice, twice);
    let alias = plus(integer(&secret.to_bytes()), plus(four_times, four_times));
    let other = native::Scalar::from_bytes(&reduced(&alias).to_bytes()).expect("it is below the order");
    let secret_key = native::Scalar::from(secret);
    let key = native::Point::GENERATOR * &secret_key;
    assert_ne!(other.field(), secret_key.field());
    for (secret_key, claimed) in [(&secret_key, integer(&secret.to_bytes())), (&other, alias)] {
        let mut cs = ConstraintSystem::with_witness("owns");
        owns(&mut cs, Some((secret_key, &key)), Laid { claimed, ..stock });
        let (built, assignment) = cs.finish();
        assert_eq!(built.digest(), layout.digest());
        assert_eq!(check(&built, &assignment), Ok(()));
        assert_eq!(kinds(&audit_with(&built, &assignment).unwrap()), [&FindingKind::Aliased]);
    }
}

/// With 253 digits two integers cannot differ by the order of the field, with 254 they can.
#[test]
fn the_bound_of_a_computed_end_is_that_of_a_given_one() {
    for digits in [1, 2, 252, 253, 254, 255, 256] {
        let laid = Laid { digits, ..FROM_ZERO };
        let given = audit_of(|cs| owns(cs, None, laid));
        let expected: &[&FindingKind] = if digits <= 253 { &[] } else { &[&FindingKind::Aliased] };
        assert_eq!(kinds(&given), expected, "{digits} digits: {given}");
        let computed = audit_of(|cs| {
            let scalar = cs.private::<Scalar>("scalar", None);
            let end = lay(cs, laid, None, scalar.wire());
            stock::touch(cs, &end);
        });
        assert_eq!(leaves_nothing_open(&computed), digits <= 253, "{digits} digits: {computed}");
    }
}

/// An end that is compared with what is given is as good as given; so is one that is exposed.
#[test]
fn an_end_is_given_also_by_an_equation_or_as_a_public_input() {
    for exposed in [false, true] {
        for canonical in [true, false] {
            let report = audit_of(|cs| {
                let scalar = if canonical {
                    cs.private::<Scalar>("scalar", None).wire()
                } else {
                    cs.private::<Field>("scalar", None).wire()
                };
                let end = lay(cs, FROM_ZERO, None, scalar);
                if exposed {
                    end.into_iter().for_each(|wire| cs.expose(wire));
                } else {
                    let key = cs.private::<Point>("key", None);
                    cs.gate("the key", Gate::new().a(end[0], one()).b(key.u().wire(), -one()));
                }
            });
            let expected: &[&FindingKind] = if canonical { &[] } else { &[&FindingKind::Aliased] };
            assert_eq!(kinds(&report), expected, "exposed {exposed}, canonical {canonical}: {report}");
        }
    }
}

/// A key that is shown by its hash alone has as many secrets as the key.
#[test]
fn an_end_that_is_hashed_is_as_good_as_given() {
    for canonical in [true, false] {
        let report = audit_of(|cs| {
            let scalar = if canonical {
                cs.private::<Scalar>("scalar", None).wire()
            } else {
                cs.private::<Field>("scalar", None).wire()
            };
            let end = lay(cs, FROM_ZERO, None, scalar);
            let owner = cs.public::<Field>("owner", None);
            let hashed = hash(cs, &end.map(Field::from_wire));
            hashed.assert_eq(cs, "the owner is the hash of the key", owner);
        });
        let expected: &[&FindingKind] = if canonical { &[] } else { &[&FindingKind::Aliased] };
        assert_eq!(kinds(&report), expected, "canonical {canonical}: {report}");
    }
}

/// `s` and `s − r` own the same key where nothing keeps the scalar below the order of the points.
#[test]
fn a_scalar_that_may_exceed_the_order_of_the_points_is_found() {
    let owned_by = |scalar: fn(&mut ConstraintSystem) -> Wire, digits| {
        audit_of(|cs| {
            let scalar = scalar(cs);
            let key = cs.public::<Point>("key", None);
            lay(cs, Laid { digits, ..FROM_ZERO }, Some([key.u().wire(), key.v().wire()]), scalar);
        })
    };
    for (scalar, digits) in [
        ((|cs| cs.private::<Scalar>("s", None).wire()) as fn(&mut ConstraintSystem) -> Wire, 252),
        (|cs| cs.private::<U64>("s", None).wire(), 64),
        (|cs| cs.private::<Unsigned<250>>("s", None).wire(), 250),
    ] {
        let report = owned_by(scalar, digits);
        assert!(leaves_nothing_open(&report), "{report}");
    }
    let report = owned_by(|cs| cs.private::<Field>("s", None).wire(), 252);
    assert_eq!(kinds(&report), [&FindingKind::Aliased], "{report}");
}

/// From another accumulator than a constant the scalar tells the integer only together with the accumulator, which the
/// prover chooses.
#[test]
fn a_run_that_does_not_begin_at_zero() {
    let from = |start: fn(&mut ConstraintSystem) -> Wire, is_given: bool| {
        audit_of(|cs| {
            let start = start(cs);
            let scalar = cs.private::<Scalar>("scalar", None);
            let key = cs.public::<Point>("key", None);
            let end = is_given.then_some([key.u().wire(), key.v().wire()]);
            let laid = Laid { digits: 128, start, claimed: [0; 5] };
            let end = lay(cs, laid, end, scalar.wire());
            stock::touch(cs, &end);
        })
    };
    let constant: fn(&mut ConstraintSystem) -> Wire = |cs| cs.constant(BlsScalar::from(5));
    let report = from(constant, true);
    assert!(leaves_nothing_open(&report), "a constant shifts all scalars alike: {report}");
    let report = from(|cs| cs.private::<Field>("start", None).wire(), true);
    assert_eq!(kinds(&report), [&FindingKind::Aliased], "{report}");
    let report = from(|cs| cs.hint([], |[]| BlsScalar::zero()), true);
    assert!(!leaves_nothing_open(&report), "an accumulator that nothing binds: {report}");
}

/// Multiples of a point of small order are few.
#[test]
fn a_multiple_of_a_point_of_small_order_is_found() {
    let report = audit_of(|cs| {
        let scalar = cs.private::<Scalar>("scalar", None);
        let key = cs.public::<Point>("key", None);
        let two = JubJubAffine::from_raw_unchecked(BlsScalar::zero(), -one());
        let [helper, u, v, number, other] = cs.hints([], |[]| [BlsScalar::zero(); 5]);
        cs.gate("step", Gate::fixed_add([Wire::ZERO, Wire::ONE, helper, Wire::ZERO], &JubJubAffine::identity()));
        cs.gate("step", Gate::fixed_add([u, v, other, number], &two));
        cs.gate("end", Gate::idle([key.u().wire(), key.v().wire(), Wire::ZERO, scalar.wire()]));
    });
    assert_eq!(kinds(&report), [&FindingKind::Aliased], "{report}");
}

/// All gadgets with an end that is given take scalars below the order of the points.
#[test]
fn gadgets_with_a_given_end_have_one_scalar() {
    let report = audit_of(|cs| {
        let key = cs.public::<Point>("key", None);
        let secret = cs.private::<Scalar>("secret", None);
        secret.assert_owns(cs, "owns", key);
        let commitment = cs.public::<Point>("commitment", None);
        let value = cs.private::<U64>("value", None);
        let blinding = cs.private::<Scalar>("blinding", None);
        assert_commits(cs, "commits", commitment, value, blinding);
        let public = secret.public_key(cs);
        [public.u(), public.v()].into_iter().for_each(|it| cs.expose(it.wire()));
    });
    assert!(leaves_nothing_open(&report), "{report}");
    assert!(report.choices > 1000, "{report}");
}
