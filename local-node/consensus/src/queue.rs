//! Messages for steps that have not come yet.

use std::collections::BTreeMap;

use local_node_types::keys::BlsKey;
use local_node_types::message::Message;

use crate::parameters::MAX_ROUND_DISTANCE;

/// The most messages kept for one step.
const MAX_STEP_MESSAGES: usize = 1000;
/// The most bytes kept in all.
const MAX_QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// Messages by round and step, one of each signer. Their signatures have been verified; whether their signer is a member
/// of the committee has to be checked when they are taken out, because it may not be known before.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    steps: BTreeMap<(u64, u8), Vec<Waiting>>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    signer: BlsKey,
    bytes: usize,
    message: Message,
}

impl Queue {
    /// Whether a message of this signer would be kept.
    pub(crate) fn has_room(&self, round: u64, step: u8, signer: &BlsKey, bytes: usize) -> bool {
        let waiting = self.steps.get(&(round, step)).map_or([].as_slice(), Vec::as_slice);
        waiting.len() < MAX_STEP_MESSAGES
            && self.bytes.saturating_add(bytes) <= MAX_QUEUE_BYTES
            && waiting.iter().all(|other| other.signer != *signer)
    }

    /// Keeps a message for which there is [room](Self::has_room).
    pub(crate) fn put(&mut self, round: u64, step: u8, signer: BlsKey, bytes: usize, message: Message) {
        self.bytes += bytes;
        self.steps.entry((round, step)).or_default().push(Waiting { signer, bytes, message });
    }

    /// Takes out what waits for a step, in the order in which it came.
    pub(crate) fn take(&mut self, round: u64, step: u8) -> Vec<Message> {
        let waiting = self.steps.remove(&(round, step)).unwrap_or_default();
        self.bytes -= waiting.iter().map(|waiting| waiting.bytes).sum::<usize>();
        waiting.into_iter().map(|waiting| waiting.message).collect()
    }

    /// Forgets what is for rounds before `round`, or too far after it.
    pub(crate) fn keep_from(&mut self, round: u64) {
        let last = round.saturating_add(MAX_ROUND_DISTANCE);
        self.steps.retain(|(of, _), _| (round..=last).contains(of));
        self.bytes = self.steps.values().flatten().map(|waiting| waiting.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(queue: &mut Queue, round: u64, step: u8, signer: u8, bytes: usize) -> bool {
        let signer = BlsKey([signer; 96]);
        let room = queue.has_room(round, step, &signer, bytes);
        if room {
            queue.put(round, step, signer, bytes, Message::GetMempool(0));
        }
        room
    }

    #[test]
    fn keeps_one_message_of_each_signer_and_step() {
        let mut queue = Queue::default();
        assert!(put(&mut queue, 1, 1, 1, 10));
        assert!(!put(&mut queue, 1, 1, 1, 10));
        assert!(put(&mut queue, 1, 1, 2, 10));
        assert!(put(&mut queue, 1, 2, 1, 10));
        assert_eq!(queue.take(1, 1).len(), 2);
        assert_eq!((queue.take(1, 1).len(), queue.bytes), (0, 10));
    }

    #[test]
    fn is_bounded_in_bytes_and_messages() {
        let mut queue = Queue::default();
        assert!(put(&mut queue, 1, 1, 1, MAX_QUEUE_BYTES));
        assert!(!put(&mut queue, 2, 1, 1, 1));
        assert_eq!(queue.take(1, 1).len(), 1);
        for number in 0..MAX_STEP_MESSAGES {
            let mut key = [0; 96];
            key[..8].copy_from_slice(&number.to_le_bytes());
            assert!(queue.has_room(1, 1, &BlsKey(key), 1));
            queue.put(1, 1, BlsKey(key), 1, Message::GetMempool(0));
        }
        assert!(!put(&mut queue, 1, 1, 9, 1));
    }

    #[test]
    fn forgets_past_and_distant_rounds() {
        let mut queue = Queue::default();
        for round in 1..=20 {
            assert!(put(&mut queue, round, 0, 1, 1));
        }
        queue.keep_from(5);
        assert_eq!((queue.steps.len(), queue.bytes), (11, 11));
        assert_eq!(queue.take(4, 0).len(), 0);
        assert_eq!(queue.take(15, 0).len(), 1);
    }
}
