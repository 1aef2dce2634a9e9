//! The witnesses of a holder's acts: the public arguments of a call, and the private inputs of its proof.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::build::{self, Entries, Input, Spend};
use super::held::Held;
use super::history::{Act, Made};
use super::randomness::NoRandomness;
use super::select::{Choice, ChoiceError, Spendable};
use super::view::Pinned;
use super::wallet::{RESERVED_BLOCKS, Wallet};
use crate::finance::confidential::snapshots::Pinned as Snapshot;
use crate::finance::confidential::statements::{
    AffirmNative, AffirmSecretNative, HeldNative, HeldSecretNative, LockNative, LockSecretNative, MintNative,
    MintSecretNative, PartyNative, RegisterNative, RegisterSecretNative, TransferNative, TransferSecretNative,
};
use crate::finance::confidential::{Address, AuditorKey, BlockedCountries, NotAnAddress, Note, leg, pool};
use crate::zk::native::{NotAPoint, Scalar};
use crate::{ContractId, Field};

/// Numbers that make the ephemeral keys within an act differ.
mod purpose {
    pub(super) const AUDITOR: u64 = 0;
    pub(super) const FIRST: u64 = 1;
    pub(super) const SECOND: u64 = 2;
    pub(super) const THIRD: u64 = 3;
    pub(super) const EMPTY: u64 = 4;
}

/// The witness of a registration.
#[derive(Debug, Clone)]
pub struct RegisterWitness {
    /// The owner of notes, and the reading key.
    pub address: Address,
    /// The statement.
    pub act: RegisterNative,
    /// The private inputs of the proof.
    pub secret: RegisterSecretNative,
}

/// The witness of an issue or a deposit.
#[derive(Debug, Clone)]
pub struct MintWitness {
    /// The arguments of the call.
    pub order: pool::Minting,
    /// The statement.
    pub act: MintNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// The private inputs of the proof.
    pub secret: MintSecretNative,
    /// The receiver in the registry; `None` if it is not there.
    pub receiver: Option<PartyNative>,
}

/// The witness of a transfer, a merge, a redemption or a withdrawal: two notes become two others.
#[derive(Debug, Clone)]
pub struct TransferWitness {
    /// The arguments of the call.
    pub order: pool::Spending,
    /// The statement.
    pub act: TransferNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// The private inputs of the proof.
    pub secret: TransferSecretNative,
    /// The sender in the registry; `None` if it is not there.
    pub sender: Option<PartyNative>,
    /// The receiver in the registry; `None` if it is not there.
    pub receiver: Option<PartyNative>,
}

/// The witness of a lock: two notes become the locked amount, and change.
#[derive(Debug, Clone)]
pub struct LockWitness {
    /// The arguments of the call.
    pub order: pool::Locking,
    /// The statement.
    pub act: LockNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// The private inputs of the proof.
    pub secret: LockSecretNative,
    /// The sender in the registry; `None` if it is not there.
    pub sender: Option<PartyNative>,
    /// The receiver in the registry; `None` if it is not there.
    pub receiver: Option<PartyNative>,
}

/// An instruction for the entry that a settlement contract will release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// The contract that may release it.
    pub agent: ContractId,
    /// The instruction, by the agent's own name.
    pub instruction: Field,
    /// The blinding that hides the leg of the instruction.
    pub blinding: Field,
    /// The last height of a release.
    pub deadline: u64,
}

/// The witness that a holder is the receiver of a leg, to affirm or reject an instruction.
#[derive(Debug, Clone)]
pub struct AffirmWitness {
    /// The statement.
    pub act: AffirmNative,
    /// The private inputs of the proof.
    pub secret: AffirmSecretNative,
}

/// The witness that a holder held a note at a snapshot.
#[derive(Debug, Clone)]
pub struct HeldWitness {
    /// The statement.
    pub act: HeldNative,
    /// The value of the note.
    pub value: u64,
    /// The private inputs of the proof.
    pub secret: HeldSecretNative,
}

/// The reason why there is no witness.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActError {
    /// No notes can be chosen.
    Choice(ChoiceError),
    /// The notes are too small: [merge](Wallet::merge) these pairs first, and scan. The merges are independent of each
    /// other.
    MergeFirst {
        /// The pairs.
        pairs: Vec<[Spendable; 2]>,
        /// The rounds of merging that are needed, this one included.
        rounds: u32,
    },
    /// The sum of the amount that is sent and the amount that leaves the asset has more than 64 bits.
    TooMuch,
    /// The note does not exist, is spent, or is reserved by another transfer.
    NotFree(u64),
    /// The auditor's key is not a point.
    AuditorKey(NotAPoint),
    /// The receiver's address has no reading key.
    Receiver(NotAnAddress),
    /// A key of the teller is not a point.
    TellerKey(NotAPoint),
    /// The poll does not have this choice.
    UnknownChoice(u8),
    /// The system gives no random bytes.
    NoRandomness,
    /// The known events do not lead to the roots of the snapshot: some are missing.
    Snapshot,
    /// The sender is not in the registry: no officer has admitted it, or the wallet has not scanned this event.
    SenderNotAdmitted,
    /// The receiver is not in the registry.
    ReceiverNotAdmitted,
    /// The sender's country is blocked, so no proof of this transfer or lock exists.
    SenderBlocked {
        /// The number of the country.
        country: u16,
    },
    /// The receiver's country is blocked, so no proof of this issue, transfer or lock exists.
    ReceiverBlocked {
        /// The number of the country.
        country: u16,
    },
    /// No unspent note of the wallet was worth at least this amount at the snapshot.
    NotHeld {
        /// The value of the largest one.
        largest: u64,
    },
}

impl fmt::Display for ActError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(error) => error.fmt(f),
            Self::MergeFirst { pairs, rounds } => {
                write!(f, "the notes are too small: merge {} pairs first, in {rounds} rounds", pairs.len())
            }
            Self::TooMuch => f.write_str("the sum of the sent and the redeemed or locked amount exceeds 64 bits"),
            Self::NotFree(position) => {
                write!(f, "the note at position {position} is unknown, spent, or reserved by another transaction")
            }
            Self::AuditorKey(error) => write!(f, "the auditor's key: {error}"),
            Self::Receiver(error) => error.fmt(f),
            Self::TellerKey(error) => write!(f, "the teller's key: {error}"),
            Self::UnknownChoice(choice) => write!(f, "the poll has no choice {choice}"),
            Self::NoRandomness => NoRandomness.fmt(f),
            Self::Snapshot => {
                f.write_str("the scanned events do not give the roots of the snapshot: some are missing; scan them all")
            }
            Self::SenderNotAdmitted => f.write_str("the sender is not in the registry"),
            Self::ReceiverNotAdmitted => f.write_str("the receiver is not in the registry"),
            Self::SenderBlocked { country } => {
                write!(f, "the sender's country, {country}, is blocked: compliance has to end the block first")
            }
            Self::ReceiverBlocked { country } => {
                write!(f, "the receiver's country, {country}, is blocked: compliance has to end the block first")
            }
            Self::NotHeld { largest } => {
                write!(f, "no single note was worth so much at the snapshot; the largest was worth {largest}")
            }
        }
    }
}

impl core::error::Error for ActError {}

impl From<NoRandomness> for ActError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl MintWitness {
    /// The receiver in the registry, for an asset that has one.
    ///
    /// # Errors
    /// [`ActError::ReceiverNotAdmitted`].
    pub fn party(&self) -> Result<PartyNative, ActError> {
        self.receiver.clone().ok_or(ActError::ReceiverNotAdmitted)
    }

    /// Checks before a proof is made that the receiver's country is not blocked. A receiver without an entry passes.
    ///
    /// # Errors
    /// [`ActError::ReceiverBlocked`].
    pub fn require_unblocked(&self, blocked: &BlockedCountries) -> Result<(), ActError> {
        require_unblocked(blocked, None, self.receiver.as_ref())
    }
}

impl TransferWitness {
    /// Sender and receiver in the registry, for an asset that has one.
    ///
    /// # Errors
    /// [`ActError::SenderNotAdmitted`], [`ActError::ReceiverNotAdmitted`].
    pub fn parties(&self) -> Result<[PartyNative; 2], ActError> {
        parties(self.sender.as_ref(), self.receiver.as_ref())
    }

    /// Checks before a proof is made that the countries of both parties are not blocked. A party without an entry
    /// passes.
    ///
    /// # Errors
    /// [`ActError::SenderBlocked`], [`ActError::ReceiverBlocked`].
    pub fn require_unblocked(&self, blocked: &BlockedCountries) -> Result<(), ActError> {
        require_unblocked(blocked, self.sender.as_ref(), self.receiver.as_ref())
    }
}

impl LockWitness {
    /// Sender and receiver in the registry, for an asset that has one.
    ///
    /// # Errors
    /// [`ActError::SenderNotAdmitted`], [`ActError::ReceiverNotAdmitted`].
    pub fn parties(&self) -> Result<[PartyNative; 2], ActError> {
        parties(self.sender.as_ref(), self.receiver.as_ref())
    }

    /// Checks before a proof is made that the countries of both parties are not blocked. A party without an entry
    /// passes.
    ///
    /// # Errors
    /// [`ActError::SenderBlocked`], [`ActError::ReceiverBlocked`].
    pub fn require_unblocked(&self, blocked: &BlockedCountries) -> Result<(), ActError> {
        require_unblocked(blocked, self.sender.as_ref(), self.receiver.as_ref())
    }
}

fn parties(sender: Option<&PartyNative>, receiver: Option<&PartyNative>) -> Result<[PartyNative; 2], ActError> {
    let sender = sender.cloned().ok_or(ActError::SenderNotAdmitted)?;
    Ok([sender, receiver.cloned().ok_or(ActError::ReceiverNotAdmitted)?])
}

fn require_unblocked(
    blocked: &BlockedCountries,
    sender: Option<&PartyNative>,
    receiver: Option<&PartyNative>,
) -> Result<(), ActError> {
    let found = |party: Option<&PartyNative>| {
        party.map(|party| party.holder.country).filter(|country| blocked.contains(*country))
    };
    if let Some(country) = found(sender) {
        return Err(ActError::SenderBlocked { country });
    }
    found(receiver).map_or(Ok(()), |country| Err(ActError::ReceiverBlocked { country }))
}

/// An operation that spends two notes.
struct Order {
    act: Act,
    inputs: Vec<Spendable>,
    to: Address,
    amount: u64,
    leaves: u64,
    memo: Field,
}

/// The input from which the ephemeral keys of an act are derived: a random element, and the content of the act.
#[derive(Clone)]
pub(super) struct Context(Vec<Field>);

impl Drop for Context {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Wallet {
    /// Makes the witness of a registration.
    ///
    /// # Errors
    /// [`ActError::AuditorKey`], [`ActError::NoRandomness`].
    pub fn register(&self, auditor: &AuditorKey) -> Result<RegisterWitness, ActError> {
        let context = self.context(&[auditor.u])?;
        build::register(auditor, &self.keys, self.ephemeral(&context, purpose::AUDITOR))
    }

    /// Makes the witness of a transfer, and reserves its notes. [Save](Wallet::save) the wallet before the witness
    /// leaves.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn transfer(
        &mut self,
        auditor: &AuditorKey,
        to: Address,
        amount: u64,
        memo: Field,
    ) -> Result<TransferWitness, ActError> {
        let inputs = self.inputs(amount)?;
        self.spend(auditor, Order { act: Act::Transfer(to), inputs, to, amount, leaves: 0, memo })
    }

    /// Makes the witness of a redemption or a withdrawal: `leaves` becomes public, and the rest is change.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn redeem(&mut self, auditor: &AuditorKey, leaves: u64) -> Result<TransferWitness, ActError> {
        let (inputs, to) = (self.inputs(leaves)?, self.address());
        self.spend(auditor, Order { act: Act::Redeem, inputs, to, amount: 0, leaves, memo: Field::default() })
    }

    /// Makes the witness of a transfer of which a part becomes public, such as the fee of a relayer.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn transfer_and_leave(
        &mut self,
        auditor: &AuditorKey,
        to: Address,
        [amount, leaves]: [u64; 2],
        memo: Field,
    ) -> Result<TransferWitness, ActError> {
        let inputs = self.inputs(amount.checked_add(leaves).ok_or(ActError::TooMuch)?)?;
        self.spend(auditor, Order { act: Act::Transfer(to), inputs, to, amount, leaves, memo })
    }

    /// Makes the witness of a transfer to oneself that makes one note of two.
    ///
    /// # Errors
    /// [`ActError::NotFree`] if one of them cannot be spent now, and [`ActError::TooMuch`].
    pub fn merge(&mut self, auditor: &AuditorKey, pair: [Spendable; 2]) -> Result<TransferWitness, ActError> {
        let amount = pair[0].value.checked_add(pair[1].value).ok_or(ActError::TooMuch)?;
        let (inputs, to) = (pair.to_vec(), self.address());
        self.spend(auditor, Order { act: Act::Merge, inputs, to, amount, leaves: 0, memo: Field::default() })
    }

    /// Makes the witness of a lock for a receiver, and reserves its notes.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn lock(
        &mut self,
        auditor: &AuditorKey,
        to: Address,
        amount: u64,
        instruction: &Instruction,
    ) -> Result<LockWitness, ActError> {
        let inputs = self.inputs(amount)?;
        let order = Order { act: Act::Lock(to), inputs, to, amount, leaves: 0, memo: Field::default() };
        self.made(auditor, order, |wallet, spend, entries, seed| {
            spend.lock(entries, instruction, &wallet.ephemeral(seed, purpose::THIRD))
        })
    }

    /// Makes the witness that this holder is the receiver of a leg of an instruction: of this amount, with this
    /// blinding.
    #[must_use]
    pub fn affirm(&self, amount: u64, blinding: Field) -> AffirmWitness {
        let act = AffirmNative { asset: self.asset, leg: leg(self.asset, amount, self.owner, blinding) };
        let secret = AffirmSecretNative { spend: self.keys.spend.secret(), value: amount, blinding };
        AffirmWitness { act, secret }
    }

    /// Makes the witness of a public amount that becomes a note of a receiver: an issue by an officer, or a deposit by
    /// anybody.
    ///
    /// # Errors
    /// [`ActError::Choice`] for an amount of 0, [`ActError::AuditorKey`], [`ActError::Receiver`],
    /// [`ActError::NoRandomness`].
    pub fn mint(&mut self, auditor: &AuditorKey, to: &Address, value: u64) -> Result<MintWitness, ActError> {
        if value == 0 {
            return Err(ActError::Choice(ChoiceError::Zero));
        }
        let seed = self.context(&[Field::from(value), to.owner, auditor.u])?;
        let ephemeral = [purpose::AUDITOR, purpose::FIRST].map(|number| self.ephemeral(&seed, number));
        let receiver = (self.view.holder_root(), self.view.party(to.owner));
        build::mint(self.asset, auditor, to, value, ephemeral, receiver)
    }

    /// Makes the witness that this holder held one note of at least an amount at a snapshot. Uses the smallest note
    /// that suffices. `act` names the purpose of the proof.
    ///
    /// # Errors
    /// [`ActError::Snapshot`] and [`ActError::NotHeld`].
    pub fn show(&self, snapshot: &Snapshot, least: u64, act: Field) -> Result<HeldWitness, ActError> {
        let mut pinned = self.pinned(snapshot)?;
        let mut notes = self.held_at(&pinned);
        notes.sort_unstable_by_key(|held| (held.note.value, held.position));
        let largest = notes.last().map_or(0, |held| held.note.value);
        let smallest = notes.into_iter().find(|held| held.note.value >= least);
        self.showing(&mut pinned, snapshot, smallest.ok_or(ActError::NotHeld { largest })?, act)
    }

    /// Makes a witness for each note of this holder at a snapshot, for a vote or a dividend.
    ///
    /// # Errors
    /// [`ActError::Snapshot`].
    pub fn show_all(&self, snapshot: &Snapshot, act: Field) -> Result<Vec<HeldWitness>, ActError> {
        let mut pinned = self.pinned(snapshot)?;
        let notes = self.held_at(&pinned);
        notes.into_iter().map(|held| self.showing(&mut pinned, snapshot, held, act)).collect()
    }

    fn pinned(&self, snapshot: &Snapshot) -> Result<Pinned, ActError> {
        let Snapshot { notes, nullifiers, note_root, nullifier_root, .. } = *snapshot;
        let mut pinned = self.view.first(notes, nullifiers).ok_or(ActError::Snapshot)?;
        let leads = pinned.notes.root() == note_root && pinned.spent.root() == nullifier_root;
        leads.then_some(pinned).ok_or(ActError::Snapshot)
    }

    /// The notes of the wallet that were unspent at a snapshot.
    fn held_at(&self, pinned: &Pinned) -> Vec<&Held> {
        let there = self.held.values().filter(|held| held.position < pinned.notes.len() as u64);
        there.filter(|held| !pinned.spent.contains(held.nullifier)).collect()
    }

    fn showing(
        &self,
        pinned: &mut Pinned,
        snapshot: &Snapshot,
        held: &Held,
        act: Field,
    ) -> Result<HeldWitness, ActError> {
        let path = pinned.notes.path(held.position).ok_or(ActError::Snapshot)?;
        let unspent = pinned.spent.absence(held.nullifier).ok_or(ActError::Snapshot)?;
        let input = Input { note: held.note, position: held.position, path };
        Ok(build::held(self.asset, &self.keys, input, unspent, snapshot, act))
    }

    fn inputs(&self, amount: u64) -> Result<Vec<Spendable>, ActError> {
        match self.choose(amount).map_err(ActError::Choice)? {
            Choice::Spend(inputs) => Ok(inputs),
            Choice::Merge { pairs, rounds } => Err(ActError::MergeFirst { pairs, rounds }),
        }
    }

    fn spend(&mut self, auditor: &AuditorKey, order: Order) -> Result<TransferWitness, ActError> {
        self.made(auditor, order, |_, spend, entries, _| spend.transfer(entries))
    }

    /// Makes a witness of an order, and reserves its notes.
    fn made<W>(
        &mut self,
        auditor: &AuditorKey,
        order: Order,
        make: impl FnOnce(&Self, Spend<'_>, Entries, &Context) -> Result<W, ActError>,
    ) -> Result<W, ActError> {
        let Order { act, inputs, to, amount, leaves, memo } = order;
        let (own, asset, nk) = (self.address(), self.asset, self.view_keys.nk);
        let mut notes = Vec::with_capacity(2);
        for input in &inputs {
            let free = self.spendable().contains(input);
            let held = self.held.get(&input.position).filter(|_| free).ok_or(ActError::NotFree(input.position))?;
            notes.push((held.note, input.position));
        }
        let sum: u128 = notes.iter().map(|(note, _)| u128::from(note.value)).sum();
        let change = sum.checked_sub(u128::from(amount) + u128::from(leaves));
        let change = change.and_then(|change| u64::try_from(change).ok()).ok_or(ActError::TooMuch)?;
        let paid = [amount, leaves, change].map(Field::from);
        let mut context: Vec<Field> = paid.into_iter().chain([to.owner, memo, auditor.u]).collect();
        context.extend(notes.iter().map(|(note, position)| note.nullifier(asset, nk, *position)));
        let seed = self.context(&context)?;
        let mut used = Vec::with_capacity(2);
        for (note, position) in notes {
            let path = self.view.note_path(position).ok_or(ActError::NotFree(position))?;
            used.push(Input { note, position, path });
        }
        if used.len() < 2 {
            let rho = self.ephemeral(&seed, purpose::EMPTY).field();
            used.push(Input::empty(asset, Note { value: 0, owner: own.owner, rho }));
        }
        let Ok(inputs) = <[Input; 2]>::try_from(used) else { return Err(ActError::NotFree(u64::MAX)) };
        let nullifiers = [&inputs[0], &inputs[1]].map(|it| it.note.nullifier(asset, nk, it.position)).to_vec();
        let (registry_root, note_root) = (self.view.holder_root(), self.view.note_root());
        let (sender, receiver) = (self.view.party(own.owner), self.view.party(to.owner));
        let entries = Entries { registry_root, sender, receiver };
        let ephemeral = [purpose::AUDITOR, purpose::FIRST, purpose::SECOND];
        let ephemeral = ephemeral.map(|number| self.ephemeral(&seed, number));
        let (keys, values) = (&self.keys, [amount, change]);
        let spend = Spend { asset, auditor, keys, note_root, inputs, to, values, leaves, memo, ephemeral };
        let witness = make(self, spend, entries, &seed)?;
        let until = self.view.height().saturating_add(RESERVED_BLOCKS);
        let amount = amount.saturating_add(leaves);
        self.reserve(Made { act, amount, memo, nullifiers, until });
        Ok(witness)
    }

    /// A random element, then the content of the act. Two acts get different keys if the randomness is good. If it is
    /// not, they still do if the acts differ, and acts that spend notes differ in their nullifiers.
    pub(super) fn context(&self, act: &[Field]) -> Result<Context, NoRandomness> {
        let mut context = Vec::with_capacity(1 + act.len());
        context.push(self.source.field()?);
        context.extend(act);
        Ok(Context(context))
    }

    /// An ephemeral key for one purpose within an act.
    pub(super) fn ephemeral(&self, Context(context): &Context, purpose: u64) -> Scalar {
        let mut context = Context(context.clone());
        context.0.push(Field::from(purpose));
        self.keys.spend.ephemeral(&context.0)
    }
}
