//! Layouts, witnesses, and what `check` says.

use dusk_sdk_circuit::*;
use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

/// `product` is the product of two numbers, of which the second is a bit.
struct Product;

#[derive(Clone, Serialize, Deserialize)]
struct ProductPublic {
    product: native::Field,
}

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct ProductPrivate {
    number: native::Field,
    bit: bool,
}

fn product(cs: &mut ConstraintSystem, product: Field, number: Field, bit: Bool) {
    cs.region("multiplication", |cs| {
        let one = BlsScalar::one();
        cs.gate("product", Gate::new().ab(number.wire(), bit.wire(), one).c(product.wire(), -one));
    });
}

impl Circuit for Product {
    type Private = ProductPrivate;
    type Public = ProductPublic;

    const DOC: &'static str = "";
    const NAME: &'static str = "product";

    fn build(cs: &mut ConstraintSystem, inputs: Option<(&ProductPublic, &ProductPrivate)>) {
        let result = cs.public::<Field>("product", inputs.map(|(public, _)| &public.product));
        let number = cs.private::<Field>("number", inputs.map(|(_, private)| &private.number));
        let bit = cs.private::<Bool>("bit", inputs.map(|(_, private)| &private.bit));
        product(cs, result, number, bit);
    }

    fn encode(public: &ProductPublic) -> Vec<native::Field> {
        let mut out = Vec::new();
        Field::encode(&public.product, &mut out);
        out
    }
}

fn inputs(product: u64, number: u64, bit: bool) -> (ProductPublic, ProductPrivate) {
    (ProductPublic { product: product.into() }, ProductPrivate { number: number.into(), bit })
}

#[test]
fn a_witness_that_fits_satisfies_and_another_is_named() {
    let layout = layout::<Product>();
    let (public, private) = inputs(7, 7, true);
    let assignment = assign::<Product>(&layout, &public, &private).unwrap();
    assert_eq!(check(&layout, &assignment), Ok(()));
    let encoded: Vec<BlsScalar> = Product::encode(&public).iter().map(native::Field::scalar).collect();
    assert_eq!(assignment.public(), encoded);

    let (public, private) = inputs(7, 7, false);
    let assignment = assign::<Product>(&layout, &public, &private).unwrap();
    let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) else { panic!("7 is not 7·0") };
    assert_eq!((fault.constraint.as_str(), fault.path.join("/")), ("product", "multiplication".to_owned()));
    assert!(fault.place.file.ends_with("layouts.rs"), "{}", fault.place);
    let text = fault.to_string();
    let told = "a·b − c = 0 does not hold; a = (private) (number), b = (private) (bit), c = 7 (product)";
    assert!(text.contains(told), "{text}");
    let text = Revealed(&*fault).to_string();
    assert!(text.contains("a·b − c = 0 does not hold; a = 7 (number), b = 0 (bit), c = 7 (product)"), "{text}");
}

#[test]
fn a_bit_that_is_none_is_named() {
    let layout = layout::<Product>();
    let (public, private) = inputs(14, 7, true);
    let mut assignment = assign::<Product>(&layout, &public, &private).unwrap();
    assignment.replace(layout.inputs[2].wires[0], BlsScalar::from(2));
    let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) else { panic!("2 is no bit") };
    assert_eq!((fault.constraint.as_str(), fault.path.join("/")), ("is a bit", "inputs".to_owned()));
}

#[test]
fn layouts_survive_the_way_to_another_process() {
    let layout = layout::<Product>();
    let read = Layout::from_bytes(&layout.to_bytes()).unwrap();
    assert_eq!(read, layout);
    assert_eq!(read.digest(), layout.digest());
    let bytes = layout.to_bytes();
    for length in 0..bytes.len() {
        assert!(Layout::from_bytes(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    let mut damaged = layout.clone();
    damaged.rows[0].selectors = 99;
    assert_eq!(Layout::from_bytes(&damaged.to_bytes()), Err(LayoutError::OutOfRange("a selector")));
}

/// Changes of a layout that need other keys.
const CHANGES: [fn(&mut Layout); 7] = [
    |it| it.name.push('x'),
    |it| it.rows[0].wires.swap(0, 1),
    |it| it.selectors[0].constant += BlsScalar::one(),
    |it| it.public_rows[0] += 1,
    |it| it.wires += 1,
    |it| it.rows.truncate(it.rows.len() - 1),
    |it| it.rows.push(it.rows[0]),
];

#[test]
fn whatever_a_key_depends_on_changes_the_digest() {
    let layout = layout::<Product>();
    for change in CHANGES {
        let mut changed = layout.clone();
        change(&mut changed);
        assert_ne!(changed.digest(), layout.digest());
    }
    let mut renamed = layout.clone();
    renamed.constraints[0].name.push('x');
    renamed.regions[0].name.push('x');
    assert_eq!(renamed.digest(), layout.digest());
}

#[test]
fn an_assignment_is_for_its_own_layout_only() {
    let layout = layout::<Product>();
    let (public, private) = inputs(7, 7, true);
    let mut cs = ConstraintSystem::with_witness(Product::NAME);
    Product::build(&mut cs, Some((&public, &private)));
    assert!(assign::<Product>(&layout, &public, &private).unwrap() == cs.finish().1);
    for (number, change) in CHANGES.into_iter().enumerate() {
        let mut changed = layout.clone();
        change(&mut changed);
        let refused = assign::<Product>(&changed, &public, &private);
        assert!(matches!(refused, Err(AssignmentError::LayoutDependsOnWitness { .. })), "change {number}");
    }
}

/// A circuit that looks at its witness.
struct Peeks;

impl Circuit for Peeks {
    type Private = ProductPrivate;
    type Public = ProductPublic;

    const DOC: &'static str = "";
    const NAME: &'static str = "peeks";

    fn build(cs: &mut ConstraintSystem, inputs: Option<(&ProductPublic, &ProductPrivate)>) {
        let number = cs.private::<Field>("number", inputs.map(|(_, private)| &private.number));
        if inputs.is_some_and(|(_, private)| private.bit) {
            cs.gate("only sometimes", Gate::new().a(number.wire(), BlsScalar::one()));
        }
    }

    fn encode(_: &ProductPublic) -> Vec<native::Field> {
        Vec::new()
    }
}

#[test]
fn a_layout_that_depends_on_the_witness_is_refused() {
    let layout = layout::<Peeks>();
    let (public, private) = inputs(0, 0, false);
    assert!(assign::<Peeks>(&layout, &public, &private).is_ok());
    let (public, private) = inputs(0, 0, true);
    let error = assign::<Peeks>(&layout, &public, &private).unwrap_err();
    let AssignmentError::LayoutDependsOnWitness { row, constraint, .. } = error else { panic!("{error}") };
    assert_eq!((row, constraint.as_str()), (0, "only sometimes"));
}

/// A circuit that exposes a private input, which contracts do not know.
struct Exposes;

impl Circuit for Exposes {
    type Private = ProductPrivate;
    type Public = ProductPublic;

    const DOC: &'static str = "";
    const NAME: &'static str = "exposes";

    fn build(cs: &mut ConstraintSystem, inputs: Option<(&ProductPublic, &ProductPrivate)>) {
        let number = cs.private::<Field>("number", inputs.map(|(_, private)| &private.number));
        cs.expose(number.wire());
    }

    fn encode(_: &ProductPublic) -> Vec<native::Field> {
        Vec::new()
    }
}

#[test]
fn a_circuit_that_exposes_more_than_its_public_inputs_is_refused() {
    let layout = layout::<Exposes>();
    assert_eq!(layout.unlike_public_inputs(), Some(0));
    let (public, private) = inputs(0, 0, false);
    let error = assign::<Exposes>(&layout, &public, &private).unwrap_err();
    assert_eq!(error, AssignmentError::NotThePublicInputs { exposed: 1, encoded: 0 });
}

#[test]
fn a_number_out_of_range_is_told_as_a_number() {
    let (layout, assignment) = crate::support::run(|cs| {
        let years = cs.private::<Field>("years", Some(&native::Field::from(300)));
        let _ = U8::constrain(cs, years);
    });
    let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) else { panic!("300 fits into 8 bits") };
    assert_eq!((fault.constraint.as_str(), fault.statement.as_str()), ("fits into 8 bits", "number < 2^8"));
    assert_eq!(
        fault.values,
        [WireValue { wire: "number", input: Some("years".to_owned()), public: false, value: native::Field::from(300) }]
    );
}

#[test]
fn digits_that_are_none_of_a_number_in_range_are_told_as_digits() {
    let (layout, mut assignment) = crate::support::run(|cs| {
        let years = cs.private::<Field>("years", Some(&native::Field::from(30)));
        let _ = U8::constrain(cs, years);
    });
    let digit = crate::support::rows(&layout, "fits into 8 bits")[0][0];
    assignment.replace(digit, BlsScalar::from(9));
    let Err(CheckError::Unsatisfied(fault)) = check(&layout, &assignment) else { panic!("9 is no accumulator of 30") };
    assert!(fault.statement.ends_with("∈ {0,1,2,3}"), "{}", fault.statement);
}

/// Two numbers that are one.
struct Same;

#[derive(Clone, Serialize, Deserialize)]
struct SamePublic {
    shown: u128,
}

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct SamePrivate {
    hidden: u128,
}

impl Circuit for Same {
    type Private = SamePrivate;
    type Public = SamePublic;

    const DOC: &'static str = "";
    const NAME: &'static str = "same";

    fn build(cs: &mut ConstraintSystem, inputs: Option<(&SamePublic, &SamePrivate)>) {
        let shown = cs.public::<U128>("shown", inputs.map(|(public, _)| &public.shown));
        let hidden = cs.private::<U128>("hidden", inputs.map(|(_, private)| &private.hidden));
        hidden.field().assert_eq(cs, "they are one", shown.field());
    }

    fn encode(public: &SamePublic) -> Vec<native::Field> {
        let mut out = Vec::new();
        U128::encode(&public.shown, &mut out);
        out
    }
}

#[test]
fn numbers_of_any_size_are_read_to_the_last_digit() {
    let layout = layout::<Same>();
    let read = |hidden: &str| {
        let text = format!(r#"{{"hidden": {hidden}, "shown": "{}"}}"#, u128::MAX);
        runner::read::<Same>(&layout, serde_json::from_str(&text).unwrap())
    };
    for written in [u128::MAX.to_string(), format!(r#""{}""#, u128::MAX)] {
        let (public, private) = read(&written).unwrap();
        assert_eq!((public.shown, private.hidden), (u128::MAX, u128::MAX));
        assert!(check(&layout, &assign::<Same>(&layout, &public, &private).unwrap()).is_ok());
    }
    for written in ["-42", "42.5", r#""x42""#, "[42]", "null"] {
        let refused = runner::InputFault::Invalid {
            name: "hidden".to_owned(),
            kind: "U128".to_owned(),
            reason: "expected a whole number".to_owned(),
        };
        assert_eq!(read(written).err(), Some(refused), "{written}");
    }
    let above = format!("{}0", u128::MAX);
    let told = read(&above).err().unwrap().to_string();
    assert!(told.contains("`hidden` is not a U128") && !told.contains(&above), "{told}");
}
