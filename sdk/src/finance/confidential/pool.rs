//! The usual acts of a confidential asset, composed of the parts.
//!
//! Every act first makes the cheap checks, then has the contract verify the proof, and then changes the state. The
//! contract passes the verification as a closure, so it cannot forget to verify. The closure gets the public inputs
//! from the act, so the proof is about exactly the values that the act uses:
//!
//! ```
//! use dusk_sdk::finance::confidential::pool::{Pool, Refused, Spending};
//! use dusk_sdk::finance::confidential::statements::{Transfer, TransferSecret};
//! use dusk_sdk::zk::*;
//!
//! /// A holder moves an amount to another one. The proof is bound to the rest of the order.
//! #[circuit]
//! pub fn send(
//!     cs: &mut ConstraintSystem,
//!     #[public] act: Transfer,
//!     #[public] _bound: Field,
//!     #[private] secret: TransferSecret,
//! ) {
//!     let _ = act.assert(cs, &secret);
//! }
//!
//! /// Pays nobody outside of the asset, so there is nothing else to bind.
//! fn transfer(pool: &mut Pool, order: &Spending, proof: &Proof<Send>) -> Result<u64, Refused> {
//!     let bound = order.bound(0.into());
//!     pool.transfer(order, 0, |act| proof.verify(&SendPublic { act, bound }))
//! }
//! ```
//!
//! The supply is public: the sum of all mints less the sum of all payments out of the asset. It includes locked
//! amounts.

use alloc::string::String;

use super::cipher::{AuditCipher, AuditorKey, NoteCipher, ViewCipher};
use super::locks::{LockId, Locks, Pending};
use super::notes::Notes;
use super::nullifiers::Nullifiers;
use super::registry::check_reason;
use super::statements::{LockNative, MintNative, RegisterNative, SeizeNative, TransferNative};
use super::{Auditor, Registry, auditor, locks, notes, nullifiers, registry};
use crate::env::emit;
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;
use crate::zk::binding;
use crate::zk::native::Array;

/// The notes of an asset, and all acts that change them.
#[derive(Debug, Clone)]
pub struct Pool {
    asset: Field,
    notes: Notes,
    nullifiers: Nullifiers,
    locks: Locks,
    supply: u64,
    /// The auditor, for its hand-over.
    pub auditor: Auditor,
}

/// A transfer: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Spending {
    /// The root in the proof.
    pub note_root: Field,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The commitments to the outputs.
    pub commitments: [Field; 2],
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The ciphertexts for the receivers of the outputs.
    pub notes: [NoteCipher; 2],
}

/// A lock: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Locking {
    /// The root in the proof.
    pub note_root: Field,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The commitment to the receiver's note.
    pub released: Field,
    /// The commitment to the sender's note.
    pub cancelled: Field,
    /// The commitment to change.
    pub change: Field,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The ciphertexts of three notes: the receiver's, the sender's if the lock is cancelled, and the change.
    pub notes: [NoteCipher; 3],
    /// The entry.
    pub id: LockId,
    /// The last height at which it can be released.
    pub deadline: u64,
}

/// A public amount that becomes a note: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Minting {
    /// The amount.
    pub value: u64,
    /// The commitment to the note.
    pub commitment: Field,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The ciphertext for the receiver.
    pub note: NoteCipher,
}

/// A seizure: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Seizing {
    /// The root in the proof.
    pub note_root: Field,
    /// The nullifier of the note.
    pub nullifier: Field,
    /// The commitment to the new note.
    pub commitment: Field,
    /// The owner of the new note.
    pub to: Field,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The ciphertext for the new owner.
    pub note: NoteCipher,
}

/// A transfer, a redemption or a withdrawal. The events of nullifiers and notes precede it.
#[event]
pub struct ConfidentialTransfer {
    /// The position of the first output; the change has the next one.
    pub first_note: u64,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The amount that left the confidential asset.
    pub public_out: u64,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
}

/// A public amount became a note.
#[event]
pub struct ConfidentialMint {
    /// The position of the note.
    pub note: u64,
    /// The amount.
    pub value: u64,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
}

/// The controller took a note.
#[event]
pub struct ConfidentialSeizure {
    /// The position of the new note.
    pub note: u64,
    /// The nullifier of the old one.
    pub nullifier: Field,
    /// The owner of the new one.
    pub to: Field,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// Notes were spent into a lock. The [`AmountLocked`](locks::AmountLocked) precedes it.
#[event]
pub struct ConfidentialLock {
    /// The entry.
    pub id: LockId,
    /// The position of the change.
    pub change: u64,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The number of the auditor's key.
    pub auditor: u32,
}

/// The errors of the pool.
#[error(first = 9360)]
pub enum Refused {
    /// The proof does not prove the statement, or was made for other arguments.
    ProofInvalid,
    /// The amount is zero.
    ZeroAmount,
    /// The supply would need more than 64 bits.
    SupplyOverflow,
    /// The amount to leave is larger than the supply.
    SupplyTooSmall {
        /// The supply.
        supply: u64,
    },
    /// From the tree of notes.
    #[from]
    Notes(notes::Refused),
    /// From the nullifiers.
    #[from]
    Nullifiers(nullifiers::Refused),
    /// From the locks.
    #[from]
    Locks(locks::Refused),
    /// From the auditor's office.
    #[from]
    Auditor(auditor::Refused),
    /// From the registry.
    #[from]
    Registry(registry::Refused),
}

impl Spending {
    /// The public input that binds the proof to the receivers' ciphertexts, and to `with`, the contract's own data,
    /// such as the paid account, a relayer and its fee. Everything else in the order is a public input itself.
    #[must_use]
    pub fn bound(&self, with: Field) -> Field {
        binding(&(*b"transfer", self.notes, with))
    }
}

impl Locking {
    /// The public input that binds the proof to the ciphertexts, the entry, the deadline, and to `with`, the contract's
    /// own data.
    #[must_use]
    pub fn bound(&self, with: Field) -> Field {
        binding(&(*b"lock", self.notes, self.id, self.deadline, with))
    }
}

impl Minting {
    /// The public input that binds the proof to the ciphertext, and to `with`, the contract's own data.
    #[must_use]
    pub fn bound(&self, with: Field) -> Field {
        binding(&(*b"mint", self.note, with))
    }
}

impl Seizing {
    /// The public input that binds the proof to the ciphertext, and to `with`, the contract's own data.
    #[must_use]
    pub fn bound(&self, with: Field) -> Field {
        binding(&(*b"seize", self.note, with))
    }
}

impl Pool {
    /// A pool without notes, for an [`asset`](super::asset) and an auditor.
    ///
    /// # Errors
    /// [`auditor::Refused`].
    pub fn new(asset: Field, auditor: AuditorKey) -> Result<Self, auditor::Refused> {
        let auditor = Auditor::new(auditor)?;
        let (notes, nullifiers, locks) = (Notes::default(), Nullifiers::default(), Locks::default());
        Ok(Self { asset, notes, nullifiers, locks, supply: 0, auditor })
    }

    /// The asset.
    #[must_use]
    pub fn asset(&self) -> Field {
        self.asset
    }

    /// The notes.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The nullifiers.
    #[must_use]
    pub fn nullifiers(&self) -> &Nullifiers {
        &self.nullifiers
    }

    /// The locks.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// The public supply: the values of all unspent notes and of all locked amounts.
    #[must_use]
    pub fn total_supply(&self) -> u64 {
        self.supply
    }

    /// Registers an owner, whose keys the auditor can read. Anybody may submit the proof.
    ///
    /// # Errors
    /// [`registry::Refused::AlreadyRegistered`] and [`Refused::ProofInvalid`].
    pub fn register(
        &self,
        registry: &mut Registry,
        owner: Field,
        cipher: ViewCipher,
        verify: impl FnOnce(RegisterNative) -> bool,
    ) -> Result<(), Refused> {
        registry.require_new(owner)?;
        let act = RegisterNative { owner, auditor: self.auditor.key(), cipher };
        ensure!(verify(act), Refused::ProofInvalid);
        Ok(registry.register(owner, cipher, self.auditor.number())?)
    }

    /// Moves value from a holder to another, and `public_out` out of the asset. Returns the position of the first
    /// output.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn transfer(
        &mut self,
        order: &Spending,
        public_out: u64,
        verify: impl FnOnce(TransferNative) -> bool,
    ) -> Result<u64, Refused> {
        let act = self.prepare_transfer(order, public_out)?;
        ensure!(verify(act), Refused::ProofInvalid);
        self.finish_transfer(order, public_out)
    }

    /// Makes a note of a public amount, which the contract has taken or issues. Returns the position.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn mint(&mut self, order: &Minting, verify: impl FnOnce(MintNative) -> bool) -> Result<u64, Refused> {
        let (act, supply) = self.prepare_mint(order)?;
        ensure!(verify(act), Refused::ProofInvalid);
        self.finish_mint(order, supply)
    }

    /// Takes a note from its holder. Returns the position of the new one.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn seize(
        &mut self,
        by: Officer,
        order: &Seizing,
        reason: String,
        verify: impl FnOnce(SeizeNative) -> bool,
    ) -> Result<u64, Refused> {
        check_reason(&reason)?;
        let act = self.prepare_seizure(order)?;
        ensure!(verify(act), Refused::ProofInvalid);
        self.finish_seizure(by, order, reason)
    }

    /// Locks an amount for a settlement. Returns the position of the change.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn lock(&mut self, order: &Locking, verify: impl FnOnce(LockNative) -> bool) -> Result<u64, Refused> {
        self.locks.require_free(&order.id, order.deadline)?;
        let act = self.prepare_lock(order)?;
        ensure!(verify(act), Refused::ProofInvalid);
        self.finish_lock(order)
    }

    /// Gives a locked amount to its receiver; the caller is the agent. Returns the position of the note.
    ///
    /// # Errors
    /// [`locks::Refused`].
    pub fn release(&mut self, id: LockId) -> Result<u64, Refused> {
        let note = self.locks.release(id)?;
        Ok(self.notes.add(&[note])?)
    }

    /// Gives a locked amount back. Returns the position of the note.
    ///
    /// # Errors
    /// [`locks::Refused`].
    pub fn cancel(&mut self, id: LockId) -> Result<u64, Refused> {
        let note = self.locks.cancel(id)?;
        Ok(self.notes.add(&[note])?)
    }

    /// An amount that will become notes by [`pay`](Self::pay) comes into the supply.
    pub(super) fn fund(&mut self, amount: u64) -> Result<(), Refused> {
        self.supply = self.supply.checked_add(amount).ok_or(Refused::SupplyOverflow)?;
        Ok(())
    }

    /// Funded money that did not become notes leaves the supply.
    pub(super) fn take_back(&mut self, amount: u64) -> Result<(), Refused> {
        let supply = self.supply;
        self.supply = supply.checked_sub(amount).ok_or(Refused::SupplyTooSmall { supply })?;
        Ok(())
    }

    /// Adds a note whose value is in the supply already, as a proof has shown. Returns its position.
    pub(super) fn pay(&mut self, commitment: Field, note: NoteCipher) -> Result<u64, Refused> {
        Ok(self.notes.add(&[(commitment, note)])?)
    }

    // The steps after the verification of the proof. None is generic or inlined, so a contract that transfers and
    // redeems has one copy of `finish_transfer`. If they were inlined, the compiler would split an order, and move each
    // field several times.

    #[inline(never)]
    fn finish_transfer(&mut self, order: &Spending, public_out: u64) -> Result<u64, Refused> {
        self.nullifiers.spend(&order.nullifiers)?;
        let [first, change] = order.commitments;
        let first_note = self.notes.add(&[(first, order.notes[0]), (change, order.notes[1])])?;
        self.supply -= public_out;
        let (nullifiers, cipher, auditor) = (order.nullifiers, order.cipher, self.auditor.number());
        emit(ConfidentialTransfer { first_note, nullifiers, public_out, cipher, auditor });
        Ok(first_note)
    }

    #[inline(never)]
    fn finish_mint(&mut self, order: &Minting, supply: u64) -> Result<u64, Refused> {
        let note = self.notes.add(&[(order.commitment, order.note)])?;
        self.supply = supply;
        let auditor = self.auditor.number();
        emit(ConfidentialMint { note, value: order.value, cipher: order.cipher, auditor });
        Ok(note)
    }

    #[inline(never)]
    fn finish_seizure(&mut self, by: Officer, order: &Seizing, reason: String) -> Result<u64, Refused> {
        self.nullifiers.spend(&[order.nullifier])?;
        let note = self.notes.add(&[(order.commitment, order.note)])?;
        let (nullifier, to, cipher, auditor) = (order.nullifier, order.to, order.cipher, self.auditor.number());
        emit(ConfidentialSeizure { note, nullifier, to, cipher, auditor, by: by.who(), reason });
        Ok(note)
    }

    #[inline(never)]
    fn finish_lock(&mut self, order: &Locking) -> Result<u64, Refused> {
        self.nullifiers.spend(&order.nullifiers)?;
        let [for_receiver, for_sender, of_change] = order.notes;
        let (released, cancelled, deadline) = (order.released, order.cancelled, order.deadline);
        self.locks.lock(order.id, Pending { released, cancelled, deadline, for_receiver, for_sender })?;
        let change = self.notes.add(&[(order.change, of_change)])?;
        let (id, nullifiers, cipher, auditor) = (order.id, order.nullifiers, order.cipher, self.auditor.number());
        emit(ConfidentialLock { id, change, nullifiers, cipher, auditor });
        Ok(change)
    }

    fn prepare_transfer(&self, order: &Spending, public_out: u64) -> Result<TransferNative, Refused> {
        self.require_spendable(order.note_root, &order.nullifiers, 2)?;
        ensure!(public_out <= self.supply, Refused::SupplyTooSmall { supply: self.supply });
        Ok(TransferNative {
            asset: self.asset,
            note_root: order.note_root,
            nullifiers: Array(order.nullifiers),
            commitments: Array(order.commitments),
            public_out,
            auditor: self.auditor.key(),
            cipher: order.cipher,
        })
    }

    fn prepare_mint(&self, order: &Minting) -> Result<(MintNative, u64), Refused> {
        ensure!(order.value > 0, Refused::ZeroAmount);
        let supply = self.supply.checked_add(order.value).ok_or(Refused::SupplyOverflow)?;
        self.require_room(1)?;
        let act = MintNative {
            asset: self.asset,
            value: order.value,
            commitment: order.commitment,
            auditor: self.auditor.key(),
            cipher: order.cipher,
        };
        Ok((act, supply))
    }

    fn prepare_seizure(&self, order: &Seizing) -> Result<SeizeNative, Refused> {
        self.require_spendable(order.note_root, &[order.nullifier], 1)?;
        Ok(SeizeNative {
            asset: self.asset,
            note_root: order.note_root,
            nullifier: order.nullifier,
            commitment: order.commitment,
            to: order.to,
            auditor: self.auditor.key(),
            cipher: order.cipher,
        })
    }

    fn prepare_lock(&self, order: &Locking) -> Result<LockNative, Refused> {
        self.require_spendable(order.note_root, &order.nullifiers, 2)?;
        Ok(LockNative {
            asset: self.asset,
            note_root: order.note_root,
            nullifiers: Array(order.nullifiers),
            released: order.released,
            cancelled: order.cancelled,
            change: order.change,
            leg: order.id.leg,
            auditor: self.auditor.key(),
            cipher: order.cipher,
        })
    }

    fn require_spendable(&self, note_root: Field, nullifiers: &[Field], outputs: u64) -> Result<(), Refused> {
        self.notes.require_known(note_root)?;
        self.nullifiers.require_unspent(nullifiers)?;
        self.require_room(outputs)
    }

    /// Checks that there is a place for notes, and still one for each locked amount.
    pub(super) fn require_room(&self, notes: u64) -> Result<(), Refused> {
        Ok(self.notes.require_room(notes + self.locks.count())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContractId;
    use crate::client::Arguments;
    use crate::zk::native::Point;
    use crate::zk::{PROOF_BYTES, Proof};

    fn pool() -> Pool {
        let mut pool = Pool::new(9.into(), AuditorKey::new(&(Point::GENERATOR * &5.into()))).unwrap();
        pool.notes = Notes::with([1.into(), 2.into()]);
        pool.supply = 100;
        pool
    }

    fn note(number: u8) -> NoteCipher {
        NoteCipher { ephemeral: [number; 32], fields: [u64::from(number).into(); 4] }
    }

    fn spending(pool: &Pool) -> Spending {
        let cipher = AuditCipher { ephemeral: [3.into(), 4.into()], fields: [5.into(), 6.into()] };
        let (nullifiers, commitments) = ([21.into(), 22.into()], [31.into(), 32.into()]);
        Spending { note_root: pool.notes.root(), nullifiers, commitments, cipher, notes: [note(1), note(2)] }
    }

    #[test]
    fn a_proof_is_about_what_the_act_does() {
        let pool = pool();
        let order = spending(&pool);
        let act = pool.prepare_transfer(&order, 40).unwrap();
        assert_eq!((act.asset, act.note_root, act.public_out), (pool.asset(), pool.notes.root(), 40));
        assert_eq!((act.nullifiers.0, act.commitments.0), (order.nullifiers, order.commitments));
        assert_eq!((act.auditor, act.cipher), (pool.auditor.key(), order.cipher));
        let minting = Minting { value: 7, commitment: 1.into(), cipher: order.cipher, note: note(1) };
        let (act, supply) = pool.prepare_mint(&minting).unwrap();
        assert_eq!((act.asset, act.value, act.commitment, supply), (pool.asset(), 7, 1.into(), 107));
    }

    /// A contract refuses arguments that do not decode before every other check.
    #[test]
    fn a_shortened_order_is_no_argument() {
        fn check<A: Arguments>(arguments: &A) {
            let whole = arguments.encode().unwrap();
            assert!(A::decode(&whole).is_ok());
            for length in 0..whole.len() {
                assert!(A::decode(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
            }
        }
        let (order, proof) = (spending(&pool()), Proof::<()>::from_bytes([7; PROOF_BYTES]));
        let Spending { note_root, nullifiers: [nullifier, other], cipher, notes: [note, _], .. } = order;
        let id = LockId { agent: ContractId::from_bytes([1; 32]), instruction: 2.into(), leg: 3.into() };
        let (nullifiers, commitment, notes) = (order.nullifiers, other, [note; 3]);
        let (released, cancelled, change) = (nullifier, other, note_root);
        check(&(order, proof));
        let locking = Locking { note_root, nullifiers, released, cancelled, change, cipher, notes, id, deadline: 7 };
        check(&(locking, note_root, proof));
        check(&(Minting { value: 7, commitment, cipher, note }, proof));
        check(&(Seizing { note_root, nullifier, commitment, to: other, cipher, note }, proof));
        let view = ViewCipher { ephemeral: [nullifier, other], fields: [other, nullifier] };
        check(&(nullifier, view, proof));
    }

    #[test]
    fn what_cannot_be_is_refused_before_the_proof() {
        let mut pool = pool();
        let order = spending(&pool);
        let refusal = |pool: &Pool, order: &Spending| pool.prepare_transfer(order, 0).err();
        let stale = Spending { note_root: 1.into(), ..order };
        assert_eq!(refusal(&pool, &stale), Some(notes::Refused::UnknownNoteRoot.into()));
        let registry_root = Spending { note_root: 0.into(), ..order };
        assert_eq!(refusal(&pool, &registry_root), Some(notes::Refused::UnknownNoteRoot.into()));
        let twice = Spending { nullifiers: [21.into(); 2], ..order };
        assert_eq!(refusal(&pool, &twice), Some(nullifiers::Refused::SpentTwice.into()));
        let more = pool.prepare_transfer(&order, 101).err();
        assert_eq!(more, Some(Refused::SupplyTooSmall { supply: 100 }));
        let minting = |value| Minting { value, commitment: 1.into(), cipher: order.cipher, note: note(1) };
        assert_eq!(pool.prepare_mint(&minting(0)).err(), Some(Refused::ZeroAmount));
        assert_eq!(pool.prepare_mint(&minting(u64::MAX - 99)).err(), Some(Refused::SupplyOverflow));
        pool.supply = u64::MAX;
        assert_eq!(pool.prepare_mint(&minting(1)).err(), Some(Refused::SupplyOverflow));
    }

    /// A root is stale when [`notes::ROOTS`] later blocks had acts, however many acts a block had.
    #[test]
    fn a_stale_note_root_is_refused_before_the_proof() {
        let mut pool = pool();
        let order = spending(&pool);
        let seizing = Seizing {
            note_root: order.note_root,
            nullifier: 21.into(),
            commitment: 31.into(),
            to: 41.into(),
            cipher: order.cipher,
            note: note(1),
        };
        let stale = || Some(Refused::from(notes::Refused::UnknownNoteRoot));
        (1..notes::ROOTS as u64).for_each(|height| pool.notes.pass(2, height));
        pool.notes.pass(2 * notes::ROOTS as u64, notes::ROOTS as u64 - 1);
        assert!(pool.prepare_transfer(&order, 0).is_ok() && pool.prepare_seizure(&seizing).is_ok());
        pool.notes.pass(1, notes::ROOTS as u64);
        assert_eq!(pool.prepare_transfer(&order, 0).err(), stale());
        assert_eq!(pool.prepare_seizure(&seizing).err(), stale());
        // The same notes can be spent with a proof about a later root: nothing is lost.
        let again = Spending { note_root: pool.notes.root(), ..order };
        assert!(pool.prepare_transfer(&again, 0).is_ok());
    }

    /// A proof that does not verify changes nothing: the closure decides before the first change.
    #[test]
    fn an_invalid_proof_changes_nothing() {
        let mut pool = pool();
        let order = spending(&pool);
        let before = (pool.notes.clone(), pool.nullifiers.root(), pool.supply);
        let refused = pool.transfer(&order, 1, |act| act.public_out != 1);
        assert_eq!(refused, Err(Refused::ProofInvalid));
        let minting = Minting { value: 7, commitment: 1.into(), cipher: order.cipher, note: note(1) };
        assert_eq!(pool.mint(&minting, |_| false), Err(Refused::ProofInvalid));
        let (mut registry, view) =
            (Registry::default(), ViewCipher { ephemeral: [1.into(); 2], fields: [2.into(); 2] });
        let refused = pool.register(&mut registry, 5.into(), view, |act| act.owner != 5.into());
        assert_eq!(refused, Err(Refused::ProofInvalid));
        assert!(!registry.is_registered(5.into()));
        assert_eq!((pool.notes.clone(), pool.nullifiers.root(), pool.supply), before);
    }

    #[test]
    fn everything_that_goes_along_is_bound() {
        let order = spending(&pool());
        let bound = order.bound(1.into());
        assert_ne!(order.bound(2.into()), bound);
        assert_ne!(Spending { notes: [note(2), note(1)], ..order }.bound(1.into()), bound);
        assert_ne!(Spending { notes: [note(1), note(3)], ..order }.bound(1.into()), bound);
        let agent = crate::ContractId::from_bytes([1; 32]);
        let id = LockId { agent, instruction: 5.into(), leg: 6.into() };
        let lock = Locking {
            note_root: order.note_root,
            nullifiers: order.nullifiers,
            released: 1.into(),
            cancelled: 2.into(),
            change: 3.into(),
            cipher: order.cipher,
            notes: [note(1), note(2), note(3)],
            id,
            deadline: 10,
        };
        let bound = lock.bound(1.into());
        assert_ne!(Locking { deadline: 11, ..lock }.bound(1.into()), bound);
        assert_ne!(Locking { id: LockId { instruction: 6.into(), ..id }, ..lock }.bound(1.into()), bound);
        let other = crate::ContractId::from_bytes([2; 32]);
        assert_ne!(Locking { id: LockId { agent: other, ..id }, ..lock }.bound(1.into()), bound);
        assert_ne!(Locking { notes: [note(1), note(2), note(4)], ..lock }.bound(1.into()), bound);
    }

    /// A locked amount has its place in the tree, so that it can always come back.
    #[test]
    fn locked_amounts_keep_their_places() {
        let mut pool = pool();
        pool.notes = Notes::full_but(2, 7.into());
        let order = spending(&pool);
        assert!(pool.prepare_transfer(&order, 0).is_ok());
        pool.locks = Locks::with_one();
        assert_eq!(pool.prepare_transfer(&order, 0).err(), Some(notes::Refused::NotesFull.into()));
    }
}
