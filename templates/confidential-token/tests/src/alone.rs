//! The one constraint of a circuit that refuses a witness.

use dusk_sdk::zk::{Assignment, CheckError, Circuit, GateKind, Layout, Selectors, assign, check};

/// The public and the private inputs of a circuit.
pub(crate) type Inputs<C> = (<C as Circuit>::Public, <C as Circuit>::Private);

/// The name of the first constraint that does not hold.
pub(crate) fn fault<C: Circuit>(layout: &Layout, inputs: &Inputs<C>) -> Option<String> {
    violated(layout, &assigned::<C>(layout, inputs))
}

/// The one constraint that refuses: without its rows the witness would pass.
pub(crate) fn refusal<C: Circuit>(mut layout: Layout, inputs: &Inputs<C>) -> String {
    let assignment = assigned::<C>(&layout, inputs);
    let name = violated(&layout, &assignment).expect("a constraint must not hold");
    let idle = u32::try_from(layout.selectors.len()).expect("there are few selectors");
    layout.selectors.push(Selectors { kind: GateKind::Idle, ..Selectors::default() });
    let constraints = &layout.constraints;
    for row in &mut layout.rows {
        if constraints[row.constraint as usize].name == name {
            row.selectors = idle;
        }
    }
    assert_eq!(violated(&layout, &assignment), None, "{name} is not the only one to refuse");
    name
}

fn assigned<C: Circuit>(layout: &Layout, (public, private): &Inputs<C>) -> Assignment {
    assign::<C>(layout, public, private).expect("each witness has the same rows")
}

fn violated(layout: &Layout, assignment: &Assignment) -> Option<String> {
    match check(layout, assignment) {
        Ok(()) => None,
        Err(CheckError::Unsatisfied(fault)) => Some(fault.constraint.clone()),
        Err(error) => panic!("{error}"),
    }
}
