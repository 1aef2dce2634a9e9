//! What the register keeps for each account, and the arithmetic of dividends.
//!
//! A dividend is shared out in whole LUX for each share, rounded down. What does not divide, fewer LUX than there are
//! shares, is carried to the next dividend. So a holder's part is an exact product, nobody gets more than its share, and
//! `distributed = Σ claimable + Σ paid + carried` holds as an equation after every call.
//!
//! Nobody is visited when a dividend comes. The register counts the LUX that one share has earned since the
//! beginning; a holder remembers the count at which its part was last taken over, and takes over the rest before its
//! number of shares changes.

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

/// An account in the register.
pub(crate) struct Holder {
    pub(crate) shares: u64,
    /// The most shares that it may receive up to.
    pub(crate) limit: u64,
    pub(crate) listed: bool,
    /// Whether it has received shares by a proof.
    pub(crate) proven: bool,
    pub(crate) frozen: bool,
    /// LUX that it may claim, as far as they have been taken over.
    taken_over: u64,
    /// What one share had earned when they were taken over.
    seen_per_share: u64,
}

impl Holder {
    /// An account with this many shares, off the list. Earlier dividends are not its.
    pub(crate) fn new(shares: u64, dividends: &Dividends) -> Self {
        Self {
            shares,
            limit: 0,
            listed: false,
            proven: false,
            frozen: false,
            taken_over: 0,
            seen_per_share: dividends.per_share,
        }
    }

    /// LUX that it may claim. Cannot overflow: all holders' parts together are at most what was distributed.
    pub(crate) fn claimable(&self, dividends: &Dividends) -> u64 {
        self.taken_over + self.shares * (dividends.per_share - self.seen_per_share)
    }

    /// Changes the number of shares. Dividends until now belong to the old number.
    pub(crate) fn set_shares(&mut self, shares: u64, dividends: &Dividends) {
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

    /// Whether it may send what it holds, and claim: the list or a proof has let it in.
    pub(crate) fn admitted(&self) -> bool {
        self.listed || self.proven
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
        let mut holder = Holder::new(1, &dividends);
        assert_eq!(dividends.distribute(u64::MAX, 1), Some(u64::MAX));
        assert_eq!(dividends.distribute(1, 1), None);
        assert_eq!(holder.claim(&dividends), u64::MAX);
        assert_eq!(holder.claim(&dividends), 0, "once");

        let mut dividends = Dividends::default();
        let holder = Holder::new(u64::MAX, &dividends);
        assert_eq!(dividends.distribute(u64::MAX - 1, u64::MAX), Some(0));
        assert_eq!(dividends.distribute(1, u64::MAX), Some(1));
        assert_eq!((holder.claimable(&dividends), dividends.carried), (u64::MAX, 0));
    }
}
