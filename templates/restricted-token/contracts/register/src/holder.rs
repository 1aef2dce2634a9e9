//! What the register keeps for each account and each holder, and the arithmetic of dividends.
//!
//! A dividend is shared out in whole LUX for each share, rounded down. What does not divide, fewer LUX than there are
//! shares, is carried to the next dividend. So an account's part is an exact product, nobody gets more than its share,
//! and `distributed = Σ claimable + Σ paid + carried` holds as an equation after every call.
//!
//! Nobody is visited when a dividend comes. The register counts the LUX that one share has earned since the
//! beginning; an account remembers the count at which its part was last taken over, and takes over the rest before its
//! number of shares changes.

use dusk_sdk::prelude::*;

use crate::eligibility::Admission;

/// The dividends of the whole register, in LUX.
#[derive(Default)]
pub(crate) struct Dividends {
    /// All that were ever distributed.
    pub(crate) distributed: u64,
    /// What one share has earned since the beginning.
    pub(crate) per_share: u64,
    /// What did not divide by the number of shares. Less than that number.
    pub(crate) carried: u64,
}

impl Dividends {
    /// Shares out LUX among `shares`, of which there is at least one. Returns what each share earns. `None`, and
    /// no change, when all that was ever distributed would not fit into 64 bits.
    pub(crate) fn distribute(&mut self, lux: u64, shares: u64) -> Option<u64> {
        self.distributed = self.distributed.checked_add(lux)?;
        // Neither sum is above `distributed`, which fits.
        let open = self.carried + lux;
        let each = open / shares;
        self.per_share += each;
        self.carried = open % shares;
        Some(each)
    }
}

/// What officers have decided about an account, or about a holder with all its accounts.
#[derive(Clone, Copy, Default)]
pub(crate) struct Standing {
    /// It neither sends nor receives nor claims.
    pub(crate) frozen: bool,
    /// No proof admits it.
    pub(crate) barred: bool,
}

/// Whose standing an officer changes.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Account(Account),
    Holder(Field),
}

/// The holder of a credential, whom the register knows by a tag.
#[derive(Default)]
pub(crate) struct Holder {
    /// The shares of all its accounts.
    pub(crate) shares: u64,
    pub(crate) standing: Standing,
}

/// An account in the register.
pub(crate) struct Entry {
    pub(crate) shares: u64,
    /// The most shares that it may receive up to, while it is on the allow-list.
    pub(crate) limit: u64,
    pub(crate) listed: bool,
    /// The tag of the holder who has proved for it. Once there is one it stays.
    pub(crate) tag: Option<Field>,
    /// What the last proof is worth.
    pub(crate) admission: Option<Admission>,
    /// What officers have decided about it. It counts until there is a tag; then the holder's does.
    standing: Standing,
    /// LUX that it may claim, as far as they have been taken over.
    taken_over: u64,
    /// What one share had earned when they were taken over.
    seen_per_share: u64,
}

impl Entry {
    /// An account without shares, off the list. Earlier dividends are not its.
    fn new(dividends: &Dividends) -> Self {
        Self {
            shares: 0,
            limit: 0,
            listed: false,
            tag: None,
            admission: None,
            standing: Standing::default(),
            taken_over: 0,
            seen_per_share: dividends.per_share,
        }
    }

    /// LUX that it may claim. Cannot overflow: all accounts' parts together are at most what was distributed.
    pub(crate) fn claimable(&self, dividends: &Dividends) -> u64 {
        self.taken_over + self.shares * (dividends.per_share - self.seen_per_share)
    }

    /// Changes the number of shares. Dividends until now belong to the old number.
    fn set_shares(&mut self, shares: u64, dividends: &Dividends) {
        self.taken_over = self.claimable(dividends);
        self.seen_per_share = dividends.per_share;
        self.shares = shares;
    }

    /// Strikes what it may claim from the books, and returns how many LUX that is. They must be paid now.
    pub(crate) fn claim(&mut self, dividends: &Dividends) -> u64 {
        let claimed = self.claimable(dividends);
        self.taken_over = 0;
        self.seen_per_share = dividends.per_share;
        claimed
    }
}

/// All accounts and holders.
#[derive(Default)]
pub(crate) struct Book {
    accounts: BTreeMap<Account, Entry>,
    holders: BTreeMap<Field, Holder>,
}

impl Book {
    /// What is known of an account.
    pub(crate) fn entry(&self, account: Account) -> Option<&Entry> {
        self.accounts.get(&account)
    }

    /// What is known of an account, to change it.
    pub(crate) fn entry_mut(&mut self, account: Account, dividends: &Dividends) -> &mut Entry {
        self.accounts.entry(account).or_insert_with(|| Entry::new(dividends))
    }

    /// What is known of a holder.
    pub(crate) fn holder(&self, tag: Field) -> Option<&Holder> {
        self.holders.get(&tag)
    }

    /// The decisions that hold for a holder, to change them.
    pub(crate) fn holder_standing_mut(&mut self, tag: Field) -> &mut Standing {
        &mut self.holders.entry(tag).or_default().standing
    }

    /// The decisions that hold for an account: its holder's where it has one, else its own.
    pub(crate) fn standing(&self, account: Account) -> Standing {
        let entry = self.entry(account);
        let own = entry.map_or_else(Standing::default, |entry| entry.standing);
        entry.and_then(|entry| self.holder(entry.tag?)).map_or(own, |holder| holder.standing)
    }

    /// The decisions that hold for an account, to change them.
    pub(crate) fn standing_mut(&mut self, account: Account, dividends: &Dividends) -> &mut Standing {
        let entry = self.accounts.entry(account).or_insert_with(|| Entry::new(dividends));
        match entry.tag {
            Some(tag) => &mut self.holders.entry(tag).or_default().standing,
            None => &mut entry.standing,
        }
    }

    /// Ties an account to the holder who has proved for it: its shares count as the holder's from now on.
    pub(crate) fn tie(&mut self, account: Account, tag: Field, admission: Admission, dividends: &Dividends) {
        let entry = self.accounts.entry(account).or_insert_with(|| Entry::new(dividends));
        entry.admission = Some(admission);
        if entry.tag.is_none() {
            entry.tag = Some(tag);
            self.holders.entry(tag).or_default().shares += entry.shares;
        }
    }

    /// Moves shares from an account that has them to another.
    pub(crate) fn shift(&mut self, from: Account, to: Account, amount: u64, dividends: &Dividends) {
        let left = self.entry(from).map_or(0, |entry| entry.shares) - amount;
        self.set_shares(from, left, dividends);
        let now = self.entry(to).map_or(0, |entry| entry.shares) + amount;
        self.set_shares(to, now, dividends);
    }

    /// Changes an account's number of shares, and with it its holder's.
    pub(crate) fn set_shares(&mut self, account: Account, shares: u64, dividends: &Dividends) {
        let entry = self.accounts.entry(account).or_insert_with(|| Entry::new(dividends));
        if let Some(tag) = entry.tag {
            let holder = self.holders.entry(tag).or_default();
            holder.shares = holder.shares - entry.shares + shares;
        }
        entry.set_shares(shares, dividends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_divide_is_carried() {
        let mut dividends = Dividends::default();
        assert_eq!(dividends.distribute(10, 4), Some(2));
        assert_eq!(dividends.carried, 2);
        assert_eq!(dividends.distribute(1, 4), Some(0));
        assert_eq!(dividends.distribute(1, 4), Some(1), "the carried 3 and this one are one for each share");
        assert_eq!((dividends.distributed, dividends.per_share, dividends.carried), (12, 3, 0));
    }

    #[test]
    fn the_largest_amounts_fit() {
        let mut dividends = Dividends::default();
        let mut holder = Entry { shares: 1, ..Entry::new(&dividends) };
        assert_eq!(dividends.distribute(u64::MAX, 1), Some(u64::MAX));
        assert_eq!(dividends.distribute(1, 1), None);
        assert_eq!(holder.claim(&dividends), u64::MAX);
        assert_eq!(holder.claim(&dividends), 0, "once");

        let mut dividends = Dividends::default();
        let holder = Entry { shares: u64::MAX, ..Entry::new(&dividends) };
        assert_eq!(dividends.distribute(u64::MAX - 1, u64::MAX), Some(0));
        assert_eq!(dividends.distribute(1, u64::MAX), Some(1));
        assert_eq!((holder.claimable(&dividends), dividends.carried), (u64::MAX, 0));
    }
}
