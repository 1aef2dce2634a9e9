//! Credentials, dates, sets.

use dusk_sdk_circuit::{
    BlsScalar, ConstraintSystem, Credential, Point, Scalar, Set, Signature, U8, U16, U32, Unsigned, Value, native,
};
use native::Date;
use proptest::prelude::*;

use crate::curve::input;
use crate::support::{assert_each_wire_is_bound, fault, field, holds, refused, rows, run};

fn element() -> impl Strategy<Value = native::Field> {
    field().prop_map(native::Field::from)
}

prop_compose! {
    fn credential()(
        elements in [element(), element(), element()], born: u32, expires: u32, residence: u16, nationality: u16,
        accreditation: u8,
    ) -> native::Credential {
        let [holder, serial, salt] = elements;
        native::Credential { holder, serial, born, expires, residence, nationality, accreditation, salt }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn leaves_agree(it in credential()) {
        let (layout, assignment) = run(|cs| {
            let leaf = input::<Credential>(cs, &it).leaf(cs);
            if let Some(value) = cs.value(leaf.wire()) {
                assert_eq!(value, it.leaf().scalar());
            }
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
        let text = serde_json::to_string(&it).unwrap();
        prop_assert_eq!(&serde_json::from_str::<native::Credential>(&text).unwrap(), &it);
        let mut encoded = Vec::new();
        Credential::encode(&it, &mut encoded);
        let input = &layout.inputs[0];
        prop_assert_eq!(input.wires.len(), encoded.len());
        for (wire, value) in input.wires.iter().zip(encoded) {
            prop_assert_eq!(assignment.values()[wire.index()], value.scalar());
        }
    }

    #[test]
    fn predicates_agree(it in credential(), day: u32, level: u8, countries in proptest::collection::vec(any::<u16>(), 0..4)) {
        let holds = |state: &dyn Fn(&mut ConstraintSystem, Credential)| holds(|cs| {
            let it = input::<Credential>(cs, &it);
            state(cs, it);
        });
        prop_assert_eq!(holds(&|cs, it| { let day = input(cs, &day); it.assert_born_by(cs, "age", day) }), it.born <= day);
        prop_assert_eq!(holds(&|cs, it| { let day = input(cs, &day); it.assert_valid_on(cs, "valid", day) }), day <= it.expires);
        let accredited = holds(&|cs, it| { let level = input::<U8>(cs, &level); it.assert_accredited(cs, "level", level) });
        prop_assert_eq!(accredited, it.accreditation >= level);
        for with in [None, Some(it.residence)] {
            let numbers = countries.iter().chain(with.as_ref()).map(|country| u64::from(*country));
            let set = native::Set::<4>::new(numbers).unwrap();
            let contains = set.contains(it.residence.into());
            let stated = holds(&|cs, it| { let set = input(cs, &set); it.assert_residence_in::<4>(cs, "in", &set) });
            prop_assert_eq!(stated, contains);
            let stated = holds(&|cs, it| { let set = input(cs, &set); it.assert_residence_not_in::<4>(cs, "not in", &set) });
            prop_assert_eq!(stated, !contains);
        }
    }

    #[test]
    fn dates_are_in_order(year in 1_u16..=9999, month in 0_u8..14, day in 0_u8..33, years in 0_u16..200) {
        let Some(date) = Date::new(year, month, day) else {
            prop_assert!(!(1..=12).contains(&month) || day == 0 || day > 28);
            return Ok(());
        };
        let next = Date::new(year, month, day + 1)
            .or_else(|| Date::new(year, month + 1, 1))
            .or_else(|| Date::new(year + 1, 1, 1));
        if let Some(next) = next {
            prop_assert!(next > date);
            prop_assert_eq!(next.number(), date.number() + 1);
        }
        match date.years_before(years) {
            Some(before) => prop_assert!(before.number() <= date.number()),
            None => prop_assert!(years >= year),
        }
    }
}

#[test]
fn days_are_those_of_the_calendar() {
    let number = |year, month, day| Date::new(year, month, day).unwrap().number();
    assert_eq!(number(1, 1, 1), 1);
    assert_eq!(number(1970, 1, 1), 719_163);
    assert_eq!(number(2000, 3, 1) - number(2000, 2, 28), 2);
    assert_eq!(number(1900, 3, 1) - number(1900, 2, 28), 1);
    let before = |year, month, day, years| Date::new(year, month, day).unwrap().years_before(years);
    assert_eq!(before(2024, 2, 29, 18), Date::new(2006, 2, 28));
    assert_eq!(before(2024, 2, 29, 24), Date::new(2000, 2, 29));
    assert_eq!(Date::new(2026, 3, 7).unwrap().to_string(), "2026-03-07");
}

pub(crate) fn example() -> native::Credential {
    native::Credential {
        holder: (native::Point::GENERATOR * &31.into()).u(),
        serial: 1.into(),
        born: 730_000,
        expires: 740_000,
        residence: 756,
        nationality: 40,
        accreditation: 2,
        salt: 99.into(),
    }
}

fn signed(cs: &mut ConstraintSystem, it: &native::Credential, issuer: &native::Point, signature: &native::Signature) {
    let (it, issuer) = (input::<Credential>(cs, it), input::<Point>(cs, issuer));
    let signature = input::<Signature>(cs, signature);
    it.assert_signed(cs, "signed by the issuer", issuer, signature);
}

#[test]
fn what_the_issuer_did_not_sign_is_refused() {
    let (it, secret_key) = (example(), native::Scalar::from(1234));
    let issuer = native::Point::GENERATOR * &secret_key;
    let signature = it.sign(&secret_key);
    assert!(it.is_signed(&issuer, &signature));
    assert!(holds(|cs| signed(cs, &it, &issuer, &signature)));
    let change: [fn(&mut native::Credential); 8] = [
        |it| it.holder = 5.into(),
        |it| it.serial = 5.into(),
        |it| it.born += 1,
        |it| it.expires += 1,
        |it| it.residence += 1,
        |it| it.nationality += 1,
        |it| it.accreditation += 1,
        |it| it.salt = 5.into(),
    ];
    for change in change {
        let mut other = it.clone();
        change(&mut other);
        assert_ne!(other.leaf(), it.leaf());
        assert!(!other.is_signed(&issuer, &signature));
        assert_eq!(refused(|cs| signed(cs, &other, &issuer, &signature)), "signed by the issuer");
    }
    assert_eq!(refused(|cs| signed(cs, &it, &(issuer + issuer), &signature)), "signed by the issuer");
    assert_eq!(format!("{it:?}"), "Credential(..)");
}

/// Attributes share an element: one must not spill into the next.
#[test]
fn attributes_cannot_be_shifted() {
    let it = example();
    let (layout, assignment) = run(|cs| {
        let _ = input::<Credential>(cs, &it).leaf(cs);
    });
    let [_, _, born, expires, ..] = layout.inputs[0].wires[..] else { panic!("eight attributes") };
    let mut forged = assignment.clone();
    forged.replace(born, assignment.values()[born.index()] + BlsScalar::pow_of_2(32));
    forged.replace(expires, assignment.values()[expires.index()] - BlsScalar::one());
    assert_eq!(fault(&layout, &forged).as_deref(), Some("fits into 32 bits"));
}

#[test]
fn the_predicates_refuse_by_name() {
    let it = example();
    let refused = |state: &dyn Fn(&mut ConstraintSystem, Credential)| {
        refused(|cs| {
            let it = input::<Credential>(cs, &it);
            state(cs, it);
        })
    };
    let day = |cs: &mut ConstraintSystem, day: u32| input::<U32>(cs, &day);
    let held = |key: u64| {
        move |cs: &mut ConstraintSystem, it: Credential| {
            let key = input::<Scalar>(cs, &key.into());
            it.assert_held_by(cs, "is the holder's", key);
        }
    };
    assert_eq!(refused(&held(32)), "is the holder's");
    assert!(holds(|cs| {
        let it = input::<Credential>(cs, &it);
        held(31)(cs, it);
    }));
    assert_eq!(
        refused(&|cs, it| {
            let day = day(cs, 729_999);
            it.assert_born_by(cs, "old enough", day);
        }),
        "old enough"
    );
    assert_eq!(
        refused(&|cs, it| {
            let day = day(cs, 740_001);
            it.assert_valid_on(cs, "valid", day);
        }),
        "valid"
    );
    assert_eq!(
        refused(&|cs, it| {
            let level = input(cs, &3);
            it.assert_accredited(cs, "level", level);
        }),
        "level"
    );
    let set = native::Set::<3>::new([756, 840]).unwrap();
    assert_eq!(
        refused(&|cs, it| {
            let set = input(cs, &set);
            it.assert_residence_not_in::<3>(cs, "blocked", &set);
        }),
        "blocked"
    );
    let set = native::Set::<1>::new([840]).unwrap();
    assert_eq!(
        refused(&|cs, it| {
            let set = input(cs, &set);
            it.assert_residence_in::<1>(cs, "served", &set);
        }),
        "served"
    );
}

#[test]
fn sets_have_their_bounds() {
    assert_eq!(native::Set::<2>::new([3, 1, 2]), Err(native::TooMany { given: 3, most: 2 }));
    let twice = native::Set::<2>::new([3, 1, 3, 1]).unwrap();
    assert_eq!(twice.numbers(), [1, 3]);
    assert_eq!(serde_json::to_string(&twice).unwrap(), "[1,3]");
    assert!(serde_json::from_str::<native::Set<2>>("[1,2,3]").is_err());
    // Nothing is in the empty set.
    let empty = native::Set::<3>::default();
    let lacks = |number: u16| {
        holds(|cs| {
            let (set, number) = (input::<Set<3>>(cs, &empty), input::<U16>(cs, &number));
            set.assert_lacks(cs, "not in", number);
        })
    };
    assert!([0, 1, u16::MAX].into_iter().all(lacks));
}

/// A set that is a part of the circuit states what one does that is an input.
#[test]
fn constant_sets_contain_and_lack_by_name() {
    let of = |number: u16, contains: bool| {
        run(|cs| {
            let number = input::<U16>(cs, &number);
            let set = Set::constant(cs, [756, 40, 4]);
            if contains {
                set.assert_contains(cs, "in", number);
            } else {
                set.assert_lacks(cs, "not in", number);
            }
        })
    };
    let fault_of = |number, contains| {
        let (layout, assignment) = of(number, contains);
        fault(&layout, &assignment)
    };
    for (number, inside) in [(4, true), (40, true), (756, true), (0, false), (5, false), (u16::MAX, false)] {
        assert_eq!(fault_of(number, true).as_deref(), (!inside).then_some("in"), "{number}");
        assert_eq!(fault_of(number, false).as_deref(), inside.then_some("not in"), "{number}");
    }
    // The set cannot be changed to another.
    let (layout, mut assignment) = of(5, false);
    let constant = rows(&layout, "constant")[0][0];
    assignment.replace(constant, assignment.values()[constant.index()] + BlsScalar::one());
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("constant"));
}

#[test]
fn each_step_of_a_set_is_bound() {
    let set = native::Set::<4>::new([4, 8, 756]).unwrap();
    let (layout, assignment) = run(|cs| {
        let (set, number) = (input::<Set<4>>(cs, &set), input::<Unsigned<16>>(cs, &40));
        set.assert_lacks(cs, "not in", number);
    });
    assert_eq!(fault(&layout, &assignment), None);
    assert_each_wire_is_bound(&layout, &assignment);
    assert_eq!(rows(&layout, "not in").len(), 1);
}
