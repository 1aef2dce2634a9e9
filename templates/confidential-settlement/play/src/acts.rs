//! What each party proves: calls with their public and private inputs.

use circuits::{
    AgreePrivate, AgreePublic, Answer, EnrolPrivate, EnrolPublic, Enrolment, Instruction, IssuePrivate,
    IssuePublic, Leg, ReservePrivate, ReservePublic, SendPrivate, SendPublic, Terms,
};
use dusk_sdk::finance::confidential::locks::LockId;
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
use dusk_sdk::finance::confidential::statements::{
    AffirmSecretNative, InputNative, LockSecretNative, MintSecretNative, PartyNative, RegisterSecretNative,
    TransferSecretNative,
};
use dusk_sdk::finance::confidential::{Address, AuditCipher, Holder, Note, NoteCipher, ViewCipher, leg};
use dusk_sdk::zk::native::{NotAPoint, Scalar};
use dusk_sdk::{ContractId, Field};

use crate::ledger::alone;
use crate::{Ledger, Owned, Party};

/// An act: what is sent, and what is proved.
#[derive(Debug, Clone)]
pub struct Act<Call, Public, Private> {
    /// What is sent to the contract with the proof.
    pub call: Call,
    /// What the chain sees.
    pub public: Public,
    /// What it does not.
    pub private: Private,
}

/// A leg with what the chain does not see. Both parties of an instruction know both, and nobody else.
#[derive(Debug, Clone, Copy)]
pub struct Deal {
    /// The contract of the asset.
    pub contract: ContractId,
    /// The asset: this contract on its chain.
    pub asset: Field,
    /// How much.
    pub amount: u64,
    /// Who receives it.
    pub receiver: Address,
    /// A random element. Without it an observer could guess amount and receiver from the commitment.
    pub blinding: Field,
}

impl Deal {
    /// What the instruction says of it.
    #[must_use]
    pub fn leg(&self) -> Leg {
        let Self { contract, asset, amount, receiver, blinding } = self;
        Leg { asset: *contract, commitment: leg(*asset, *amount, receiver.owner, *blinding) }
    }
}

/// Somebody registers.
///
/// # Errors
/// [`NotAPoint`] if the auditor's key is none.
pub fn enrol(
    terms: &Terms,
    party: &mut Party,
) -> Result<Act<Enrolment, EnrolPublic, EnrolPrivate>, NotAPoint> {
    let ephemeral = party.fresh();
    let view = ViewCipher::seal(&terms.auditor.point()?, &ephemeral, &party.keys.spend.view());
    let Address { owner, reading } = party.address();
    let call = Enrolment { owner, reading, view };
    let secret = RegisterSecretNative { spend: party.keys.spend.secret(), ephemeral };
    Ok(Act { public: call.public(terms), call, private: EnrolPrivate { secret } })
}

/// An officer issues an amount. `fresh` are two random scalars.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn issue(
    ledger: &Ledger,
    terms: &Terms,
    to: &Address,
    amount: u64,
    [ephemeral, other]: [Scalar; 2],
) -> Result<Act<Minting, IssuePublic, IssuePrivate>, NotAPoint> {
    let (cipher, [rho, _]) = AuditCipher::seal(&terms.auditor.point()?, &ephemeral, [amount, 0], to.owner);
    let note = Note { value: amount, owner: to.owner, rho };
    let call = Minting {
        value: amount,
        commitment: note.commitment(terms.asset),
        cipher,
        note: NoteCipher::seal(to, &other, &note, Field::default())?,
    };
    let secret = MintSecretNative { owner: to.owner, ephemeral };
    let private = IssuePrivate { secret, receiver: entry(ledger, to.owner) };
    Ok(Act { public: terms.issue(&call, ledger.holder_root()), call, private })
}

/// A holder sends an amount to a holder, with a memo.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn send(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    memo: Field,
) -> Result<Act<Spending, SendPublic, SendPrivate>, NotAPoint> {
    let Spend { call, secret, .. } = spend(ledger, terms, from, to, amount, memo)?;
    let (sender, receiver) = (entry(ledger, from.owner()), entry(ledger, to.owner));
    let private = SendPrivate { secret, sender, receiver };
    Ok(Act { public: terms.send(&call, ledger.holder_root()), call, private })
}

/// A holder locks what a leg says, for an instruction of a settlement contract.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn reserve(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    deal: &Deal,
    (agent, instruction): (ContractId, Field),
    deadline: u64,
) -> Result<Act<Locking, ReservePublic, ReservePrivate>, NotAPoint> {
    let (own, to) = (from.address(), deal.receiver);
    let Spend { call, secret, notes, change } =
        spend(ledger, terms, from, &to, deal.amount, Field::default())?;
    let back = Note { owner: own.owner, ..notes[0] };
    let call = Locking {
        note_root: call.note_root,
        nullifiers: call.nullifiers,
        released: call.commitments[0],
        cancelled: back.commitment(terms.asset),
        change: notes[1].commitment(terms.asset),
        cipher: call.cipher,
        notes: [call.notes[0], NoteCipher::seal(&own, &from.fresh(), &back, Field::default())?, change],
        id: LockId { agent, instruction, leg: deal.leg().commitment },
        deadline,
    };
    let TransferSecretNative { spend, inputs, receiver, values, ephemeral } = secret;
    let secret = LockSecretNative { spend, inputs, receiver, values, blinding: deal.blinding, ephemeral };
    let (sender, receiver) = (entry(ledger, own.owner), entry(ledger, to.owner));
    let private = ReservePrivate { secret, sender, receiver };
    Ok(Act { public: terms.reserve(&call, ledger.holder_root()), call, private })
}

/// The receiver of a leg affirms an instruction, or rejects it. `None`: the instruction has no such leg.
#[must_use]
pub fn agree(
    instruction: &Instruction,
    (settlement, chain): (ContractId, u8),
    side: u8,
    answer: Answer,
    party: &Party,
    deal: &Deal,
) -> Option<Act<u8, AgreePublic, AgreePrivate>> {
    let public = instruction.answer(settlement, chain, side, answer)?;
    let spend = party.keys.spend.secret();
    let secret = AffirmSecretNative { spend, value: deal.amount, blinding: deal.blinding };
    Some(Act { call: side, public, private: AgreePrivate { secret } })
}

/// What transfers and locks share.
struct Spend {
    call: Spending,
    secret: TransferSecretNative,
    notes: [Note; 2],
    /// What the sender reads of its change.
    change: NoteCipher,
}

/// Two notes of a holder become `amount` for the receiver and change.
fn spend(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    memo: Field,
) -> Result<Spend, NotAPoint> {
    let inputs = from.two();
    let [ephemeral, first, second] = [from.fresh(), from.fresh(), from.fresh()];
    let (own, keys) = (from.address(), from.keys.spend.view());
    let sum = inputs.iter().map(|input| input.note.value).sum::<u64>();
    // Too much makes a change that no proof allows.
    let values = [amount, sum.wrapping_sub(amount)];
    let (cipher, rhos) = AuditCipher::seal(&terms.auditor.point()?, &ephemeral, values, to.owner);
    let notes = [
        Note { value: values[0], owner: to.owner, rho: rhos[0] },
        Note { value: values[1], owner: own.owner, rho: rhos[1] },
    ];
    let change = NoteCipher::seal(&own, &second, &notes[1], Field::default())?;
    let call = Spending {
        note_root: ledger.note_root(),
        nullifiers: inputs.map(|input| input.note.nullifier(terms.asset, keys.nk, input.position)),
        commitments: notes.map(|note| note.commitment(terms.asset)),
        cipher,
        notes: [NoteCipher::seal(to, &first, &notes[0], memo)?, change],
    };
    let secret = TransferSecretNative {
        spend: from.keys.spend.secret(),
        inputs: inputs.map(|input| input_of(ledger, &input)).into(),
        receiver: to.owner,
        values: values.into(),
        ephemeral,
    };
    Ok(Spend { call, secret, notes, change })
}

/// A note as an input.
fn input_of(ledger: &Ledger, owned: &Owned) -> InputNative {
    let Owned { note, position, .. } = owned;
    let path = ledger.note_path(*position, note.commitment(ledger.asset));
    InputNative { value: note.value, rho: note.rho, path }
}

/// The entry of a holder. For somebody who is not registered it is one that no proof accepts.
fn entry(ledger: &Ledger, owner: Field) -> PartyNative {
    let (holder, path) = ledger.holder(owner).unwrap_or_else(|| {
        let nobody =
            Holder { owner, class: 0, country: 0, level: u8::MAX, valid_until: u32::MAX, active: true };
        (nobody, alone(nobody.leaf()))
    });
    PartyNative { holder, path }
}
