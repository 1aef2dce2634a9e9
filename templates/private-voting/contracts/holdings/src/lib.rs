//! Hidden holdings with votes and dividends by snapshot. It composes parts of `dusk_sdk::finance`; the template
//! `confidential-token` has more acts of officers, and a registry of holders.
#![no_std]

use dusk_sdk::finance::confidential::{
    Acts, Dividends, Polls, Pool, Snapshots, dividends, notes, nullifiers, polls, pool, snapshots,
};
use dusk_sdk::finance::{Offices, offices};
use dusk_sdk::prelude::*;

/// An asset whose holders and amounts are hidden from the chain. Holders vote with what they held at a snapshot, and
/// are paid for it; the chain sees the tally of each poll and the sum of each dividend. Anybody may submit what a
/// holder has proved.
#[contract(
    events(pool::ConfidentialTransfer, pool::ConfidentialMint, notes::NoteAdded, nullifiers::NullifierSpent),
    events(snapshots::HoldingsPinned, polls::PollOpened, polls::VoteCast, polls::PollTallied),
    events(dividends::DividendDeclared, dividends::DividendClaimed, dividends::DividendClosed)
)]
pub mod holdings {
    use super::*;
    use circuits::{
        Cast, CastPublic, Count, CountPublic, Draw, DrawPublic, Issue, IssuePublic, Send, SendPublic, SumUp,
        SumUpPublic,
    };
    use dusk_sdk::finance::confidential::dividends::{Claiming, Dividend, Payout};
    use dusk_sdk::finance::confidential::polls::{Outcome, Poll, Standing, Voting};
    use dusk_sdk::finance::confidential::pool::{Minting, Spending};
    use dusk_sdk::finance::confidential::snapshots::Pinned;
    use dusk_sdk::finance::confidential::{AuditorKey, asset as asset_of};
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;

    /// The state.
    pub struct Holdings {
        name: String,
        offices: Offices,
        pool: Pool,
        snapshots: Snapshots,
        acts: Acts,
        polls: Polls,
        dividends: Dividends,
    }

    /// What acts are about.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Terms {
        /// The asset: this contract on this chain.
        pub asset: Field,
        /// To whom issues, transfers and claims are encrypted.
        pub auditor: AuditorKey,
    }

    /// What the chain knows of the asset.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Status {
        /// How much there is: all unspent notes, and the pots of open dividends.
        pub supply: u64,
        /// The root of the tree of notes.
        pub note_root: Field,
        /// The root of the tree of nullifiers.
        pub nullifier_root: Field,
        /// How many notes there have been.
        pub notes: u64,
        /// How many notes were spent.
        pub nullifiers: u64,
        /// How many polls there have been.
        pub polls: u32,
        /// How many dividends there have been.
        pub dividends: u32,
    }

    /// The errors of the contract. Callers rely on the codes: add new errors at the end.
    #[error]
    pub enum Refused {
        /// The name is empty or has more than `limit` bytes.
        NameLength { limit: u32 },
        /// The offices.
        #[from]
        Offices(offices::Refused),
        /// Notes, nullifiers, the supply, the auditor.
        #[from]
        Pool(pool::Refused),
        /// Snapshots, and what was done with a note already.
        #[from]
        Snapshots(snapshots::Refused),
        /// Polls.
        #[from]
        Polls(polls::Refused),
        /// Dividends.
        #[from]
        Dividends(dividends::Refused),
    }

    impl Holdings {
        /// Opens the asset. The account that signs the deployment is the issuer and the first officer.
        pub fn init(name: String, auditor: AuditorKey) -> Result<Self, Refused> {
            let limit = MAX_NAME_BYTES;
            ensure!(!name.is_empty() && name.len() <= limit as usize, Refused::NameLength { limit });
            let pool = Pool::new(asset_of(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            let (offices, snapshots, acts) = (Offices::new(caller()), Snapshots::default(), Acts::default());
            let (polls, dividends) = (Polls::default(), Dividends::default());
            Ok(Self { name, offices, pool, snapshots, acts, polls, dividends })
        }
        /// What the asset is called.
        pub fn name(&self) -> String {
            self.name.clone()
        }
        /// What an act is about and to whom it is encrypted.
        pub fn terms(&self) -> Terms {
            Terms { asset: self.pool.asset(), auditor: self.pool.auditor.key() }
        }
        /// How much there is.
        pub fn total_supply(&self) -> u64 {
            self.pool.total_supply()
        }
        /// What the chain knows.
        pub fn status(&self) -> Status {
            let Self { pool, polls, dividends, .. } = self;
            Status {
                supply: pool.total_supply(),
                note_root: pool.notes().root(),
                nullifier_root: pool.nullifiers().root(),
                notes: pool.notes().count(),
                nullifiers: pool.nullifiers().count(),
                polls: polls.count(),
                dividends: dividends.count(),
            }
        }
        /// The snapshot of a height.
        pub fn snapshot(&self, height: u64) -> Result<Pinned, Refused> {
            Ok(self.snapshots.at(height)?)
        }
        /// A poll, the sum of its ballots, and its result.
        pub fn poll(&self, number: u32) -> Result<Standing, Refused> {
            Ok(self.polls.standing(number)?)
        }
        /// A dividend, and the encrypted sum of what was claimed.
        pub fn dividend(&self, number: u32) -> Result<Payout, Refused> {
            Ok(self.dividends.payout(number)?)
        }
        /// Whether a note has voted, or has claimed, by its nullifier for this act.
        pub fn has_acted(&self, act_nullifier: Field) -> bool {
            self.acts.is_done(act_nullifier)
        }

        /// Moves an amount from a holder to a holder. Returns the position of the receiver's note.
        pub fn confidential_transfer(&mut self, order: Spending, proof: Proof<Send>) -> Result<u64, Refused> {
            let bound = order.bound(Field::default());
            Ok(self.pool.transfer(&order, 0, |act| proof.verify(&SendPublic { act, bound }))?)
        }
        /// Votes with a note that was held at the snapshot of the poll.
        pub fn vote(&mut self, vote: Voting, proof: Proof<Cast>) -> Result<(), Refused> {
            let Self { pool, snapshots, acts, polls, .. } = self;
            polls.vote(pool.asset(), snapshots, acts, &vote, |act| proof.verify(&CastPublic { act }))
        }
        /// Takes the result of a poll, which the teller has proved.
        pub fn tally(
            &mut self,
            poll: u32,
            counts: [u64; 8],
            proof: Proof<Count>,
        ) -> Result<Outcome, Refused> {
            Ok(self.polls.tally(poll, counts, |act| proof.verify(&CountPublic { act }))?)
        }
        /// Makes a note of a holder's part of a dividend, and returns its position.
        pub fn claim(&mut self, claim: Claiming, proof: Proof<Draw>) -> Result<u64, Refused> {
            let Self { pool, snapshots, acts, dividends, .. } = self;
            let bound = claim.bound(Field::default());
            dividends.claim(pool, snapshots, acts, &claim, |act| proof.verify(&DrawPublic { act, bound }))
        }
        /// Closes a dividend, of which the teller has proved the sum. Returns what leaves the supply.
        pub fn close(&mut self, dividend: u32, paid: u64, proof: Proof<SumUp>) -> Result<u64, Refused> {
            let Self { pool, dividends, .. } = self;
            dividends.close(pool, dividend, paid, |act| proof.verify(&SumUpPublic { act }))
        }

        // For officers:
        /// Issues an amount to a holder, whom the chain does not see. Returns the position of the note.
        pub fn issue(&mut self, order: Minting, proof: Proof<Issue>) -> Result<u64, Refused> {
            self.offices.officer()?;
            let bound = order.bound(Field::default());
            Ok(self.pool.mint(&order, |act| proof.verify(&IssuePublic { act, bound }))?)
        }
        /// Takes a snapshot of the hidden holdings.
        pub fn take_snapshot(&mut self) -> Result<Pinned, Refused> {
            let by = self.offices.officer()?;
            let (notes, nullifiers) = (self.pool.notes(), self.pool.nullifiers());
            Ok(self.snapshots.take(by, notes, nullifiers, self.pool.total_supply())?)
        }
        /// Opens a poll, and returns its number.
        pub fn open_poll(&mut self, poll: Poll) -> Result<u32, Refused> {
            let by = self.offices.officer()?;
            self.polls.open(by, &self.snapshots, poll)
        }
        /// Declares a dividend, and returns its number. The pot comes into the supply.
        pub fn declare_dividend(&mut self, dividend: Dividend) -> Result<u32, Refused> {
            let by = self.offices.officer()?;
            self.dividends.declare(by, &mut self.pool, &self.snapshots, dividend)
        }
    }
}
