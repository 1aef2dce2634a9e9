//! A circuit with named inputs; `#[circuit]` generates it from a function.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::ZeroizeOnDrop;

use crate::assignment::Assignment;
use crate::constraint_system::ConstraintSystem;
use crate::layout::{Layout, Place};
use crate::native;

/// A circuit: its inputs, and the function that builds it. `#[circuit]` implements it.
pub trait Circuit {
    /// Its name. Keys and proofs are bound to it.
    const NAME: &'static str;
    /// The documentation of the function, which says what the circuit states.
    const DOC: &'static str;
    /// The inputs that the verifier knows, by name.
    type Public: Clone + Serialize + DeserializeOwned;
    /// The inputs that only the prover knows, by name. They are wiped when they are dropped.
    type Private: Clone + Serialize + DeserializeOwned + ZeroizeOnDrop;

    /// Builds the circuit. The inputs are present if there is a witness.
    fn build(cs: &mut ConstraintSystem, inputs: Option<(&Self::Public, &Self::Private)>);

    /// The public inputs in the verifier's encoding, in the order in which [`Circuit::build`] exposes them.
    fn encode(public: &Self::Public) -> Vec<native::Field>;
}

/// The reason why a witness has no assignment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// For this witness the function built other rows than without a witness.
    #[error(
        "the layout depends on the witness: row {row} (`{constraint}`, {place}) differs without it, so no key fits; \
         build both branches and select between their results"
    )]
    LayoutDependsOnWitness {
        /// The first row that differs.
        row: usize,
        /// The name of its constraint.
        constraint: String,
        /// The place in the source that adds it.
        place: Place,
    },
    /// The circuit exposes other values than the verifier's encoding of its public inputs.
    #[error(
        "the circuit exposes {exposed} values, and they are not the {encoded} of its public inputs, so contracts refuse its proofs; make \
         each exposed value a public input"
    )]
    NotThePublicInputs {
        /// The number of exposed values.
        exposed: usize,
        /// The number of elements of the public inputs.
        encoded: usize,
    },
}

/// The layout of a circuit.
#[must_use]
pub fn layout<C: Circuit>() -> Layout {
    let mut cs = ConstraintSystem::new(C::NAME);
    C::build(&mut cs, None);
    cs.finish().0
}

/// Computes the assignment of a circuit for these inputs. [`check`](crate::check) decides whether it satisfies the
/// circuit.
///
/// # Errors
/// If the function builds other rows for the inputs than `layout`, which it built without a witness; or if it exposes
/// other values than [`Circuit::encode`] gives the verifier.
pub fn assign<C: Circuit>(
    layout: &Layout,
    public: &C::Public,
    private: &C::Private,
) -> Result<Assignment, AssignmentError> {
    let mut cs = ConstraintSystem::expecting(layout);
    C::build(&mut cs, Some((public, private)));
    if let Some(assignment) = cs.finish_as(layout).filter(|_| layout.name == C::NAME) {
        let encoded = C::encode(public);
        if encoded.iter().map(native::Field::scalar).ne(assignment.public().iter().copied()) {
            let (exposed, encoded) = (assignment.public().len(), encoded.len());
            return Err(AssignmentError::NotThePublicInputs { exposed, encoded });
        }
        return Ok(assignment);
    }
    // Again, with the names of the rows.
    let mut cs = ConstraintSystem::with_witness(C::NAME);
    C::build(&mut cs, Some((public, private)));
    let (built, _) = cs.finish();
    let rows = |of: &Layout, row: usize| of.rows.get(row).map(|it| (it.wires, of.selectors[it.selectors as usize]));
    let longest = built.rows.len().max(layout.rows.len());
    let row = (0..longest).find(|row| rows(&built, *row) != rows(layout, *row)).unwrap_or(longest);
    let of = if row < built.rows.len() { &built } else { layout };
    let named = of.rows.get(row).or(of.rows.last()).map(|it| &of.constraints[it.constraint as usize]);
    let (constraint, place) = match named {
        Some(named) => (named.name.clone(), named.place.clone()),
        None => (String::new(), Place { file: String::new(), line: 0, column: 0 }),
    };
    Err(AssignmentError::LayoutDependsOnWitness { row, constraint, place })
}
