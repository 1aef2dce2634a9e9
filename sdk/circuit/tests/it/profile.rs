//! Costs of circuits, as numbers, text and picture.

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::*;

/// Two regions, one within the other, and a name that is markup.
fn layout() -> Layout {
    let mut cs = ConstraintSystem::new("a <circuit>");
    let rows = |cs: &mut ConstraintSystem, count| (0..count).for_each(|_| cs.gate("row", Gate::new()));
    rows(&mut cs, 1);
    cs.region("outer & more", |cs| {
        rows(cs, 2);
        cs.region("small", |cs| rows(cs, 3));
        cs.region("large", |cs| rows(cs, 200));
        cs.region("small", |cs| rows(cs, 4));
    });
    cs.finish().0
}

#[test]
fn gates_are_counted_by_region() {
    let profile = profile(&layout());
    let tree: Vec<_> = profile.tree().into_iter().map(|it| (it.name.as_str(), it.depth, it.own, it.total)).collect();
    let expected =
        [("a <circuit>", 0, 1, 210), ("outer & more", 1, 2, 209), ("large", 2, 200, 200), ("small", 2, 7, 7)];
    assert_eq!(tree, expected);
    assert_eq!((profile.gates, profile.power, profile.free()), (214, 8, 42));
}

#[test]
fn gates_near_a_power_of_two_take_twice_the_parameters() {
    for (rows, power, parameters) in [(246, 8, 8), (247, 8, 9), (252, 8, 9), (253, 9, 9)] {
        let mut cs = ConstraintSystem::new("rows");
        (0..rows).for_each(|_| cs.gate("row", Gate::new()));
        let profile = profile(&cs.finish().0);
        assert_eq!((profile.power, profile.parameters_power), (power, parameters), "{rows}");
    }
}

#[test]
fn estimates_are_those_that_were_measured() {
    let estimate = |rows: usize| {
        let mut cs = ConstraintSystem::new("rows");
        (0..rows).for_each(|_| cs.gate("row", Gate::new()));
        profile(&cs.finish().0).estimate
    };
    assert_eq!((estimate(9_000).proof_ms, estimate(9_000).keys_ms), (7_200, 8_600));
    assert_eq!((estimate(500).proof_ms, estimate(200).proof_ms), (340, 170));
    assert_eq!((estimate(5).verifier_key_bytes, estimate(5).proof_bytes), (1260, 1008));
}

#[test]
fn the_table_is_for_people() {
    let text = profile(&layout()).to_string();
    assert!(text.starts_with("a <circuit>: 214 gates of 2^8 = 256; 42 free (16.4 %)\n"), "{text}");
    assert!(text.contains("     200      200  93.5 %      large\n"), "{text}");
    assert!(text.contains("estimates"), "{text}");
}

#[test]
fn the_picture_is_one_document_without_scripts() {
    let svg = profile(&layout()).flamegraph();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("<title>outer &amp; more: 209 gates (97.7 %), 2 of its own</title>"), "{svg}");
    assert!(svg.contains(">a &lt;circuit&gt;</text>"), "{svg}");
    assert!(!svg.contains("<script") && !svg.contains("href"), "{svg}");
    let count = |what: &str| svg.matches(what).count();
    assert_eq!((count("<g>"), count("</g>"), count("<title>")), (4, 4, 4), "{svg}");
}

#[test]
fn line_ends_in_names_begin_no_line() {
    let mut cs = ConstraintSystem::with_witness("loud\nFORGED circuit");
    let wire = cs.private::<Field>("x", Some(&native::Field::from(2))).wire();
    cs.region("\u{1b}[31mregion\r\nFORGED region", |cs| {
        cs.gate("row\nFORGED row", Gate::new().a(wire, BlsScalar::one()));
    });
    let (layout, assignment) = cs.finish();
    let unsatisfied = check(&layout, &assignment).unwrap_err().to_string();
    for text in [profile(&layout).to_string(), audit(&layout).to_string(), unsatisfied] {
        assert!(text.contains("\\nFORGED") && !text.lines().any(|line| line.starts_with("FORGED")), "{text}");
        assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'), "{text:?}");
    }
}
