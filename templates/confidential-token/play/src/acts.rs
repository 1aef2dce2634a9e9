//! Acts for the contracts and circuits of this template, from the witnesses that wallets make.

use circuits::{
    CashDepositPrivate, CashDepositPublic, CashPayPrivate, CashPayPublic, CashReservePrivate,
    CashReservePublic, ConfiscatePrivate, ConfiscatePublic, DisclosePrivate, DisclosePublic, Disclosure,
    EnrolPrivate, EnrolPublic, Enrolment, IssuePrivate, IssuePublic, Payment, ReservePrivate, ReservePublic,
    SendPrivate, SendPublic, Terms, between_holders, for_reason, for_reference,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Seizing, Spending};
use dusk_sdk::finance::wallet::{
    HeldWitness, LockWitness, MintWitness, RegisterWitness, SeizeWitness, TransferWitness,
};

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

/// A transfer or a redemption.
pub type Sending = Act<Spending, SendPublic, SendPrivate>;

/// The reason why an act cannot be proved: a party of it is not in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// The sender.
    Sender,
    /// The receiver.
    Receiver,
}

impl std::fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sender => "you are not admitted to the registry",
            Self::Receiver => "the receiver is not admitted to the registry",
        })
    }
}

impl std::error::Error for NotAdmitted {}

/// A registration.
#[must_use]
pub fn enrol(terms: &Terms, witness: RegisterWitness) -> Act<Enrolment, EnrolPublic, EnrolPrivate> {
    let RegisterWitness { address, act, secret } = witness;
    let call = Enrolment { owner: address.owner, reading: address.reading, view: act.cipher };
    let public = EnrolPublic { act, bound: call.bound(terms.asset) };
    Act { call, public, private: EnrolPrivate { secret } }
}

/// An issue by an officer.
///
/// # Errors
/// [`NotAdmitted::Receiver`].
pub fn issue(
    terms: &Terms,
    witness: MintWitness,
) -> Result<Act<Minting, IssuePublic, IssuePrivate>, NotAdmitted> {
    let MintWitness { order: call, act, registry_root, secret, receiver } = witness;
    let receiver = receiver.ok_or(NotAdmitted::Receiver)?;
    let (policy, blocked) = (terms.policy(registry_root), terms.blocked);
    let public = IssuePublic { act, policy, blocked, bound: call.bound(between_holders()) };
    Ok(Act { call, public, private: IssuePrivate { secret, receiver } })
}

/// A deposit of DUSK.
#[must_use]
pub fn deposit(witness: MintWitness) -> Act<Minting, CashDepositPublic, CashDepositPrivate> {
    let MintWitness { order: call, act, secret, .. } = witness;
    let public = CashDepositPublic { act, bound: call.bound(between_holders()) };
    Act { call, public, private: CashDepositPrivate { secret } }
}

/// A transfer between holders.
///
/// # Errors
/// [`NotAdmitted`].
pub fn send(terms: &Terms, witness: TransferWitness) -> Result<Sending, NotAdmitted> {
    registered(terms, witness, between_holders())
}

/// A redemption, for a reference.
///
/// # Errors
/// [`NotAdmitted`].
pub fn redeem(terms: &Terms, witness: TransferWitness, reference: &str) -> Result<Sending, NotAdmitted> {
    registered(terms, witness, for_reference(reference))
}

fn registered(terms: &Terms, witness: TransferWitness, with: Field) -> Result<Sending, NotAdmitted> {
    let TransferWitness { order: call, act, registry_root, secret, sender, receiver } = witness;
    let sender = sender.ok_or(NotAdmitted::Sender)?;
    let receiver = receiver.ok_or(NotAdmitted::Receiver)?;
    let (policy, blocked) = (terms.policy(registry_root), terms.blocked);
    let public = SendPublic { act, policy, blocked, bound: call.bound(with) };
    Ok(Act { call, public, private: SendPrivate { secret, sender, receiver } })
}

/// A transfer of cash; accounts get what the payment says.
#[must_use]
pub fn pay(witness: TransferWitness, payment: &Payment) -> Act<Spending, CashPayPublic, CashPayPrivate> {
    let TransferWitness { order: call, act, secret, .. } = witness;
    let public = CashPayPublic { act, bound: call.bound(payment.bound()) };
    Act { call, public, private: CashPayPrivate { secret } }
}

/// A lock for a settlement.
///
/// # Errors
/// [`NotAdmitted`].
pub fn reserve(
    terms: &Terms,
    witness: LockWitness,
) -> Result<Act<Locking, ReservePublic, ReservePrivate>, NotAdmitted> {
    let LockWitness { order: call, act, registry_root, secret, sender, receiver } = witness;
    let sender = sender.ok_or(NotAdmitted::Sender)?;
    let receiver = receiver.ok_or(NotAdmitted::Receiver)?;
    let (policy, blocked) = (terms.policy(registry_root), terms.blocked);
    let public = ReservePublic { act, policy, blocked, bound: call.bound(between_holders()) };
    Ok(Act { call, public, private: ReservePrivate { secret, sender, receiver } })
}

/// A lock of cash.
#[must_use]
pub fn cash_reserve(witness: LockWitness) -> Act<Locking, CashReservePublic, CashReservePrivate> {
    let LockWitness { order: call, act, secret, .. } = witness;
    let public = CashReservePublic { act, bound: call.bound(between_holders()) };
    Act { call, public, private: CashReservePrivate { secret } }
}

/// A seizure by an officer, for a reason.
///
/// # Errors
/// [`NotAdmitted::Receiver`].
pub fn seize(
    terms: &Terms,
    witness: SeizeWitness,
    reason: &str,
) -> Result<Act<Seizing, ConfiscatePublic, ConfiscatePrivate>, NotAdmitted> {
    let SeizeWitness { order: call, act, registry_root, secret, receiver } = witness;
    let receiver = receiver.ok_or(NotAdmitted::Receiver)?;
    let public =
        ConfiscatePublic { act, policy: terms.policy(registry_root), bound: call.bound(for_reason(reason)) };
    Ok(Act { call, public, private: ConfiscatePrivate { secret, receiver } })
}

/// A disclosure to the verifier that has drawn the question. The witness is for [`Disclosure::act`] of the same.
#[must_use]
pub fn disclose(
    witness: HeldWitness,
    height: u64,
    question: Field,
    least: u64,
) -> Act<Disclosure, DisclosePublic, DisclosePrivate> {
    let HeldWitness { act, secret, .. } = witness;
    let call = Disclosure { height, question, act_nullifier: act.act_nullifier, least };
    let public = call.public(act.asset, act.note_root, act.nullifier_root);
    Act { call, public, private: DisclosePrivate { secret } }
}
