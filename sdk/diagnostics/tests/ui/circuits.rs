use dusk_sdk::zk::*;

#[circuit]
fn without_circuit(#[public] _root: Field) {}

#[circuit]
fn nobody_knows(_cs: &mut ConstraintSystem, _root: Field) {}

#[circuit]
fn both(_cs: &mut ConstraintSystem, #[public] #[private] _root: Field) {}

#[circuit]
fn result(_cs: &mut ConstraintSystem, #[public] root: Field) -> Field {
    root
}

#[circuit]
fn generic<const N: usize>(_cs: &mut ConstraintSystem, #[public] _roots: [Field; N]) {}

#[circuit(size = 4)]
fn options(_cs: &mut ConstraintSystem, #[public] _root: &Field) {}

#[circuit]
struct NoFunction;

fn main() {}
