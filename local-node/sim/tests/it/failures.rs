//! Artefacts of a failure: a smaller plan that still fails, and a picture.

use std::sync::OnceLock;

use local_node_core::Planted;
use local_node_sim::shrink::{Shrunk, shrink};
use local_node_sim::{Bug, Options, Outcome, diagram, draw, run};

/// The first seed from `seed` on with which a bug is seen, shrunk; and how many faults its plan had.
fn shrunk(bug: Bug, seed: u64) -> (Shrunk, usize) {
    let options = Options { bug: Some(bug), ..Options::default() };
    let fails = |seed: &u64| {
        let (plan, rng) = draw(*seed);
        plan.faults.len() >= 6 && matches!(run(&plan, rng, options).outcome, Outcome::Violated(_))
    };
    let seed = (seed..seed + 40).find(fails).expect("some seed shows the bug");
    let (plan, rng) = draw(seed);
    (shrink(&plan, &rng, options).expect("it fails"), plan.faults.len())
}

/// A fork choice that is turned round, shrunk once for both tests that look at it.
fn turned() -> &'static (Shrunk, usize) {
    static TURNED: OnceLock<(Shrunk, usize)> = OnceLock::new();
    TURNED.get_or_init(|| shrunk(Bug::Core(Planted::ForkChoiceTurned), 40))
}

#[test]
fn a_planted_bug_shrinks_to_the_faults_that_it_takes_and_still_fails() {
    // Bugs that take a fault to be seen, and one that takes none.
    for (found, most, says) in [
        (&shrunk(Bug::RecordsForgotten, 40), 4, "signed"),
        (turned(), 4, "for a worse branch"),
        (&shrunk(Bug::SentBeforeDurable, 40), 0, "left before it was on disk"),
    ] {
        let (shrunk, before) = found;
        let after = shrunk.plan.faults.len();
        assert!(after <= most && after < *before, "{says}: {before} faults became {after}: {}", shrunk.plan);
        let Outcome::Violated(violation) = &shrunk.report.outcome else { panic!("{says}: not seen any more") };
        assert!(violation.what.contains(says), "{says}: {violation}");
    }
}

/// The names of the elements of a text that is XML as far as its elements go: each is closed, in order, there is one
/// root, and no text holds a bare `<` or `&`.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut names, mut rest) = (Vec::new(), Vec::new(), xml.trim());
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        let entities = ["&amp;", "&lt;", "&gt;"];
        assert!(text.split('&').skip(1).all(|it| entities.iter().any(|name| name[1..] == it[..name.len() - 1])));
        assert!(!open.is_empty() || names.is_empty(), "one root");
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.trim_end_matches('/').split(' ').next().unwrap_or_default().to_owned();
            assert!(!name.is_empty() && name.chars().all(char::is_alphanumeric), "{tag}");
            names.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty());
    names
}

#[test]
fn the_picture_of_a_failure_is_well_formed_and_names_the_nodes() {
    let (shrunk, _) = turned();
    let picture = diagram::draw("a < b & c", &shrunk.plan, &shrunk.report);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulation-planted.svg");
    std::fs::write(path, &picture).unwrap();
    let names = elements(&picture);
    assert_eq!((names[0].as_str(), names.iter().filter(|name| *name == "svg").count()), ("svg", 1));
    for node in 0..shrunk.plan.keys.len() {
        assert!(picture.contains(&format!(">node {node}</text>")));
    }
    let Outcome::Violated(violation) = &shrunk.report.outcome else { panic!("it fails") };
    assert!(picture.contains(&violation.what[..20]), "it says what happened");
    assert!(names.iter().filter(|name| *name == "path").count() > 20, "it shows messages");
    assert!(picture.len() < 200_000, "{} bytes", picture.len());
}
