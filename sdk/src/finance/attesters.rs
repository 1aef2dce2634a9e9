//! Attesters: the parties that may vouch for holders, with their topics and their last days.

use alloc::vec::Vec;

use crate::field::Field;
use crate::prelude::{contract_type, ensure, error};

/// The maximum number of attesters.
pub const MAX_ATTESTERS: u32 = 8;
/// The maximum number of topics of an attester, and of required topics.
pub const MAX_TOPICS: u32 = 16;

/// The attesters, and the topics for which a holder needs an attestation. No two attesters have the same key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attesters {
    topics: Vec<u32>,
    trusted: Vec<(u32, Attester)>,
    /// How many entries there have been. Every change of an attester gives it another number.
    number: u32,
}

/// An attester.
#[contract_type]
#[derive(Eq)]
pub struct Attester {
    /// The key: the abscissa of its public key.
    pub key: Field,
    /// The root of its list of revoked credentials.
    pub revoked: Field,
    /// The topics for which it may vouch.
    pub topics: Vec<u32>,
    /// The last day on which it may vouch.
    pub until: u32,
}

/// The errors of attesters.
#[error(first = 9220)]
pub enum Refused {
    /// The contract does not trust this attester, or no longer.
    UnknownAttester,
    /// The attester's last day was `until`.
    AttesterEnded {
        /// The day.
        until: u32,
    },
    /// The attester may not vouch for the required topic `topic`.
    TopicMissing {
        /// The topic.
        topic: u32,
    },
    /// The attester is trusted already.
    KnownAttester,
    /// There are more attesters than `limit`.
    TooManyAttesters {
        /// The limit.
        limit: u32,
    },
    /// There are more topics than `limit`.
    TooManyTopics {
        /// The limit.
        limit: u32,
    },
    /// The attester's last day has passed already.
    EndsBeforeToday,
}

impl Attesters {
    /// The attesters, in the order in which officers added them.
    pub fn list(&self) -> impl Iterator<Item = &Attester> {
        self.trusted.iter().map(|(_, attester)| attester)
    }

    /// The topics for which a holder needs an attestation.
    #[must_use]
    pub fn topics(&self) -> &[u32] {
        &self.topics
    }

    /// Trusts exactly these attesters, for these topics. The attestations of earlier attesters end.
    ///
    /// # Errors
    /// As [`trust`](Attesters::trust).
    pub fn set(&mut self, topics: Vec<u32>, attesters: Vec<Attester>, today: u32) -> Result<(), Refused> {
        ensure!(topics.len() <= MAX_TOPICS as usize, Refused::TooManyTopics { limit: MAX_TOPICS });
        self.topics = topics;
        self.trusted.clear();
        attesters.into_iter().try_for_each(|attester| self.trust(attester, today))
    }

    /// Trusts one more attester.
    ///
    /// # Errors
    /// [`Refused::KnownAttester`], [`Refused::TooManyAttesters`], [`Refused::TooManyTopics`],
    /// [`Refused::EndsBeforeToday`].
    pub fn trust(&mut self, attester: Attester, today: u32) -> Result<(), Refused> {
        ensure!(self.list().all(|known| known.key != attester.key), Refused::KnownAttester);
        ensure!(self.trusted.len() < MAX_ATTESTERS as usize, Refused::TooManyAttesters { limit: MAX_ATTESTERS });
        self.put(attester, today)
    }

    /// Replaces an attester, for a new key, new revocations, other topics or another last day. Its attestations end.
    ///
    /// # Errors
    /// [`Refused::UnknownAttester`], and those of [`trust`](Attesters::trust).
    pub fn replace(&mut self, key: Field, by: Attester, today: u32) -> Result<(), Refused> {
        self.distrust(key)?;
        self.trust(by, today)
    }

    /// Ends the trust in an attester. Its attestations end.
    ///
    /// # Errors
    /// [`Refused::UnknownAttester`].
    pub fn distrust(&mut self, key: Field) -> Result<(), Refused> {
        let before = self.trusted.len();
        self.trusted.retain(|(_, attester)| attester.key != key);
        ensure!(self.trusted.len() < before, Refused::UnknownAttester);
        Ok(())
    }

    /// The attester with this key, which may vouch for all required topics today, and its number. Without a key: the
    /// first one.
    ///
    /// # Errors
    /// [`Refused::UnknownAttester`], [`Refused::AttesterEnded`], [`Refused::TopicMissing`].
    pub fn require(&self, key: Option<Field>, today: u32) -> Result<(u32, &Attester), Refused> {
        let mut found = self.trusted.iter().filter(|(_, attester)| key.is_none_or(|key| attester.key == key));
        let Some((number, attester)) = found.next() else { return Err(Refused::UnknownAttester) };
        ensure!(today <= attester.until, Refused::AttesterEnded { until: attester.until });
        for topic in &self.topics {
            ensure!(attester.topics.contains(topic), Refused::TopicMissing { topic: *topic });
        }
        Ok((*number, attester))
    }

    /// Whether the entry of this number is still trusted today.
    #[must_use]
    pub fn trusts(&self, number: u32, today: u32) -> bool {
        self.trusted.iter().any(|(own, attester)| *own == number && today <= attester.until)
    }

    fn put(&mut self, attester: Attester, today: u32) -> Result<(), Refused> {
        ensure!(attester.topics.len() <= MAX_TOPICS as usize, Refused::TooManyTopics { limit: MAX_TOPICS });
        ensure!(attester.until >= today, Refused::EndsBeforeToday);
        self.number += 1;
        self.trusted.push((self.number, attester));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::testing::person as key;
    use super::*;

    fn attester(number: u8, topics: &[u32], until: u32) -> Attester {
        Attester { key: key(number), revoked: key(0), topics: topics.to_vec(), until }
    }

    #[test]
    fn an_attester_needs_every_topic_and_has_an_end() {
        let mut attesters = Attesters::default();
        attesters.set(vec![1, 2], vec![attester(1, &[2, 1, 3], 10), attester(2, &[1], 10)], 5).unwrap();
        assert_eq!(attesters.require(None, 10).unwrap().1.key, key(1));
        assert_eq!(attesters.require(Some(key(2)), 10), Err(Refused::TopicMissing { topic: 2 }));
        assert_eq!(attesters.require(Some(key(1)), 11), Err(Refused::AttesterEnded { until: 10 }));
        assert_eq!(attesters.require(Some(key(3)), 5), Err(Refused::UnknownAttester));
        let (number, _) = attesters.require(Some(key(1)), 5).unwrap();
        assert!(attesters.trusts(number, 10) && !attesters.trusts(number, 11));
    }

    #[test]
    fn what_a_removed_or_rotated_attester_vouched_for_ends() {
        let mut attesters = Attesters::default();
        attesters.set(vec![], vec![attester(1, &[], 9), attester(2, &[], 9)], 5).unwrap();
        let number = |attesters: &Attesters, of| attesters.require(Some(key(of)), 5).unwrap().0;
        let (first, second) = (number(&attesters, 1), number(&attesters, 2));
        attesters.replace(key(1), attester(3, &[], 9), 5).unwrap();
        assert!(!attesters.trusts(first, 5) && attesters.trusts(second, 5));
        attesters.distrust(key(2)).unwrap();
        attesters.trust(attester(2, &[], 9), 5).unwrap();
        assert!(!attesters.trusts(second, 5), "the same attester again is another entry");
        assert_eq!(attesters.distrust(key(1)), Err(Refused::UnknownAttester));
    }

    #[test]
    fn attesters_and_topics_have_bounds() {
        let mut attesters = Attesters::default();
        for number in 0..8 {
            attesters.trust(attester(number, &[], 9), 5).unwrap();
        }
        assert_eq!(attesters.trust(attester(8, &[], 9), 5), Err(Refused::TooManyAttesters { limit: 8 }));
        assert_eq!(attesters.trust(attester(7, &[], 9), 5), Err(Refused::KnownAttester));
        assert_eq!(attesters.replace(key(7), attester(8, &[0; 17], 9), 5), Err(Refused::TooManyTopics { limit: 16 }));
        assert_eq!(Attesters::default().trust(attester(1, &[], 4), 5), Err(Refused::EndsBeforeToday));
        assert_eq!(attesters.set(vec![0; 17], vec![], 5), Err(Refused::TooManyTopics { limit: 16 }));
    }
}
