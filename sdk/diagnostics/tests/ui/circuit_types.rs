use dusk_sdk::zk::*;

#[circuit_type]
struct Unnamed(Field, Field);

#[circuit_type]
struct Nothing {}

#[circuit_type]
struct Generic<T> {
    value: T,
}

#[circuit_type]
enum NoStruct {
    One,
}

#[circuit_type]
struct Plain {
    age: u8,
}

// Plain types are no values of circuits.
#[circuit]
fn plain_numbers(_cs: &mut ConstraintSystem, #[public] number: u64, #[private] negative: i32, #[private] flags: [bool; 4]) {}

fn main() {}
