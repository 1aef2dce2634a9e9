//! Confidential cash: notes backed by DUSK. Anybody may hold it; deposits and withdrawals are public, what happens
//! between them is not. It is the cash leg of a settlement.
#![no_std]

use dusk_sdk::finance::confidential::*;
use dusk_sdk::prelude::*;

/// Notes backed by DUSK: after every call the contract's balance is at least the sum of all notes and locked amounts.
/// It is more only if another contract gives DUSK away: a payment to any function, such as `total_supply`, makes no
/// note.
#[contract(
    events(notes::NoteAdded, nullifiers::NullifierSpent),
    events(pool::ConfidentialMint, pool::ConfidentialTransfer, pool::ConfidentialLock),
    events(locks::AmountLocked, locks::LockReleased, locks::LockCancelled)
)]
pub mod cash {
    use super::*;
    use circuits::{
        CashDeposit, CashDepositPublic, CashPay, CashPayPublic, CashReserve, CashReservePublic, Payment,
        Terms, between_holders,
    };
    use dusk_sdk::finance::confidential::locks::{LockId, Pending};
    use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
    use dusk_sdk::money;
    use dusk_sdk::zk::Proof;

    /// The state.
    pub struct Cash {
        pool: Pool,
    }

    /// The cash as a whole.
    #[contract_type]
    #[derive(Eq)]
    pub struct Status {
        /// How much there is.
        pub supply: Dusk,
        /// How many notes there have been.
        pub notes: u64,
        /// How many of them were spent, empty inputs included.
        pub spent: u64,
        /// How many locks are pending.
        pub locked: u64,
        /// The root of the notes.
        pub note_root: Field,
        /// The root of the nullifiers.
        pub nullifier_root: Field,
    }

    /// Accounts were paid.
    #[event]
    pub struct Withdrawn {
        /// Which, and how much; and the relayer with its fee.
        pub payment: Payment,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The payment names another account as its relayer.
        NotTheRelayer,
        /// Notes, nullifiers, locks, the supply.
        #[from]
        Pool(pool::Refused),
    }

    impl Cash {
        /// Opens the cash. Every act is encrypted to this auditor; nobody has any other right.
        pub fn init(auditor: AuditorKey) -> Result<Self, Refused> {
            let pool = Pool::new(asset(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            Ok(Self { pool })
        }
        /// How much there is: all notes and locked amounts.
        pub fn total_supply(&self) -> Dusk {
            Dusk::from_lux(self.pool.total_supply())
        }
        /// The state of the cash as a whole.
        pub fn status(&self) -> Status {
            let (notes, nullifiers) = (self.pool.notes(), self.pool.nullifiers());
            Status {
                supply: self.total_supply(),
                notes: notes.count(),
                spent: nullifiers.count(),
                locked: self.pool.locks().count(),
                note_root: notes.root(),
                nullifier_root: nullifiers.root(),
            }
        }
        /// What every proof states. There are no days, levels and countries here.
        pub fn terms(&self) -> Terms {
            let (asset, auditor) = (self.pool.asset(), self.pool.auditor.key());
            Terms { asset, auditor, today: 0, level: 0, blocked: BlockedCountries::default() }
        }
        /// Whether a note was spent.
        pub fn is_spent(&self, nullifier: Field) -> bool {
            self.pool.nullifiers().is_spent(nullifier)
        }
        /// A lock that is pending.
        pub fn pending(&self, id: LockId) -> Option<Pending> {
            self.pool.locks().pending(&id).copied()
        }
        /// Takes DUSK, which the transaction attaches, and makes a note of it for somebody.
        pub fn deposit(&mut self, order: Minting, proof: Proof<CashDeposit>) -> Result<(), Refused> {
            let bound = order.bound(between_holders());
            self.pool.mint(&order, |act| CashDeposit::verify(&proof, &CashDepositPublic { act, bound }))?;
            money::take_deposit(Dusk::from_lux(order.value));
            Ok(())
        }
        /// Moves an amount between owners of notes, and pays what the payment says: an account, a relayer's fee.
        pub fn confidential_transfer(
            &mut self,
            order: Spending,
            payment: Payment,
            proof: Proof<CashPay>,
        ) -> Result<(), Refused> {
            if let Some((relayer, _)) = payment.relayer {
                ensure!(caller() == relayer, Refused::NotTheRelayer);
            }
            let bound = order.bound(payment.bound());
            let verify = |act| CashPay::verify(&proof, &CashPayPublic { act, bound });
            self.pool.transfer(&order, payment.total(), verify)?;
            if payment != Payment::NONE {
                emit(Withdrawn { payment });
            }
            for (account, amount) in [payment.to, payment.relayer].into_iter().flatten() {
                money::pay(account, amount);
            }
            Ok(())
        }
        /// Locks an amount until the agent releases it to an owner of notes, or it is cancelled.
        pub fn lock(&mut self, order: Locking, proof: Proof<CashReserve>) -> Result<(), Refused> {
            let bound = order.bound(between_holders());
            self.pool.lock(&order, |act| CashReserve::verify(&proof, &CashReservePublic { act, bound }))?;
            Ok(())
        }
        /// Gives a locked amount to its receiver. Only the agent may, up to the deadline.
        pub fn release(&mut self, id: LockId) -> Result<(), Refused> {
            self.pool.release(id)?;
            Ok(())
        }
        /// Gives a locked amount back to its sender: the agent may at any time, anybody after the deadline.
        pub fn cancel(&mut self, id: LockId) -> Result<(), Refused> {
            self.pool.cancel(id)?;
            Ok(())
        }
    }
}
