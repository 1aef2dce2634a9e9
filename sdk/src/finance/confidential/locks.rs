//! Locks: amounts that wait for a settlement.
//!
//! A proof of [`Lock`](super::statements::Lock) spends notes into a pending entry. Its agent, a contract, can release
//! the entry to the receiver up to and including the block of the deadline, and cancel it at any time, which gives the
//! amount back. After the deadline anybody can cancel it. So a release and a cancellation by others never compete.
//!
//! Agent, instruction and leg identify an entry. The proof for an entry must open the leg, so nobody else can make an
//! entry in its place.

use alloc::boxed::Box;
use alloc::vec::Vec;

use dusk_sdk_circuit::native::Places;

use super::cipher::NoteCipher;
use crate::contract_id::ContractId;
use crate::env::{block_height, caller, emit};
use crate::field::Field;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The latest deadline, in blocks from now: thirty days of blocks of ten seconds.
pub const MAX_LOCK_BLOCKS: u64 = 259_200;

/// The pending entries.
#[derive(Debug, Clone, Default)]
pub struct Locks {
    /// The slot of each entry that there is or was, by [`LockId::key`]; [`NONE`] after it ended.
    slots: Places,
    entries: Vec<Option<Box<Pending>>>,
    /// The slots without an entry.
    free: Vec<u64>,
}

/// In place of the slot of an entry that has ended.
const NONE: u64 = u64::MAX;

/// The name of an entry.
#[contract_type]
#[derive(Copy, Eq, PartialOrd, Ord)]
pub struct LockId {
    /// The contract that may release it.
    pub agent: ContractId,
    /// The instruction, by the agent's own name.
    pub instruction: Field,
    /// The leg: [`leg`](super::leg).
    pub leg: Field,
}

/// An entry.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Pending {
    /// The commitment to the receiver's note.
    pub released: Field,
    /// The commitment to the sender's note.
    pub cancelled: Field,
    /// The last height at which it can be released.
    pub deadline: u64,
    /// The ciphertext for the receiver.
    pub for_receiver: NoteCipher,
    /// The ciphertext for the sender.
    pub for_sender: NoteCipher,
}

/// An amount was locked.
#[event]
pub struct AmountLocked {
    /// The entry.
    pub id: LockId,
    /// The content of the entry.
    pub pending: Pending,
}

/// The receiver got a locked amount. Its note follows in a [`NoteAdded`](super::notes::NoteAdded).
#[event]
pub struct LockReleased {
    /// The entry.
    pub id: LockId,
}

/// The sender got a locked amount back. Its note follows in a [`NoteAdded`](super::notes::NoteAdded).
#[event]
pub struct LockCancelled {
    /// The entry.
    pub id: LockId,
    /// The account or contract that cancelled it.
    pub by: Principal,
}

/// The errors of locks.
#[error(first = 9350)]
pub enum Refused {
    /// There is no such entry: it was released or cancelled, or never made.
    UnknownLock,
    /// The leg is locked already.
    AlreadyLocked,
    /// Only the agent may release it.
    NotTheAgent,
    /// The deadline has passed: it can only be cancelled.
    DeadlinePassed {
        /// The last height.
        deadline: u64,
    },
    /// Up to this height only the agent may cancel it.
    BeforeDeadline {
        /// The last height.
        deadline: u64,
    },
    /// The deadline is further away than `limit` blocks.
    DeadlineTooFar {
        /// The limit.
        limit: u64,
    },
}

impl LockId {
    /// A hash of the whole name.
    fn key(&self) -> Field {
        let mut bytes = [0; 96];
        let parts = [self.agent.to_bytes(), self.instruction.to_bytes(), self.leg.to_bytes()];
        bytes.chunks_mut(32).zip(&parts).for_each(|(place, part)| place.copy_from_slice(part));
        crate::crypto::hash(&bytes)
    }
}

impl Locks {
    /// An entry.
    #[must_use]
    pub fn pending(&self, id: &LockId) -> Option<&Pending> {
        // There is no entry at `NONE`.
        let slot = usize::try_from(self.slots.get(id.key())?).ok()?;
        self.entries.get(slot)?.as_deref()
    }

    /// The number of entries. The tree of notes will get one note for each.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.entries.len() - self.free.len()) as u64
    }

    /// Checks that an entry can be made, before a proof is verified.
    ///
    /// # Errors
    /// [`Refused::AlreadyLocked`], [`Refused::DeadlinePassed`], [`Refused::DeadlineTooFar`].
    pub fn require_free(&self, id: &LockId, deadline: u64) -> Result<(), Refused> {
        self.check(id, deadline, block_height())
    }

    /// Makes an entry. The proof must have been verified.
    ///
    /// # Errors
    /// As [`require_free`](Locks::require_free).
    pub fn lock(&mut self, id: LockId, pending: Pending) -> Result<(), Refused> {
        self.require_free(&id, pending.deadline)?;
        self.put(&id, pending);
        emit(AmountLocked { id, pending });
        Ok(())
    }

    /// Releases an entry, for its agent, and returns the receiver's note.
    ///
    /// # Errors
    /// [`Refused::NotTheAgent`], [`Refused::UnknownLock`], [`Refused::DeadlinePassed`].
    pub fn release(&mut self, id: LockId) -> Result<(Field, NoteCipher), Refused> {
        let note = self.take_released(&id, caller(), block_height())?;
        emit(LockReleased { id });
        Ok(note)
    }

    /// Cancels an entry, for its agent at any time and for anybody after the deadline, and returns the sender's note.
    ///
    /// # Errors
    /// [`Refused::UnknownLock`], [`Refused::BeforeDeadline`].
    pub fn cancel(&mut self, id: LockId) -> Result<(Field, NoteCipher), Refused> {
        let by = caller();
        let note = self.take_cancelled(&id, by, block_height())?;
        emit(LockCancelled { id, by });
        Ok(note)
    }

    fn check(&self, id: &LockId, deadline: u64, height: u64) -> Result<(), Refused> {
        ensure!(self.pending(id).is_none(), Refused::AlreadyLocked);
        ensure!(height <= deadline, Refused::DeadlinePassed { deadline });
        ensure!(deadline - height <= MAX_LOCK_BLOCKS, Refused::DeadlineTooFar { limit: MAX_LOCK_BLOCKS });
        Ok(())
    }

    fn take_released(&mut self, id: &LockId, by: Principal, height: u64) -> Result<(Field, NoteCipher), Refused> {
        ensure!(by.contract() == Some(id.agent), Refused::NotTheAgent);
        self.take(id, |entry| {
            let deadline = entry.deadline;
            ensure!(height <= deadline, Refused::DeadlinePassed { deadline });
            Ok((entry.released, entry.for_receiver))
        })
    }

    fn take_cancelled(&mut self, id: &LockId, by: Principal, height: u64) -> Result<(Field, NoteCipher), Refused> {
        self.take(id, |entry| {
            let deadline = entry.deadline;
            ensure!(by.contract() == Some(id.agent) || height > deadline, Refused::BeforeDeadline { deadline });
            Ok((entry.cancelled, entry.for_sender))
        })
    }

    /// Puts an entry into a free slot.
    fn put(&mut self, id: &LockId, pending: Pending) {
        let entry = Some(Box::new(pending));
        let slot = self.free.pop().unwrap_or(self.entries.len() as u64);
        match usize::try_from(slot).ok().and_then(|slot| self.entries.get_mut(slot)) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        self.slots.set(id.key(), slot);
    }

    /// Ends an entry, if it may end so.
    fn take<T>(&mut self, id: &LockId, read: impl FnOnce(&Pending) -> Result<T, Refused>) -> Result<T, Refused> {
        let key = id.key();
        let slot = self.slots.get(key).ok_or(Refused::UnknownLock)?;
        let place = usize::try_from(slot).ok().and_then(|slot| self.entries.get_mut(slot));
        let entry = place.ok_or(Refused::UnknownLock)?;
        let read = read(entry.as_deref().ok_or(Refused::UnknownLock)?)?;
        *entry = None;
        self.free.push(slot);
        self.slots.set(key, NONE);
        Ok(read)
    }
}

#[cfg(test)]
impl Locks {
    /// One entry, of anything.
    pub(super) fn with_one() -> Self {
        let cipher = NoteCipher { ephemeral: [0; 32], fields: [Field::default(); 4] };
        let (released, cancelled) = (11.into(), 12.into());
        let pending = Pending { released, cancelled, deadline: 100, for_receiver: cipher, for_sender: cipher };
        let agent = ContractId::from_bytes([1; 32]);
        let mut locks = Self::default();
        locks.put(&LockId { agent, instruction: 5.into(), leg: 7.into() }, pending);
        locks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: ContractId = ContractId::from_bytes([1; 32]);
    const OTHER: ContractId = ContractId::from_bytes([2; 32]);

    fn id(leg: u64) -> LockId {
        LockId { agent: AGENT, instruction: 5.into(), leg: leg.into() }
    }

    fn cipher(number: u8) -> NoteCipher {
        NoteCipher { ephemeral: [number; 32], fields: [Field::default(); 4] }
    }

    fn locks() -> Locks {
        let pending = Pending {
            released: 11.into(),
            cancelled: 12.into(),
            deadline: 100,
            for_receiver: cipher(1),
            for_sender: cipher(2),
        };
        let mut locks = Locks::default();
        locks.put(&id(7), pending);
        locks
    }

    #[test]
    fn a_lock_is_released_or_cancelled_once() {
        let mut it = locks();
        assert_eq!(it.take_released(&id(7), AGENT.into(), 100), Ok((11.into(), cipher(1))));
        assert_eq!(it.take_released(&id(7), AGENT.into(), 100), Err(Refused::UnknownLock));
        assert_eq!(it.take_cancelled(&id(7), AGENT.into(), 200), Err(Refused::UnknownLock), "released already");
        let mut it = locks();
        assert_eq!(it.take_cancelled(&id(7), OTHER.into(), 101), Ok((12.into(), cipher(2))));
        assert_eq!(it.take_cancelled(&id(7), OTHER.into(), 101), Err(Refused::UnknownLock));
        assert_eq!(it.take_released(&id(7), AGENT.into(), 100), Err(Refused::UnknownLock), "cancelled already");
        assert_eq!(it.count(), 0);
    }

    #[test]
    fn slots_are_used_again_and_names_too() {
        let mut it = locks();
        let pending = *it.pending(&id(7)).unwrap();
        it.put(&id(8), Pending { deadline: 200, ..pending });
        assert!(it.take_cancelled(&id(7), AGENT.into(), 100).is_ok());
        assert_eq!((it.pending(&id(7)), it.count()), (None, 1));
        it.put(&id(9), Pending { deadline: 300, ..pending });
        it.put(&id(7), Pending { deadline: 400, ..pending });
        let deadlines = [7, 8, 9].map(|leg| it.pending(&id(leg)).map(|entry| entry.deadline));
        assert_eq!((deadlines, it.count(), it.entries.len()), ([Some(400), Some(200), Some(300)], 3, 3));
    }

    #[test]
    fn at_each_height_one_of_both_is_possible_for_others_than_the_agent() {
        let deadline = 100;
        for height in [0, 99, 100, 101, 102] {
            let released = locks().take_released(&id(7), AGENT.into(), height);
            let cancelled = locks().take_cancelled(&id(7), OTHER.into(), height);
            assert_eq!(released.is_ok(), height <= deadline);
            assert_eq!(cancelled.is_ok(), height > deadline);
            assert!(locks().take_cancelled(&id(7), AGENT.into(), height).is_ok(), "the agent may always cancel");
            assert_eq!(locks().take_released(&id(7), OTHER.into(), height), Err(Refused::NotTheAgent));
        }
        assert_eq!(locks().take_released(&id(8), AGENT.into(), 0), Err(Refused::UnknownLock));
    }

    #[test]
    fn a_leg_is_locked_once_and_not_for_ever() {
        let it = locks();
        assert_eq!(it.check(&id(7), 100, 50), Err(Refused::AlreadyLocked));
        assert_eq!(it.check(&id(8), 100, 100), Ok(()));
        assert_eq!(it.check(&id(8), 100, 101), Err(Refused::DeadlinePassed { deadline: 100 }));
        assert_eq!(it.check(&id(8), MAX_LOCK_BLOCKS + 5, 5), Ok(()));
        let limit = MAX_LOCK_BLOCKS;
        assert_eq!(it.check(&id(8), MAX_LOCK_BLOCKS + 6, 5), Err(Refused::DeadlineTooFar { limit }));
        assert_eq!(it.check(&id(8), u64::MAX, 0), Err(Refused::DeadlineTooFar { limit }));
        let other = LockId { agent: OTHER, ..id(7) };
        assert_eq!(it.check(&other, 100, 50), Ok(()), "another agent's entry is another one");
    }
}
