use dusk_sdk::zk::*;

#[circuit]
fn without_circuit(#[public] _root: Field) {}

#[circuit]
fn nobody_knows(_cs: &mut Circuit, _root: Field) {}

#[circuit]
fn both(_cs: &mut Circuit, #[public] #[private] _root: Field) {}

#[circuit]
fn result(_cs: &mut Circuit, #[public] root: Field) -> Field {
    root
}

#[circuit]
fn generic<const N: usize>(_cs: &mut Circuit, #[public] _roots: [Field; N]) {}

#[circuit(size = 4)]
fn options(_cs: &mut Circuit, #[public] _root: &Field) {}

#[circuit]
struct NoFunction;

fn main() {}
