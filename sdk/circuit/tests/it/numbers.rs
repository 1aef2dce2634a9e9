//! Field elements, bits, numbers.

use dusk_sdk_circuit::{
    BlsScalar, Bool, ConstraintSystem, Field, Linear, U8, U32, U64, U128, Unsigned, Value, Wire, native,
};
use proptest::prelude::*;

use crate::support::{assert_each_wire_is_bound, fault, field, holds, refused, rows, run};

fn element(cs: &mut ConstraintSystem, value: BlsScalar) -> Field {
    cs.private("x", Some(&value.into()))
}

fn number(cs: &mut ConstraintSystem, value: u64) -> U64 {
    cs.private("n", Some(&value))
}

fn value(cs: &ConstraintSystem, it: impl Into<Field>) -> Option<BlsScalar> {
    cs.value(it.into().wire())
}

/// Asserts that a value is what it should be, where there is a witness.
fn expect(cs: &ConstraintSystem, it: impl Into<Field>, expected: impl Into<BlsScalar>) {
    if let Some(value) = value(cs, it) {
        assert_eq!(value, expected.into());
    }
}

/// Numbers, among them those at the borders.
fn edges() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0_u64..4, (0_u64..4).prop_map(|it| u64::MAX - it), (0_u32..64).prop_map(|it| 1 << it)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn field_arithmetic_agrees(a in field(), b in field(), c in field()) {
        let (layout, assignment) = run(|cs| {
            let (x, y, z) = (element(cs, a), element(cs, b), element(cs, c));
            let results = [(x.add(cs, y), a + b), (x.sub(cs, y), a - b), (x.mul(cs, y), a * b)];
            results.into_iter().for_each(|(it, expected)| expect(cs, it, expected));
            let it = x.mul_add(cs, y, z);
            expect(cs, it, a * b + c);
            let it = Linear::new().plus(x, 3).minus(y, 5).plus(z, 1).plus(x, 2).constant(9).value(cs);
            expect(cs, it, BlsScalar::from(5) * a - BlsScalar::from(5) * b + c + BlsScalar::from(9));
            let it = x.eq(cs, y);
            expect(cs, it, u64::from(a == b));
            let it = x.is_constant(cs, c);
            expect(cs, it, u64::from(a == c));
            let it = x.is_constant(cs, a);
            expect(cs, it, 1);
            let it = x.is_zero(cs);
            expect(cs, it, u64::from(a == BlsScalar::zero()));
            x.assert_constant(cs, "x", a);
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
    }

    #[test]
    fn statements_of_elements_agree(a in field(), b in field()) {
        let two = |state: fn(Field, &mut ConstraintSystem, Field)| holds(|cs| {
            let (x, y) = (element(cs, a), element(cs, b));
            state(x, cs, y);
        });
        prop_assert_eq!(two(|x, cs, y| x.assert_eq(cs, "it", y)), a == b);
        prop_assert_eq!(two(|x, cs, y| x.assert_ne(cs, "it", y)), a != b);
        prop_assert_eq!(two(|x, cs, _| x.assert_nonzero(cs, "it")), a != BlsScalar::zero());
    }

    #[test]
    fn long_sums_agree(all in proptest::collection::vec((field(), field()), 0..12), constant in field()) {
        let expected = all.iter().fold(constant, |sum, (value, factor)| sum + value * factor);
        let (layout, assignment) = run(|cs| {
            let sum = all.iter().fold(Linear::new(), |sum, (value, factor)| sum.plus(element(cs, *value), *factor));
            let sum = sum.constant(constant);
            let before = cs.rows();
            let it = sum.clone().value(cs);
            expect(cs, it, expected);
            assert_eq!(cs.rows() - before, 1 + all.len().saturating_sub(2) / 2);
            sum.constant(-native::Field::from(expected)).assert_zero(cs, "the sum");
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
    }

    #[test]
    fn numbers_agree(a in edges(), b in edges()) {
        let two = |state: fn(U64, &mut ConstraintSystem, U64)| {
            let (layout, assignment) = run(|cs| {
                let (x, y) = (number(cs, a), number(cs, b));
                state(x, cs, y);
            });
            let holds = fault(&layout, &assignment).is_none();
            if holds {
                assert_each_wire_is_bound(&layout, &assignment);
            }
            holds
        };
        prop_assert_eq!(two(|x, cs, y| x.assert_lt(cs, "it", y)), a < b);
        prop_assert_eq!(two(|x, cs, y| x.assert_le(cs, "it", y)), a <= b);
        prop_assert_eq!(two(|x, cs, y| x.assert_ge(cs, "it", y)), a >= b);
        prop_assert_eq!(two(|x, cs, y| x.assert_ne(cs, "it", y)), a != b);
        prop_assert_eq!(two(|x, cs, y| { let _ = x.add(cs, y); }), a.checked_add(b).is_some());
        prop_assert_eq!(two(|x, cs, y| { let _ = x.sub(cs, y); }), a >= b);
        prop_assert_eq!(two(|x, cs, y| { let _ = x.mul(cs, y); }), a.checked_mul(b).is_some());
        prop_assert_eq!(two(|x, cs, y| { let _ = x.div_rem(cs, y); }), b != 0);
        prop_assert_eq!(two(|x, cs, _| { let _ = x.narrow::<21>(cs); }), a < 1 << 21);
        let (layout, assignment) = run(|cs| {
            let (x, y) = (number(cs, a), number(cs, b));
            let results = [(x.lt(cs, y), a < b), (x.le(cs, y), a <= b), (x.ge(cs, y), a >= b), (x.eq(cs, y), a == b)];
            results.into_iter().for_each(|(it, expected)| expect(cs, it, u64::from(expected)));
            let bits = x.bits(cs);
            (0..64).for_each(|place| expect(cs, bits[place], (a >> place) & 1));
            let again = U64::from_bits(cs, bits);
            expect(cs, again, a);
            let product = x.widen::<128>().mul(cs, y.widen());
            expect(cs, product, BlsScalar::from(a) * BlsScalar::from(b));
            if let Some(expected) = a.checked_div(b) {
                let (quotient, remainder) = x.div_rem(cs, y);
                expect(cs, quotient, expected);
                expect(cs, remainder, a % b);
            }
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
    }

    #[test]
    fn products_of_128_bits_agree(a in any::<u128>(), b in any::<u128>(), by in 0_u32..128) {
        for (a, b) in [(a, b), (a, b >> by), (a >> (127 - by), b >> by), (a >> 64, b >> 64)] {
            let fits = holds(|cs| {
                let (x, y): (U128, U128) = (cs.private("a", Some(&a)), cs.private("b", Some(&b)));
                let _ = x.mul(cs, y);
            });
            prop_assert_eq!(fits, a.checked_mul(b).is_some());
        }
    }

    #[test]
    fn the_bits_of_an_element_agree(a in field()) {
        let (layout, assignment) = run(|cs| {
            let bits = element(cs, a).bits(cs);
            (0..255).for_each(|place| expect(cs, bits[place], u64::from(a.to_bits()[place])));
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
    }
}

/// A number of some width from a field element: whether it is refused, and that nothing else is undetermined.
fn fits<const BITS: usize>(value: BlsScalar) -> bool {
    let (layout, assignment) = run(|cs| {
        let x = element(cs, value);
        let _ = Unsigned::<BITS>::constrain(cs, x);
    });
    let holds = fault(&layout, &assignment).is_none();
    if holds {
        assert_each_wire_is_bound(&layout, &assignment);
    }
    holds
}

#[test]
fn every_width_ends_where_it_should() {
    macro_rules! widths {
        ($($bits:literal)*) => {$(
            let end = BlsScalar::pow_of_2($bits);
            assert!(fits::<$bits>(BlsScalar::zero()) && fits::<$bits>(end - BlsScalar::one()), "{}", $bits);
            for beyond in [end, end.double(), -BlsScalar::one(), end + BlsScalar::from(5)] {
                assert!(!fits::<$bits>(beyond), "{} bits", $bits);
            }
        )*};
    }
    widths!(1 2 3 4 5 6 7 8 9 10 15 16 17 18 19 20 21 31 32 33 63 64 65 127 128 129 248 249 250);
}

#[test]
fn what_does_not_fit_is_named() {
    let narrow = |value| {
        refused(|cs| {
            let x = element(cs, value);
            let _ = U8::constrain(cs, x);
        })
    };
    assert_eq!(narrow(BlsScalar::from(256)), "fits into 8 bits");
    let sum = refused(|cs| {
        let (x, y) = (number(cs, u64::MAX), number(cs, 1));
        let _ = x.add(cs, y);
    });
    assert_eq!(sum, "fits into 64 bits");
    let product = refused(|cs| {
        let (x, y) = (number(cs, 1 << 32), number(cs, 1 << 32));
        let _ = x.mul(cs, y);
    });
    assert_eq!(product, "fits into 64 bits");
    let difference = refused(|cs| {
        let (x, y) = (number(cs, 1), number(cs, 2));
        let _ = x.sub(cs, y);
    });
    assert_eq!(difference, "is not negative");
    let division = refused(|cs| {
        let (x, y) = (number(cs, 1), number(cs, 0));
        let _ = x.div_rem(cs, y);
    });
    assert_eq!(division, "the remainder is below the divisor");
    let order = refused(|cs| {
        let (x, y) = (number(cs, 2), number(cs, 2));
        x.assert_lt(cs, "sold after bought", y);
    });
    assert_eq!(order, "sold after bought");
}

#[test]
fn a_bit_implies_another() {
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        let bit = |cs: &mut ConstraintSystem, bit: bool| cs.private::<Bool>("bit", Some(&bit));
        let (layout, assignment) = run(|cs| {
            let (x, y) = (bit(cs, a), bit(cs, b));
            let results = [(x.and(cs, y), a && b), (x.or(cs, y), a || b), (x.xor(cs, y), a != b), (x.not(cs), !a)];
            results.into_iter().for_each(|(it, expected)| expect(cs, it, u64::from(expected)));
            let (all, any) = (Bool::all(cs, &[x, y, x]), Bool::any(cs, &[x, y, y]));
            expect(cs, all, u64::from(a && b));
            expect(cs, any, u64::from(a || b));
            let chosen = x.select(cs, [y, Bool::TRUE], [Bool::FALSE, y]);
            expect(cs, chosen[0], u64::from(if a { b } else { false }));
            expect(cs, chosen[1], u64::from(if a { true } else { b }));
        });
        assert_eq!(fault(&layout, &assignment), None);
        assert_each_wire_is_bound(&layout, &assignment);
        let implies = holds(|cs| {
            let (x, y) = (bit(cs, a), bit(cs, b));
            x.assert_implies(cs, "implies", y);
        });
        assert_eq!(implies, !a || b);
        let equal = holds(|cs| {
            let (x, y) = (bit(cs, a), bit(cs, b));
            x.assert_eq(cs, "equal", y);
        });
        assert_eq!(equal, a == b);
        assert_eq!(holds(|cs| bit(cs, a).assert_true(cs, "true")), a);
        assert_eq!(holds(|cs| bit(cs, a).assert_false(cs, "false")), !a);
    }
}

/// A comparison with the other answer, and with the difference that goes with it.
#[test]
fn a_comparison_has_one_answer() {
    for (a, b) in [(3, 5), (5, 3), (4, 4), (0, u64::MAX), (u64::MAX, 0)] {
        for gadget in [U64::lt, U64::le] {
            let (layout, mut assignment) = run(|cs| {
                let (x, y) = (number(cs, a), number(cs, b));
                let _ = gadget(x, cs, y);
            });
            let answer = rows(&layout, "is a bit")[0][0];
            assignment.replace(answer, BlsScalar::one() - assignment.values()[answer.index()]);
            let rows = rows(&layout, rows_name(&layout));
            let difference = rows.last().unwrap()[3];
            for honest in [false, true] {
                if honest {
                    // The difference that the other answer asks for.
                    let other = assignment.values()[difference.index()];
                    let flipped = if assignment.values()[answer.index()] == BlsScalar::one() {
                        other + BlsScalar::pow_of_2(64)
                    } else {
                        other - BlsScalar::pow_of_2(64)
                    };
                    assignment.replace(difference, flipped);
                }
                assert!(fault(&layout, &assignment).is_some());
            }
        }
    }
}

fn rows_name(layout: &dusk_sdk_circuit::Layout) -> &str {
    let exact = |it: &&dusk_sdk_circuit::Constraint| it.name.contains("exactly where");
    &layout.constraints.iter().find(exact).expect("it compares").name
}

/// Decompositions of an element plus the order of the field satisfy all but the comparison.
#[test]
fn the_second_way_to_write_an_element_is_refused() {
    let (layout, honest) = run(|cs| {
        let _ = element(cs, BlsScalar::from(5)).bits(cs);
    });
    let bits: Vec<Wire> = rows(&layout, "is a bit")[..255].iter().map(|row| row[0]).collect();
    // 5 plus the order.
    let modulus = [0xffff_ffff_0000_0001_u64 + 5, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];
    let mut forged = honest.clone();
    for (place, wire) in bits.iter().enumerate() {
        forged.replace(*wire, BlsScalar::from((modulus[place / 64] >> (place % 64)) & 1));
    }
    // Sums of bits follow.
    for name in ["lower bits", "upper bits"] {
        for [a, b, c, sum] in rows(&layout, name) {
            let row = layout.rows.iter().find(|row| row.wires == [a, b, c, sum]).unwrap();
            let q = &layout.selectors[row.selectors as usize];
            let at = |wire: Wire| forged.values()[wire.index()];
            let value = q.left * at(a) + q.right * at(b) + q.output * at(c);
            forged.replace(sum, value);
        }
    }
    assert_eq!(fault(&layout, &forged).unwrap(), "the bits are below the order of the field");
}

#[test]
fn plain_numbers_go_through_files() {
    let number = native::Unsigned::<250>::try_from(native::Field::from(BlsScalar::pow_of_2(249))).unwrap();
    let text = serde_json::to_string(&number).unwrap();
    assert_eq!(serde_json::from_str::<native::Unsigned<250>>(&text).unwrap(), number);
    let error = serde_json::from_str::<native::Unsigned<249>>(&text).unwrap_err();
    assert!(error.to_string().contains("does not fit into 249 bits"), "{error}");
    assert_eq!(serde_json::to_string(&native::Unsigned::<20>::try_from(77).unwrap()).unwrap(), "77");
    assert!(serde_json::from_str::<native::Unsigned<20>>("1048576").is_err());
    let mut encoded = Vec::new();
    U32::encode(&7, &mut encoded);
    U128::encode(&u128::MAX, &mut encoded);
    assert_eq!(encoded[0], native::Field::from(7));
    assert_eq!(encoded[1].scalar(), BlsScalar::pow_of_2(128) - BlsScalar::one());
    assert_eq!((U32::kind(), Unsigned::<20>::kind()), ("U32".to_owned(), "Unsigned<20>".to_owned()));
}
