//! Steps: what is proved, and what is sent with the proof.

use std::fs;
use std::path::Path;

use circuits::{
    ConfiscatePrivate, ConfiscatePublic, DisclosePrivate, Disclosure, EnrolPrivate, EnrolPublic, Enrolment,
    IssuePrivate, IssuePublic, ReservePrivate, ReservePublic, SendPrivate, SendPublic, Terms,
    between_holders, for_reason, for_reference,
};
use dusk_sdk::finance::wallet::{
    HeldWitness, LockWitness, MintWitness, RegisterWitness, SeizeWitness, TransferWitness,
};
use dusk_sdk::{Field, Value as Argument};
use serde::Serialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{Chain, Outcome, write_private};

/// A call whose proof has yet to be made.
#[derive(Debug)]
pub struct Step {
    circuit: &'static str,
    function: &'static str,
    /// All inputs of the proof. As secret as the wallet.
    witness: Witness,
    /// All arguments of the call but the proof.
    arguments: Map<String, Value>,
}

/// The text of a witness, which no code prints, and which is wiped.
struct Witness(Zeroizing<String>);

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness(..)")
    }
}

impl Witness {
    fn of(public: &impl Serialize, private: &impl Serialize) -> Outcome<Self> {
        #[derive(Serialize)]
        struct Inputs<'a, A, B> {
            #[serde(flatten)]
            public: &'a A,
            #[serde(flatten)]
            private: &'a B,
        }
        Ok(Self(Zeroizing::new(serde_json::to_string(&Inputs { public, private })?)))
    }
}

impl Step {
    /// Makes the proof and sends the call. `from` is the account that pays the gas: anybody's.
    ///
    /// # Errors
    /// If the witness does not satisfy the circuit, or the contract refuses.
    pub fn submit(&self, chain: &Chain, from: Option<&str>) -> Outcome<Value> {
        let folder = tempfile::tempdir()?;
        let proof = self.prove(chain, folder.path())?;
        self.call(chain, folder.path(), &proof, from)
    }

    /// Makes the proof, and returns all arguments of the call. Whoever has them can submit it, and cannot change it.
    ///
    /// # Errors
    /// If the witness does not satisfy the circuit.
    pub fn proved(&self, chain: &Chain) -> Outcome<Value> {
        let folder = tempfile::tempdir()?;
        let proof = self.prove(chain, folder.path())?;
        Ok(json!({ "function": self.function, "arguments": self.with(&proof) }))
    }

    fn prove(&self, chain: &Chain, folder: &Path) -> Outcome<String> {
        let (witness, out) = (folder.join("witness.json"), folder.join("proof.hex"));
        write_private(&witness, self.witness.0.as_bytes())?;
        let words = ["prove", self.circuit, "--witness", text(&witness)?, "--out", text(&out)?];
        let proved = chain.run(&words);
        // It is wiped even if no proof was made.
        fs::write(&witness, vec![b' '; self.witness.0.len()])?;
        fs::remove_file(&witness)?;
        proved?;
        Ok(fs::read_to_string(&out)?.trim().to_owned())
    }

    fn call(&self, chain: &Chain, folder: &Path, proof: &str, from: Option<&str>) -> Outcome<Value> {
        let file = folder.join("arguments.json");
        fs::write(&file, self.with(proof).to_string())?;
        let arguments = format!("@{}", text(&file)?);
        let mut words = vec!["call", chain.contract(), self.function, "--args", &arguments];
        words.extend(from.iter().flat_map(|from| ["--from", from]));
        chain.run(&words)
    }

    fn with(&self, proof: &str) -> Value {
        let mut arguments = self.arguments.clone();
        arguments.insert("proof".to_owned(), proof.into());
        arguments.into()
    }

    fn new(
        circuit: &'static str,
        function: &'static str,
        witness: Witness,
        arguments: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { circuit, function, witness, arguments }
    }
}

fn text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| format!("{} is not text", path.display()).into())
}

fn argument(value: &impl Argument) -> Outcome<Value> {
    let mut text = String::new();
    value.write_json(&mut text);
    Ok(serde_json::from_str(&text)?)
}

/// A registration.
///
/// # Errors
/// If the values have no JSON form.
pub fn register_step(terms: &Terms, witness: RegisterWitness) -> Outcome<Step> {
    let RegisterWitness { address, act, secret } = witness;
    let enrolment = Enrolment { owner: address.owner, reading: address.reading, view: act.cipher };
    let public = EnrolPublic { act, bound: enrolment.bound(terms.asset) };
    let inputs = Witness::of(&public, &EnrolPrivate { secret })?;
    Ok(Step::new("enrol", "register", inputs, [("enrolment", argument(&enrolment)?)]))
}

/// A transfer between holders.
///
/// # Errors
/// If one of them is not in the registry.
pub fn send_step(terms: &Terms, witness: TransferWitness) -> Outcome<Step> {
    let (inputs, arguments) = transfer(terms, witness, between_holders())?;
    Ok(Step::new("send", "confidential_transfer", inputs, arguments))
}

/// A redemption for a reference.
///
/// # Errors
/// If the holder is not in the registry.
pub fn redeem_step(terms: &Terms, witness: TransferWitness, reference: &str) -> Outcome<Step> {
    let amount = argument(&witness.act.public_out)?;
    let (inputs, arguments) = transfer(terms, witness, for_reference(reference))?;
    let more = [("amount", amount), ("reference", reference.into())];
    Ok(Step::new("send", "redeem", inputs, arguments.into_iter().chain(more)))
}

fn transfer(
    terms: &Terms,
    witness: TransferWitness,
    with: Field,
) -> Outcome<(Witness, [(&'static str, Value); 2])> {
    let TransferWitness { order, act, registry_root, secret, sender, receiver } = witness;
    let sender = sender.ok_or("you are not admitted to the registry")?;
    let receiver = receiver.ok_or("the receiver is not admitted to the registry")?;
    let public = SendPublic { act, policy: terms.policy(registry_root), bound: order.bound(with) };
    let inputs = Witness::of(&public, &SendPrivate { secret, sender, receiver })?;
    Ok((inputs, [("order", argument(&order)?), ("registry_root", argument(&registry_root)?)]))
}

/// A lock for a settlement.
///
/// # Errors
/// If one of the parties is not in the registry.
pub fn lock_step(terms: &Terms, witness: LockWitness) -> Outcome<Step> {
    let LockWitness { order, act, registry_root, secret, sender, receiver } = witness;
    let sender = sender.ok_or("you are not admitted to the registry")?;
    let receiver = receiver.ok_or("the receiver is not admitted to the registry")?;
    let bound = order.bound(between_holders());
    let public = ReservePublic { act, policy: terms.policy(registry_root), bound };
    let inputs = Witness::of(&public, &ReservePrivate { secret, sender, receiver })?;
    let arguments = [("order", argument(&order)?), ("registry_root", argument(&registry_root)?)];
    Ok(Step::new("reserve", "lock", inputs, arguments))
}

/// An issue by an officer.
///
/// # Errors
/// If the receiver is not in the registry.
pub fn issue_step(terms: &Terms, witness: MintWitness) -> Outcome<Step> {
    let MintWitness { order, act, registry_root, secret, receiver } = witness;
    let receiver = receiver.ok_or("the receiver is not admitted to the registry")?;
    let public =
        IssuePublic { act, policy: terms.policy(registry_root), bound: order.bound(between_holders()) };
    let inputs = Witness::of(&public, &IssuePrivate { secret, receiver })?;
    let arguments = [("order", argument(&order)?), ("registry_root", argument(&registry_root)?)];
    Ok(Step::new("issue", "issue", inputs, arguments))
}

/// A seizure by an officer, for a reason.
///
/// # Errors
/// If the new holder is not in the registry.
pub fn seize_step(terms: &Terms, witness: SeizeWitness, reason: &str) -> Outcome<Step> {
    let SeizeWitness { order, act, registry_root, secret, receiver } = witness;
    let receiver = receiver.ok_or("the new holder is not admitted to the registry")?;
    let policy = terms.policy(registry_root);
    let public = ConfiscatePublic { act, policy, bound: order.bound(for_reason(reason)) };
    let inputs = Witness::of(&public, &ConfiscatePrivate { secret, receiver })?;
    let arguments = [
        ("order", argument(&order)?),
        ("registry_root", argument(&registry_root)?),
        ("reason", reason.into()),
    ];
    Ok(Step::new("confiscate", "seize", inputs, arguments))
}

/// A disclosure to whoever has drawn the question.
///
/// # Errors
/// If the values have no JSON form.
pub fn disclosure_step(witness: HeldWitness, height: u64, question: Field, least: u64) -> Outcome<Step> {
    let HeldWitness { act, secret, .. } = witness;
    let disclosure = Disclosure { height, question, act_nullifier: act.act_nullifier, least };
    let public = disclosure.public(act.asset, act.note_root, act.nullifier_root);
    let inputs = Witness::of(&public, &DisclosePrivate { secret })?;
    Ok(Step::new("disclose", "check_disclosure", inputs, [("disclosure", argument(&disclosure)?)]))
}
