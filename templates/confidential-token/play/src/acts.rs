//! What each party proves: calls with their public and private inputs.

use circuits::{
    CashDepositPrivate, CashDepositPublic, CashPayPrivate, CashPayPublic, CashReservePrivate,
    CashReservePublic, ConfiscatePrivate, ConfiscatePublic, DisclosePrivate, DisclosePublic, Disclosure,
    EnrolPrivate, EnrolPublic, Enrolment, IssuePrivate, IssuePublic, Payment, ReservePrivate, ReservePublic,
    SendPrivate, SendPublic, Terms, between_holders, for_reason, for_reference,
};
use dusk_sdk::finance::confidential::locks::LockId;
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Seizing, Spending};
use dusk_sdk::finance::confidential::statements::{
    HeldSecretNative, InputNative, LockNative, LockSecretNative, MintNative, MintSecretNative, PartyNative,
    RegisterNative, RegisterSecretNative, SeizeNative, SeizeSecretNative, TransferNative,
    TransferSecretNative,
};
use dusk_sdk::finance::confidential::{
    Address, AuditCipher, Holder, Note, NoteCipher, ViewCipher, ViewKeys, act_nullifier, leg,
};
use dusk_sdk::zk::native::{NotAPoint, Scalar};
use dusk_sdk::{ContractId, Field};

use crate::ledger::alone;
use crate::{Known, Ledger, Owned, Party};

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

/// The receiver of an agent's release, and the agent.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    /// The contract that releases or cancels.
    pub agent: ContractId,
    /// The instruction, by the agent's own name.
    pub name: Field,
    /// The last height of a release.
    pub deadline: u64,
    /// Hides what the leg says.
    pub blinding: Field,
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
    let act = RegisterNative { owner, auditor: terms.auditor, cipher: view };
    let public = EnrolPublic { act, bound: call.bound(terms.asset) };
    Ok(Act { call, public, private: EnrolPrivate { secret } })
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
    fresh: [Scalar; 2],
) -> Result<Act<Minting, IssuePublic, IssuePrivate>, NotAPoint> {
    let (call, act, secret) = minting(terms, to, amount, fresh)?;
    let public =
        IssuePublic { act, policy: terms.policy(ledger.holder_root()), bound: call.bound(between_holders()) };
    Ok(Act { call, public, private: IssuePrivate { secret, receiver: entry(ledger, to.owner) } })
}

/// Somebody deposits an amount of DUSK.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn deposit(
    terms: &Terms,
    to: &Address,
    amount: u64,
    fresh: [Scalar; 2],
) -> Result<Act<Minting, CashDepositPublic, CashDepositPrivate>, NotAPoint> {
    let (call, act, secret) = minting(terms, to, amount, fresh)?;
    let public = CashDepositPublic { act, bound: call.bound(between_holders()) };
    Ok(Act { call, public, private: CashDepositPrivate { secret } })
}

fn minting(
    terms: &Terms,
    to: &Address,
    amount: u64,
    [ephemeral, other]: [Scalar; 2],
) -> Result<(Minting, MintNative, MintSecretNative), NotAPoint> {
    let (cipher, [rho, _]) = AuditCipher::seal(&terms.auditor.point()?, &ephemeral, [amount, 0], to.owner);
    let (value, new) = (amount, Note { value: amount, owner: to.owner, rho });
    let (commitment, note) =
        (new.commitment(terms.asset), NoteCipher::seal(to, &other, &new, Field::default())?);
    let act = MintNative { asset: terms.asset, value, commitment, auditor: terms.auditor, cipher };
    Ok((Minting { value, commitment, cipher, note }, act, MintSecretNative { owner: to.owner, ephemeral }))
}

/// The parts of a spend that all acts share.
struct Spend {
    call: Spending,
    secret: TransferSecretNative,
    rhos: [Field; 2],
}

/// Two notes of a holder become `amount` for the receiver and change; `leaves` is gone.
fn spend(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    [amount, leaves]: [u64; 2],
    memo: Field,
) -> Result<Spend, NotAPoint> {
    let inputs = from.two();
    let [ephemeral, first, second] = [from.fresh(), from.fresh(), from.fresh()];
    let (own, keys) = (from.address(), from.keys.spend.view());
    let sum = inputs.iter().map(|input| input.note.value).sum::<u64>();
    // Too much makes a change that no proof allows.
    let values = [amount, sum.wrapping_sub(amount).wrapping_sub(leaves)];
    let (cipher, rhos) = AuditCipher::seal(&terms.auditor.point()?, &ephemeral, values, to.owner);
    let notes = [
        Note { value: values[0], owner: to.owner, rho: rhos[0] },
        Note { value: values[1], owner: own.owner, rho: rhos[1] },
    ];
    let call = Spending {
        note_root: ledger.note_root(),
        nullifiers: inputs.map(|input| input.note.nullifier(terms.asset, keys.nk, input.position)),
        commitments: notes.map(|note| note.commitment(terms.asset)),
        cipher,
        notes: [
            NoteCipher::seal(to, &first, &notes[0], memo)?,
            NoteCipher::seal(&own, &second, &notes[1], Field::default())?,
        ],
    };
    let secret = TransferSecretNative {
        spend: from.keys.spend.secret(),
        inputs: inputs.map(|owned| input(ledger, &owned)).into(),
        receiver: to.owner,
        values: values.into(),
        ephemeral,
    };
    Ok(Spend { call, secret, rhos })
}

/// What the order states.
fn stated(terms: &Terms, call: &Spending, public_out: u64) -> TransferNative {
    TransferNative {
        asset: terms.asset,
        note_root: call.note_root,
        nullifiers: call.nullifiers.into(),
        commitments: call.commitments.into(),
        public_out,
        auditor: terms.auditor,
        cipher: call.cipher,
    }
}

/// The inputs of a spend between registered holders.
fn registered(
    ledger: &Ledger,
    terms: &Terms,
    sender: Field,
    Spend { call, secret, .. }: Spend,
    public_out: u64,
    with: Field,
) -> Act<Spending, SendPublic, SendPrivate> {
    let act = stated(terms, &call, public_out);
    let public = SendPublic { act, policy: terms.policy(ledger.holder_root()), bound: call.bound(with) };
    let (sender, receiver) = (entry(ledger, sender), entry(ledger, secret.receiver));
    Act { call, public, private: SendPrivate { secret, sender, receiver } }
}

/// A holder sends an amount to a holder.
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
    let spend = spend(ledger, terms, from, to, [amount, 0], memo)?;
    Ok(registered(ledger, terms, from.owner(), spend, 0, between_holders()))
}

/// A holder redeems an amount.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn redeem(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    amount: u64,
    reference: &str,
) -> Result<Act<Spending, SendPublic, SendPrivate>, NotAPoint> {
    let own = from.address();
    let spend = spend(ledger, terms, from, &own, [0, amount], Field::default())?;
    Ok(registered(ledger, terms, own.owner, spend, amount, for_reference(reference)))
}

/// An owner of cash pays an owner of cash; accounts get what the payment says.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn pay(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    payment: &Payment,
) -> Result<Act<Spending, CashPayPublic, CashPayPrivate>, NotAPoint> {
    let leaves = payment.total();
    let Spend { call, secret, .. } = spend(ledger, terms, from, to, [amount, leaves], Field::default())?;
    let public = CashPayPublic { act: stated(terms, &call, leaves), bound: call.bound(payment.bound()) };
    Ok(Act { call, public, private: CashPayPrivate { secret } })
}

fn locking(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    instruction: &Instruction,
) -> Result<(Locking, LockNative, LockSecretNative), NotAPoint> {
    let own = from.address();
    let Spend { call, secret, rhos } = spend(ledger, terms, from, to, [amount, 0], Field::default())?;
    let back = Note { value: amount, owner: own.owner, rho: rhos[0] };
    let Instruction { agent, name, deadline, blinding } = *instruction;
    let leg = leg(terms.asset, amount, to.owner, blinding);
    let ([released, change], [for_receiver, of_change]) = (call.commitments, call.notes);
    let order = Locking {
        note_root: call.note_root,
        nullifiers: call.nullifiers,
        released,
        cancelled: back.commitment(terms.asset),
        change,
        cipher: call.cipher,
        notes: [for_receiver, NoteCipher::seal(&own, &from.fresh(), &back, Field::default())?, of_change],
        id: LockId { agent, instruction: name, leg },
        deadline,
    };
    let act = LockNative {
        asset: terms.asset,
        note_root: order.note_root,
        nullifiers: order.nullifiers.into(),
        released,
        cancelled: order.cancelled,
        change,
        leg,
        auditor: terms.auditor,
        cipher: order.cipher,
    };
    let TransferSecretNative { spend, inputs, receiver, values, ephemeral } = secret;
    Ok((order, act, LockSecretNative { spend, inputs, receiver, values, blinding, ephemeral }))
}

/// A holder locks an amount for a holder.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn reserve(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    instruction: &Instruction,
) -> Result<Act<Locking, ReservePublic, ReservePrivate>, NotAPoint> {
    let (call, act, secret) = locking(ledger, terms, from, to, amount, instruction)?;
    let policy = terms.policy(ledger.holder_root());
    let public = ReservePublic { act, policy, bound: call.bound(between_holders()) };
    let (sender, receiver) = (entry(ledger, from.owner()), entry(ledger, to.owner));
    Ok(Act { call, public, private: ReservePrivate { secret, sender, receiver } })
}

/// An owner of cash locks an amount.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn cash_reserve(
    ledger: &Ledger,
    terms: &Terms,
    from: &mut Party,
    to: &Address,
    amount: u64,
    instruction: &Instruction,
) -> Result<Act<Locking, CashReservePublic, CashReservePrivate>, NotAPoint> {
    let (call, act, secret) = locking(ledger, terms, from, to, amount, instruction)?;
    let public = CashReservePublic { act, bound: call.bound(between_holders()) };
    Ok(Act { call, public, private: CashReservePrivate { secret } })
}

/// An officer seizes a note, with the keys that the auditor knows of its holder.
///
/// # Errors
/// [`NotAPoint`] if a key is none.
pub fn seize(
    ledger: &Ledger,
    terms: &Terms,
    keys: &ViewKeys,
    known: &Known,
    to: &Address,
    reason: &str,
    [ephemeral, other]: [Scalar; 2],
) -> Result<Act<Seizing, ConfiscatePublic, ConfiscatePrivate>, NotAPoint> {
    let Known { note: old, position } = *known;
    let (cipher, [rho, _]) = AuditCipher::seal(&terms.auditor.point()?, &ephemeral, [old.value, 0], to.owner);
    let new = Note { value: old.value, owner: to.owner, rho };
    let call = Seizing {
        note_root: ledger.note_root(),
        nullifier: old.nullifier(terms.asset, keys.nk, position),
        commitment: new.commitment(terms.asset),
        to: to.owner,
        cipher,
        note: NoteCipher::seal(to, &other, &new, Field::default())?,
    };
    let act = SeizeNative {
        asset: terms.asset,
        note_root: call.note_root,
        nullifier: call.nullifier,
        commitment: call.commitment,
        to: call.to,
        auditor: terms.auditor,
        cipher,
    };
    let policy = terms.policy(ledger.holder_root());
    let public = ConfiscatePublic { act, policy, bound: call.bound(for_reason(reason)) };
    let found = input(ledger, &Owned { note: old, position, memo: Field::default() });
    let secret = SeizeSecretNative { ak: keys.ak, nk: keys.nk, input: found, ephemeral };
    Ok(Act { call, public, private: ConfiscatePrivate { secret, receiver: entry(ledger, to.owner) } })
}

/// A holder discloses that a note of its own had at least a value at a snapshot: that of the ledger.
///
/// # Errors
/// [`IndexedError`](dusk_sdk::zk::native::IndexedError) if the note was spent at the snapshot.
pub fn disclose(
    snapshot: &Ledger,
    height: u64,
    party: &Party,
    owned: &Owned,
    question: Field,
    least: u64,
) -> Result<Act<Disclosure, DisclosePublic, DisclosePrivate>, dusk_sdk::zk::native::IndexedError> {
    let (asset, keys) = (snapshot.asset, party.keys.spend.view());
    let mut call = Disclosure { height, question, act_nullifier: Field::default(), least };
    call.act_nullifier = act_nullifier(keys.nk, asset, owned.position, call.act(asset));
    let unspent = snapshot.unspent(owned.note.nullifier(asset, keys.nk, owned.position))?;
    let spend = party.keys.spend.secret();
    let secret = HeldSecretNative { spend, input: input(snapshot, owned), unspent };
    let public = call.public(asset, snapshot.note_root(), snapshot.nullifier_root());
    Ok(Act { public, call, private: DisclosePrivate { secret } })
}

/// A note as an input.
#[must_use]
pub fn input(ledger: &Ledger, owned: &Owned) -> InputNative {
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
