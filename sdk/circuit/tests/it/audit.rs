//! The audit's proofs and findings, and that it never says more than is true.

use dusk_jubjub::{GENERATOR_EXTENDED, JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_sdk_circuit::*;

use crate::stock::{self, one};
use crate::support::leaves_nothing_open;

fn build(body: impl FnOnce(&mut ConstraintSystem)) -> (Layout, Assignment) {
    let mut cs = ConstraintSystem::with_witness("fixture");
    body(&mut cs);
    let (layout, assignment) = cs.finish();
    assert_eq!(check(&layout, &assignment), Ok(()));
    (layout, assignment)
}

#[track_caller]
fn assert_clean(body: impl FnOnce(&mut ConstraintSystem)) -> Report {
    let report = audit(&build(body).0);
    assert!(leaves_nothing_open(&report), "{report}");
    report
}

/// The kinds of the findings of an audit without a witness, with the names of the constraints.
fn kinds(layout: &Layout) -> Vec<(FindingKind, String)> {
    audit(layout).findings.into_iter().map(|it| (it.kind, it.name)).collect()
}

fn point(cs: &mut ConstraintSystem, name: &str, point: JubJubExtended) -> [Wire; 2] {
    let point = JubJubAffine::from(point);
    let coordinates = native::Array([point.get_u(), point.get_v()].map(native::Field::from));
    cs.private::<[Field; 2]>(name, Some(&coordinates)).map(Field::wire)
}

#[test]
fn logic_that_does_not_bind_its_inputs_is_found() {
    for xor in [false, true] {
        let stock = |fixed| {
            build(|cs| {
                let inputs = [stock::field(cs, "a", 0xb5), stock::field(cs, "b", 0x6c)];
                let out = stock::logic(cs, inputs, 4, xor, fixed);
                stock::touch(cs, &[out]);
            })
        };
        let (layout, _) = stock(false);
        assert!(kinds(&layout).contains(&(FindingKind::Unknown, "logic".to_owned())), "{}", audit(&layout));
        let report = audit(&stock(true).0);
        assert!(leaves_nothing_open(&report), "{report}");
    }
}

#[test]
fn aliased_digits_of_a_multiplication_are_found() {
    let stock = |fixed| {
        build(|cs| {
            let number = native::Scalar::from(JubJubScalar::from(0x1234_5678_9abc_u64));
            let scalar = cs.private::<Scalar>("scalar", Some(&number)).wire();
            let point = stock::mul_generator(cs, scalar, GENERATOR_EXTENDED, fixed);
            stock::touch(cs, &point);
        })
    };
    let (layout, _) = stock(false);
    let report = audit(&layout);
    assert_eq!((&report.findings[0].kind, report.findings[0].name.as_str()), (&FindingKind::Unknown, "step"));
    let report = audit(&stock(true).0);
    assert!(leaves_nothing_open(&report), "{report}");
    assert!(report.choices > 1000, "{report}");
}

#[test]
fn a_hint_without_a_gate_is_found() {
    let (layout, _) = build(|cs| {
        let [a, b] = [stock::field(cs, "a", 6), stock::field(cs, "b", 7)];
        // As `append_evaluated_output` does: the value is computed, and no gate states it.
        let product = cs.hint([a, b], |[a, b]| a * b);
        cs.region("result", |cs| stock::touch(cs, &[product, a, b]));
    });
    let report = audit(&layout);
    let names: Vec<&str> = report.findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "used"], "{report}");
    assert!(report.to_string().contains("hint: add the constraint that is missing"), "{report}");
}

#[test]
fn a_decomposition_that_can_exceed_the_field_is_found() {
    for count in [1, 2, 64, 128, 252, 253, 254] {
        assert_clean(|cs| {
            let scalar = stock::field(cs, "scalar", 1);
            stock::decomposition(cs, scalar, count);
        });
    }
    for count in [255, 256] {
        let (layout, _) = build(|cs| {
            let scalar = stock::field(cs, "scalar", 12345);
            stock::decomposition(cs, scalar, count);
        });
        let report = audit(&layout);
        assert!(report.findings.iter().all(|it| it.kind == FindingKind::Unknown), "{report}");
        assert_eq!(report.findings[0].name, "is a bit", "{report}");
    }
}

#[test]
fn ranges_are_determined() {
    for rows in [1, 4, 16, 31] {
        assert_clean(|cs| {
            let value = stock::field(cs, "value", 200);
            stock::range(cs, value, rows);
        });
    }
    let (layout, _) = build(|cs| {
        let value = stock::field(cs, "value", 200);
        stock::range(cs, value, 32);
    });
    assert!(!leaves_nothing_open(&audit(&layout)));
}

#[test]
fn points_off_the_curve_and_outside_the_subgroup_are_found() {
    let generator = GENERATOR_EXTENDED;
    let (layout, _) = build(|cs| {
        let [p, q] = [point(cs, "p", generator), point(cs, "q", generator.double())];
        let sum = stock::add_points(cs, p, q);
        let sum = stock::add_points(cs, sum, q);
        stock::touch(cs, &sum);
    });
    assert_eq!(kinds(&layout), [(FindingKind::OffCurve, "addition".to_owned())]);
    let (layout, _) = build(|cs| {
        let [p, q] = [point(cs, "p", generator), point(cs, "q", generator.double())];
        stock::on_curve(cs, p);
        stock::on_curve(cs, q);
        let sum = stock::add_points(cs, p, q);
        stock::touch(cs, &sum);
    });
    assert_eq!(kinds(&layout), [(FindingKind::OutsideSubgroup, "addition".to_owned())]);
    assert_clean(|cs| {
        let p = point(cs, "p", generator.double().double().double());
        // Eight times a point on the curve; which of the eight it is does not matter.
        let affine = JubJubAffine::from(generator);
        let base = cs.hints([], |[]| [affine.get_u(), affine.get_v()]);
        stock::on_curve(cs, base);
        let two = stock::add_points(cs, base, base);
        let four = stock::add_points(cs, two, two);
        let eight = stock::add_points(cs, four, four);
        stock::assert_equal(cs, eight[0], p[0]);
        stock::assert_equal(cs, eight[1], p[1]);
        let sum = stock::add_points(cs, p, p);
        stock::touch(cs, &sum);
    });
}

#[test]
fn a_cofactor_point_that_something_else_uses_is_found() {
    let (layout, _) = build(|cs| {
        let p = point(cs, "p", GENERATOR_EXTENDED.double().double().double());
        let affine = JubJubAffine::from(GENERATOR_EXTENDED);
        let base = cs.hints([], |[]| [affine.get_u(), affine.get_v()]);
        stock::on_curve(cs, base);
        let two = stock::add_points(cs, base, base);
        let four = stock::add_points(cs, two, two);
        let eight = stock::add_points(cs, four, four);
        stock::assert_equal(cs, eight[0], p[0]);
        stock::assert_equal(cs, eight[1], p[1]);
        let factor = stock::field(cs, "factor", 3);
        let product = cs.hint([base[0], factor], |[u, factor]| u * factor);
        cs.gate("product", Gate::new().ab(base[0], factor, one()).c(product, -one()));
    });
    assert!(!leaves_nothing_open(&audit(&layout)));
}

#[test]
fn is_zero_is_determined_only_with_its_inverse_pinned() {
    let is_zero = |pinned: bool| {
        move |cs: &mut ConstraintSystem| {
            let x = stock::field(cs, "x", 5);
            let inverse = cs.hint([x], |[x]| x.invert().unwrap_or_default());
            let is_zero = cs.hint([x], |[x]| BlsScalar::from(u64::from(x == BlsScalar::zero())));
            cs.gate("inverse", Gate::new().ab(x, inverse, one()).c(is_zero, one()).constant(-one()));
            cs.gate("one of both", Gate::new().ab(x, is_zero, one()));
            if pinned {
                cs.gate("pinned", Gate::new().ab(inverse, is_zero, one()));
            }
        }
    };
    assert_clean(is_zero(true));
    let (layout, _) = build(is_zero(false));
    let report = audit(&layout);
    // The result is determined, the inverse of zero is not.
    assert_eq!((report.determined, report.undetermined.len()), (1, 1), "{report}");
}

#[test]
fn a_point_that_bits_select_is_on_the_curve() {
    assert_clean(|cs| {
        let generator = JubJubAffine::from(GENERATOR_EXTENDED);
        let bit = cs.private::<Bool>("bit", Some(&true)).wire();
        let u = cs.constant(generator.get_u());
        let v = cs.constant(generator.get_v());
        // (bit·u, 1 + bit·(v − 1))
        let x = cs.hint([bit, u], |[bit, u]| bit * u);
        cs.gate("select", Gate::new().ab(bit, u, one()).c(x, -one()));
        let y = cs.hint([bit, v], |[bit, v]| one() + bit * (v - one()));
        cs.gate("select", Gate::new().ab(bit, v, one()).a(bit, -one()).c(y, -one()).constant(one()));
        let sum = stock::add_points(cs, [x, y], [u, v]);
        let sum = stock::add_points(cs, sum, [x, y]);
        stock::touch(cs, &sum);
    });
}

#[test]
fn a_private_input_that_nothing_uses_is_found() {
    let (layout, _) = build(|cs| {
        stock::field(cs, "forgotten", 5);
    });
    assert_eq!(kinds(&layout), [(FindingKind::Unused, "forgotten".to_owned())]);
}

#[test]
fn gadgets_leave_nothing_open() {
    // These state something of one attribute; that an issuer signed it is for another gadget.
    let of_an_attribute =
        ["holder of a credential", "age of a holder", "validity of a credential", "level of accreditation"];
    for (name, layout) in crate::catalogue::all() {
        let report = audit(&layout);
        let kinds: Vec<&FindingKind> = report.findings.iter().map(|it| &it.kind).collect();
        if of_an_attribute.contains(&name) {
            assert!(
                matches!(kinds.as_slice(), [FindingKind::PartlyUnused(_)]) && report.undetermined.is_empty(),
                "{name}: {report}"
            );
        } else {
            assert!(leaves_nothing_open(&report), "{name}: {report}");
        }
    }
}

/// A field element as `high·2^128 + low`.
pub(crate) fn halves(cs: &mut ConstraintSystem, value: Wire) -> [Wire; 2] {
    let halves = cs.hints([value], |[value]| {
        let bytes = value.to_bytes();
        [&bytes[16..], &bytes[..16]].map(|half| {
            half.iter()
                .rev()
                .fold(BlsScalar::zero(), |sum, byte| sum * BlsScalar::from(256) + BlsScalar::from(u64::from(*byte)))
        })
    });
    let [high, low] = halves;
    halves.iter().for_each(|half| stock::range(cs, *half, 16));
    cs.gate("halves", Gate::new().a(high, BlsScalar::pow_of_2(128)).b(low, one()).c(value, -one()));
    halves
}

/// States that one number in halves is below another, up to what the borrow may weigh.
pub(crate) fn below(
    cs: &mut ConstraintSystem,
    [high, low]: [Wire; 2],
    [upper_high, upper_low]: [Wire; 2],
    with_one: bool,
) {
    let one = one();
    let offset = if with_one { -one } else { BlsScalar::zero() };
    let two = BlsScalar::pow_of_2(128);
    let borrow = cs.hint([low, upper_low], |[low, upper]| {
        let bytes = (upper - low + offset).to_bytes();
        BlsScalar::from(u64::from(bytes[16..] != [0; 16]))
    });
    cs.gate("borrow", Gate::new().ab(borrow, borrow, one).a(borrow, -one));
    let rest = cs.hint([low, upper_low, borrow], |[low, upper, borrow]| upper + two * borrow - low + offset);
    let gate = Gate::new().a(upper_low, one).b(low, -one).c(borrow, two).d(rest, -one).constant(offset);
    cs.gate("lower", gate);
    stock::range(cs, rest, 16);
    let rest = cs.hint([high, upper_high, borrow], |[high, upper, borrow]| upper - borrow - high);
    cs.gate("upper", Gate::new().a(upper_high, one).b(high, -one).c(borrow, -one).d(rest, -one));
    stock::range(cs, rest, 16);
}

/// The order of the field in halves, and how much is added to the lower.
pub(crate) fn order(cs: &mut ConstraintSystem, more: u64) -> [Wire; 2] {
    let bytes = (-one()).to_bytes();
    let [high, low] = [&bytes[16..], &bytes[..16]].map(|half| {
        half.iter()
            .rev()
            .fold(BlsScalar::zero(), |sum, byte| sum * BlsScalar::from(256) + BlsScalar::from(u64::from(*byte)))
    });
    [cs.constant(high), cs.constant(low + one() + BlsScalar::from(more))]
}

#[test]
fn numbers_below_one_that_is_below_the_order_are_canonical() {
    let chain = |numbers: u64, top: Option<(u64, bool)>| {
        let (layout, _) = build(|cs| {
            let all: Vec<[Wire; 2]> = (0..numbers)
                .map(|i| {
                    let value = stock::field(cs, "value", 10 * (i + 1));
                    halves(cs, value)
                })
                .collect();
            all.windows(2).for_each(|pair| below(cs, pair[0], pair[1], true));
            if let Some((more, with_one)) = top {
                let order = order(cs, more);
                below(cs, all[all.len() - 1], order, with_one);
            }
        });
        audit(&layout)
    };
    for numbers in [1, 2, 3, 5] {
        let report = chain(numbers, Some((0, true)));
        assert!(leaves_nothing_open(&report), "{report}");
        // Without the last comparison, or where it lets the order itself pass, the halves of zero can be those of the
        // order.
        for top in [None, Some((1, true)), Some((0, false))] {
            let report = chain(numbers, top);
            assert!(!leaves_nothing_open(&report), "{numbers} numbers below {top:?}: {report}");
        }
    }
}

#[test]
fn a_number_beside_one_that_is_below_the_order_is_not_canonical() {
    let (layout, _) = build(|cs| {
        let [x, y] = [stock::field(cs, "x", 10), stock::field(cs, "y", 20)];
        let [x, y] = [halves(cs, x), halves(cs, y)];
        let order = order(cs, 0);
        below(cs, x, order, true);
        // The other way round: `y` is above a number that has a bound.
        below(cs, x, y, true);
    });
    assert!(!leaves_nothing_open(&audit(&layout)));
}

#[test]
fn a_division_is_determined_only_with_a_rest_below_the_divisor_and_no_wrap_around() {
    // The rows of 8 bits that bound the quotient, and what is subtracted from `divisor − rest`, if that is bounded.
    let division = |rows: usize, less: Option<u64>| {
        let (layout, _) = build(|cs| {
            let [value, divisor] = [stock::field(cs, "value", 17), stock::field(cs, "divisor", 5)];
            stock::range(cs, divisor, 8);
            let [quotient, rest] = cs.hints([], |[]| [BlsScalar::from(3), BlsScalar::from(2)]);
            stock::range(cs, quotient, rows);
            stock::range(cs, rest, 8);
            cs.gate("division", Gate::new().ab(quotient, divisor, one()).c(rest, one()).d(value, -one()));
            if let Some(less) = less.map(BlsScalar::from) {
                let gap = cs.hint([divisor, rest], |[divisor, rest]| divisor - rest - less);
                cs.gate("gap", Gate::new().a(divisor, one()).b(rest, -one()).c(gap, -one()).constant(-less));
                stock::range(cs, gap, 8);
            }
        });
        audit(&layout)
    };
    let report = division(8, Some(1));
    assert!(leaves_nothing_open(&report), "{report}");
    for (rows, less) in [(8, None), (8, Some(0)), (24, Some(1))] {
        assert!(!leaves_nothing_open(&division(rows, less)), "{rows} rows, less {less:?}");
    }
}
