//! The history of a holder: sent and received amounts, one entry for each transaction.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::codec::{Reader, Strange, Writer};
use super::held::Held;
use super::view::Place;
use crate::Field;
use crate::finance::confidential::Address;

/// The effect of a transaction on the holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The holder received notes: a transfer, an issue or a deposit.
    Received {
        /// The amount.
        amount: u64,
    },
    /// Notes were spent; the amount excludes the change that came back.
    Paid {
        /// The amount.
        amount: u64,
    },
    /// The holder's notes became others of the same sum.
    Merged {
        /// The amount.
        amount: u64,
    },
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place on the chain; `None` while it is pending.
    pub place: Option<Place>,
    /// Its effect.
    pub effect: Effect,
    /// The memos of the received notes, without empty ones.
    pub memos: Vec<Field>,
    /// The data that this wallet stored when it made the transaction. It is lost with the file, because the chain does
    /// not have it.
    pub made: Option<Made>,
}

/// The data that a wallet stores of a transaction that it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The act.
    pub act: Act,
    /// The amount that leaves the holding.
    pub amount: u64,
    /// The memo for the receiver.
    pub memo: Field,
    /// The nullifiers, by which the transaction is recognised on the chain.
    pub nullifiers: Vec<Field>,
    /// The last height at which the proof may be accepted. Afterwards its notes are free again.
    pub until: u64,
}

/// The acts that spend notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// A transfer to another holder.
    Transfer(Address),
    /// A transfer to oneself.
    Merge,
    /// A redemption, or a withdrawal.
    Redeem,
    /// A lock for a settlement with another holder.
    Lock(Address),
}

/// The entries of these notes, in the order of the chain; waiting ones come last.
pub(super) fn entries<'a>(notes: impl Iterator<Item = &'a Held>, made: &[Made], height: u64) -> Vec<Entry> {
    #[derive(Default)]
    struct Sums {
        came: u128,
        went: u128,
        memos: Vec<Field>,
        nullifiers: Vec<Field>,
    }
    let mut places: BTreeMap<Place, Sums> = BTreeMap::new();
    for held in notes {
        let sums = places.entry(held.created).or_default();
        sums.came += u128::from(held.note.value);
        if held.memo != Field::default() {
            sums.memos.push(held.memo);
        }
        if let Some(spent) = held.spent {
            let sums = places.entry(spent).or_default();
            sums.went += u128::from(held.note.value);
            sums.nullifiers.push(held.nullifier);
        }
    }
    let seen = |made: &Made, nullifiers: &[Field]| made.nullifiers.iter().any(|it| nullifiers.contains(it));
    let mut waiting: Vec<&Made> = made.iter().filter(|made| made.until >= height).collect();
    let mut entries = Vec::new();
    for (place, sums) in places {
        let amount = |sum: u128| u64::try_from(sum).unwrap_or(u64::MAX);
        let effect = match (sums.came, sums.went) {
            (came, 0) => Effect::Received { amount: amount(came) },
            (came, went) if came == went => Effect::Merged { amount: amount(went) },
            (came, went) if came < went => Effect::Paid { amount: amount(went - came) },
            (came, went) => Effect::Received { amount: amount(came - went) },
        };
        waiting.retain(|made| !seen(made, &sums.nullifiers));
        let made = made.iter().find(|made| seen(made, &sums.nullifiers)).cloned();
        entries.push(Entry { place: Some(place), effect, memos: sums.memos, made });
    }
    let waiting = waiting.into_iter().map(|made| {
        let effect = match made.act {
            Act::Merge => Effect::Merged { amount: made.amount },
            _ => Effect::Paid { amount: made.amount },
        };
        Entry { place: None, effect, memos: Vec::new(), made: Some(made.clone()) }
    });
    entries.extend(waiting);
    entries
}

impl Made {
    pub(super) fn write(&self, writer: &mut Writer) {
        let (kind, to) = match self.act {
            Act::Transfer(to) => (0, Some(to)),
            Act::Merge => (1, None),
            Act::Redeem => (2, None),
            Act::Lock(to) => (3, Some(to)),
        };
        writer.u8(kind);
        if let Some(Address { owner, reading }) = to {
            writer.field(owner);
            writer.bytes(&reading);
        }
        writer.u64(self.amount);
        writer.field(self.memo);
        writer.list(self.nullifiers.iter(), |writer, nullifier| writer.field(*nullifier));
        writer.u64(self.until);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Strange> {
        let address = |reader: &mut Reader<'_>| -> Result<Address, Strange> {
            Ok(Address { owner: reader.field()?, reading: reader.array()? })
        };
        let act = match reader.u8()? {
            0 => Act::Transfer(address(reader)?),
            1 => Act::Merge,
            2 => Act::Redeem,
            3 => Act::Lock(address(reader)?),
            _ => return Err(Strange),
        };
        Ok(Self {
            act,
            amount: reader.u64()?,
            memo: reader.field()?,
            nullifiers: reader.list(Reader::field)?,
            until: reader.u64()?,
        })
    }
}
