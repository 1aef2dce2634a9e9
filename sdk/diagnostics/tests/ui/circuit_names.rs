use dusk_sdk::zk::*;

// The type would be that of the builder.
#[circuit]
fn circuit(_cs: &mut ConstraintSystem, #[public] _root: Field) {}

// The types of the inputs of another circuit.
#[circuit]
fn member_public(_cs: &mut ConstraintSystem, #[public] _root: Field) {}

#[circuit]
fn member_private(_cs: &mut ConstraintSystem, #[public] _root: Field) {}

// The type of another circuit.
#[circuit]
fn not__member(_cs: &mut ConstraintSystem, #[public] _root: Field) {}

// A type that the function uses.
#[circuit_type]
struct Holder {
    key: Field,
}

#[circuit]
fn holder(_cs: &mut ConstraintSystem, #[private] _holder: Holder) {}

// The function itself.
#[circuit]
#[allow(non_snake_case)]
fn Age(_cs: &mut ConstraintSystem, #[private] _years: U8) {}

// Inputs that have one name, and inputs that have none.
#[circuit]
fn inputs(_cs: &mut ConstraintSystem, #[public] _root: Field, #[private] __root: Field, #[private] _self: Field, #[private] _1: Field) {}

// A condition for a part of what is made.
#[circuit]
fn conditional(_cs: &mut ConstraintSystem, #[cfg(all())] #[public] _root: Field) {}

#[circuit_type]
struct MemberNative {
    key: Field,
}

fn main() {}
