//! The machine answers every script as the production machine did.

use local_node_parity::ours::Ours;
use local_node_parity::{records, scripts};
use local_node_vm::Vm;

fn check(new_vm: impl Fn() -> Vm) {
    for (name, script) in scripts::all().unwrap() {
        let expected = records::read(name).unwrap();
        assert_eq!(script.len(), expected.len(), "{name}: record the answers anew");
        let mut ours = Ours::on(new_vm());
        for (position, (command, expected)) in script.iter().zip(expected).enumerate() {
            assert_eq!(ours.run(command).unwrap(), expected, "{name}, command {position}");
        }
    }
}

#[test]
fn answers_equal_the_recorded_ones() {
    check(|| Vm::in_memory().unwrap());
}

/// On systems without a page map that tells written pages.
#[test]
fn answers_equal_the_recorded_ones_over_portable_memory() {
    check(|| Vm::in_portable_memory().unwrap());
}
