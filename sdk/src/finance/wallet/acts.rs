//! The witnesses of a holder's acts: the public arguments of a call, and the private inputs of its proof.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::held::Held;
use super::history::{Act, Made};
use super::randomness::{self, NoRandomness};
use super::select::{Choice, ChoiceError, Spendable};
use super::view::Pinned;
use super::wallet::{RESERVED_BLOCKS, Wallet};
use crate::finance::confidential::locks::LockId;
use crate::finance::confidential::snapshots::Pinned as Snapshot;
use crate::finance::confidential::statements::{
    HeldNative, HeldSecretNative, InputNative, LockNative, LockSecretNative, MintNative, MintSecretNative, PartyNative,
    RegisterNative, RegisterSecretNative, TransferNative, TransferSecretNative,
};
use crate::finance::confidential::{
    Address, AuditCipher, AuditorKey, Host, NOTE_LEVELS, NotAnAddress, Note, NoteCipher, ViewCipher, act_nullifier,
    leg, pool,
};
use crate::zk::native::merkle::{MerklePath, Tree};
use crate::zk::native::{NotAPoint, Point, Scalar};
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
    /// What only the prover knows.
    pub secret: RegisterSecretNative,
}

/// The witness of an issue or a deposit.
#[derive(Debug, Clone)]
pub struct MintWitness {
    /// What the contract is sent.
    pub order: pool::Minting,
    /// The statement.
    pub act: MintNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// What only the prover knows.
    pub secret: MintSecretNative,
    /// The receiver in the registry; none if it is not there.
    pub receiver: Option<PartyNative>,
}

/// The witness of a transfer, a merge, a redemption or a withdrawal: two notes become two others.
#[derive(Debug, Clone)]
pub struct TransferWitness {
    /// What the contract is sent.
    pub order: pool::Spending,
    /// The statement.
    pub act: TransferNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// What only the prover knows.
    pub secret: TransferSecretNative,
    /// The sender in the registry; none if it is not there.
    pub sender: Option<PartyNative>,
    /// The receiver in the registry; none if it is not there.
    pub receiver: Option<PartyNative>,
}

/// The witness of a lock: two notes become what is locked, and change.
#[derive(Debug, Clone)]
pub struct LockWitness {
    /// What the contract is sent.
    pub order: pool::Locking,
    /// The statement.
    pub act: LockNative,
    /// The root of the registry; 0 if there is none.
    pub registry_root: Field,
    /// What only the prover knows.
    pub secret: LockSecretNative,
    /// The sender in the registry; none if it is not there.
    pub sender: Option<PartyNative>,
    /// The receiver in the registry; none if it is not there.
    pub receiver: Option<PartyNative>,
}

/// An entry that a settlement contract is to release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// The contract that may release it.
    pub agent: ContractId,
    /// The instruction, by the agent's own name.
    pub instruction: Field,
    /// What hides the leg of the instruction.
    pub blinding: Field,
    /// The last height of a release.
    pub deadline: u64,
}

/// The witness that a note was held at a snapshot.
#[derive(Debug, Clone)]
pub struct HeldWitness {
    /// The statement.
    pub act: HeldNative,
    /// The value of the note.
    pub value: u64,
    /// What only the prover knows.
    pub secret: HeldSecretNative,
}

/// The reason why there is no witness.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActError {
    /// No notes can be chosen.
    Choice(ChoiceError),
    /// The notes are too small: [merge](Wallet::merge) these pairs first, and scan. The transfers do not wait for each
    /// other.
    MergeFirst {
        /// The pairs.
        pairs: Vec<[Spendable; 2]>,
        /// The rounds of merging that are needed, this one included.
        rounds: u32,
    },
    /// The sum of the amount that is sent and the amount that leaves the asset has more than 64 bits.
    TooMuch,
    /// The note is not there, is spent, or is taken by another transfer.
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
    /// No single note was worth so much at the snapshot, and unspent.
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
            Self::TooMuch => f.write_str("what is sent and what leaves are more than 2^64 together"),
            Self::NotFree(position) => write!(f, "the note at {position} is not there, is spent, or is taken"),
            Self::AuditorKey(error) => write!(f, "the auditor's key: {error}"),
            Self::Receiver(error) => error.fmt(f),
            Self::TellerKey(error) => write!(f, "the teller's key: {error}"),
            Self::UnknownChoice(choice) => write!(f, "the poll has no choice {choice}"),
            Self::NoRandomness => NoRandomness.fmt(f),
            Self::Snapshot => {
                f.write_str("the known events do not lead to the roots of the snapshot; scan all of them")
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

/// What two notes become.
struct Order {
    act: Act,
    inputs: Vec<Spendable>,
    to: Address,
    amount: u64,
    leaves: u64,
    memo: Field,
}

/// The witness of a transfer, with what the witness of a lock needs besides.
struct Parts {
    witness: TransferWitness,
    /// The random elements of both outputs.
    rhos: [Field; 2],
    /// The random element of the act, from which its ephemeral keys are derived.
    seed: Context,
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
        let key = point(auditor)?;
        let context = Context::new(&[auditor.u])?;
        let ephemeral = self.ephemeral(&context, purpose::AUDITOR);
        let cipher = ViewCipher::seal(&key, &ephemeral, &self.view_keys);
        let secret = RegisterSecretNative { spend: self.keys.spend.secret(), ephemeral };
        let act = RegisterNative { owner: self.owner, auditor: *auditor, cipher };
        Ok(RegisterWitness { address: self.address(), act, secret })
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

    /// Makes the witness of a lock for a receiver, and takes its notes.
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
        let Instruction { agent, instruction, blinding, deadline } = *instruction;
        let inputs = self.inputs(amount)?;
        let order = Order { act: Act::Lock(to), inputs, to, amount, leaves: 0, memo: Field::default() };
        let (own, asset) = (self.address(), self.asset);
        let Parts { witness, rhos, seed } = self.parts(auditor, order)?;
        let back = Note { value: amount, owner: own.owner, rho: rhos[0] };
        let third = self.ephemeral(&seed, purpose::THIRD);
        let TransferWitness { order, act, registry_root, secret, sender, receiver: party } = witness;
        let TransferSecretNative { spend, inputs, receiver, values, ephemeral } = secret;
        let [for_receiver, for_change] = order.notes;
        let leg = leg(asset, amount, to.owner, blinding);
        let order = pool::Locking {
            note_root: order.note_root,
            nullifiers: order.nullifiers,
            released: order.commitments[0],
            cancelled: back.commitment(asset),
            change: order.commitments[1],
            cipher: order.cipher,
            notes: [for_receiver, sealed(&own, &third, &back, Field::default())?, for_change],
            id: LockId { agent, instruction, leg },
            deadline,
        };
        let act = LockNative {
            asset,
            note_root: order.note_root,
            nullifiers: act.nullifiers,
            released: order.released,
            cancelled: order.cancelled,
            change: order.change,
            leg,
            auditor: *auditor,
            cipher: order.cipher,
        };
        let secret = LockSecretNative { spend, inputs, receiver, values, blinding, ephemeral };
        Ok(LockWitness { order, act, registry_root, secret, sender, receiver: party })
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
        let key = point(auditor)?;
        let seed = Context::new(&[Field::from(value), to.owner, auditor.u])?;
        let [ephemeral, first] = [purpose::AUDITOR, purpose::FIRST].map(|number| self.ephemeral(&seed, number));
        let (cipher, [rho, _]) = AuditCipher::seal(&key, &ephemeral, [value, 0], to.owner);
        let note = Note { value, owner: to.owner, rho };
        let commitment = note.commitment(self.asset);
        let order = pool::Minting { value, commitment, cipher, note: sealed(to, &first, &note, Field::default())? };
        let act = MintNative { asset: self.asset, value, commitment, auditor: *auditor, cipher };
        let secret = MintSecretNative { owner: to.owner, ephemeral };
        let registry_root = self.view.holder_root();
        Ok(MintWitness { order, act, registry_root, secret, receiver: self.party(to.owner) })
    }

    /// Makes the witness that one note was held at a snapshot and was worth at least an amount: the smallest that
    /// suffices. `act` names what it is shown for.
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

    /// Makes the witness for each note that was held at a snapshot: for a vote or a dividend.
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
        let (asset, nk, value) = (self.asset, self.view_keys.nk, held.note.value);
        let public = HeldNative {
            asset,
            note_root: snapshot.note_root,
            nullifier_root: snapshot.nullifier_root,
            act,
            act_nullifier: act_nullifier(nk, asset, held.position, act),
        };
        let input = InputNative { value, rho: held.note.rho, path };
        let secret = HeldSecretNative { spend: self.keys.spend.secret(), input, unspent };
        Ok(HeldWitness { act: public, value, secret })
    }

    fn inputs(&self, amount: u64) -> Result<Vec<Spendable>, ActError> {
        match self.choose(amount).map_err(ActError::Choice)? {
            Choice::Spend(inputs) => Ok(inputs),
            Choice::Merge { pairs, rounds } => Err(ActError::MergeFirst { pairs, rounds }),
        }
    }

    fn spend(&mut self, auditor: &AuditorKey, order: Order) -> Result<TransferWitness, ActError> {
        self.parts(auditor, order).map(|parts| parts.witness)
    }

    fn parts(&mut self, auditor: &AuditorKey, order: Order) -> Result<Parts, ActError> {
        let Order { act: named, inputs, to, amount, leaves, memo } = order;
        let (key, own, asset, nk) = (point(auditor)?, self.address(), self.asset, self.view_keys.nk);
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
        let seed = Context::new(&context)?;
        let mut used = Vec::with_capacity(2);
        for (note, position) in notes {
            used.push((note, position, self.view.note_path(position).ok_or(ActError::NotFree(position))?));
        }
        if used.len() < 2 {
            let rho = self.ephemeral(&seed, purpose::EMPTY).field();
            let empty = Note { value: 0, owner: own.owner, rho };
            used.push((empty, 0, alone(empty.commitment(asset))));
        }
        let Ok([one, two]) = <[_; 2]>::try_from(used) else { return Err(ActError::NotFree(u64::MAX)) };
        let nullifiers = [&one, &two].map(|(note, position, _)| note.nullifier(asset, nk, *position));
        let ephemeral = self.ephemeral(&seed, purpose::AUDITOR);
        let (cipher, rhos) = AuditCipher::seal(&key, &ephemeral, [amount, change], to.owner);
        let made = [
            Note { value: amount, owner: to.owner, rho: rhos[0] },
            Note { value: change, owner: own.owner, rho: rhos[1] },
        ];
        let [first, second] = [purpose::FIRST, purpose::SECOND].map(|number| self.ephemeral(&seed, number));
        let input = |(note, _, path): (Note, u64, _)| InputNative { value: note.value, rho: note.rho, path };
        let order = pool::Spending {
            note_root: self.view.note_root(),
            nullifiers,
            commitments: made.map(|note| note.commitment(asset)),
            cipher,
            notes: [sealed(&to, &first, &made[0], memo)?, sealed(&own, &second, &made[1], Field::default())?],
        };
        let act = TransferNative {
            asset,
            note_root: order.note_root,
            nullifiers: nullifiers.into(),
            commitments: order.commitments.into(),
            public_out: leaves,
            auditor: *auditor,
            cipher,
        };
        let secret = TransferSecretNative {
            spend: self.keys.spend.secret(),
            inputs: [input(one), input(two)].into(),
            receiver: to.owner,
            values: [amount, change].into(),
            ephemeral,
        };
        let registry_root = self.view.holder_root();
        let (sender, receiver) = (self.party(own.owner), self.party(to.owner));
        let witness = TransferWitness { order, act, registry_root, secret, sender, receiver };
        let until = self.view.height().saturating_add(RESERVED_BLOCKS);
        let amount = amount.saturating_add(leaves);
        self.reserve(Made { act: named, amount, memo, nullifiers: nullifiers.to_vec(), until });
        Ok(Parts { witness, rhos, seed })
    }

    /// A holder with its path in the registry; none if it is not there.
    fn party(&mut self, owner: Field) -> Option<PartyNative> {
        self.view.party(owner)
    }

    /// An ephemeral key for one purpose within an act.
    pub(super) fn ephemeral(&self, Context(context): &Context, purpose: u64) -> Scalar {
        let mut context = Context(context.clone());
        context.0.push(Field::from(purpose));
        self.keys.spend.ephemeral(&context.0)
    }
}

impl Context {
    /// A random element, then the content of the act. Two acts get different keys if the system's randomness is good.
    /// If it is not, they still do if the acts differ, and acts that spend notes differ in their nullifiers.
    pub(super) fn new(act: &[Field]) -> Result<Self, NoRandomness> {
        let mut context = Vec::with_capacity(1 + act.len());
        context.push(randomness::field()?);
        context.extend(act);
        Ok(Self(context))
    }
}

pub(super) fn point(auditor: &AuditorKey) -> Result<Point, ActError> {
    auditor.point().map_err(ActError::AuditorKey)
}

pub(super) fn sealed(to: &Address, ephemeral: &Scalar, note: &Note, memo: Field) -> Result<NoteCipher, ActError> {
    NoteCipher::seal(to, ephemeral, note, memo).map_err(|error| ActError::Receiver(NotAnAddress::Reading(error)))
}

/// The path of a leaf that is alone in a tree. An empty input needs a path, which nobody compares with a root.
fn alone(leaf: Field) -> MerklePath<NOTE_LEVELS> {
    let mut tree = Tree::<NOTE_LEVELS, Host>::default();
    match tree.insert(0, leaf).ok().and_then(|_| tree.opening(0)) {
        Some(path) => path,
        None => unreachable!("every tree has the position 0"),
    }
}
