//! With a witness the audit finds a counterexample, for the gadgets that can be forged.

use dusk_jubjub::{GENERATOR_EXTENDED, JubJubAffine};
use dusk_sdk_circuit::*;

use crate::stock::{self, one};
use crate::support::leaves_nothing_open;

fn build(body: impl FnOnce(&mut ConstraintSystem)) -> (Layout, Assignment) {
    let mut cs = ConstraintSystem::with_witness("fixture");
    body(&mut cs);
    cs.finish()
}

/// The report of an audit with the witness; of each under-constrained wire the values differ.
fn audited(body: impl FnOnce(&mut ConstraintSystem)) -> Report {
    let (layout, assignment) = build(body);
    let report = audit_with(&layout, &assignment).unwrap_or_else(|error| panic!("{error}"));
    let plain = audit(&layout);
    assert_eq!(
        (report.determined, report.choices, &report.undetermined),
        (plain.determined, plain.choices, &plain.undetermined)
    );
    for finding in &report.findings {
        if let FindingKind::UnderConstrained(found) = &finding.kind {
            assert!(finding.wires.contains(&found.wire), "{report}");
            assert_eq!(found.value, native::Field::from(assignment.values()[found.wire.index()]));
            assert_ne!(found.value, found.other);
        }
    }
    report
}

/// The counterexample of the finding with this name, which must be under-constrained.
#[track_caller]
fn counterexample(report: &Report, name: &str) -> Counterexample {
    let found = report.findings.iter().find_map(|it| match &it.kind {
        FindingKind::UnderConstrained(found) if it.name == name => Some(found.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing named {name} is under-constrained: {report}"))
}

#[test]
fn a_hint_without_a_gate_is_under_constrained() {
    let report = audited(|cs| {
        let [a, b] = [stock::field(cs, "a", 6), stock::field(cs, "b", 7)];
        let product = cs.hint([a, b], |[a, b]| a * b);
        stock::touch(cs, &[product, a, b]);
    });
    assert_eq!(counterexample(&report, "used").value, native::Field::from(42_u64));
    let text = Revealed(&report).to_string();
    assert!(text.contains("under-constrained: used ("), "{text}");
    assert!(text.contains("for the same inputs all constraints hold with 42 on wire"), "{text}");
    assert!(!format!("{report:?}").contains("2a"), "the value is printed: {report:?}");
}

#[test]
fn a_chain_of_rows_is_mended() {
    let report = audited(|cs| {
        let x = stock::field(cs, "x", 3);
        let free = cs.hint([], |[]| BlsScalar::from(5));
        let mut power = free;
        for _ in 0..50 {
            let next = cs.hint([power, x], |[power, x]| power * power + x);
            cs.gate("square", Gate::new().ab(power, power, one()).d(x, one()).c(next, -one()));
            power = next;
        }
    });
    counterexample(&report, "square");
}

#[test]
fn two_wires_with_a_fixed_sum_are_under_constrained() {
    let report = audited(|cs| {
        let sum = stock::field(cs, "sum", 100);
        let [x, y] = cs.hints([sum], |[sum]| [BlsScalar::from(30), sum - BlsScalar::from(30)]);
        cs.gate("sum", Gate::new().a(x, one()).b(y, one()).c(sum, -one()));
        let z = cs.hint([x, y], |[x, y]| x * y);
        cs.gate("product", Gate::new().ab(x, y, one()).c(z, -one()));
    });
    counterexample(&report, "sum");
}

#[test]
fn what_cannot_change_stays_unknown() {
    // A cube has three roots in this field, but the search does not know the other two.
    let report = audited(|cs| {
        let cube = stock::field(cs, "cube", 27);
        let [root, square] = cs.hints([], |[]| [BlsScalar::from(3), BlsScalar::from(9)]);
        cs.gate("square", Gate::new().ab(root, root, one()).c(square, -one()));
        cs.gate("cube", Gate::new().ab(root, square, one()).c(cube, -one()));
    });
    assert_eq!(report.findings[0].kind, FindingKind::Unknown, "{report}");
}

#[test]
fn an_inverse_is_under_constrained_only_for_zero() {
    let with = |value: u64| {
        audited(move |cs| {
            let x = stock::field(cs, "x", value);
            let inverse = cs.hint([x], |[x]| x.invert().unwrap_or_default());
            let is_zero = cs.hint([x], |[x]| BlsScalar::from(u64::from(x == BlsScalar::zero())));
            cs.gate("inverse", Gate::new().ab(x, inverse, one()).c(is_zero, one()).constant(-one()));
            cs.gate("one of both", Gate::new().ab(x, is_zero, one()));
        })
    };
    counterexample(&with(0), "inverse");
    assert_eq!(with(5).findings[0].kind, FindingKind::Unknown);
}

#[test]
fn logic_that_does_not_bind_its_inputs_is_under_constrained() {
    for xor in [false, true] {
        let report = audited(|cs| {
            let inputs = [stock::field(cs, "a", 0xb5), stock::field(cs, "b", 0x6c)];
            let out = stock::logic(cs, inputs, 4, xor, false);
            stock::touch(cs, &[out]);
        });
        counterexample(&report, "logic");
    }
}

#[test]
fn bits_of_more_than_the_field_are_under_constrained() {
    // A small number, of which the order of the field can be added; and one at the top, which is not below 2^255 with
    // it.
    for value in [BlsScalar::from(12345), -BlsScalar::from(12345)] {
        let report = audited(|cs| {
            let scalar = stock::field(cs, "scalar", value);
            stock::decomposition(cs, scalar, 256);
        });
        counterexample(&report, "is a bit");
    }
}

#[test]
fn a_range_of_more_than_the_field_is_under_constrained() {
    let report = audited(|cs| {
        let value = stock::field(cs, "value", 200);
        stock::range(cs, value, 32);
    });
    counterexample(&report, "range");
}

#[test]
fn halves_that_nothing_compares_are_under_constrained() {
    let report = audited(|cs| {
        let value = stock::field(cs, "value", 200);
        crate::audit::halves(cs, value);
    });
    assert!(report.findings.iter().all(|it| matches!(it.kind, FindingKind::UnderConstrained(_))), "{report}");
}

#[test]
fn aliased_digits_of_a_multiplication_are_under_constrained() {
    let report = audited(|cs| {
        let scalar = stock::field(cs, "scalar", 0x1234_5678_9abc);
        let point = stock::mul_generator(cs, scalar, GENERATOR_EXTENDED, false);
        stock::touch(cs, &point);
    });
    counterexample(&report, "step");
}

#[test]
fn an_addition_of_an_under_constrained_point_is_mended() {
    let report = audited(|cs| {
        let generator = JubJubAffine::from(GENERATOR_EXTENDED);
        let point = cs.hints([], |[]| [generator.get_u(), generator.get_v()]);
        let sum = stock::add_points(cs, point, point);
        stock::touch(cs, &sum);
    });
    assert!(report.findings.iter().any(|it| matches!(it.kind, FindingKind::UnderConstrained(_))), "{report}");
}

#[test]
fn a_witness_that_does_not_satisfy_is_refused() {
    let (layout, mut assignment) = build(|cs| {
        let [a, b] = [stock::field(cs, "a", 6), stock::field(cs, "b", 6)];
        stock::assert_equal(cs, a, b);
    });
    assert!(audit_with(&layout, &assignment).is_ok_and(|it| leaves_nothing_open(&it)));
    assignment.replace(layout.inputs[0].wires[0], one());
    assert!(matches!(audit_with(&layout, &assignment), Err(CheckError::Unsatisfied(_))));
}
