//! Confidential cash: notes backed by DUSK, which anybody may hold. It is the cash leg of a settlement, and ends its
//! locks as the asset does.
#![no_std]

use dusk_sdk::finance::confidential::{AuditorKey, Pool, locks, notes, nullifiers, pool};
use dusk_sdk::prelude::*;

/// Notes backed by DUSK: after every call the contract's balance is at least the sum of all notes and locked amounts.
/// It is more only if another contract gives DUSK away: a payment to any function, such as `total_supply`, makes no
/// note. Deposits and withdrawals are public, what happens between them is not.
#[contract(
    events(pool::ConfidentialTransfer, pool::ConfidentialMint, pool::ConfidentialLock),
    events(notes::NoteAdded, nullifiers::NullifierSpent),
    events(locks::AmountLocked, locks::LockReleased, locks::LockCancelled)
)]
pub mod cash {
    use super::*;
    use circuits::{
        CashDeposit, CashDepositPublic, CashPay, CashPayPublic, CashReserve, CashReservePublic, Terms,
        for_withdrawal,
    };
    use dusk_sdk::finance::confidential::asset as asset_of;
    use dusk_sdk::finance::confidential::locks::{LockId, Pending};
    use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
    use dusk_sdk::money;
    use dusk_sdk::zk::Proof;

    /// The state.
    pub struct Cash {
        pool: Pool,
    }

    /// What the chain knows of the cash.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Status {
        /// How much there is, locked amounts included.
        pub supply: Dusk,
        /// The root of the tree of notes.
        pub note_root: Field,
        /// The root of the tree of nullifiers.
        pub nullifier_root: Field,
        /// How many notes there have been.
        pub notes: u64,
        /// How many notes were spent.
        pub nullifiers: u64,
        /// How many amounts are locked.
        pub locks: u64,
    }

    /// An account was paid.
    #[event]
    pub struct Withdrawn {
        /// The account.
        pub to: Account,
        /// How much.
        pub amount: Dusk,
    }

    /// The errors of the contract. Callers rely on the codes: add new errors at the end.
    #[error]
    pub enum Refused {
        /// A withdrawal of nothing.
        NothingWithdrawn,
        /// Notes, nullifiers, locks, the supply.
        #[from]
        Pool(pool::Refused),
    }

    impl Cash {
        /// Opens the cash. Every act is encrypted to this auditor; nobody has any other right.
        pub fn init(auditor: AuditorKey) -> Result<Self, Refused> {
            let pool = Pool::new(asset_of(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            Ok(Self { pool })
        }
        /// How much there is: all notes and locked amounts.
        pub fn total_supply(&self) -> Dusk {
            Dusk::from_lux(self.pool.total_supply())
        }
        /// What the chain knows.
        pub fn status(&self) -> Status {
            Status {
                supply: self.total_supply(),
                note_root: self.pool.notes().root(),
                nullifier_root: self.pool.nullifiers().root(),
                notes: self.pool.notes().count(),
                nullifiers: self.pool.nullifiers().count(),
                locks: self.pool.locks().count(),
            }
        }
        /// What every proof states. There are no days and levels here.
        pub fn terms(&self) -> Terms {
            Terms { asset: self.pool.asset(), auditor: self.pool.auditor.key(), today: 0, level: 0 }
        }
        /// A locked amount: what the receiver and the sender read, and the deadline.
        pub fn pending(&self, id: LockId) -> Option<Pending> {
            self.pool.locks().pending(&id).copied()
        }

        /// Takes DUSK, which the transaction attaches, and makes a note of it for somebody. Returns the position of the
        /// note.
        pub fn deposit(&mut self, order: Minting, proof: Proof<CashDeposit>) -> Result<u64, Refused> {
            let bound = order.bound(Field::default());
            let note = self.pool.mint(&order, |act| proof.verify(&CashDepositPublic { act, bound }))?;
            money::take_deposit(Dusk::from_lux(order.value));
            Ok(note)
        }
        /// Moves an amount between owners of notes. Returns the position of the receiver's note.
        pub fn confidential_transfer(
            &mut self,
            order: Spending,
            proof: Proof<CashPay>,
        ) -> Result<u64, Refused> {
            self.spend(&order, 0, Field::default(), &proof)
        }
        /// Pays an account. Returns the position of the first of the new notes.
        pub fn withdraw(
            &mut self,
            to: Account,
            amount: Dusk,
            order: Spending,
            proof: Proof<CashPay>,
        ) -> Result<u64, Refused> {
            ensure!(!amount.is_zero(), Refused::NothingWithdrawn);
            let note = self.spend(&order, amount.lux(), for_withdrawal(to, amount), &proof)?;
            emit(Withdrawn { to, amount });
            money::pay(to, amount);
            Ok(note)
        }
        /// Locks an amount for a leg of an instruction. Returns the position of the change.
        pub fn lock(&mut self, order: Locking, proof: Proof<CashReserve>) -> Result<u64, Refused> {
            let bound = order.bound(Field::default());
            Ok(self.pool.lock(&order, |act| proof.verify(&CashReservePublic { act, bound }))?)
        }
        /// Gives a locked amount to its receiver. Only the agent may, until the deadline. Returns the position of the
        /// note.
        pub fn release(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.release(id)?)
        }
        /// Gives a locked amount back to its sender. The agent may at any time, and anybody after the deadline. Returns
        /// the position of the note.
        pub fn cancel(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.cancel(id)?)
        }
    }

    impl Cash {
        /// Two notes become two others, and an amount leaves. The proof is bound to `with`.
        fn spend(
            &mut self,
            order: &Spending,
            leaves: u64,
            with: Field,
            proof: &Proof<CashPay>,
        ) -> Result<u64, Refused> {
            let bound = order.bound(with);
            Ok(self.pool.transfer(order, leaves, |act| proof.verify(&CashPayPublic { act, bound }))?)
        }
    }
}
