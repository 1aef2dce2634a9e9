//! Acts for the contracts and circuits of this template, from the witnesses that wallets make.

use circuits::{
    AgreePrivate, AgreePublic, Answer, Attestation, CashDepositPrivate, CashDepositPublic, CashPayPrivate,
    CashPayPublic, CashReservePrivate, CashReservePublic, EnrolAttestedPrivate, EnrolAttestedPublic,
    EnrolPrivate, EnrolPublic, Enrolment, Instruction, IssuePrivate, IssuePublic, Leg, ReservePrivate,
    ReservePublic, SendPrivate, SendPublic, Terms, for_withdrawal,
};
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
use dusk_sdk::finance::confidential::statements::{AdmitSecretNative, AffirmSecretNative};
use dusk_sdk::finance::confidential::{Address, leg};
use dusk_sdk::finance::wallet::{
    Instruction as Lock, LockWitness, MintWitness, RegisterWitness, TransferWitness,
};
use dusk_sdk::{Account, ContractId, Dusk, Field};

/// An act: a call, and the inputs of its proof.
#[derive(Debug, Clone)]
pub struct Act<Call, Public, Private> {
    /// The argument of the call, beside the proof.
    pub call: Call,
    /// The public inputs, which the chain sees.
    pub public: Public,
    /// The private inputs, which it does not see.
    pub private: Private,
}

/// The reason why an act cannot be proved: a party of it is not in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAdmitted;

impl std::fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sender or receiver is not admitted to the registry")
    }
}

impl std::error::Error for NotAdmitted {}

/// A leg with what the chain does not see. Both parties of an instruction know both, and nobody else.
#[derive(Debug, Clone, Copy)]
pub struct Deal {
    /// The contract of the asset.
    pub contract: ContractId,
    /// The asset: this contract on its chain.
    pub asset: Field,
    /// How much.
    pub amount: u64,
    /// The receiver.
    pub receiver: Address,
    /// A random element. Without it an observer could guess amount and receiver from the commitment.
    pub blinding: Field,
}

impl Deal {
    /// The leg, as the instruction states it.
    #[must_use]
    pub fn leg(&self) -> Leg {
        let Self { contract, asset, amount, receiver, blinding } = self;
        Leg { asset: *contract, commitment: leg(*asset, *amount, receiver.owner, *blinding) }
    }

    /// The lock of its amount for an instruction of a settlement contract.
    #[must_use]
    pub fn lock(&self, (agent, instruction): (ContractId, Field), deadline: u64) -> Lock {
        Lock { agent, instruction, blinding: self.blinding, deadline }
    }
}

/// Somebody registers.
#[must_use]
pub fn enrol(terms: &Terms, witness: RegisterWitness) -> Act<Enrolment, EnrolPublic, EnrolPrivate> {
    let RegisterWitness { address, act, secret } = witness;
    let call = Enrolment { owner: address.owner, reading: address.reading, view: act.cipher };
    Act { public: call.public(terms), call, private: EnrolPrivate { secret } }
}

/// Somebody registers, for whom an attester with this revocation list vouches.
#[must_use]
pub fn enrol_attested(
    terms: &Terms,
    attestation: &Attestation,
    revoked: Field,
    witness: RegisterWitness,
    person: AdmitSecretNative,
) -> Act<Enrolment, EnrolAttestedPublic, EnrolAttestedPrivate> {
    let RegisterWitness { address, act, secret } = witness;
    let call = Enrolment { owner: address.owner, reading: address.reading, view: act.cipher };
    let public = call.attested(terms, attestation, revoked);
    Act { call, public, private: EnrolAttestedPrivate { secret, person } }
}

/// An officer issues an amount.
///
/// # Errors
/// [`NotAdmitted`].
pub fn issue(
    terms: &Terms,
    witness: MintWitness,
) -> Result<Act<Minting, IssuePublic, IssuePrivate>, NotAdmitted> {
    let MintWitness { order: call, registry_root, secret, receiver, .. } = witness;
    let private = IssuePrivate { secret, receiver: receiver.ok_or(NotAdmitted)? };
    Ok(Act { public: terms.issue(&call, registry_root), call, private })
}

/// A holder sends an amount to a holder.
///
/// # Errors
/// [`NotAdmitted`].
pub fn send(
    terms: &Terms,
    witness: TransferWitness,
) -> Result<Act<Spending, SendPublic, SendPrivate>, NotAdmitted> {
    let TransferWitness { order: call, registry_root, secret, sender, receiver, .. } = witness;
    let (sender, receiver) = sender.zip(receiver).ok_or(NotAdmitted)?;
    let private = SendPrivate { secret, sender, receiver };
    Ok(Act { public: terms.send(&call, registry_root), call, private })
}

/// A holder locks what a leg says.
///
/// # Errors
/// [`NotAdmitted`].
pub fn reserve(
    terms: &Terms,
    witness: LockWitness,
) -> Result<Act<Locking, ReservePublic, ReservePrivate>, NotAdmitted> {
    let LockWitness { order: call, registry_root, secret, sender, receiver, .. } = witness;
    let (sender, receiver) = sender.zip(receiver).ok_or(NotAdmitted)?;
    let private = ReservePrivate { secret, sender, receiver };
    Ok(Act { public: terms.reserve(&call, registry_root), call, private })
}

/// Somebody deposits DUSK, which becomes cash.
#[must_use]
pub fn deposit(witness: MintWitness) -> Act<Minting, CashDepositPublic, CashDepositPrivate> {
    let MintWitness { order: call, act, secret, .. } = witness;
    let public = CashDepositPublic { act, bound: call.bound(Field::default()) };
    Act { call, public, private: CashDepositPrivate { secret } }
}

/// An owner of cash pays another one.
#[must_use]
pub fn pay(witness: TransferWitness) -> Act<Spending, CashPayPublic, CashPayPrivate> {
    bound_to(Field::default(), witness)
}

/// An owner of cash pays an account, in DUSK.
#[must_use]
pub fn withdraw(
    witness: TransferWitness,
    to: Account,
    amount: Dusk,
) -> Act<Spending, CashPayPublic, CashPayPrivate> {
    bound_to(for_withdrawal(to, amount), witness)
}

fn bound_to(with: Field, witness: TransferWitness) -> Act<Spending, CashPayPublic, CashPayPrivate> {
    let TransferWitness { order: call, act, secret, .. } = witness;
    let public = CashPayPublic { act, bound: call.bound(with) };
    Act { call, public, private: CashPayPrivate { secret } }
}

/// An owner of cash locks what a leg says.
#[must_use]
pub fn cash_reserve(witness: LockWitness) -> Act<Locking, CashReservePublic, CashReservePrivate> {
    let LockWitness { order: call, act, secret, .. } = witness;
    let public = CashReservePublic { act, bound: call.bound(Field::default()) };
    Act { call, public, private: CashReservePrivate { secret } }
}

/// The receiver of a leg affirms an instruction, or rejects it. `None`: the instruction has no such leg.
#[must_use]
pub fn agree(
    instruction: &Instruction,
    (settlement, chain): (ContractId, u8),
    side: u8,
    answer: Answer,
    secret: AffirmSecretNative,
) -> Option<Act<u8, AgreePublic, AgreePrivate>> {
    let public = instruction.answer(settlement, chain, side, answer)?;
    Some(Act { call: side, public, private: AgreePrivate { secret } })
}
