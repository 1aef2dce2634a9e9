//! Limits of the load by peers: rates for each source and for all together.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The most sources whose rates are remembered. The one that was silent longest gives way.
pub const MAX_SOURCES: usize = 4096;

/// Rates. Traffic above them is dropped before it is looked at closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// Bytes of datagrams of one source.
    pub source_bytes: Rate,
    /// Bytes of datagrams of all sources.
    pub total_bytes: Rate,
    /// Pings, pongs, questions and answers of one source.
    pub source_control: Rate,
    /// Answers to questions for peers, to one source. Each is up to eleven times as large as the question.
    pub source_answers: Rate,
    /// Answers to questions for peers, to all sources.
    pub total_answers: Rate,
    /// Bytes of messages that one source is answered with ([`crate::Endpoint::answer`]), as they are sent.
    pub source_answer_bytes: Rate,
    /// Bytes of messages that all sources are answered with.
    pub total_answer_bytes: Rate,
    /// Messages of one source that the node rejects, or that the source lied about ([`crate::Rejections`]).
    pub source_rejections: Rate,
}

impl Default for Rates {
    /// Far above what a network of production's size needs: a block of 1 MiB takes 1.3 MB from each of a few peers.
    ///
    /// The rejections are an exception. The costliest message to reject is a quorum, whose signatures are verified on
    /// the thread that votes. At 2 ms for each, one source takes 16 · 2 ms = 32 ms of a second of that thread, and at
    /// the start 64 · 2 ms = 128 ms more.
    fn default() -> Self {
        Self {
            source_bytes: Rate { per_second: 32 << 20, burst: 64 << 20 },
            total_bytes: Rate { per_second: 128 << 20, burst: 256 << 20 },
            source_control: Rate { per_second: 100, burst: 500 },
            source_answers: Rate { per_second: 8, burst: 160 },
            total_answers: Rate { per_second: 1000, burst: 4000 },
            source_answer_bytes: Rate { per_second: 8 << 20, burst: 128 << 20 },
            total_answer_bytes: Rate { per_second: 32 << 20, burst: 256 << 20 },
            source_rejections: Rate { per_second: 16, burst: 64 },
        }
    }
}

/// How much may come in a second on average, and at once after a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Units a second.
    pub per_second: u32,
    /// Units at once.
    pub burst: u32,
}

/// The unit that limits count by: an IPv4 address, the first 64 bits of an IPv6 address, and on loopback, which only
/// processes of this machine send from, an address with its public port.
///
/// The holder of an address chooses its ports freely, so ports do not count elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// A network of IPv6.
    V6([u8; 8]),
    /// A port of this machine.
    Loopback(u16),
}

impl Source {
    /// The source that a public address belongs to.
    pub fn of(address: SocketAddr) -> Self {
        match address.ip().to_canonical() {
            ip if ip.is_loopback() => Self::Loopback(address.port()),
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => {
                let mut network = [0; 8];
                network.copy_from_slice(&ip.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

/// A store of units that fills with time (a token bucket).
#[derive(Debug, Clone, Copy)]
struct Allowance {
    rate: Rate,
    /// In millionths of a unit, so that none is lost to rounding.
    left: u64,
    at: Duration,
}

const MILLION: u64 = 1_000_000;

impl Allowance {
    fn full(rate: Rate, now: Duration) -> Self {
        Self { rate, left: u64::from(rate.burst) * MILLION, at: now }
    }

    fn take(&mut self, now: Duration, units: u64) -> bool {
        // A burst fills within 2^32 seconds, so that longer times need not be told apart.
        let passed = u64::try_from(now.saturating_sub(self.at).as_micros()).unwrap_or(u64::MAX);
        let filled = passed.saturating_mul(self.rate.per_second.into());
        self.left = self.left.saturating_add(filled).min(u64::from(self.rate.burst) * MILLION);
        self.at = self.at.max(now);
        let cost = units.saturating_mul(MILLION);
        let is_enough = cost <= self.left;
        if is_enough {
            self.left -= cost;
        }
        is_enough
    }
}

#[derive(Debug)]
struct Allowances {
    bytes: Allowance,
    control: Allowance,
    answers: Allowance,
    answer_bytes: Allowance,
    seen: Duration,
}

/// The rates in force.
#[derive(Debug)]
pub(crate) struct Limiter {
    rates: Rates,
    bytes: Allowance,
    answers: Allowance,
    answer_bytes: Allowance,
    sources: BTreeMap<Source, Allowances>,
    by_silence: BTreeSet<(Duration, Source)>,
}

impl Limiter {
    pub(crate) fn new(rates: Rates, now: Duration) -> Self {
        let (bytes, answers) = (Allowance::full(rates.total_bytes, now), Allowance::full(rates.total_answers, now));
        let answer_bytes = Allowance::full(rates.total_answer_bytes, now);
        Self { rates, bytes, answers, answer_bytes, sources: BTreeMap::new(), by_silence: BTreeSet::new() }
    }

    /// Whether a datagram may be looked at.
    pub(crate) fn takes_bytes(&mut self, now: Duration, source: Source, bytes: usize) -> bool {
        self.source(now, source).bytes.take(now, bytes as u64) && self.bytes.take(now, bytes as u64)
    }

    /// Whether a ping, a question or an answer may be handled.
    pub(crate) fn takes_control(&mut self, now: Duration, source: Source) -> bool {
        self.source(now, source).control.take(now, 1)
    }

    /// Whether a question for peers may be answered.
    pub(crate) fn allows_answer(&mut self, now: Duration, source: Source) -> bool {
        self.source(now, source).answers.take(now, 1) && self.answers.take(now, 1)
    }

    /// Whether a source may be answered with so many bytes.
    pub(crate) fn allows_answer_bytes(&mut self, now: Duration, source: Source, bytes: usize) -> bool {
        self.source(now, source).answer_bytes.take(now, bytes as u64) && self.answer_bytes.take(now, bytes as u64)
    }

    pub(crate) fn sources(&self) -> usize {
        self.sources.len()
    }

    fn source(&mut self, now: Duration, source: Source) -> &mut Allowances {
        if let Some(known) = self.sources.get(&source) {
            self.by_silence.remove(&(known.seen, source));
        } else if self.sources.len() >= MAX_SOURCES
            && let Some((_, silent)) = self.by_silence.pop_first()
        {
            self.sources.remove(&silent);
        }
        self.by_silence.insert((now, source));
        let rates = &self.rates;
        let allowances = self.sources.entry(source).or_insert_with(|| Allowances {
            bytes: Allowance::full(rates.source_bytes, now),
            control: Allowance::full(rates.source_control, now),
            answers: Allowance::full(rates.source_answers, now),
            answer_bytes: Allowance::full(rates.source_answer_bytes, now),
            seen: now,
        });
        allowances.seen = now;
        allowances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u16) -> Source {
        Source::Loopback(last)
    }

    #[test]
    fn a_burst_is_spent_and_fills_again() {
        let rate = Rate { per_second: 10, burst: 20 };
        let mut allowance = Allowance::full(rate, Duration::ZERO);
        assert!(allowance.take(Duration::ZERO, 20));
        assert!(!allowance.take(Duration::ZERO, 1));
        assert!(!allowance.take(Duration::from_millis(99), 1));
        assert!(allowance.take(Duration::from_millis(100), 1));
        assert!(!allowance.take(Duration::from_secs(1_000_000), 21));
        assert!(allowance.take(Duration::from_secs(1_000_000), 20));
    }

    #[test]
    fn one_source_does_not_spend_what_others_have() {
        let mut limiter = Limiter::new(Rates::default(), Duration::ZERO);
        let burst = Rates::default().source_control.burst;
        assert!((0..burst).all(|_| limiter.takes_control(Duration::ZERO, source(1))));
        assert!(!limiter.takes_control(Duration::ZERO, source(1)));
        assert!(limiter.takes_control(Duration::ZERO, source(2)));
    }

    #[test]
    fn sources_are_bounded_and_the_silent_ones_go() {
        let mut limiter = Limiter::new(Rates::default(), Duration::ZERO);
        for port in 0..u16::try_from(MAX_SOURCES).unwrap() + 1000 {
            limiter.takes_control(Duration::from_millis(port.into()), source(port));
            limiter.takes_control(Duration::from_millis(port.into()), source(0));
        }
        assert_eq!(limiter.sources(), MAX_SOURCES);
        assert_eq!(limiter.by_silence.len(), MAX_SOURCES);
        assert!(limiter.sources.contains_key(&source(0)));
        assert!(!limiter.sources.contains_key(&source(1)));
    }

    #[test]
    fn ports_make_sources_on_loopback_only() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_ne!(of("127.0.0.1:1"), of("127.0.0.1:2"));
        assert_eq!(of("10.0.0.1:1"), of("10.0.0.1:2"));
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::2]:1"));
        assert_eq!(of("[::ffff:10.0.0.1]:1"), of("10.0.0.1:1"));
    }
}
