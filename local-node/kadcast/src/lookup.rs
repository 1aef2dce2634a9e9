//! Lookups: asking ever closer peers for the peers closest to an id.

use std::net::SocketAddr;

use crate::identity::Id;
use crate::table::BUCKET_PEERS;
use crate::wire::PeerEntry;

/// The most peers that are asked at a time, as in production (`K_ALPHA`).
pub const PARALLEL_QUESTIONS: usize = 3;
/// The most peers that a lookup remembers.
const MAX_CANDIDATES: usize = 3 * BUCKET_PEERS;
/// The most peers that a lookup asks.
const MAX_QUESTIONS: usize = 2 * BUCKET_PEERS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Asked,
    Answered,
    Silent,
}

/// A lookup. It is over when the closest peers have answered or none is left to ask.
#[derive(Debug)]
pub(crate) struct Lookup {
    target: Id,
    /// By distance, the closest first.
    candidates: Vec<(u128, SocketAddr, State)>,
    questions: usize,
}

impl Lookup {
    pub(crate) const fn new(target: Id) -> Self {
        Self { target, candidates: Vec::new(), questions: 0 }
    }

    pub(crate) const fn target(&self) -> Id {
        self.target
    }

    /// Adds peers to ask. Farther ones give way to closer ones that were not known.
    pub(crate) fn add(&mut self, peers: impl IntoIterator<Item = PeerEntry>) {
        for peer in peers {
            let distance = peer.id.distance(self.target);
            if let Err(place) = self.candidates.binary_search_by_key(&distance, |(distance, ..)| *distance) {
                self.candidates.insert(place, (distance, peer.address, State::New));
                if self.candidates.len() > MAX_CANDIDATES {
                    // One that is being asked stays for its answer, so that questions are counted right.
                    let last = self.candidates.iter().rposition(|(.., state)| *state != State::Asked);
                    last.map(|last| self.candidates.remove(last));
                }
            }
        }
    }

    /// The next peer to ask, which counts as asked.
    pub(crate) fn next_question(&mut self) -> Option<SocketAddr> {
        let asked = self.candidates.iter().filter(|(.., state)| *state == State::Asked).count();
        if asked >= PARALLEL_QUESTIONS || self.questions >= MAX_QUESTIONS {
            return None;
        }
        let closest = self.candidates.iter_mut().filter(|(.., state)| *state != State::Silent).take(BUCKET_PEERS);
        let (_, address, state) = closest.into_iter().find(|(.., state)| *state == State::New)?;
        *state = State::Asked;
        self.questions += 1;
        Some(*address)
    }

    /// Notes that a peer has answered, or has not in time.
    pub(crate) fn settle(&mut self, address: SocketAddr, has_answered: bool) {
        let asked = self.candidates.iter_mut().find(|(_, it, state)| *it == address && *state == State::Asked);
        if let Some((.., state)) = asked {
            *state = if has_answered { State::Answered } else { State::Silent };
        }
    }

    /// Whether nobody is being asked. [`Lookup::next_question`] has given none, so nobody will be.
    pub(crate) fn is_over(&self) -> bool {
        self.candidates.iter().all(|(.., state)| *state != State::Asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8) -> PeerEntry {
        let id = Id::from_bytes([0; 16]).in_bucket(7, number.into());
        PeerEntry { address: SocketAddr::from(([10, 0, 0, number], 9000)), id }
    }

    #[test]
    fn the_closest_are_asked_first_and_three_at_a_time() {
        let mut lookup = Lookup::new(entry(0).id);
        lookup.add([9, 2, 7, 4, 2].map(entry));
        let asked: Vec<_> = std::iter::from_fn(|| lookup.next_question()).collect();
        assert_eq!(asked, [2, 4, 7].map(|it| entry(it).address));
        assert!(!lookup.is_over());
        lookup.settle(entry(4).address, false);
        lookup.add([entry(1)]);
        assert_eq!(lookup.next_question(), Some(entry(1).address));
        assert_eq!(lookup.next_question(), None);
        for number in [1, 2, 7] {
            lookup.settle(entry(number).address, true);
        }
        assert_eq!(lookup.next_question(), Some(entry(9).address));
        lookup.settle(entry(9).address, true);
        assert_eq!(lookup.next_question(), None);
        assert!(lookup.is_over());
    }

    #[test]
    fn questions_and_candidates_are_bounded() {
        let mut lookup = Lookup::new(entry(0).id);
        let mut questions = 0;
        for number in (1..=127).rev() {
            lookup.add([entry(number)]);
            while let Some(address) = lookup.next_question() {
                questions += 1;
                lookup.settle(address, false);
            }
            assert!(lookup.candidates.len() <= MAX_CANDIDATES);
        }
        assert_eq!(questions, MAX_QUESTIONS);
        assert!(lookup.is_over());
    }
}
