//! Points, scalars, and multiples.

use dusk_jubjub::{GENERATOR_EXTENDED, JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_sdk_circuit::{
    Assignment, BlsScalar, Bool, ConstraintSystem, Field, Gate, Multiplier, Point, Scalar, U64, Unsigned, Value, Wire,
    native,
};
use proptest::prelude::*;

use crate::support::{assert_each_wire_is_bound, fault, holds, refused, rows, run};

pub(crate) fn scalar() -> impl Strategy<Value = native::Scalar> {
    prop_oneof![
        4 => any::<[u8; 64]>().prop_map(|bytes| native::Scalar::from_bytes_wide(&bytes)),
        1 => (0_u64..5).prop_map(native::Scalar::from),
        1 => (1_u64..5).prop_map(|small| native::Scalar::from(-JubJubScalar::from(small))),
        1 => (0_u64..251).prop_map(|bit| native::Scalar::from(JubJubScalar::from(2_u64).pow(&[bit, 0, 0, 0]))),
    ]
}

pub(crate) fn point() -> impl Strategy<Value = native::Point> {
    scalar().prop_map(|scalar| native::Point::GENERATOR * &scalar)
}

pub(crate) fn input<T: Value>(cs: &mut ConstraintSystem, native: &T::Native) -> T {
    cs.private("input", Some(native))
}

pub(crate) fn expect(cs: &ConstraintSystem, it: Point, expected: native::Point) {
    if let Some((u, v)) = cs.value(it.u().wire()).zip(cs.value(it.v().wire())) {
        assert_eq!((u.into(), v.into()), (expected.u(), expected.v()));
    }
}

fn expect_bit(cs: &ConstraintSystem, it: Bool, expected: bool) {
    if let Some(value) = cs.value(it.wire()) {
        assert_eq!(value, BlsScalar::from(u64::from(expected)));
    }
}

/// A wire with a value, an input.
fn wire(cs: &mut ConstraintSystem, value: BlsScalar) -> Field {
    input(cs, &value.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn points_compute_as_production_does(p in point(), q in point(), bit: bool) {
        let (layout, assignment) = run(|cs| {
            let (x, y) = (input::<Point>(cs, &p), input::<Point>(cs, &q));
            let bit_in: Bool = input(cs, &bit);
            let sum = JubJubAffine::from(p.extended() + q.extended());
            let it = x.add(cs, y);
            expect(cs, it, sum.try_into().unwrap());
            let it = x.sub(cs, y);
            expect(cs, it, p - q);
            let it = x.double(cs);
            expect(cs, it, p.extended().double().try_into().unwrap());
            let it = x.neg(cs).add(cs, x);
            expect(cs, it, native::Point::IDENTITY);
            let it = bit_in.select(cs, x, y);
            expect(cs, it, if bit { p } else { q });
            let it = x.eq(cs, y);
            expect_bit(cs, it, p == q);
            let it = x.eq(cs, x);
            expect_bit(cs, it, true);
            let it = x.is_identity(cs);
            expect_bit(cs, it, p == native::Point::IDENTITY);
            let constant = Point::constant(cs, &p);
            x.assert_eq(cs, "equal", constant);
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
        let stated = holds(|cs| {
            let (x, y) = (input::<Point>(cs, &p), input::<Point>(cs, &q));
            x.assert_eq(cs, "equal", y);
        });
        prop_assert_eq!(stated, p == q);
        let stated = holds(|cs| input::<Point>(cs, &p).assert_not_identity(cs, "no identity"));
        prop_assert_eq!(stated, p != native::Point::IDENTITY);
    }

    #[test]
    fn multiples_agree_with_production(p in point(), k in scalar()) {
        let (layout, assignment) = run(|cs| {
            let (x, s) = (input::<Point>(cs, &p), input::<Scalar>(cs, &k));
            let it = x.mul(cs, s);
            expect(cs, it, (p.extended() * k.scalar()).try_into().unwrap());
            let it = Point::multiple_of(cs, &p, s);
            expect(cs, it, p * &k);
            let it = s.public_key(cs);
            expect(cs, it, (GENERATOR_EXTENDED * k.scalar()).try_into().unwrap());
            s.assert_owns(cs, "owns the key", it);
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
    }

    #[test]
    fn multiples_by_numbers_agree(p in point(), n: u64) {
        fn agree<T: Value + Multiplier>(p: &native::Point, n: &T::Native, k: u64) {
            let (layout, assignment) = run(|cs| {
                let (x, s) = (input::<Point>(cs, p), input::<T>(cs, n));
                let it = x.mul(cs, s);
                expect(cs, it, *p * &k.into());
                let it = Point::multiple_of(cs, p, s);
                expect(cs, it, *p * &k.into());
            });
            assert_eq!(fault(&layout, &assignment), None);
        }
        agree::<U64>(&p, &n, n);
        let bit = native::Unsigned::try_from(n % 2).unwrap();
        agree::<Unsigned<1>>(&p, &bit, n % 2);
        let small = native::Unsigned::try_from(n % 128).unwrap();
        agree::<Unsigned<7>>(&p, &small, n % 128);
    }

    #[test]
    fn points_and_scalars_survive_files(p in point(), k in scalar()) {
        let text = serde_json::to_string(&(p, k.clone())).unwrap();
        prop_assert_eq!(serde_json::from_str::<(native::Point, native::Scalar)>(&text).unwrap(), (p, k.clone()));
        prop_assert_eq!(native::Point::from_bytes(&p.to_bytes()), Ok(p));
        prop_assert_eq!(native::Point::from_coordinates(p.u(), p.v()), Ok(p));
        prop_assert_eq!(format!("{k:?}"), "Scalar(..)");
    }

    #[test]
    fn bytes_never_panic(bytes: [u8; 32]) {
        let production = <JubJubAffine as dusk_bytes::Serializable<32>>::from_bytes(&bytes).ok();
        prop_assert_eq!(native::Point::from_bytes(&bytes).ok().map(|it| it.affine()), production);
    }
}

#[test]
fn every_step_of_a_multiple_is_bound() {
    let p = native::Point::GENERATOR * &77.into();
    for n in [0_u64, 1, 38, 63] {
        let n = native::Unsigned::try_from(n).unwrap();
        let (layout, assignment) = run(|cs| {
            let (x, s) = (input::<Point>(cs, &p), input::<Unsigned<6>>(cs, &n));
            let _ = x.mul(cs, s);
            let _ = Point::multiple_of(cs, &p, s);
        });
        assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
    }
}

/// The point (0, −1), whose order is 2.
pub(crate) fn of_order_two() -> JubJubExtended {
    JubJubAffine::from_raw_unchecked(BlsScalar::zero(), -BlsScalar::one()).into()
}

#[test]
fn points_outside_are_refused_by_name() {
    let inside = native::Point::GENERATOR;
    let constrain = |u: BlsScalar, v: BlsScalar| {
        refused(|cs| {
            let (u, v) = (wire(cs, u), wire(cs, v));
            let _ = Point::constrain(cs, u, v);
        })
    };
    let outside = JubJubAffine::from(inside.extended() + of_order_two());
    assert_eq!(constrain(outside.get_u(), outside.get_v()), "is in the subgroup");
    let off = inside.v().scalar() + BlsScalar::one();
    assert_eq!(constrain(inside.u().scalar(), off), "is on the curve");

    assert_eq!(native::Point::try_from(outside), Err(native::NotAPoint::OutsideSubgroup));
    assert_eq!(native::Point::from_bytes(&outside.to_bytes()), Err(native::NotAPoint::OutsideSubgroup));
    assert_eq!(native::Point::from_coordinates(inside.u(), off.into()), Err(native::NotAPoint::OffCurve));
    let no_point = |v: &u64| bool::from(JubJubAffine::from_bytes(BlsScalar::from(*v).to_bytes()).is_none());
    let v = (2..).find(no_point).unwrap();
    let text = serde_json::to_string(&native::Field::from(v)).unwrap();
    let error = serde_json::from_str::<native::Point>(&text).unwrap_err().to_string();
    assert!(error.contains("not on the curve"), "{error}");
    assert_eq!(native::Point::from_bytes(&[0xff; 32]), Err(native::NotAPoint::Encoding));
    assert_eq!(native::Scalar::from_bytes(&[0xff; 32]), Err(native::NotAScalar));
}

/// The point that `part` claims to be an eighth must be on the curve.
#[test]
fn an_eighth_off_the_curve_is_refused() {
    let (layout, mut assignment) = run(|cs| {
        let _ = input::<Point>(cs, &native::Point::GENERATOR);
    });
    let square = rows(&layout, "square of the abscissa")[0];
    let u = assignment.values()[square[0].index()] + BlsScalar::one();
    assignment.replace(square[0], u);
    assignment.replace(square[2], u * u);
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("is on the curve"));
}

#[test]
fn scalars_that_are_too_large_are_refused_by_name() {
    let order = BlsScalar::from_bytes(&(-JubJubScalar::one()).to_bytes()).unwrap() + BlsScalar::one();
    let constrain = |value: BlsScalar| {
        refused(|cs| {
            let value = wire(cs, value);
            let _ = Scalar::constrain(cs, value);
        })
    };
    assert_eq!(constrain(order), "is below the order of the subgroup");
    assert_eq!(constrain(BlsScalar::pow_of_2(252) - BlsScalar::one()), "is below the order of the subgroup");
    assert_eq!(constrain(BlsScalar::pow_of_2(252)), "fits into 252 bits");
    assert_eq!(constrain(-BlsScalar::one()), "fits into 252 bits");
    assert!(holds(|cs| {
        let value = wire(cs, order - BlsScalar::one());
        let _ = Scalar::constrain(cs, value);
    }));
}

/// A scalar is the same number as a field element, and takes no row for it.
#[test]
fn scalars_are_field_elements() {
    let k = native::Scalar::from(-JubJubScalar::one());
    let (layout, assignment) = run(|cs| {
        let (k_in, element) = (input::<Scalar>(cs, &k), input::<Field>(cs, &k.field()));
        let rows = cs.rows();
        assert_eq!(k_in.field(), Field::from(k_in));
        assert_eq!(cs.rows(), rows);
        k_in.field().assert_eq(cs, "the same number", element);
    });
    assert_eq!(fault(&layout, &assignment), None);
    let mut other = assignment.clone();
    other.replace(layout.inputs[1].wires[0], BlsScalar::one());
    assert_eq!(fault(&layout, &other).as_deref(), Some("the same number"));
}

#[test]
fn the_key_of_another_is_refused_by_name() {
    let key = native::Point::GENERATOR * &5.into();
    let own = |k: u64| {
        move |cs: &mut ConstraintSystem| {
            let (key, k) = (input::<Point>(cs, &key), input::<Scalar>(cs, &k.into()));
            k.assert_owns(cs, "owns the key", key);
        }
    };
    assert!(holds(own(5)));
    assert_eq!(refused(own(6)), "owns the key");
}

/// An integer below 2^256, least significant limb first.
type Integer = [u64; 4];

fn integer(value: &BlsScalar) -> Integer {
    value.reduce().0
}

#[expect(clippy::cast_possible_truncation, reason = "the rest is carried")]
fn plus(a: Integer, b: Integer) -> Integer {
    let mut carry = 0;
    core::array::from_fn(|i| {
        let sum = u128::from(a[i]) + u128::from(b[i]) + carry;
        carry = sum >> 64;
        sum as u64
    })
}

fn bit(number: &Integer, place: usize) -> bool {
    number[place / 64] >> (place % 64) & 1 == 1
}

/// A chain of fixed-base additions over so many binary digits of an integer, laid out as the stock gadget lays it, with
/// whatever wires that takes; the last number is the scalar. Gives the point.
fn stock_chain(cs: &mut ConstraintSystem, scalar: Wire, digits: usize, claimed: Integer) -> Point {
    let mut doublings = vec![GENERATOR_EXTENDED];
    (1..digits).for_each(|i| doublings.push(doublings[i - 1].double()));
    let (mut sum, mut number) = (JubJubExtended::identity(), BlsScalar::zero());
    let mut at = [Wire::ZERO, Wire::ONE, Wire::ZERO];
    for place in (0..digits).rev() {
        let doubling = JubJubAffine::from(doublings[place]);
        let set = bit(&claimed, place);
        if set {
            sum += doubling;
        }
        number = number.double() + BlsScalar::from(u64::from(set));
        let product = if set { doubling.get_u() * doubling.get_v() } else { BlsScalar::zero() };
        let helper = cs.hint([], |[]| product);
        cs.gate("chain", Gate::fixed_add([at[0], at[1], helper, at[2]], &doubling));
        let point = JubJubAffine::from(sum);
        at = [point.get_u(), point.get_v(), number].map(|value| cs.hint([], |[]| value));
        if place == 0 {
            at[2] = scalar;
        }
    }
    cs.gate("chain", Gate::idle([at[0], at[1], Wire::ZERO, at[2]]));
    Point::constrain(cs, at[0], at[1])
}

/// The known forgery of fixed-base multiplication: the digits of the scalar plus the order of the field.
#[test]
fn aliased_digits_forge_the_stock_gadget_and_not_this_one() {
    let k = BlsScalar::from(12345);
    let order = plus(integer(&-BlsScalar::one()), [1, 0, 0, 0]);
    let alias = plus(integer(&k), order);
    let honest = JubJubAffine::from(GENERATOR_EXTENDED * JubJubScalar::from(12345_u64));
    let chain = |digits: usize, claimed: Integer| {
        let (layout, assignment) = run(|cs| {
            let scalar = wire(cs, k);
            let result = stock_chain(cs, scalar.wire(), digits, claimed);
            cs.expose(result.u().wire());
        });
        (fault(&layout, &assignment), assignment.public()[0] == honest.get_u())
    };
    assert_eq!(chain(256, integer(&k)), (None, true));
    assert_eq!(chain(256, alias), (None, false), "the stock gadget takes another point for the same scalar");
    // The same number of digits as here: digits beyond them are cut off, and the rest is another number.
    assert_eq!(chain(252, integer(&k)), (None, true));
    assert_eq!(chain(252, alias), (Some("chain".to_owned()), false));

    // The layout here is the one of 252 digits, from the neutral point and zero.
    let (layout, assignment) = run(|cs| {
        let k = input::<Scalar>(cs, &12345.into());
        let _ = k.public_key(cs);
    });
    let ours = rows(&layout, "public key");
    assert_eq!(ours.len(), 253);
    assert_eq!([ours[0][0], ours[0][1], ours[0][3]], [Wire::ZERO, Wire::ONE, Wire::ZERO]);
    let mut forged = assignment.clone();
    forge_chain(&mut forged, &ours, alias);
    assert_eq!(fault(&layout, &forged).as_deref(), Some("public key"));
    forge_chain(&mut forged, &ours, integer(&k));
    assert_eq!(fault(&layout, &forged), None, "what forges an honest chain leaves it");
}

/// Puts the lowest 252 digits of an integer on the wires of a chain, from what is above them on.
fn forge_chain(assignment: &mut Assignment, chain: &[[Wire; 4]], claimed: Integer) {
    let mut doublings = vec![GENERATOR_EXTENDED];
    (1..256).for_each(|i| doublings.push(doublings[i - 1].double()));
    let (mut sum, mut number) = (JubJubExtended::identity(), BlsScalar::zero());
    for place in (252..256).rev().filter(|place| bit(&claimed, *place)) {
        sum += doublings[place];
        number += BlsScalar::pow_of_2(place as u64 - 252);
    }
    for (row, pair) in chain.windows(2).enumerate() {
        let place = 251 - row;
        let doubling = JubJubAffine::from(doublings[place]);
        let set = bit(&claimed, place);
        assignment.replace(pair[0][2], if set { doubling.get_u() * doubling.get_v() } else { BlsScalar::zero() });
        if set {
            sum += doubling;
        }
        number = number.double() + BlsScalar::from(u64::from(set));
        let point = JubJubAffine::from(sum);
        for (wire, value) in
            [pair[1][0], pair[1][1], pair[1][3]].into_iter().zip([point.get_u(), point.get_v(), number])
        {
            assignment.replace(wire, value);
        }
    }
}

/// The other digits that a chain may have: signed ones. They make the same point.
#[test]
fn signed_digits_make_the_same_point() {
    let (layout, assignment) = run(|cs| {
        let k = input::<Scalar>(cs, &6.into());
        let _ = k.public_key(cs);
    });
    let chain = rows(&layout, "public key");
    // 6 = 8 − 2 instead of 4 + 2: the digits at the places 3, 2 and 1 are 1, 0, −1 instead of 0, 1, 1.
    let doubling = |place: u64| JubJubAffine::from(GENERATOR_EXTENDED * JubJubScalar::from(1_u64 << place));
    let mut other = assignment.clone();
    let product = |point: JubJubAffine| point.get_u() * point.get_v();
    let row = |place: usize| 251 - place;
    other.replace(chain[row(3)][2], product(doubling(3)));
    other.replace(chain[row(2)][2], BlsScalar::zero());
    other.replace(chain[row(1)][2], -product(doubling(1)));
    for (place, number) in [(3, 1), (2, 2)] {
        let next = chain[row(place) + 1];
        other.replace(next[0], doubling(3).get_u());
        other.replace(next[1], doubling(3).get_v());
        other.replace(next[3], BlsScalar::from(number));
    }
    assert_eq!(fault(&layout, &other), None);
    assert_ne!(other.values(), assignment.values());
    let end = chain[252];
    for wire in end {
        assert_eq!(other.values()[wire.index()], assignment.values()[wire.index()]);
    }
}

/// A digit of a multiplier that is too large cannot be balanced by another digit.
#[test]
fn digits_of_a_multiplier_are_unique() {
    let (layout, assignment) = run(|cs| {
        let (x, s) = (input::<Point>(cs, &native::Point::GENERATOR), input::<U64>(cs, &0b1011_0110));
        let _ = x.mul(cs, s);
    });
    let low = rows(&layout, "is a bit")[0][0];
    // The number, `low`, and the number shifted by one.
    let sums = rows(&layout, "digits of the multiplier");
    let sum = sums.iter().find(|row| row[1] == low).unwrap();
    let mut forged = assignment.clone();
    forged.replace(low, assignment.values()[low.index()] + BlsScalar::from(2));
    forged.replace(sum[3], assignment.values()[sum[3].index()] - BlsScalar::one());
    assert_eq!(fault(&layout, &forged).as_deref(), Some("is a bit"));
    // Nor can the lowest digit be 4 more, and the number above it 1 less.
    let mut forged = assignment.clone();
    let above = sums.iter().rfind(|row| row[3] != sum[3] && row[0] != sum[0]).unwrap();
    let wire = if above[0] == sum[3] { above[1] } else { above[0] };
    forged.replace(wire, assignment.values()[wire.index()] - BlsScalar::one());
    assert_eq!(fault(&layout, &forged).as_deref(), Some("digits of the multiplier"));
}
