//! Messages of a command while it compiles, with a stand-in for the part of cargo that does.

use crate::support::{PROGRAM, Place, says, turn, write_script};

#[test]
fn a_long_compilation_says_what_it_compiles_where_nothing_can_move() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "list", "--template", "private-allowlist"]).exits(0);
    place.enter("list");
    let cargo = place.at.join("stand-in");
    let real = std::env::var("CARGO").expect("cargo runs this test");
    // Longer than the period of these lines, which is 15 seconds.
    let compile = "echo '   Compiling serde v1.0.228' >&2; sleep 17; echo 'error: it ends here' >&2; exit 101";
    write_script(
        &cargo,
        &format!(
            "case \"$1\" in\ntree) printf 'serde v1.0.228\\nlist v0.1.0 (/p)\\nserde v1.0.228 (*)\\n';;\n\
             metadata) exec '{real}' \"$@\";;\n*) {compile};;\nesac"
        ),
    );
    let listed = place.ran(place.command(PROGRAM).args(["circuit", "list"]).env("CARGO", &cargo)).exits(1);
    says(&listed, &["Compiling the circuits", "Still compiling the circuits 0/2 serde (", "error: it ends here"]);
    assert_eq!(listed.stderr.matches("Still").count(), 1, "once in 15 seconds:\n{}", listed.stderr);
    assert!(!listed.stderr.contains("Compiling serde"), "cargo's steps are told by the state:\n{}", listed.stderr);
}
