//! Acts as steps: calls of the contract `asset`, each with the circuit of its proof.

use circuits::Terms;
use dusk_sdk::finance::wallet::{
    ChainError, HeldWitness, LockWitness, MintWitness, RegisterWitness, SeizeWitness, Step, TransferWitness,
};
use dusk_sdk::{Field, Value};
use serde::Serialize;

use crate::{Act, Outcome};

/// The act of a circuit that a function takes, with the name of its argument.
fn step<Call: Value>(
    [circuit, function, name]: [&str; 3],
    act: &Act<Call, impl Serialize, impl Serialize>,
) -> Result<Step, ChainError> {
    Step::new(circuit, function, &act.public, &act.private)?.with(name, &act.call)
}

/// A registration.
///
/// # Errors
/// If the values have no JSON form.
pub fn register_step(terms: &Terms, witness: RegisterWitness) -> Outcome<Step> {
    Ok(step(["enrol", "register", "enrolment"], &crate::enrol(terms, witness))?)
}

/// A transfer between holders.
///
/// # Errors
/// If one of them is not in the registry, or its country is blocked.
pub fn send_step(terms: &Terms, witness: TransferWitness) -> Outcome<Step> {
    witness.require_unblocked(&terms.blocked)?;
    let root = witness.registry_root;
    let act = crate::send(terms, witness)?;
    Ok(step(["send", "confidential_transfer", "order"], &act)?.with("registry_root", &root)?)
}

/// A redemption for a reference.
///
/// # Errors
/// If the holder is not in the registry, or its country is blocked.
pub fn redeem_step(terms: &Terms, witness: TransferWitness, reference: &str) -> Outcome<Step> {
    witness.require_unblocked(&terms.blocked)?;
    let (root, amount) = (witness.registry_root, witness.act.public_out);
    let act = crate::redeem(terms, witness, reference)?;
    let step = step(["send", "redeem", "order"], &act)?.with("registry_root", &root)?;
    Ok(step.with("amount", &amount)?.with("reference", &reference.to_owned())?)
}

/// A lock for a settlement.
///
/// # Errors
/// If one of the parties is not in the registry, or its country is blocked.
pub fn lock_step(terms: &Terms, witness: LockWitness) -> Outcome<Step> {
    witness.require_unblocked(&terms.blocked)?;
    let root = witness.registry_root;
    let act = crate::reserve(terms, witness)?;
    Ok(step(["reserve", "lock", "order"], &act)?.with("registry_root", &root)?)
}

/// An issue by an officer.
///
/// # Errors
/// If the receiver is not in the registry, or its country is blocked.
pub fn issue_step(terms: &Terms, witness: MintWitness) -> Outcome<Step> {
    witness.require_unblocked(&terms.blocked)?;
    let root = witness.registry_root;
    let act = crate::issue(terms, witness)?;
    Ok(step(["issue", "issue", "order"], &act)?.with("registry_root", &root)?)
}

/// A seizure by an officer, for a reason.
///
/// # Errors
/// If the new holder is not in the registry.
pub fn seize_step(terms: &Terms, witness: SeizeWitness, reason: &str) -> Outcome<Step> {
    let root = witness.registry_root;
    let act = crate::seize(terms, witness, reason)?;
    let step = step(["confiscate", "seize", "order"], &act)?.with("registry_root", &root)?;
    Ok(step.with("reason", &reason.to_owned())?)
}

/// A disclosure to the verifier that has drawn the question.
///
/// # Errors
/// If the values have no JSON form.
pub fn disclosure_step(witness: HeldWitness, height: u64, question: Field, least: u64) -> Outcome<Step> {
    let act = crate::disclose(witness, height, question, least);
    Ok(step(["disclose", "check_disclosure", "disclosure"], &act)?)
}
