//! Messages for steps that have not come yet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use local_node_types::keys::BlsKey;
use local_node_types::message::Message;

use crate::parameters::MAX_ROUND_DISTANCE;

/// The most messages kept for one step.
const MAX_STEP_MESSAGES: usize = 1000;
/// The most bytes kept of one signer: a few candidates, or some thousand votes.
const MAX_SIGNER_BYTES: usize = 4 * 1024 * 1024;
/// The most bytes kept in all.
const MAX_QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// The place of a message in the order of arrival.
type Arrival = u64;

/// Messages by round and step, one of each signer. Their signatures have been verified; whether their signer is a
/// member of the committee has to be checked when they are taken out, because it may not be known before.
///
/// A new message always finds room; old ones give way. A signer over its own bound loses its oldest message. Where the
/// whole queue is full, the signer that takes the most bytes does, and where a step is full, its oldest message goes.
/// So nobody who signs much can keep out what others sign.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    next: Arrival,
    messages: BTreeMap<Arrival, Waiting>,
    steps: BTreeMap<(u64, u8), BTreeMap<BlsKey, Arrival>>,
    signers: BTreeMap<BlsKey, Held>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    step: (u64, u8),
    signer: BlsKey,
    bytes: usize,
    message: Message,
}

/// The waiting messages of one signer.
#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    arrivals: BTreeSet<Arrival>,
}

impl Queue {
    /// Whether a message of this signer would be kept: there is none of it for the step yet, and it is not too long.
    pub(crate) fn would_keep(&self, round: u64, step: u8, signer: &BlsKey, bytes: usize) -> bool {
        bytes <= MAX_SIGNER_BYTES && self.steps.get(&(round, step)).is_none_or(|waiting| !waiting.contains_key(signer))
    }

    /// How many bytes are kept.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps a message that is [wanted](Self::would_keep), with a verified signature. Older ones may have to go.
    pub(crate) fn put(&mut self, round: u64, step: u8, signer: BlsKey, bytes: usize, message: Message) {
        let step = (round, step);
        self.make_room(step, &signer, bytes);
        let arrival = self.next;
        self.next += 1;
        self.bytes += bytes;
        let held = self.signers.entry(signer).or_default();
        held.bytes += bytes;
        held.arrivals.insert(arrival);
        self.steps.entry(step).or_default().insert(signer, arrival);
        self.messages.insert(arrival, Waiting { step, signer, bytes, message });
    }

    /// Takes out what waits for a step, in the order in which it came.
    pub(crate) fn take(&mut self, round: u64, step: u8) -> Vec<Message> {
        let Some(waiting) = self.steps.get(&(round, step)) else { return Vec::new() };
        let arrivals: BTreeSet<Arrival> = waiting.values().copied().collect();
        arrivals.into_iter().filter_map(|arrival| self.remove(arrival)).collect()
    }

    /// The steps of a round, among these, for which something waits.
    pub(crate) fn steps(&self, round: u64, among: Range<u8>) -> Vec<u8> {
        among.filter(|step| self.steps.contains_key(&(round, *step))).collect()
    }

    /// The waiting messages of a round.
    pub(crate) fn waiting(&self, round: u64) -> impl Iterator<Item = &Message> {
        let steps = self.steps.range((round, 0)..=(round, u8::MAX));
        steps.flat_map(|(_, waiting)| waiting.values()).filter_map(|arrival| Some(&self.messages.get(arrival)?.message))
    }

    /// The waiting messages of a signer for a round.
    pub(crate) fn of_signer(&self, round: u64, signer: &BlsKey) -> impl Iterator<Item = &Message> {
        let steps = self.steps.range((round, 0)..=(round, u8::MAX));
        let arrivals = steps.filter_map(move |(_, waiting)| waiting.get(signer));
        arrivals.filter_map(|arrival| Some(&self.messages.get(arrival)?.message))
    }

    /// Forgets what is for rounds before `round`, or too far after it.
    pub(crate) fn keep_from(&mut self, round: u64) {
        let wanted = round..=round.saturating_add(MAX_ROUND_DISTANCE);
        let gone = |waiting: &Waiting| !wanted.contains(&waiting.step.0);
        let gone: Vec<_> = self.messages.iter().filter(|(_, it)| gone(it)).map(|(arrival, _)| *arrival).collect();
        for arrival in gone {
            self.remove(arrival);
        }
    }

    fn make_room(&mut self, step: (u64, u8), signer: &BlsKey, bytes: usize) {
        while let Some(held) = self.signers.get(signer)
            && held.bytes + bytes > MAX_SIGNER_BYTES
            && let Some(oldest) = held.arrivals.first().copied()
        {
            self.remove(oldest);
        }
        while self.bytes + bytes > MAX_QUEUE_BYTES
            && let Some(oldest) = self.oldest_of_the_greatest()
        {
            self.remove(oldest);
        }
        while let Some(waiting) = self.steps.get(&step)
            && waiting.len() >= MAX_STEP_MESSAGES
            && let Some(oldest) = waiting.values().min().copied()
        {
            self.remove(oldest);
        }
    }

    /// The oldest message of the signer that takes the most bytes.
    fn oldest_of_the_greatest(&self) -> Option<Arrival> {
        self.signers.values().max_by_key(|held| held.bytes)?.arrivals.first().copied()
    }

    fn remove(&mut self, arrival: Arrival) -> Option<Message> {
        let Waiting { step, signer, bytes, message } = self.messages.remove(&arrival)?;
        self.bytes -= bytes;
        if let Some(waiting) = self.steps.get_mut(&step) {
            waiting.remove(&signer);
            if waiting.is_empty() {
                self.steps.remove(&step);
            }
        }
        if let Some(held) = self.signers.get_mut(&signer) {
            held.bytes -= bytes;
            held.arrivals.remove(&arrival);
            if held.arrivals.is_empty() {
                self.signers.remove(&signer);
            }
        }
        Some(message)
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(number: usize) -> BlsKey {
        let mut key = [0; 96];
        key[..8].copy_from_slice(&number.to_le_bytes());
        BlsKey(key)
    }

    fn put(queue: &mut Queue, round: u64, step: u8, number: usize, bytes: usize) -> bool {
        let wanted = queue.would_keep(round, step, &signer(number), bytes);
        if wanted {
            queue.put(round, step, signer(number), bytes, Message::GetMempool(number as u64));
        }
        assert_whole(queue);
        wanted
    }

    /// The signers of what waits for a step, in the order of arrival.
    fn taken(queue: &mut Queue, round: u64, step: u8) -> Vec<u64> {
        let number = |message| match message {
            Message::GetMempool(number) => number,
            other => panic!("{other:?}"),
        };
        let taken = queue.take(round, step).into_iter().map(number).collect();
        assert_whole(queue);
        taken
    }

    /// The indexes say the same as the messages.
    fn assert_whole(queue: &Queue) {
        assert_eq!(queue.bytes, queue.messages.values().map(|waiting| waiting.bytes).sum::<usize>());
        assert_eq!(queue.bytes, queue.signers.values().map(|held| held.bytes).sum::<usize>());
        let (by_step, by_signer): (usize, usize) = (
            queue.steps.values().map(BTreeMap::len).sum(),
            queue.signers.values().map(|held| held.arrivals.len()).sum(),
        );
        assert_eq!((by_step, by_signer), (queue.messages.len(), queue.messages.len()));
    }

    #[test]
    fn keeps_one_message_of_each_signer_and_step() {
        let mut queue = Queue::default();
        assert!(put(&mut queue, 1, 1, 1, 10));
        assert!(!put(&mut queue, 1, 1, 1, 10));
        assert!(put(&mut queue, 1, 1, 2, 10));
        assert!(put(&mut queue, 1, 2, 1, 10));
        assert_eq!(taken(&mut queue, 1, 1), [1, 2]);
        assert_eq!((taken(&mut queue, 1, 1).len(), queue.bytes), (0, 10));
    }

    #[test]
    fn a_signer_over_its_quota_loses_its_own_oldest_message() {
        let mut queue = Queue::default();
        let half = MAX_SIGNER_BYTES / 2;
        assert!(!put(&mut queue, 1, 0, 7, MAX_SIGNER_BYTES + 1));
        assert!(put(&mut queue, 1, 0, 1, 10));
        for step in 0..5 {
            assert!(put(&mut queue, 1, step, 7, half));
        }
        assert_eq!(queue.bytes, MAX_SIGNER_BYTES + 10);
        assert_eq!(taken(&mut queue, 1, 0), [1]);
        assert_eq!((3..5).map(|step| taken(&mut queue, 1, step)).collect::<Vec<_>>(), [[7], [7]]);
    }

    #[test]
    fn a_full_queue_takes_from_whoever_holds_the_most() {
        let mut queue = Queue::default();
        assert!(put(&mut queue, 1, 0, 999, 500));
        // As many signers as fill the queue, each with as much as it may have.
        let full = MAX_QUEUE_BYTES / MAX_SIGNER_BYTES;
        for number in 0..full {
            assert!(put(&mut queue, 2, 0, number, MAX_SIGNER_BYTES - 4096));
            assert!(put(&mut queue, 2, 1, number, 4096));
        }
        assert!(queue.bytes <= MAX_QUEUE_BYTES);
        // The one vote of an honest signer is still there, and so is another one that comes last.
        assert!(put(&mut queue, 1, 0, 998, 500));
        assert!(queue.bytes <= MAX_QUEUE_BYTES);
        assert_eq!(taken(&mut queue, 1, 0), [999, 998]);
    }

    #[test]
    fn a_full_step_loses_its_oldest_message() {
        let mut queue = Queue::default();
        for number in 0..MAX_STEP_MESSAGES {
            queue.put(1, 1, signer(number), 1, Message::GetMempool(number as u64));
        }
        assert!(put(&mut queue, 1, 1, MAX_STEP_MESSAGES, 1));
        let kept = taken(&mut queue, 1, 1);
        assert_eq!((kept.len(), kept[0]), (MAX_STEP_MESSAGES, 1));
    }

    #[test]
    fn forgets_past_and_distant_rounds() {
        let mut queue = Queue::default();
        for round in 1..=20 {
            assert!(put(&mut queue, round, 0, 1, 1));
        }
        queue.keep_from(5);
        assert_whole(&queue);
        assert_eq!((queue.steps.len(), queue.bytes), (11, 11));
        assert_eq!(taken(&mut queue, 4, 0).len(), 0);
        assert_eq!(taken(&mut queue, 15, 0).len(), 1);
    }
}
