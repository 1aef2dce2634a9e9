//! The audit's findings about inputs: those that nothing uses, pairs that are points, circuits that state nothing.

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::*;

use crate::stock::{self, one};

fn report(build: impl FnOnce(&mut ConstraintSystem)) -> Report {
    let mut cs = ConstraintSystem::new("fixture");
    build(&mut cs);
    audit(&cs.finish().0)
}

/// A circuit that states something, beside what is tried.
fn with_a_statement(build: impl FnOnce(&mut ConstraintSystem)) -> Report {
    report(|cs| {
        build(cs);
        let used = cs.private::<Field>("used", None);
        used.assert_nonzero(cs, "used");
    })
}

fn kinds(report: &Report) -> Vec<(FindingKind, &str)> {
    report.findings.iter().map(|finding| (finding.kind.clone(), finding.name.as_str())).collect()
}

#[test]
fn inputs_of_every_type_are_unused_where_only_their_type_reads_them() {
    let found = with_a_statement(|cs| {
        let _ = cs.private::<Field>("field", None);
        let _ = cs.private::<Bool>("bit", None);
        let _ = cs.private::<U8>("byte", None);
        let _ = cs.private::<U64>("amount", None);
        let _ = cs.private::<Unsigned<21>>("odd", None);
        let _ = cs.private::<Scalar>("scalar", None);
        let _ = cs.private::<Point>("point", None);
        let _ = cs.private::<[U16; 3]>("list", None);
        let _ = cs.private::<Set<4>>("set", None);
        let _ = cs.private::<Signature>("signature", None);
        let _ = cs.private::<Ciphertext>("ciphertext", None);
        let _ = cs.private::<Credential>("credential", None);
        let _ = cs.private::<MerklePath<3>>("path", None);
        let _ = cs.private::<NonMembership<3>>("non_membership", None);
    });
    let names = [
        "field",
        "bit",
        "byte",
        "amount",
        "odd",
        "scalar",
        "point",
        "list",
        "set",
        "signature",
        "ciphertext",
        "credential",
        "path",
        "non_membership",
    ];
    let expected: Vec<(FindingKind, &str)> = names.into_iter().map(|name| (FindingKind::Unused, name)).collect();
    assert_eq!(kinds(&found), expected, "{found}");
}

#[test]
fn a_credential_that_nobody_signed_is_found_though_its_holder_is_of_age() {
    let forgotten = |signed: bool| {
        report(|cs| {
            let issuer = cs.public::<Point>("issuer", None);
            let day = cs.public::<U32>("born by", None);
            let credential = cs.private::<Credential>("credential", None);
            let signature = cs.private::<Signature>("signature", None);
            credential.assert_born_by(cs, "old enough", day);
            if signed {
                credential.assert_signed(cs, "signed", issuer, signature);
            }
        })
    };
    let found = forgotten(false);
    let names: Vec<&str> = found.findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names, ["credential", "signature"], "{found}");
    assert!(matches!(found.findings[0].kind, FindingKind::PartlyUnused(_)), "{found}");
    assert!(found.to_string().contains("elements of this private input: a proof says nothing of them"), "{found}");
    let found = forgotten(true);
    assert!(found.clean(), "{found}");
}

/// Computes values of inputs, and compares them with nothing.
fn forgotten(cs: &mut ConstraintSystem) {
    let [income, salt, secret, scope] =
        ["income", "salt", "secret", "scope"].map(|name| cs.private::<Field>(name, None));
    let _seal = hash(cs, &[income, salt]);
    let _nullifier = nullifier(cs, secret, scope);
    let x = cs.private::<Field>("x", None);
    let _power = x.mul(cs, x).mul(cs, x).add(cs, x);
    let [p, q] = ["p", "q"].map(|name| cs.private::<Point>(name, None));
    let sum = p.add(cs, q);
    let bit = cs.private::<Bool>("bit", None);
    let twice = sum.double(cs);
    let _selected = bit.select(cs, twice, q);
    // Rows that hold for every value.
    let y = cs.private::<Field>("y", None);
    y.assert_eq(cs, "itself", y);
    cs.gate("nothing", Gate::new().ab(y.wire(), Wire::ZERO, one()));
    cs.gate("nothing", Gate::new().a(y.wire(), one()).d(y.wire(), -one()));
}

#[test]
fn inputs_are_unused_where_nothing_is_stated_of_what_is_computed_of_them() {
    let names = ["income", "salt", "secret", "scope", "x", "p", "q", "bit", "y"];
    let unused: Vec<(FindingKind, &str)> = names.into_iter().map(|name| (FindingKind::Unused, name)).collect();
    let found = with_a_statement(forgotten);
    assert_eq!(kinds(&found), unused, "{found}");
    assert!(found.to_string().contains("hint: constrain it, or what is computed of it, or remove it"), "{found}");
    // Without any statement it is the same: each input is told.
    assert_eq!(kinds(&report(forgotten)), unused);
    // A circuit of public inputs alone can be empty as well.
    let empty = report(|cs| {
        let x = cs.public::<Field>("x", None);
        let _square = x.mul(cs, x);
    });
    assert_eq!(kinds(&empty), [(FindingKind::Nothing, "fixture")], "{empty}");
}

#[test]
fn inputs_are_used_where_something_is_stated_of_what_is_computed_of_them() {
    let statements: [fn(&mut ConstraintSystem, Field); 6] = [
        |cs, result| {
            let public = cs.public::<Field>("result", None);
            result.assert_eq(cs, "result", public);
        },
        |cs, result| cs.expose(result.wire()),
        |cs, result| result.assert_nonzero(cs, "not zero"),
        |cs, result| result.assert_constant(cs, "seven", 7),
        |cs, result| {
            let _number = U64::constrain(cs, result);
        },
        |cs, result| {
            let _inverse = result.invert(cs, "has an inverse");
        },
    ];
    for (number, state) in statements.into_iter().enumerate() {
        let found = report(|cs| {
            let [income, salt] = ["income", "salt"].map(|name| cs.private::<Field>(name, None));
            let seal = hash(cs, &[income, salt]);
            state(cs, seal);
        });
        assert!(found.clean(), "statement {number}: {found}");
    }
}

#[test]
fn what_a_type_binds_together_is_used_together() {
    // Points are equal if their abscissas are: nothing else reads the ordinate.
    let found = report(|cs| {
        let [a, b] = ["a", "b"].map(|name| cs.private::<Point>(name, None));
        a.assert_eq(cs, "equal", b);
    });
    assert!(found.clean(), "{found}");
    // The elements of a list are not bound to one another.
    let found = report(|cs| {
        let list = cs.private::<[U8; 3]>("list", None);
        list[1].field().assert_nonzero(cs, "second");
    });
    assert_eq!(kinds(&found), [(FindingKind::PartlyUnused(3), "list")], "{found}");
    assert_eq!(found.findings[0].wires.len(), 2);
}

#[test]
fn public_inputs_may_be_bound_and_no_more() {
    let found = with_a_statement(|cs| {
        let _ = cs.public::<Field>("occasion", None);
    });
    assert!(found.clean(), "{found}");
}

#[test]
fn a_hint_that_is_shown_and_not_constrained_is_found() {
    let found = report(|cs| {
        let x = cs.private::<Field>("x", None);
        let y = cs.hint([x.wire()], |[x]| x * x);
        x.assert_nonzero(cs, "x");
        cs.expose(y);
    });
    assert_eq!(kinds(&found), [(FindingKind::Unknown, "public input")], "{found}");
    let found = report(|cs| {
        let x = cs.private::<Field>("x", None);
        let y = x.mul(cs, x);
        cs.expose(y.wire());
    });
    assert!(found.clean(), "{found}");
}

/// Lays the curve's equation on a pair, and adds it to itself.
fn as_point(cs: &mut ConstraintSystem, pair: [Wire; 2]) {
    stock::on_curve(cs, pair);
    let sum = stock::add_points(cs, pair, pair);
    stock::touch(cs, &sum);
}

/// A way to make two wires of two values.
type Pair = fn(&mut ConstraintSystem, [Option<&native::Field>; 2]) -> [Wire; 2];

/// The point (0, −1) has order 2, and satisfies the curve's equation.
#[test]
fn a_pair_of_inputs_is_judged_as_a_point_however_it_is_declared() {
    let ways: [Pair; 4] = [
        |cs, [u, v]| [cs.private::<Field>("u", u).wire(), cs.private::<Field>("v", v).wire()],
        |cs, [u, v]| {
            let v = cs.public::<Field>("v", v).wire();
            [cs.private::<Field>("u", u).wire(), v]
        },
        |cs, [u, v]| {
            let pair = u.zip(v).map(|(u, v)| native::Array([*u, *v]));
            cs.private::<[Field; 2]>("pair", pair.as_ref()).map(Field::wire)
        },
        // Copies of inputs, one with another sign.
        |cs, [u, v]| {
            let [u, v] = [cs.private::<Field>("u", u).wire(), cs.private::<Field>("v", v).wire()];
            let [other_u, other_v] = cs.hints([u, v], |[u, v]| [-u, v]);
            cs.gate("copy", Gate::new().a(u, one()).b(other_u, one()));
            cs.gate("copy", Gate::new().a(v, one()).b(other_v, -one()));
            [other_u, other_v]
        },
    ];
    for (way, make) in ways.into_iter().enumerate() {
        let found = report(|cs| {
            let pair = make(cs, [None; 2]);
            as_point(cs, pair);
        });
        assert_eq!(kinds(&found), [(FindingKind::OutsideSubgroup, "addition")], "way {way}: {found}");
        let of_order_two = [BlsScalar::zero(), -one()].map(native::Field::from);
        let mut cs = ConstraintSystem::with_witness("fixture");
        let pair = make(&mut cs, of_order_two.each_ref().map(Some));
        as_point(&mut cs, pair);
        let (layout, assignment) = cs.finish();
        assert_eq!(check(&layout, &assignment), Ok(()), "way {way}: it is accepted, which is why");
    }
}

/// A pair of inputs that statements fix to the point of order two is outside of the subgroup, whatever else is known of
/// it.
#[test]
fn a_pair_of_inputs_with_a_known_value_is_judged_as_well() {
    let report = report(|cs| {
        let pair = ["u", "v"].map(|name| cs.private::<Field>(name, None).wire());
        cs.gate("u is zero", Gate::new().a(pair[0], one()));
        cs.gate("v is minus one", Gate::new().a(pair[1], one()).constant(one()));
        as_point(cs, pair);
    });
    assert!(report.findings.iter().any(|it| it.kind == FindingKind::OutsideSubgroup), "{report}");
}

#[test]
fn a_circuit_that_states_nothing_is_not_clean() {
    let empty = report(|_| ());
    assert_eq!(kinds(&empty), [(FindingKind::Nothing, "fixture")], "{empty}");
    assert!(empty.to_string().contains("hint: constrain the inputs with gadgets"), "{empty}");
    let only_types = report(|cs| {
        let _ = cs.public::<U64>("amount", None);
    });
    assert_eq!(kinds(&only_types), [(FindingKind::Nothing, "fixture")], "{only_types}");
    let states = with_a_statement(|_| ());
    assert!(states.clean(), "{states}");
}
