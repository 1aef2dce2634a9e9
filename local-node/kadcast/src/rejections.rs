//! Rejected messages by source: a source with too many of them is not heard for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::limits::{MAX_SOURCES, Rate, Source};

/// The longest time for which rejected messages silence a source, unless further ones come. Somebody who forges the
/// address of an honest node can silence it, so this is some blocks, not many.
pub const MAX_SILENCE: Duration = Duration::from_secs(10);

/// The rejected messages of each source, in units of a [`Rate`].
///
/// A node of this crate relays a message after its verdict, so a rejected message is mostly the fault of its sender.
/// There are exceptions: nodes of production relay before they look, and a sender's address can be forged. On one
/// machine, and behind one IPv4 address, a process only has to state the port of another. So a source is not banned: a
/// rate says how many rejected messages it may send, and messages that are not rejected cost it nothing.
///
/// A source that has used its rate up is not heard until the rate allows one more. Messages that came before count as
/// well when their verdicts come, so that the silence becomes longer, up to [`MAX_SILENCE`].
#[derive(Debug)]
pub struct Rejections {
    rate: Rate,
    /// When each source has its whole allowance again.
    whole_at: BTreeMap<Source, Duration>,
}

impl Rejections {
    /// No source has sent a rejected message.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, whole_at: BTreeMap::new() }
    }

    /// Whether the rate allows a source one more rejected message, so that its messages are looked at.
    #[must_use]
    pub fn hears(&self, now: Duration, source: Source) -> bool {
        self.whole_at.get(&source).is_none_or(|whole_at| whole_at.saturating_sub(now) <= self.spendable())
    }

    /// Counts a rejected message of a source.
    pub fn note(&mut self, now: Duration, source: Source) {
        let latest = now.saturating_add(self.spendable()).saturating_add(MAX_SILENCE);
        if !self.whole_at.contains_key(&source) {
            self.make_room(now);
        }
        let interval = self.interval();
        let whole_at = self.whole_at.entry(source).or_insert(now);
        *whole_at = (*whole_at).max(now).saturating_add(interval).min(latest);
    }

    /// The sources that are remembered, at most [`MAX_SOURCES`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.whole_at.len()
    }

    /// Whether no source is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole_at.is_empty()
    }

    /// Forgets the sources that have their whole allowance again, and without these the one that has it first.
    fn make_room(&mut self, now: Duration) {
        if self.whole_at.len() < MAX_SOURCES {
            return;
        }
        self.whole_at.retain(|_, whole_at| *whole_at > now);
        if self.whole_at.len() >= MAX_SOURCES
            && let Some(first) = self.whole_at.iter().min_by_key(|(_, whole_at)| **whole_at).map(|(source, _)| *source)
        {
            self.whole_at.remove(&first);
        }
    }

    /// The time in which the rate gives one message back.
    fn interval(&self) -> Duration {
        Duration::from_micros(1_000_000 / u64::from(self.rate.per_second.max(1)))
    }

    /// The time in which the rate gives back all but one of the messages that a source may send at once.
    fn spendable(&self) -> Duration {
        self.interval().saturating_mul(self.rate.burst.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 5 };

    fn source(number: u16) -> Source {
        Source::Loopback(number)
    }

    #[test]
    fn a_source_spends_its_burst_and_then_its_rate() {
        let mut rejections = Rejections::new(RATE);
        // Every message is rejected, and the source sends one each millisecond, if it is heard.
        let rejected = (0..2000).filter(|millis| {
            let now = Duration::from_millis(*millis);
            let is_heard = rejections.hears(now, source(1));
            if is_heard {
                rejections.note(now, source(1));
            }
            is_heard
        });
        assert_eq!(rejected.count(), 5 + 19, "5 at once, and one for each further tenth of a second");
        assert!(rejections.hears(Duration::ZERO, source(2)), "others are heard");
    }

    #[test]
    fn messages_on_their_way_make_the_silence_longer_up_to_a_bound() {
        let mut rejections = Rejections::new(RATE);
        (0..15).for_each(|_| rejections.note(Duration::ZERO, source(1)));
        // 15 messages are 1.5 s, of which 0.4 s may be spent.
        assert!(!rejections.hears(Duration::from_millis(1099), source(1)));
        assert!(rejections.hears(Duration::from_millis(1100), source(1)));
        (0..100_000).for_each(|_| rejections.note(Duration::ZERO, source(1)));
        assert!(!rejections.hears(MAX_SILENCE - Duration::from_millis(1), source(1)));
        assert!(rejections.hears(MAX_SILENCE, source(1)));
    }

    #[test]
    fn sources_are_bounded_and_those_with_most_to_answer_for_stay() {
        let mut rejections = Rejections::new(RATE);
        (0..20).for_each(|_| rejections.note(Duration::ZERO, source(0)));
        for number in 1..u16::try_from(MAX_SOURCES).unwrap() + 1000 {
            rejections.note(Duration::ZERO, source(number));
        }
        assert_eq!(rejections.len(), MAX_SOURCES);
        assert!(!rejections.hears(Duration::ZERO, source(0)));
        // All the others have their allowance again.
        rejections.note(Duration::from_secs(1), source(u16::MAX));
        assert_eq!(rejections.len(), 2);
    }
}
