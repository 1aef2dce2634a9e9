use dusk_sdk::zk::*;

// A proof of one circuit is none of another.
#[circuit]
fn one(_cs: &mut ConstraintSystem, #[public] _root: Field) {}
#[circuit]
fn other(_cs: &mut ConstraintSystem, #[public] _root: Field) {}

fn mixed(proof: &Proof<One>, public: &OtherPublic) -> bool {
    Other::verify(proof, public)
}

// Inputs go by name, so they cannot be swapped.
fn positions(proof: &Proof<One>, root: dusk_sdk::Field) -> bool {
    One::verify(proof, &OnePublic(root))
}

fn main() {}
