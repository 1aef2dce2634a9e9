//! That the audit never says too much of points: small random circuits over a few points, those of small order among
//! them, and all their witnesses of such points.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use dusk_jubjub::{EDWARDS_D, GENERATOR_EXTENDED, JubJubAffine, JubJubExtended};
use dusk_sdk_circuit::*;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::audit_rules::{of_order_eight, state_sum};
use crate::audit_soundness::is_stated;
use crate::curve::of_order_two;
use crate::stock::{self, one};

type Pair = [BlsScalar; 2];

/// The values of a circuit. The pairs: the neutral point, an input, two that the prover chooses. The numbers: 0, 1, an
/// input, two that the prover chooses.
#[derive(Debug, Clone, Copy)]
struct Values {
    pairs: [Pair; 4],
    numbers: [BlsScalar; 5],
}

/// A statement over pairs and numbers, by their places.
#[derive(Debug, Clone)]
enum Rule {
    /// The pair is on the curve.
    OnCurve(usize),
    /// The third is the sum of the two others.
    Sum([usize; 3]),
    /// A run of fixed-base additions of the last of these points: of which pairs, and over which accumulators.
    Run { points: &'static [JubJubAffine], pairs: Vec<usize>, numbers: Vec<usize> },
    /// A coordinate is that of another pair, or its negative.
    Equal { coordinate: usize, pairs: [usize; 2], negative: bool },
    /// The number selects the pair among two points.
    Select { number: usize, points: [Pair; 2], pair: usize },
    /// The product of the coordinates.
    Product { pair: usize, product: BlsScalar },
    /// The number is a bit.
    Bit(usize),
    /// The number is a public input.
    Public(usize),
}

fn pair(point: JubJubExtended) -> Pair {
    let point = JubJubAffine::from(point);
    [point.get_u(), point.get_v()]
}

/// The points a·G + t·E, with a generator G and a point E of order 8; and two pairs off the curve.
static POINTS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for start in [JubJubExtended::identity(), GENERATOR_EXTENDED, -GENERATOR_EXTENDED] {
        let mut point = start;
        for _ in 0..8 {
            all.push(pair(point));
            point += of_order_eight();
        }
    }
    all.extend([[3, 4].map(BlsScalar::from), [3, 4].map(|it| -BlsScalar::from(it))]);
    all
});

/// The points that fixed-base additions add.
static FIXED: LazyLock<[[JubJubAffine; 2]; 2]> = LazyLock::new(|| {
    let (generator, two) = (GENERATOR_EXTENDED, of_order_two());
    [[generator.double(), generator], [generator, generator + two]].map(|points| points.map(JubJubAffine::from))
});

/// Whether a pair is the sum of two others by the formulas of the rows.
fn adds([a, b]: Pair, [x, y]: Pair, [u, v]: Pair) -> bool {
    let bend = EDWARDS_D * a * b * x * y;
    u + u * bend == a * y + b * x && v - v * bend == b * y + a * x
}

fn is_on_curve([u, v]: Pair) -> bool {
    JubJubAffine::from_raw_unchecked(u, v).is_on_curve().into()
}

fn in_subgroup([u, v]: Pair) -> bool {
    JubJubExtended::from(JubJubAffine::from_raw_unchecked(u, v)).is_torsion_free().into()
}

impl Rule {
    fn holds(&self, values: &Values) -> bool {
        let (of, number) = (|place: usize| values.pairs[place], |place: usize| values.numbers[place]);
        match self {
            Self::OnCurve(place) => is_on_curve(of(*place)),
            Self::Sum([first, second, sum]) => adds(of(*first), of(*second), of(*sum)),
            Self::Run { points, pairs, numbers } => points.iter().enumerate().all(|(step, point)| {
                let digit = number(numbers[step + 1]) - number(numbers[step]).double();
                let addend = [digit * point.get_u(), digit.square() * (point.get_v() - one()) + one()];
                digit.square() * digit == digit && adds(of(pairs[step]), addend, of(pairs[step + 1]))
            }),
            Self::Equal { coordinate, pairs: [first, second], negative } => {
                let (first, second) = (of(*first)[*coordinate], of(*second)[*coordinate]);
                first == if *negative { -second } else { second }
            }
            Self::Select { number: bit, points, pair } => {
                let bit = number(*bit);
                (0..2).all(|i| of(*pair)[i] == points[0][i] + bit * (points[1][i] - points[0][i]))
            }
            Self::Product { pair, product } => of(*pair)[0] * of(*pair)[1] == *product,
            Self::Bit(place) => number(*place).square() == number(*place),
            Self::Public(_) => true,
        }
    }

    fn lay(&self, cs: &mut ConstraintSystem, pairs: &[[Wire; 2]], numbers: &[Wire]) {
        match self {
            Self::OnCurve(place) => stock::on_curve(cs, pairs[*place]),
            Self::Sum([first, second, sum]) => state_sum(cs, pairs[*first], pairs[*second], pairs[*sum]),
            Self::Run { points, pairs: at, numbers: accumulators } => {
                for (step, point) in points.iter().enumerate() {
                    let [u, v] = pairs[at[step]];
                    let [before, after] = [accumulators[step], accumulators[step + 1]].map(|place| numbers[place]);
                    let product = point.get_u() * point.get_v();
                    let helper = cs.hint([before, after], |[before, after]| (after - before.double()) * product);
                    cs.gate("run", Gate::fixed_add([u, v, helper, before], point));
                }
                let [u, v] = pairs[at[points.len()]];
                cs.gate("run", Gate::idle([u, v, Wire::ZERO, numbers[accumulators[points.len()]]]));
            }
            Self::Equal { coordinate, pairs: equal, negative } => {
                let [first, second] = equal.map(|place| pairs[place][*coordinate]);
                cs.gate("equal", Gate::new().a(first, one()).b(second, if *negative { one() } else { -one() }));
            }
            Self::Select { number, points: [no, yes], pair } => {
                for ((no, yes), wire) in no.iter().zip(yes).zip(pairs[*pair]) {
                    cs.gate("select", Gate::new().a(numbers[*number], yes - no).b(wire, -one()).constant(*no));
                }
            }
            Self::Product { pair, product } => {
                let [u, v] = pairs[*pair];
                cs.gate("product", Gate::new().ab(u, v, one()).constant(-product));
            }
            Self::Bit(place) => {
                cs.gate("bit", Gate::new().ab(numbers[*place], numbers[*place], one()).a(numbers[*place], -one()));
            }
            Self::Public(place) => cs.expose(numbers[*place]),
        }
    }

    /// The pairs that it adds, and so takes for points.
    fn added(&self) -> Vec<usize> {
        match self {
            Self::Sum([first, second, _]) => vec![*first, *second],
            Self::Run { points, pairs, .. } => pairs[..points.len()].to_vec(),
            _ => Vec::new(),
        }
    }
}

/// All rules that hold for the values, by families.
fn holding(values: &Values) -> Vec<Vec<Rule>> {
    let pairs = || 0..4_usize;
    let numbers = || 0..5_usize;
    let mut sums = Vec::new();
    let mut equal = Vec::new();
    let mut runs = Vec::new();
    for (first, second) in pairs().flat_map(|first| pairs().map(move |second| (first, second))) {
        sums.extend(pairs().map(|sum| Rule::Sum([first, second, sum])));
        for (coordinate, negative) in [(0, false), (0, true), (1, false), (1, true)] {
            equal.extend((first < second).then_some(Rule::Equal { coordinate, pairs: [first, second], negative }));
        }
        for (before, after) in numbers().flat_map(|before| numbers().map(move |after| (before, after))) {
            for points in FIXED.iter().flat_map(|points| points.chunks(1)) {
                runs.push(Rule::Run { points, pairs: vec![first, second], numbers: vec![before, after] });
            }
            for (between, end) in pairs().flat_map(|end| numbers().map(move |between| (between, end))) {
                let (pairs, numbers) = (vec![first, second, end], vec![before, between, after]);
                runs.extend(FIXED.iter().map(|points| Rule::Run {
                    points: &points[..],
                    pairs: pairs.clone(),
                    numbers: numbers.clone(),
                }));
            }
        }
    }
    let selected = [[0, 4], [0, 8], [8, 16], [8, 12], [0, 1]].map(|points| points.map(|place| POINTS[place]));
    let select =
        |pair: usize| numbers().flat_map(move |number| selected.map(|points| Rule::Select { number, points, pair }));
    let mut families = vec![
        pairs().map(Rule::OnCurve).collect(),
        sums,
        runs,
        equal,
        pairs().flat_map(select).collect(),
        pairs().map(|pair| Rule::Product { pair, product: values.pairs[pair][0] * values.pairs[pair][1] }).collect(),
        numbers().map(Rule::Bit).collect(),
        (3..5).map(Rule::Public).collect::<Vec<_>>(),
    ];
    families.iter_mut().for_each(|family| family.retain(|rule| rule.holds(values)));
    families
}

fn circuit(values: &Values, rules: &[Rule]) -> (Layout, Assignment) {
    let mut cs = ConstraintSystem::with_witness("random");
    let given = native::Array(values.pairs[1].map(native::Field::from));
    let given = cs.private::<[Field; 2]>("pair", Some(&given)).map(Field::wire);
    let number = stock::field(&mut cs, "number", values.numbers[2]);
    let [second, third] = [2, 3].map(|place| values.pairs[place].map(|value| cs.hint([], |[]| value)));
    let [fourth, fifth] = [3, 4].map(|place| cs.hint([], |[]| values.numbers[place]));
    let pairs = [[Wire::ZERO, Wire::ONE], given, second, third];
    let numbers = [Wire::ZERO, Wire::ONE, number, fourth, fifth];
    rules.iter().for_each(|rule| rule.lay(&mut cs, &pairs, &numbers));
    cs.finish()
}

/// All values for the same inputs, of the points above and small numbers, for which the rules hold.
fn assignments(values: &Values, rules: &[Rule]) -> Vec<Values> {
    let mut numbers: Vec<BlsScalar> = [0, 1, 2, 3].map(BlsScalar::from).into();
    numbers.extend([-one(), one().double().invert().expect("2 is not 0"), values.numbers[3], values.numbers[4]]);
    numbers.sort_unstable();
    numbers.dedup();
    let mut pairs = POINTS.clone();
    pairs.extend(&values.pairs);
    pairs.sort_unstable();
    pairs.dedup();
    let mut found = vec![];
    let mut other = *values;
    for (second, third) in pairs.iter().flat_map(|second| pairs.iter().map(move |third| (second, third))) {
        (other.pairs[2], other.pairs[3]) = (*second, *third);
        let of_pairs = |rule: &&Rule| !matches!(rule, Rule::Run { .. } | Rule::Select { .. } | Rule::Bit(_));
        if !rules.iter().filter(of_pairs).all(|rule| rule.holds(&other)) {
            continue;
        }
        for (fourth, fifth) in numbers.iter().flat_map(|fourth| numbers.iter().map(move |fifth| (fourth, fifth))) {
            (other.numbers[3], other.numbers[4]) = (*fourth, *fifth);
            if rules.iter().all(|rule| rule.holds(&other)) {
                found.push(other);
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_said_of_points_is_true(
        point in any::<Index>(),
        derived in [0..8_usize, 0..8],
        numbers in [0_u64..4, 0..3, 0..3],
        known in [prop::bool::weighted(0.8), prop::bool::weighted(0.8), prop::bool::weighted(0.8)],
        picks in prop::collection::vec((any::<Index>(), any::<Index>()), 1..8),
    ) {
        // Each pair comes from one before it, so that there is something to say of them.
        let extended = |[u, v]: Pair| JubJubExtended::from(JubJubAffine::from_raw_unchecked(u, v));
        let derive = |from: Pair, how: usize| match how {
            0 | 1 => pair(extended(from).double()),
            2 => pair(extended(from) + GENERATOR_EXTENDED),
            3 => pair(-extended(from)),
            4 => pair(extended(from) + of_order_two()),
            5 => pair(extended(from) + of_order_eight()),
            6 => pair(extended(from).double() + GENERATOR_EXTENDED),
            _ => from,
        };
        let second = *point.get(&POINTS);
        let third = derive(second, derived[0]);
        let neutral = [BlsScalar::zero(), one()];
        let [input, fourth, fifth] = numbers.map(BlsScalar::from);
        let values = Values {
            pairs: [neutral, derive(third, derived[1]), second, third],
            numbers: [BlsScalar::zero(), one(), input, fourth, fifth],
        };
        let families: Vec<Vec<Rule>> = holding(&values).into_iter().filter(|family| !family.is_empty()).collect();
        // That pairs are on the curve is said of most.
        let known = (1..4).zip(known).filter(|(place, known)| *known && is_on_curve(values.pairs[*place]));
        let mut rules: Vec<Rule> = known.map(|(place, _)| Rule::OnCurve(place)).collect();
        rules.extend(picks.iter().map(|(family, rule)| {
            let family: &Vec<Rule> = family.get(&families);
            rule.get(family).clone()
        }));

        let (layout, assignment) = circuit(&values, &rules);
        prop_assert_eq!(check(&layout, &assignment), Ok(()), "{:#?}", rules);
        let report = audit(&layout);
        let kinds: Vec<&FindingKind> = report.findings.iter().map(|it| &it.kind).collect();
        for place in rules.iter().flat_map(Rule::added) {
            let pair = values.pairs[place];
            let is_reported = kinds.contains(&&FindingKind::OffCurve);
            prop_assert!(is_on_curve(pair) || is_reported, "pair {place} is no point: {rules:#?}\n{report}");
            let is_reported = is_reported || place != 1 || kinds.contains(&&FindingKind::OutsideSubgroup);
            prop_assert!(in_subgroup(pair) || is_reported, "the input is outside: {rules:#?}\n{report}");
        }
        let mut differing: BTreeSet<Wire> = BTreeSet::new();
        for other in assignments(&values, &rules) {
            let (same, others) = circuit(&other, &rules);
            prop_assert_eq!(&same, &layout);
            prop_assert_eq!(check(&layout, &others), Ok(()), "{:#?}", rules);
            if others.public() == assignment.public() {
                let differ = |wire: &Wire| assignment.values()[wire.index()] != others.values()[wire.index()];
                differing.extend(layout.rows.iter().flat_map(|row| row.wires).filter(differ));
            }
        }
        differing.retain(|wire| !report.undetermined.contains(wire) && is_stated(&layout, *wire));
        // Only harmless choices are left.
        prop_assert!(differing.len() <= report.choices, "{differing:?} are not determined: {rules:#?}\n{report}");
    }
}
