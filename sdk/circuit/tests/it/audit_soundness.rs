//! That the audit never calls a wire determined which is not: small random circuits, and all their small witnesses.

use dusk_sdk_circuit::*;
use proptest::prelude::*;

const INPUTS: usize = 2;
const HINTS: usize = 4;

/// A row over wires that are given by number: 0 and 1, the inputs, the hints.
#[derive(Debug, Clone)]
enum Rule {
    /// A polynomial; its constant is what makes it hold.
    Arithmetic { wires: [usize; 4], product: i64, factors: [i64; 4] },
    /// `w² = root·w`.
    Bit { wire: usize, root: i64 },
    /// `factor·x·y + z = constant`, where the constant is what makes it hold.
    Product { wires: [usize; 3], factor: i64 },
    /// Digits over accumulators, the last in the next row.
    Range { wires: [usize; 5] },
    /// A digit of AND or XOR over zero.
    Logic { wires: [usize; 4], xor: bool },
    /// A public input.
    Public { wire: usize },
}

fn scalar(number: i64) -> BlsScalar {
    let size = BlsScalar::from(number.unsigned_abs());
    match number {
        // Factors that are no small numbers.
        100 => BlsScalar::from(2).invert().expect("not zero"),
        101 => BlsScalar::from(1 << 40) * BlsScalar::pow_of_2(214),
        _ if number < 0 => -size,
        _ => size,
    }
}

fn rule() -> impl Strategy<Value = Rule> {
    let wire = || 0..2 + INPUTS + HINTS;
    let factor = || prop_oneof![8 => -4i64..=4, 1 => Just(8), 1 => Just(100), 1 => Just(101)];
    let wires = || [wire(), wire(), wire(), wire()];
    prop_oneof![
        4 => (wires(), prop_oneof![3 => Just(0i64), 1 => factor()], [factor(), factor(), factor(), factor()])
            .prop_map(|(wires, product, factors)| Rule::Arithmetic { wires, product, factors }),
        4 => (wire(), prop_oneof![4 => Just(1i64), 1 => -3i64..=3]).prop_map(|(wire, root)| Rule::Bit { wire, root }),
        4 => ([wire(), wire(), wire()], factor()).prop_map(|(wires, factor)| Rule::Product { wires, factor }),
        2 => [wire(), wire(), wire(), wire(), wire()].prop_map(|wires| Rule::Range { wires }),
        3 => wire().prop_map(|wire| Rule::Range { wires: [0, 0, 0, 0, wire] }),
        2 => (wire(), wire()).prop_map(|(from, to)| Rule::Range { wires: [from, 0, 0, 0, to] }),
        2 => (wires(), any::<bool>()).prop_map(|(wires, xor)| Rule::Logic { wires, xor }),
        1 => wire().prop_map(|wire| Rule::Public { wire }),
    ]
}

/// The rows of a rule, for these values.
fn lay(cs: &mut ConstraintSystem, all: &[Wire], values: &[BlsScalar], rule: &Rule) {
    let one = BlsScalar::one();
    match rule {
        Rule::Arithmetic { wires, product, factors } => {
            let [a, b, c, d] = wires.map(|it| all[it]);
            let [q, r, s, t] = factors.map(scalar);
            let product = scalar(*product);
            let [va, vb, vc, vd] = wires.map(|it| values[it]);
            let constant = -(product * va * vb + q * va + r * vb + s * vc + t * vd);
            cs.gate("arithmetic", Gate::new().ab(a, b, product).a(a, q).b(b, r).c(c, s).d(d, t).constant(constant));
        }
        Rule::Bit { wire, root } => {
            cs.gate("bit", Gate::new().ab(all[*wire], all[*wire], one).a(all[*wire], -scalar(*root)));
        }
        Rule::Product { wires, factor } => {
            let ([x, y, z], factor) = (wires.map(|it| all[it]), scalar(*factor));
            let constant = -(factor * values[wires[0]] * values[wires[1]] + values[wires[2]]);
            cs.gate("product", Gate::new().ab(x, y, factor).c(z, one).constant(constant));
        }
        Rule::Range { wires } => {
            let [a, b, c, d, next] = wires.map(|it| all[it]);
            cs.gate("range", Gate::range([a, b, c, d]));
            cs.gate("range", Gate::idle([Wire::ZERO, Wire::ZERO, Wire::ZERO, next]));
        }
        Rule::Logic { wires, xor } => {
            let [a, b, c, d] = wires.map(|it| all[it]);
            let wires = [Wire::ZERO, Wire::ZERO, c, Wire::ZERO];
            cs.gate("logic", if *xor { Gate::xor(wires) } else { Gate::and(wires) });
            cs.gate("logic", Gate::idle([a, b, Wire::ZERO, d]));
        }
        Rule::Public { wire } => cs.expose(all[*wire]),
    }
}

fn circuit(values: &[BlsScalar], rules: &[Rule]) -> (Layout, Assignment, Vec<Wire>) {
    let mut cs = ConstraintSystem::with_witness("random");
    let mut all = vec![Wire::ZERO, Wire::ONE];
    for value in &values[2..2 + INPUTS] {
        all.push(cs.private::<Field>("input", Some(&native::Field::from(*value))).wire());
    }
    for value in &values[2 + INPUTS..] {
        all.push(cs.hint([], |[]| *value));
    }
    rules.iter().for_each(|rule| lay(&mut cs, &all, values, rule));
    let (layout, assignment) = cs.finish();
    (layout, assignment, all)
}

/// All assignments of small values to the hints, with equal inputs, that satisfy the circuit.
fn assignments(layout: &Layout, assignment: &Assignment, hints: &[Wire]) -> Vec<Assignment> {
    let mut candidates: Vec<BlsScalar> = [-1, 0, 1, 2, 3, 4, 5, 100].into_iter().map(scalar).collect();
    candidates.extend(assignment.values().iter().filter(|it| !candidates.contains(it)).copied().collect::<Vec<_>>());
    candidates.sort_unstable();
    candidates.dedup();
    let mut found = Vec::new();
    for number in 0..candidates.len().pow(4) {
        let mut other = assignment.clone();
        let mut rest = number;
        for hint in hints {
            other.replace(*hint, candidates[rest % candidates.len()]);
            rest /= candidates.len();
        }
        if check(layout, &other).is_ok() {
            found.push(other);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_determined_has_one_value(
        hidden in prop::collection::vec(prop_oneof![6 => 0i64..4, 1 => -2i64..16], INPUTS + HINTS),
        rules in prop::collection::vec(rule(), 1..40),
    ) {
        let mut values = vec![BlsScalar::zero(), BlsScalar::one()];
        values.extend(hidden.into_iter().map(scalar));
        // Keep the rules that hold.
        let rules: Vec<Rule> = rules
            .into_iter()
            .filter(|rule| {
                let (layout, assignment, _) = circuit(&values, std::slice::from_ref(rule));
                check(&layout, &assignment).is_ok()
            })
            .take(7)
            .collect();
        let (layout, assignment, all) = circuit(&values, &rules);
        prop_assert_eq!(check(&layout, &assignment), Ok(()));
        let report = audit(&layout);
        let with_witness = audit_with(&layout, &assignment).expect("the witness satisfies");
        prop_assert_eq!(&with_witness.undetermined, &report.undetermined);
        let used: Vec<Wire> = layout.rows.iter().flat_map(|row| row.wires).collect();
        let hints = &all[2 + INPUTS..];
        for other in assignments(&layout, &assignment, hints) {
            for hint in hints.iter().filter(|it| used.contains(it) && !report.undetermined.contains(it)) {
                // A wire with the factor zero in every row is used by none.
                let [one, other] = [&assignment, &other].map(|it| it.values()[hint.index()]);
                prop_assert!(one == other || !is_stated(&layout, *hint), "{:?} is not determined: {rules:#?}\n{report}", hint);
            }
        }
    }
}

/// Whether a row states something of the wire.
pub(crate) fn is_stated(layout: &Layout, wire: Wire) -> bool {
    let zero = BlsScalar::zero();
    layout.rows.iter().enumerate().any(|(index, row)| {
        let q = &layout.selectors[row.selectors as usize];
        let before = index > 0 && layout.selectors[layout.rows[index - 1].selectors as usize].kind.looks_ahead();
        let product = q.multiply != zero;
        let factors = [q.left != zero || product, q.right != zero || product, q.output != zero, q.fourth != zero];
        let stated = match q.kind {
            GateKind::Arithmetic => factors,
            GateKind::Idle => [before; 4],
            _ => [true; 4],
        };
        row.wires.iter().zip(stated).any(|(it, stated)| *it == wire && stated)
    })
}
