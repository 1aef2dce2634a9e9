//! Circuits that are almost what a rule of the audit is for, each with two witnesses for the same inputs, or with one
//! that is no point of the subgroup: a rule that asks for too little would call them clean.

use dusk_jubjub::{EDWARDS_D, GENERATOR_EXTENDED, JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_sdk_circuit::*;

use crate::audit::{below, halves, order};
use crate::curve::of_order_two;
use crate::stock::{self, one};
use crate::support::leaves_nothing_open;

fn number(value: u64) -> BlsScalar {
    BlsScalar::from(value)
}

fn inverse(value: BlsScalar) -> BlsScalar {
    value.invert().expect("it is not zero")
}

/// The order of the field less 1, divided by 256.
fn largest_part() -> BlsScalar {
    -inverse(number(256))
}

fn hint(cs: &mut ConstraintSystem, value: impl Into<BlsScalar>) -> Wire {
    let value = value.into();
    cs.hint([], |[]| value)
}

/// A hint of so many bytes.
fn bytes(cs: &mut ConstraintSystem, value: impl Into<BlsScalar>, count: usize) -> Wire {
    let wire = hint(cs, value);
    stock::range(cs, wire, count);
    wire
}

/// Builds a circuit with each of two witnesses, which must have the same inputs. No wire on which they differ may count
/// as determined.
#[track_caller]
fn ambiguous(build: impl Fn(&mut ConstraintSystem, bool)) {
    ambiguous_with(build, |_| Vec::new());
}

/// As [`ambiguous`], after the layout is edited. The edit gives the public inputs.
#[track_caller]
fn ambiguous_with(build: impl Fn(&mut ConstraintSystem, bool), edit: impl Fn(&mut Layout) -> Vec<BlsScalar>) {
    let [(layout, one), (same, other)] = [false, true].map(|second| {
        let mut cs = ConstraintSystem::with_witness("ambiguous");
        build(&mut cs, second);
        let (mut layout, assignment) = cs.finish();
        let public = edit(&mut layout);
        (layout, Assignment::from_parts(assignment.values().to_vec(), public))
    });
    assert_eq!(layout, same);
    assert_eq!((check(&layout, &one), check(&layout, &other)), (Ok(()), Ok(())));
    let differ = |wire: &Wire| one.values()[wire.index()] != other.values()[wire.index()];
    assert!(!layout.inputs.iter().flat_map(|input| &input.wires).any(differ));
    let report = audit(&layout);
    let differing: Vec<Wire> = layout.rows.iter().flat_map(|row| row.wires).filter(differ).collect();
    assert!(!differing.is_empty());
    for wire in differing {
        assert!(
            report.undetermined.contains(&wire),
            "wire {} has two values, and counts as determined: {report}",
            wire.index()
        );
    }
    assert!(!leaves_nothing_open(&report), "{report}");
}

/// Makes a public input of the row with this name. In [`ambiguous_with`] its value follows.
fn publish(layout: &mut Layout, name: &str) {
    let named = |row: &Row| layout.constraints[row.constraint as usize].name == name;
    let row = layout.rows.iter().position(named).expect("the row is there");
    layout.public_rows = vec![u32::try_from(row).expect("a small circuit")];
}

/// 5 as `low + 256·high`, or 5 and the order of the field. Gives `high`, on whose bound it depends which.
fn split_five(cs: &mut ConstraintSystem, second: bool) -> Wire {
    let value = stock::field(cs, "value", 5);
    let low = bytes(cs, if second { 6 } else { 5 }, 1);
    let high = bytes(cs, if second { largest_part() } else { number(0) }, 31);
    cs.gate("parts", Gate::new().a(low, one()).b(high, number(256)).c(value, -one()));
    let rest = bytes(cs, if second { 249 } else { 250 }, 1);
    cs.gate("bound of the lower part", Gate::new().a(low, one()).b(rest, one()).constant(-number(255)));
    high
}

#[test]
fn parts_that_overlap_are_not_unique() {
    ambiguous(|cs, second| {
        let value = stock::field(cs, "value", 8);
        let parts = if second { [4, 1] } else { [8, 0] };
        let [low, high] = parts.map(|part| bytes(cs, part, 1));
        cs.gate("parts", Gate::new().a(low, one()).b(high, number(4)).c(value, -one()));
        for (wire, part) in [low, high].into_iter().zip(parts) {
            let rest = bytes(cs, 255 - part, 1);
            cs.gate("bound", Gate::new().a(wire, one()).b(rest, one()).constant(-number(255)));
        }
    });
}

/// `low − 256·high`, where `low + 256·high` is below the order of the field.
#[test]
fn a_difference_of_parts_is_not_unique() {
    ambiguous(|cs, second| {
        let value = stock::field(cs, "value", 1);
        let low = bytes(cs, if second { 0 } else { 1 }, 1);
        let high = bytes(cs, if second { largest_part() } else { number(0) }, 31);
        cs.gate("parts", Gate::new().a(low, one()).b(high, -number(256)).c(value, -one()));
        let borrow = hint(cs, if second { 0 } else { 1 });
        cs.gate("is a bit", Gate::new().ab(borrow, borrow, one()).a(borrow, -one()));
        let rest = bytes(cs, if second { 0 } else { 255 }, 2);
        cs.gate("bound of the lower part", Gate::new().a(low, one()).b(borrow, -number(256)).c(rest, one()));
        let rest = bytes(cs, if second { number(0) } else { largest_part() - one() }, 31);
        let bound = Gate::new().a(high, one()).b(borrow, one()).c(rest, one());
        cs.gate("bound of the upper part", bound.constant(-largest_part()));
    });
}

/// A bound of the upper part may wrap around the order of the field.
#[test]
fn a_bound_that_wraps_around_is_none() {
    ambiguous(|cs, second| {
        let high = split_five(cs, second);
        let value = cs.value(high).expect("a witness");
        let rest = bytes(cs, (number(127) - value) * inverse(number(128)), 31);
        let bound = Gate::new().a(high, one()).b(rest, number(128)).constant(-number(127));
        cs.gate("bound of the upper part", bound);
    });
}

/// `high + rest = 1000` would be a bound without the other terms of the row.
#[test]
fn a_bound_with_a_public_input_or_a_product_is_none() {
    let twice = largest_part().double();
    let bound = |cs: &mut ConstraintSystem, high: Wire, more: Gate| {
        let value = cs.value(high).expect("a witness");
        let rest = bytes(cs, twice - value, 31);
        cs.gate("bound of the upper part", more.c(high, one()).d(rest, one()).constant(-number(1000)));
    };
    ambiguous(|cs, second| {
        let high = split_five(cs, second);
        let [x, y] = [stock::field(cs, "x", number(1000) - twice), stock::field(cs, "y", 1)];
        bound(cs, high, Gate::new().ab(x, y, one()));
    });
    ambiguous_with(
        |cs, second| {
            let high = split_five(cs, second);
            bound(cs, high, Gate::new());
        },
        |layout| {
            publish(layout, "bound of the upper part");
            vec![number(1000) - twice]
        },
    );
}

/// The parts of a number are compared with those of one below the order of the field; but its upper part with twice the
/// other.
#[test]
fn parts_below_other_multiples_of_parts_are_not_unique() {
    let power = |bits: u64| BlsScalar::pow_of_2(bits);
    ambiguous(|cs, second| {
        // The order of the field is 2^128·high + low.
        let [order_high, order_low] = order(cs, 0).map(|wire| cs.value(wire).expect("a witness"));
        let half = (order_high + one()) * inverse(number(2));
        let [upper, value] =
            [stock::field(cs, "upper", half * power(128) + order_low + number(5)), stock::field(cs, "x", 5)];
        let [upper_high, upper_low] = halves(cs, upper);
        let order = order(cs, 0);
        below(cs, [upper_high, upper_low], order, true);

        let parts = if second { [order_high, order_low + number(5)] } else { [number(0), number(5)] };
        let [high, low] = parts.map(|part| bytes(cs, part, 16));
        cs.gate("parts", Gate::new().a(high, power(128)).b(low, one()).c(value, -one()));
        let rest = bytes(cs, order_low + number(5) - parts[1], 16);
        cs.gate("bound of the lower part", Gate::new().a(upper_low, one()).b(low, -one()).c(rest, -one()));
        let rest = bytes(cs, half.double() - parts[0], 17);
        cs.gate("bound of the upper part", Gate::new().a(upper_high, number(2)).b(high, -one()).c(rest, -one()));
    });
}

/// `17 = quotient·divisor + rest`, with the rest below the divisor as far as `gap` says.
fn division(
    cs: &mut ConstraintSystem,
    divisor: Wire,
    [quotient, rest]: [u64; 2],
    gap: impl FnOnce(&mut ConstraintSystem, Wire),
) {
    let value = stock::field(cs, "value", 17);
    let [quotient, rest] = [quotient, rest].map(|it| bytes(cs, it, 8));
    cs.gate("division", Gate::new().ab(quotient, divisor, one()).c(rest, one()).d(value, -one()));
    gap(cs, rest);
}

#[test]
fn a_division_by_what_is_not_determined_is_not_unique() {
    ambiguous(|cs, second| {
        let divisor = bytes(cs, if second { 8 } else { 5 }, 8);
        division(cs, divisor, if second { [2, 1] } else { [3, 2] }, |cs, rest| {
            let gap = bytes(cs, if second { 6 } else { 2 }, 8);
            cs.gate("gap", Gate::new().a(divisor, one()).b(rest, -one()).c(gap, -one()).constant(-one()));
        });
    });
}

#[test]
fn a_rest_below_something_else_is_not_unique() {
    let divided = |second: bool| if second { [2, 7] } else { [3, 2] };
    // Below twice the divisor.
    ambiguous(|cs, second| {
        let divisor = stock::field(cs, "divisor", 5);
        stock::range(cs, divisor, 8);
        division(cs, divisor, divided(second), |cs, rest| {
            let gap = bytes(cs, if second { 2 } else { 7 }, 8);
            cs.gate("gap", Gate::new().a(divisor, number(2)).b(rest, -one()).c(gap, -one()).constant(-one()));
        });
    });
    // Below the divisor plus 4.
    ambiguous(|cs, second| {
        let divisor = stock::field(cs, "divisor", 5);
        stock::range(cs, divisor, 8);
        division(cs, divisor, divided(second), |cs, rest| {
            let gap = bytes(cs, if second { 1 } else { 6 }, 8);
            cs.gate("gap", Gate::new().a(divisor, one()).b(rest, -one()).c(gap, -one()).constant(number(3)));
        });
    });
    // Below the divisor and something that the prover chooses.
    ambiguous(|cs, second| {
        let divisor = stock::field(cs, "divisor", 5);
        stock::range(cs, divisor, 8);
        division(cs, divisor, divided(second), |cs, rest| {
            let [more, gap] = (if second { [3, 0] } else { [0, 2] }).map(|it| bytes(cs, it, 8));
            let sum = Gate::new().a(divisor, one()).b(rest, -one()).c(gap, -one()).d(more, one());
            cs.gate("gap", sum.constant(-one()));
        });
    });
}

/// `20 = 6·quotient + 2·rest`: steps of the quotient and of the rest can weigh the same.
#[test]
fn a_rest_with_a_factor_is_not_unique() {
    ambiguous(|cs, second| {
        let [value, divisor] = [stock::field(cs, "value", 20), stock::field(cs, "divisor", 6)];
        stock::range(cs, divisor, 8);
        let [quotient, rest, gap] = (if second { [2, 4, 1] } else { [3, 1, 4] }).map(|it| bytes(cs, it, 8));
        let division = Gate::new().ab(quotient, divisor, one()).c(rest, number(2)).d(value, -one());
        cs.gate("division", division);
        cs.gate("gap", Gate::new().a(divisor, one()).b(rest, -one()).c(gap, -one()).constant(-one()));
    });
}

/// `to − 4·from` is a base-4 digit only where a range says so.
#[test]
fn a_difference_of_numbers_that_no_range_links_is_no_digit() {
    ambiguous(|cs, second| {
        let [from, sum] = [stock::field(cs, "from", 0), stock::field(cs, "sum", 8)];
        let to = bytes(cs, if second { 4 } else { 0 }, 1);
        let digit = hint(cs, if second { 4 } else { 0 });
        cs.gate("digit", Gate::new().a(to, one()).b(from, -number(4)).c(digit, -one()));
        let other = bytes(cs, if second { 1 } else { 2 }, 1);
        cs.gate("sum", Gate::new().a(digit, one()).b(other, number(4)).c(sum, -one()));
    });
}

/// Nor is it with something more, even where a range links both: here it is 4, and any factor of 4 − 4 will do.
#[test]
fn a_digit_and_something_more_is_no_digit() {
    let build =
        |cs: &mut ConstraintSystem, second: bool, [before, after]: [u64; 2], digit_row: &dyn Fn(Wire) -> Gate| {
            let from = stock::field(cs, "from", before);
            let [to, digit] = [after, 4].map(|it| hint(cs, it));
            cs.gate("range", Gate::range([from, Wire::ZERO, Wire::ZERO, Wire::ZERO]));
            cs.gate("range", Gate::idle([Wire::ZERO, Wire::ZERO, Wire::ZERO, to]));
            cs.gate("digit", digit_row(from).a(from, -number(4)).c(digit, -one()).d(to, one()));
            let free = hint(cs, if second { 8 } else { 7 });
            cs.gate("factor", Gate::new().ab(digit, free, one()).b(free, -number(4)));
        };
    ambiguous(|cs, second| build(cs, second, [0, 0], &|_| Gate::new().constant(number(4))));
    ambiguous(|cs, second| {
        let factor = stock::field(cs, "factor", 4);
        build(cs, second, [1, 4], &|from| Gate::new().ab(from, factor, one()));
    });
    ambiguous_with(
        |cs, second| build(cs, second, [0, 0], &|_| Gate::new()),
        |layout| {
            publish(layout, "digit");
            vec![number(4)]
        },
    );
}

/// The accumulator of a bitwise operation is as undetermined as the one before it.
#[test]
fn a_result_of_logic_from_an_accumulator_that_is_open_is_not_unique() {
    for (xor, digit) in [(false, 1), (true, 2)] {
        ambiguous(|cs, second| {
            let [x, y] = [stock::field(cs, "x", 3), stock::field(cs, "y", 1)];
            let before = hint(cs, if second { 1 } else { 0 });
            let after = hint(cs, digit + if second { 4 } else { 0 });
            let product = hint(cs, 3);
            let wires = [Wire::ZERO, Wire::ZERO, product, before];
            cs.gate("logic", if xor { Gate::xor(wires) } else { Gate::and(wires) });
            cs.gate("logic", Gate::idle([x, y, Wire::ZERO, after]));
        });
    }
}

/// The sum of the pairs by the formulas of the rows, whether they are points or not.
fn sum([a, b]: [BlsScalar; 2], [x, y]: [BlsScalar; 2]) -> [BlsScalar; 2] {
    sum_with([a, b], [x, y], x * y)
}

/// The sum with another product of the coordinates of the second.
fn sum_with([a, b]: [BlsScalar; 2], [x, y]: [BlsScalar; 2], product: BlsScalar) -> [BlsScalar; 2] {
    let bend = EDWARDS_D * a * b * product;
    [(a * y + b * x) * inverse(one() + bend), (b * y + a * x) * inverse(one() - bend)]
}

/// The wires of a run of fixed-base additions: those of each row, and of the row after the last.
type Run = Vec<[Wire; 4]>;

/// A run that adds digits times points, from a point and an accumulator; to an accumulator, and with one on the way
/// that is zero.
fn run(
    cs: &mut ConstraintSystem,
    points: &[JubJubAffine],
    digits: &[i8],
    start: [Wire; 3],
    (end, zero): (Wire, Option<usize>),
) -> Run {
    let [mut u, mut v, mut number] = start;
    let mut all = Vec::new();
    for (place, (point, digit)) in points.iter().zip(digits).enumerate() {
        let [x, y] = [point.get_u(), point.get_v()];
        let digit = if *digit < 0 { -one() } else { BlsScalar::from(u64::from(digit.unsigned_abs())) };
        let product = hint(cs, digit * x * y);
        cs.gate("step", Gate::fixed_add([u, v, product, number], point));
        all.push([u, v, product, number]);
        let at = [u, v, number].map(|wire| cs.value(wire).expect("a witness"));
        let next = sum([at[0], at[1]], [digit * x, digit.square() * (y - one()) + one()]);
        [u, v] = next.map(|it| hint(cs, it));
        number = match place + 1 {
            last if last == points.len() => end,
            next if zero == Some(next) => Wire::ZERO,
            _ => hint(cs, at[2].double() + digit),
        };
    }
    cs.gate("step", Gate::idle([u, v, Wire::ZERO, number]));
    all.push([u, v, Wire::ZERO, number]);
    all
}

/// Where runs begin: at the neutral point, and zero.
const START: [Wire; 3] = [Wire::ZERO, Wire::ONE, Wire::ZERO];

/// So many doublings of the generator, the largest first.
fn doublings(count: usize) -> Vec<JubJubAffine> {
    let mut all: Vec<JubJubExtended> = vec![GENERATOR_EXTENDED];
    (1..count).for_each(|place| all.push(all[place - 1].double()));
    all.into_iter().rev().map(JubJubAffine::from).collect()
}

/// The binary digits of a number, each times a sign, the largest first.
fn digits(number: &BlsScalar, sign: i8, count: usize) -> Vec<i8> {
    let bits = number.to_bits();
    (0..count).rev().map(|place| if bits[place] == 1 { sign } else { 0 }).collect()
}

#[test]
fn a_run_of_points_that_are_no_doublings_is_not_unique() {
    let thrice = JubJubAffine::from(GENERATOR_EXTENDED.double() + GENERATOR_EXTENDED);
    let points = [thrice, GENERATOR_EXTENDED.into()];
    ambiguous(|cs, second| {
        let scalar = stock::field(cs, "scalar", 1);
        run(cs, &points, if second { &[1, -1] } else { &[0, 1] }, START, (scalar, None));
    });
}

#[test]
fn a_run_of_pairs_off_the_curve_is_not_unique() {
    let off = JubJubAffine::from_raw_unchecked(number(3), number(4));
    let points = [JubJubAffine::from(JubJubExtended::from(off).double()), off];
    ambiguous(|cs, second| {
        let scalar = stock::field(cs, "scalar", 1);
        run(cs, &points, if second { &[1, -1] } else { &[0, 1] }, START, (scalar, None));
    });
}

/// The selectors of a fixed-base addition have the product of the coordinates. With another the denominator can be
/// zero.
#[test]
fn a_fixed_addition_with_another_product_is_not_unique() {
    let generator = JubJubAffine::from(GENERATOR_EXTENDED);
    let [u, v] = [generator.get_u(), generator.get_v()];
    let product = -inverse(EDWARDS_D * u * v);
    ambiguous_with(
        |cs, second| {
            let (a, b) = (cs.constant(u), cs.constant(v));
            let helper = hint(cs, product);
            cs.gate("step", Gate::fixed_add([a, b, helper, Wire::ZERO], &-generator));
            let sum = [hint(cs, if second { 8 } else { 7 }), hint(cs, (v.square() - u.square()) * inverse(number(2)))];
            cs.gate("step", Gate::idle([sum[0], sum[1], Wire::ZERO, Wire::ONE]));
        },
        |layout| {
            let fixed = layout.selectors.iter_mut().find(|it| it.kind == GateKind::FixedAdd).expect("there is one");
            fixed.constant = product;
            Vec::new()
        },
    );
}

/// The same within a run, of which the first row is as it should be.
#[test]
fn a_run_with_another_product_is_not_unique() {
    let point = JubJubAffine::from(GENERATOR_EXTENDED);
    let twice = JubJubAffine::from(GENERATOR_EXTENDED.double());
    let of = |point: JubJubAffine| [point.get_u(), point.get_v()];
    ambiguous_with(
        |cs, second| {
            let scalar = stock::field(cs, "scalar", 1);
            let (sign, between) = if second { (-one(), of(twice)) } else { (one(), [BlsScalar::zero(), one()]) };
            let first = hint(cs, if second { twice.get_u() * twice.get_v() } else { BlsScalar::zero() });
            cs.gate("step", Gate::fixed_add([Wire::ZERO, Wire::ONE, first, Wire::ZERO], &twice));
            let number = hint(cs, if second { 1 } else { 0 });
            let end = sum_with(between, [sign * point.get_u(), point.get_v()], sign).map(|it| hint(cs, it));
            let [u, v] = between.map(|it| hint(cs, it));
            let helper = hint(cs, sign);
            cs.gate("step", Gate::fixed_add([u, v, helper, number], &point));
            cs.gate("step", Gate::idle([end[0], end[1], Wire::ZERO, scalar]));
        },
        |layout| {
            let is_second = |it: &&mut Selectors| it.kind == GateKind::FixedAdd && it.left == point.get_u();
            layout.selectors.iter_mut().find(is_second).expect("there is one").constant = one();
            Vec::new()
        },
    );
}

#[test]
fn a_run_from_a_point_that_is_open_is_not_unique() {
    ambiguous(|cs, second| {
        let scalar = stock::field(cs, "scalar", 1);
        let point = JubJubAffine::from(GENERATOR_EXTENDED);
        let start = [if second { -point.get_u() } else { point.get_u() }, point.get_v()].map(|it| hint(cs, it));
        stock::on_curve(cs, start);
        run(cs, &doublings(1), &[1], [start[0], start[1], Wire::ZERO], (scalar, None));
    });
}

#[test]
fn a_run_from_an_accumulator_that_is_not_zero_is_not_unique() {
    ambiguous(|cs, second| {
        let scalar = stock::field(cs, "scalar", 1);
        let start = hint(cs, if second { 1 } else { 0 });
        run(cs, &doublings(1), if second { &[-1] } else { &[1] }, [Wire::ZERO, Wire::ONE, start], (scalar, None));
    });
}

/// That the accumulator is zero again says that the digits make zero only while they cannot make the order of the
/// field.
#[test]
fn a_run_that_is_zero_after_too_many_digits_is_not_unique() {
    let mut order = digits(&-one(), 1, 255);
    // The order of the field is odd, and 1 more than −1.
    order[254] = 1;
    ambiguous(|cs, second| {
        let scalar = stock::field(cs, "scalar", 1);
        let mut all = if second { order.clone() } else { vec![0; 255] };
        all.push(1);
        run(cs, &doublings(256), &all, START, (scalar, Some(255)));
    });
}

/// 254 signed digits reach beyond half the order of the field on both sides.
#[test]
fn a_run_of_254_digits_is_not_unique() {
    let half = inverse(number(2));
    ambiguous(|cs, second| {
        // (p + 1)/2, and (p + 1)/2 − p = −(p − 1)/2.
        let scalar = stock::field(cs, "scalar", half);
        let all = if second { digits(&-half, -1, 254) } else { digits(&half, 1, 254) };
        run(cs, &doublings(254), &all, START, (scalar, None));
    });
}

/// The digits of a run are a harmless choice only where nothing else reads them.
#[test]
fn digits_that_another_row_reads_are_no_harmless_choice() {
    // The coordinates of a step, its accumulator; the helper of a row.
    for (row, place) in [(1, 0), (1, 1), (1, 3), (0, 2), (1, 2)] {
        ambiguous(|cs, second| {
            let [scalar, factor] = [stock::field(cs, "scalar", 1), stock::field(cs, "factor", 0)];
            let all = run(cs, &doublings(2), if second { &[1, -1] } else { &[0, 1] }, START, (scalar, None));
            cs.gate("reader", Gate::new().ab(all[row][place], factor, one()));
        });
    }
}

/// A square root of −1.
fn imaginary() -> BlsScalar {
    // 7 generates the multiplicative group: its power of a quarter of the order.
    let [a, b, c, d] = (-one()).reduce().0;
    number(7).pow(&[a >> 2 | b << 62, b >> 2 | c << 62, c >> 2 | d << 62, d >> 2])
}

/// Twice, four and eight times a pair, by the formulas of the rows; the last is a point that is given as an input.
fn cofactor(cs: &mut ConstraintSystem, base: [BlsScalar; 2]) -> [[Wire; 2]; 3] {
    let eight = [base; 3].into_iter().fold(base, |at, _| sum(at, at));
    let point = [stock::field(cs, "u", eight[0]), stock::field(cs, "v", eight[1])];
    let base = base.map(|it| hint(cs, it));
    let doubled = |cs: &mut ConstraintSystem, pair: [Wire; 2]| {
        let [u, v] = pair.map(|wire| cs.value(wire).expect("a witness"));
        sum([u, v], [u, v]).map(|it| hint(cs, it))
    };
    let two = doubled(cs, base);
    state_sum(cs, base, base, two);
    let four = doubled(cs, two);
    state_sum(cs, two, two, four);
    state_sum(cs, four, four, point);
    [base, two, four]
}

/// A point of which another is eight times is a harmless choice only where nothing but the curve's equation reads it.
#[test]
fn a_cofactor_point_that_another_row_reads_is_no_harmless_choice() {
    let [u, v] = [JubJubAffine::from(GENERATOR_EXTENDED)].map(|it| [it.get_u(), it.get_v()])[0];
    let product = u * v;
    // The reader holds for the point and its negative plus (0, −1), and not for the six others.
    let build = |cs: &mut ConstraintSystem, second: bool, reader: Gate| {
        let [base, ..] = cofactor(cs, if second { [-u, -v] } else { [u, v] });
        stock::on_curve(cs, base);
        cs.gate("reader", reader.ab(base[0], base[1], one()));
    };
    ambiguous(|cs, second| build(cs, second, Gate::new().constant(-product)));
    ambiguous(|cs, second| {
        let product = stock::field(cs, "product", product);
        build(cs, second, Gate::new().c(product, -one()));
    });
    ambiguous_with(
        |cs, second| build(cs, second, Gate::new()),
        |layout| {
            publish(layout, "reader");
            vec![-product]
        },
    );
    // Twice the point, which is another one for the point plus (√−1, 0).
    let other = sum([u, v], [imaginary(), BlsScalar::zero()]);
    for place in [0, 1] {
        ambiguous(|cs, second| {
            let factor = stock::field(cs, "factor", 0);
            let [base, two, _] = cofactor(cs, if second { other } else { [u, v] });
            stock::on_curve(cs, base);
            cs.gate("reader", Gate::new().ab(two[place], factor, one()));
        });
    }
}

/// Nor is it a choice of points where nothing says that it is one.
#[test]
fn a_cofactor_pair_off_the_curve_is_no_harmless_choice() {
    let [u, v] = [3, 4].map(number);
    ambiguous(|cs, second| {
        cofactor(cs, if second { [-u, -v] } else { [u, v] });
    });
}

/// A circuit with a witness that satisfies it, and one of the kinds of findings that the audit must report.
#[track_caller]
fn reported(kinds: &[FindingKind], build: impl Fn(&mut ConstraintSystem)) {
    reported_with(kinds, build, |_| Vec::new());
}

/// As [`reported`], after the layout is edited. The edit gives the public inputs.
#[track_caller]
fn reported_with(
    kinds: &[FindingKind],
    build: impl Fn(&mut ConstraintSystem),
    edit: impl Fn(&mut Layout) -> Vec<BlsScalar>,
) {
    let mut cs = ConstraintSystem::with_witness("reported");
    build(&mut cs);
    let (mut layout, assignment) = cs.finish();
    let public = edit(&mut layout);
    let assignment = Assignment::from_parts(assignment.values().to_vec(), public);
    assert_eq!(check(&layout, &assignment), Ok(()));
    let report = audit(&layout);
    assert!(report.findings.iter().any(|it| kinds.contains(&it.kind)), "{report}");
}

/// Adds a pair to itself, which the audit wants to be a point for.
fn add_to_itself(cs: &mut ConstraintSystem, pair: [Wire; 2]) {
    let [u, v] = pair.map(|wire| cs.value(wire).expect("a witness"));
    let sum = sum([u, v], [u, v]).map(|it| hint(cs, it));
    let product = hint(cs, u * v);
    cs.gate("addition", Gate::curve_add([pair[0], pair[1], pair[0], pair[1]]));
    cs.gate("addition", Gate::idle([sum[0], sum[1], Wire::ZERO, product]));
}

/// Equations that differ from the curve's in one factor, or in a term, and hold for a pair that is no point.
#[test]
fn another_equation_is_not_that_of_the_curve() {
    let (u, v) = (number(3), number(4));
    let (uu, vv) = (u.square(), v.square());
    let curve = [EDWARDS_D, one(), -one(), one(), BlsScalar::zero()];
    let values = [uu * vv, uu, vv, one(), u];
    let rest = curve.iter().zip(&values).fold(BlsScalar::zero(), |sum, (factor, value)| sum + factor * value);
    assert_ne!(rest, BlsScalar::zero(), "it is no point");
    for place in 0..curve.len() {
        let mut factors = curve;
        factors[place] -= rest * inverse(values[place]);
        reported(&[FindingKind::OffCurve], |cs| {
            let [u, v] = [stock::field(cs, "u", u), stock::field(cs, "v", v)];
            let [uu, vv] = cs.hints([u, v], |[u, v]| [u.square(), v.square()]);
            cs.gate("u²", Gate::new().ab(u, u, one()).c(uu, -one()));
            cs.gate("v²", Gate::new().ab(v, v, one()).c(vv, -one()));
            let [multiply, left, right, constant, more] = factors;
            let equation = Gate::new().ab(uu, vv, multiply).a(uu, left).b(vv, right).c(u, more).constant(constant);
            cs.gate("almost the curve", equation);
            add_to_itself(cs, [u, v]);
        });
    }
    // The public input makes up for the rest.
    let with_public = |cs: &mut ConstraintSystem| {
        let pair = [stock::field(cs, "u", u), stock::field(cs, "v", v)];
        let [uu, vv] = cs.hints(pair, |[u, v]| [u.square(), v.square()]);
        cs.gate("u²", Gate::new().ab(pair[0], pair[0], one()).c(uu, -one()));
        cs.gate("v²", Gate::new().ab(pair[1], pair[1], one()).c(vv, -one()));
        let equation = Gate::new().ab(uu, vv, EDWARDS_D).a(uu, one()).b(vv, -one()).constant(one());
        cs.gate("almost the curve", equation);
        add_to_itself(cs, pair);
    };
    reported_with(&[FindingKind::OffCurve], with_public, |layout| {
        publish(layout, "almost the curve");
        vec![-rest]
    });
}

/// Pairs that linear rows make of a point, but which are none.
#[test]
fn what_is_made_of_a_point_is_not_always_one() {
    // The factors of the abscissa and the ordinate, and what is added to each.
    for (factors, more) in [([2, 1], [0, 0]), ([1, 2], [0, 0]), ([1, 1], [1, 0]), ([1, 1], [0, 1])] {
        reported(&[FindingKind::OffCurve], |cs| {
            let point = cs.private::<Point>("point", Some(&native::Point::GENERATOR));
            let pair: Vec<Wire> = [point.u().wire(), point.v().wire()]
                .into_iter()
                .zip(factors.into_iter().zip(more))
                .map(|(wire, (factor, more))| {
                    let (factor, more) = (number(factor), number(more));
                    let made = cs.hint([wire], |[value]| factor * value + more);
                    cs.gate("made", Gate::new().a(wire, factor).b(made, -one()).constant(more));
                    made
                })
                .collect();
            add_to_itself(cs, [pair[0], pair[1]]);
        });
    }
    reported(&[FindingKind::OffCurve], |cs| {
        let pair = [cs.constant(number(3)), cs.constant(number(4))];
        add_to_itself(cs, pair);
    });
    // The abscissa and a product, or a public input.
    let made = |cs: &mut ConstraintSystem, row: Gate| {
        let point = cs.private::<Point>("point", Some(&native::Point::GENERATOR));
        let u = cs.hint([point.u().wire()], |[u]| u + one());
        cs.gate("made", row.c(point.u().wire(), one()).d(u, -one()));
        add_to_itself(cs, [u, point.v().wire()]);
    };
    reported(&[FindingKind::OffCurve], |cs| {
        let [x, y] = [stock::field(cs, "x", 1), stock::field(cs, "y", 1)];
        made(cs, Gate::new().ab(x, y, one()));
    });
    reported_with(
        &[FindingKind::OffCurve],
        |cs| made(cs, Gate::new()),
        |layout| {
            publish(layout, "made");
            vec![one()]
        },
    );
}

/// A bit would select two points without the public input that is added.
#[test]
fn a_selection_with_a_public_input_is_no_point() {
    let generator = JubJubAffine::from(GENERATOR_EXTENDED);
    let build = |cs: &mut ConstraintSystem| {
        let bit = cs.private::<Bool>("bit", Some(&false)).wire();
        let [u, v] = [1, 1].map(|it| hint(cs, it));
        cs.gate("abscissa", Gate::new().a(bit, generator.get_u()).b(u, -one()));
        cs.gate("ordinate", Gate::new().a(bit, generator.get_v() - one()).b(v, -one()).constant(one()));
        add_to_itself(cs, [u, v]);
    };
    reported_with(&[FindingKind::OffCurve], build, |layout| {
        publish(layout, "abscissa");
        vec![one()]
    });
}

/// A pair as an input, which is no point of the subgroup; then it is added, as if it were.
#[track_caller]
fn outside(point: JubJubExtended, build: impl Fn(&mut ConstraintSystem, [Wire; 2])) {
    assert!(!bool::from(point.is_torsion_free()));
    let point = JubJubAffine::from(point);
    reported(&[FindingKind::OutsideSubgroup, FindingKind::OffCurve], |cs| {
        let coordinates = native::Array([point.get_u(), point.get_v()].map(native::Field::from));
        let pair = cs.private::<[Field; 2]>("pair", Some(&coordinates)).map(Field::wire);
        build(cs, pair);
        add_to_itself(cs, pair);
    });
}

/// A point of order 8.
pub(crate) fn of_order_eight() -> JubJubExtended {
    let order = JubJubScalar::zero() - JubJubScalar::one();
    let of_small_order = (2..).find_map(|v| {
        let point = Option::<JubJubAffine>::from(JubJubAffine::from_bytes(number(v).to_bytes()))?;
        // The order of the subgroup times a point is of small order.
        let point = JubJubExtended::from(point) * order + JubJubExtended::from(point);
        (!bool::from(point.double().double().is_identity())).then_some(point)
    });
    of_small_order.expect("half of all points have such a part")
}

/// The two rows that say that a pair is the sum of others.
pub(crate) fn state_sum(cs: &mut ConstraintSystem, [a, b]: [Wire; 2], [c, d]: [Wire; 2], [u, v]: [Wire; 2]) {
    let product = cs.hint([a, d], |[a, d]| a * d);
    cs.gate("sum", Gate::curve_add([a, b, c, d]));
    cs.gate("sum", Gate::idle([u, v, Wire::ZERO, product]));
}

/// The point (0, −1) as two inputs that are on the curve.
fn order_two(cs: &mut ConstraintSystem) -> [Wire; 2] {
    let pair = [stock::field(cs, "u", 0), stock::field(cs, "v", -one())];
    stock::on_curve(cs, pair);
    pair
}

#[test]
fn what_is_made_of_points_is_not_always_in_the_subgroup() {
    let (generator, two) = (GENERATOR_EXTENDED, of_order_two());
    // The abscissa of a point, and the ordinate with another sign.
    outside(two - generator, |cs, [u, v]| {
        let point = cs.private::<Point>("point", Some(&native::Point::GENERATOR));
        cs.gate("abscissa", Gate::new().a(u, one()).b(point.u().wire(), -one()));
        cs.gate("ordinate", Gate::new().a(v, one()).b(point.v().wire(), one()));
    });
    // The sum of a point in the subgroup and one that is not, either way.
    for swapped in [false, true] {
        outside(generator + two, |cs, pair| {
            let point = cs.private::<Point>("point", Some(&native::Point::GENERATOR));
            let (point, other) = ([point.u().wire(), point.v().wire()], order_two(cs));
            let [first, second] = if swapped { [other, point] } else { [point, other] };
            state_sum(cs, first, second, pair);
        });
    }
    // Four times a point on the curve.
    let eighth = generator + of_order_eight();
    outside(eighth.double().double(), |cs, pair| {
        let affine = JubJubAffine::from(eighth);
        let base = [hint(cs, affine.get_u()), hint(cs, affine.get_v())];
        stock::on_curve(cs, base);
        let twice = stock::add_points(cs, base, base);
        state_sum(cs, twice, twice, pair);
    });
    // A fixed point added to one outside, and a fixed one outside.
    for (start_outside, fixed) in [(true, generator), (false, generator + two)] {
        let start = if start_outside { two } else { JubJubExtended::identity() };
        outside(start + fixed, |cs, [u, v]| {
            let [a, b] = if start_outside { order_two(cs) } else { [Wire::ZERO, Wire::ONE] };
            let fixed = JubJubAffine::from(fixed);
            let product = hint(cs, fixed.get_u() * fixed.get_v());
            cs.gate("step", Gate::fixed_add([a, b, product, Wire::ZERO], &fixed));
            cs.gate("step", Gate::idle([u, v, Wire::ZERO, Wire::ONE]));
        });
    }
}

/// A bit selects one point of the subgroup, and one that is not in it.
#[test]
fn a_selected_point_is_in_the_subgroup_only_where_all_are() {
    let generator = JubJubAffine::from(GENERATOR_EXTENDED);
    reported(&[FindingKind::OutsideSubgroup], |cs| {
        let bit = cs.private::<Bool>("bit", Some(&false)).wire();
        let point = native::Array([BlsScalar::zero(), -one()].map(native::Field::from));
        let [u, v] = cs.private::<[Field; 2]>("pair", Some(&point)).map(Field::wire);
        cs.gate("abscissa", Gate::new().a(bit, generator.get_u()).b(u, -one()));
        cs.gate("ordinate", Gate::new().a(bit, generator.get_v() + one()).b(v, -one()).constant(-one()));
        add_to_itself(cs, [u, v]);
    });
}
