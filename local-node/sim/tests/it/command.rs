//! The command, on a few seeds.

use std::process::{Command, Output};

use local_node_sim::{Outcome, draw};

use crate::seeds::RUNS;

fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_local-node-sim")).args(arguments).output().expect("the command starts")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it prints text")
}

#[test]
fn a_seed_gives_the_plan_what_happened_and_the_end_that_the_library_gives() {
    let mut runs = (40..72).map(|seed| (seed, RUNS.of(seed)));
    let (seed, report) = runs.find(|(_, report)| report.outcome == Outcome::Final).expect("some run comes to finality");
    let (plan, _) = draw(seed);
    let output = command(&["--seed", &seed.to_string()]);
    let told = text(output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.starts_with(&format!("seed {seed}, signatures Ideal, machine Model\n{plan}\n\n")), "{told}");
    assert!(told.lines().any(|line| line.contains(" ms  node 0 accepts ")), "{told}");
    let digest: String = report.digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let end = format!(
        "\n{} blocks in {} ms, {} events; {}\ndigest {digest}\nfinal {} ms after the healing\n",
        report.height, report.time.0, report.events, report.marks, report.healed_in.0
    );
    assert!(told.ends_with(&end), "{told}");
}

#[test]
fn many_seeds_give_their_sums_and_what_never_happened() {
    let output = command(&["--seeds", "40..42"]);
    let told = text(output.stdout);
    assert!(output.status.success(), "{told}");
    let sums = told.lines().find(|line| line.starts_with("2 runs, ")).expect("it gives sums");
    assert!(sums.contains(" s: 0 failed, "), "{sums}");
    assert!(told.contains("\n2 runs with signatures Ideal, machine Model\n"), "{told}");
    let blocks: u64 = (40..42).map(|seed| RUNS.of(seed).height).sum();
    assert!(sums.contains(&format!(" {blocks} blocks, ")), "{blocks}: {sums}");
    // Two runs do not show everything that should happen in a set.
    assert!(
        told.lines().last().is_some_and(|line| line.starts_with("never reached: [") && line != "never reached: []"),
        "{told}"
    );
}

#[test]
fn wrong_arguments_give_the_usage() {
    let wrong: [&[&str]; 19] = [
        &[],
        &["--seed"],
        &["--seed", "many"],
        &["--seeds", "40"],
        &["--seed", "40", "--vm", "other"],
        &["--seed", "40", "--fast"],
        &["measure", "nothing"],
        &["measure", "size", "--page"],
        &["--seed", "40", "--page", "page.md"],
        &["--real"],
        // Each of these would leave one of its arguments without effect.
        &["measure", "size", "--out", ".", "--page", "page.md"],
        &["measure", "size", "--real"],
        &["measure", "size", "--mixed"],
        &["--seed", "40", "--mixed", "--real"],
        &["--seed", "40", "--vm", "model", "--mixed"],
        &["--seed", "40", "--seed", "41"],
        &["--seed", "40", "measure", "size"],
        &["--seed", "40", "--out", ".", "--out", ".."],
        &["--seeds", "41..41"],
    ];
    for arguments in wrong {
        let output = command(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(text(output.stderr).starts_with("usage: local-node-sim --seed N"), "{arguments:?}");
    }
}
