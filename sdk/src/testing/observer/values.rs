//! The comparison of arguments, inner calls, events, results, errors and gas of a transaction in four runs.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_sdk_protocol::execution::{CallError, Frame};
use dusk_sdk_protocol::host::HexBytes;
use dusk_sdk_protocol::observation::{FindingKind, Observation};

use super::compare::{At, Comparison, Doubt, Verdict, count, two, verdict};
use super::contracts::is_genesis;
use super::leaves::Leaf;
use super::private::Declaration;

/// The fewest adjacent bytes that count as a leak if they depend on private values alone, within a value that is
/// declared random. Fewer may coincide by chance.
const MIN_FIXED_BYTES: usize = 4;
/// The fewest bytes of a drawn value that are recognised elsewhere.
const MIN_KNOWN_BYTES: usize = 8;

/// A place whose value is compared.
struct Place<'a> {
    kind: FindingKind,
    /// The text before the place in a finding.
    label: &'a str,
    /// The contract and its function or event.
    within: [&'a str; 2],
}

/// The declaration for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Public,
    Random,
    Equal,
}

impl Comparison<'_> {
    pub(super) fn argument(&mut self, at: &At, seen: [&Observation; 4]) {
        let (contract, function) = (&seen[0].contract, &seen[0].function);
        let leaves =
            decoded(seen.map(|it| it.argument.as_slice()), |bytes| self.contracts.argument(contract, function, bytes));
        let within = [at.contract.as_str(), seen[0].function.as_str()];
        self.leaves(at, &Place { kind: FindingKind::Argument, label: "argument", within }, &leaves);
        self.length(at, "the argument", seen.map(|it| it.argument.len()));
    }

    /// The calls that a call made, and those that they made. `path`: the calls on the way there.
    pub(super) fn inner_calls(&mut self, at: &At, frames: [&Frame; 4], path: &str) {
        let calls = frames.map(|frame| {
            let calls =
                frame.calls.iter().map(|call| format!("{}.{}", self.contracts.name(&call.contract), call.function));
            calls.collect::<Vec<_>>().join(", ")
        });
        if verdict(calls.each_ref()) != Verdict::Same {
            let what = format!("{path}calls of other contracts");
            return self.found(FindingKind::InnerCall, at, &what, two(calls.each_ref()));
        }
        let most = frames.iter().map(|frame| frame.calls.len()).min().unwrap_or_default();
        for index in 0..most {
            let inner = frames.map(|frame| &frame.calls[index]);
            if inner.iter().any(|it| (it.contract, &it.function) != (inner[0].contract, &inner[0].function)) {
                continue;
            }
            let (id, name) = (&inner[0].contract, &inner[0].function);
            let contract = self.contracts.name(id);
            let label = format!("{path}call of {contract}.{name}, argument");
            let leaves =
                decoded(inner.map(|it| it.argument.as_slice()), |bytes| self.contracts.argument(id, name, bytes));
            let within = [contract.as_str(), inner[0].function.as_str()];
            self.leaves(at, &Place { kind: FindingKind::InnerCall, label: &label, within }, &leaves);
            let label = format!("{path}call of {contract}.{}, result", inner[0].function);
            let function = format!("{}()", inner[0].function);
            let leaves = decoded(inner.map(|it| it.output.as_slice()), |bytes| self.contracts.result(id, name, bytes));
            let within = [contract.as_str(), function.as_str()];
            self.leaves(at, &Place { kind: FindingKind::InnerCall, label: &label, within }, &leaves);
            self.inner_calls(at, inner, &format!("{path}{contract}.{} → ", inner[0].function));
        }
    }

    /// Compares the gas that was paid, and the gas of the call itself. Anybody who executes the call again sees the
    /// latter, even if a refused transaction pays for its whole limit.
    pub(super) fn gas(&mut self, at: &At, seen: [&Observation; 4]) {
        let paid = seen.map(|it| it.gas_spent);
        let run = seen.map(|it| it.call.as_ref().map_or(0, |call| call.gas_spent));
        let gas = if verdict(paid.each_ref()) == Verdict::Same { run } else { paid };
        let within = [at.contract.as_str(), seen[0].function.as_str()];
        let declared = self.declared;
        let declared = declared.iter().enumerate().find_map(|(index, it)| match it {
            Declaration::Gas(place, most) if fits(place, &within, &[]) => Some((index, *most)),
            _ => None,
        });
        let [a, b, c, d] = gas;
        let differs = verdict(gas.each_ref()) != Verdict::Same;
        if let Some((index, _)) = declared {
            self.used.insert(index);
            let known = self.gas.entry(index).or_default();
            known.differs |= differs;
            known.is_random |= a != c || b != d;
        }
        let most = a.abs_diff(b).max(c.abs_diff(d));
        self.gas_varies |= differs || verdict(paid.each_ref()) != Verdict::Same;
        if !differs || declared.is_some_and(|(_, allowed)| most <= allowed) {
            return;
        }
        let mut text = two(gas.each_ref());
        if let Some((_, allowed)) = declared {
            text.push_str(&format!("; a difference of {allowed} is declared"));
        } else if verdict(gas.each_ref()) == Verdict::Mixed {
            text.push_str("; random values change it, too");
        }
        if let [Some(a), Some(b), Some(c), Some(d)] = seen.map(|it| it.call.as_ref()) {
            let (one, other) = if a.gas_spent == b.gas_spent { (c, d) } else { (a, b) };
            if let Some(inner) = self.deepest(one, other) {
                text.push_str(&format!("; the difference is in {inner}"));
            }
        }
        self.found(FindingKind::Gas, at, "gas", text);
    }

    /// The innermost call whose gas differs, if it is not the call itself.
    fn deepest(&self, one: &Frame, other: &Frame) -> Option<String> {
        let pairs = one.calls.iter().zip(&other.calls);
        let (one, other) = pairs.into_iter().find(|(one, other)| one.gas_spent != other.gas_spent)?;
        let name = || format!("{}.{}", self.contracts.name(&one.contract), one.function);
        Some(self.deepest(one, other).unwrap_or_else(name))
    }

    /// Compares results and errors.
    pub(super) fn outcome(&mut self, at: &At, seen: [&Observation; 4]) {
        let function = format!("{}()", seen[0].function);
        let results = seen.map(|it| it.result.as_ref());
        if let [Ok(a), Ok(b), Ok(c), Ok(d)] = results {
            let leaves = decoded([a, b, c, d].map(|HexBytes(bytes)| bytes.as_slice()), |bytes| {
                self.contracts.result(&seen[0].contract, &seen[0].function, bytes)
            });
            let within = [at.contract.as_str(), function.as_str()];
            self.leaves(at, &Place { kind: FindingKind::Result, label: "result", within }, &leaves);
            return self.length(at, "the result", [a, b, c, d].map(|HexBytes(bytes)| bytes.len()));
        }
        let texts = results.map(|result| match result {
            Ok(_) => "success".to_string(),
            Err(CallError::Panic(text)) => format!("`{text}`"),
            Err(other) => other.to_string(),
        });
        if verdict(texts.each_ref()) != Verdict::Same {
            self.found(FindingKind::Error, at, "error", two(texts.each_ref()));
        }
    }

    /// Compares the events, and gives their number. Those of the chain's own contracts follow from the gas: where it
    /// differs, they differ.
    pub(super) fn events(&mut self, at: &At, seen: [&Observation; 4]) -> u32 {
        let contracts = self.contracts;
        let topics = seen.map(|it| {
            let topics = it.events.iter().map(|event| {
                let undone = if event.reverted { " (undone)" } else { "" };
                format!("{}.{}{undone}", contracts.name(&event.source), event.topic)
            });
            topics.collect::<Vec<_>>().join(", ")
        });
        if verdict(topics.each_ref()) != Verdict::Same {
            self.found(FindingKind::Event, at, "events", two(topics.each_ref()));
            return count(seen[0].events.len());
        }
        let most = seen.iter().map(|it| it.events.len()).min().unwrap_or_default();
        for index in 0..most {
            let events = seen.map(|it| &it.events[index]);
            let first = events[0];
            let is_same = events.iter().all(|it| (it.source, &it.topic) == (first.source, &first.topic));
            if !is_same || self.gas_varies && is_genesis(&first.source) {
                continue;
            }
            let contract = contracts.name(&first.source);
            let label = format!("event {} ({contract}.{})", index + 1, first.topic);
            let leaves = decoded(events.map(|it| it.data.as_slice()), |bytes| {
                contracts.event(&first.source, &first.topic, bytes)
            });
            let within = [contract.as_str(), first.topic.as_str()];
            self.leaves(at, &Place { kind: FindingKind::Event, label: &label, within }, &leaves);
            self.length(at, &label, events.map(|it| it.data.len()));
        }
        count(most)
    }

    /// Compares the length of something whose parts were compared.
    fn length(&mut self, at: &At, what: &str, lengths: [usize; 4]) {
        if verdict(lengths.each_ref()) != Verdict::Same {
            self.found(FindingKind::Size, at, &format!("length of {what} in bytes"), two(lengths.each_ref()));
        }
    }

    /// Compares values part by part. Parts that only some runs have are told by the length that leads to them.
    fn leaves(&mut self, at: &At, place: &Place<'_>, leaves: &[Rc<Vec<Leaf>>; 4]) {
        for (index, first) in leaves[0].iter().enumerate() {
            let is_there = |it: &&Leaf| it.place == first.place && it.is_size == first.is_size;
            // Mostly at the same index.
            let other =
                |run: usize| leaves[run].get(index).filter(is_there).or_else(|| leaves[run].iter().find(is_there));
            let (Some(b), Some(c), Some(d)) = (other(1), other(2), other(3)) else { continue };
            self.leaf(at, place, [first, b, c, d]);
        }
        let numbers = [0, 1, 2, 3].map(|run| leaves[run].iter().filter(|it| !it.is_size).count());
        if verdict(numbers.each_ref()) != Verdict::Same
            && !leaves.iter().any(|leaves| leaves.iter().any(|it| it.is_size))
        {
            self.found(place.kind, at, place.label, "another form of value in another run".to_string());
        }
    }

    fn leaf(&mut self, at: &At, place: &Place<'_>, leaves: [&Leaf; 4]) {
        let first = leaves[0];
        let rule = self.rule(&place.within, first);
        if rule == Rule::Public {
            return;
        }
        let shown =
            if first.place.is_empty() { place.label.to_string() } else { format!("{} `{}`", place.label, first.place) };
        let texts = leaves.map(|leaf| &leaf.text);
        let differs = verdict(texts);
        match rule {
            _ if differs == Verdict::Same => {}
            _ if first.is_size => {
                self.found(FindingKind::Size, at, &format!("length of {shown}"), two(texts));
            }
            Rule::Random => self.random(at, &shown, leaves, differs),
            _ => {
                let hint = match differs {
                    Verdict::Mixed => "; random values change it, too: declare it random if it hides the private ones",
                    _ => "",
                };
                self.found(place.kind, at, &shown, format!("{}{hint}", two(texts)));
            }
        }
        self.secrets(at, place.kind, &shown, leaves);
    }

    /// Reports a value that is declared random if it, or a part of it, depends on private values alone.
    fn random(&mut self, at: &At, shown: &str, leaves: [&Leaf; 4], differs: Verdict) {
        let lengths = leaves.map(|leaf| leaf.bytes.len());
        if verdict(lengths.each_ref()) != Verdict::Same {
            return self.found(FindingKind::Size, at, &format!("length of {shown} in bytes"), two(lengths.each_ref()));
        }
        let doubt = || Doubt::Value(at.call, shown.to_string());
        if differs == Verdict::Fixed {
            if !self.seems_fixed(doubt()) {
                return;
            }
            let text = "it is declared random, but follows from private values alone: random values do not change it";
            return self.found(FindingKind::NotRandom, at, shown, text.to_string());
        }
        let [a, b, c, d] = leaves.map(|leaf| leaf.bytes.as_slice());
        if a.len() == c.len() && b.len() == d.len() {
            let windows = (0..a.len().min(b.len()).saturating_sub(MIN_FIXED_BYTES - 1)).find(|from| {
                let window = *from..*from + MIN_FIXED_BYTES;
                let same = |one: &[u8], other: &[u8]| one[window.clone()] == other[window.clone()];
                // As in `verdict`. The order matters: random values hardly ever pass the first test.
                same(a, c) && same(b, d) && !(same(a, b) && same(c, d))
            });
            if let Some(from) = windows
                && self.seems_fixed(doubt())
            {
                let text = format!(
                    "it is declared random, but its bytes {from} to {} follow from private values alone",
                    from + MIN_FIXED_BYTES - 1
                );
                return self.found(FindingKind::NotRandom, at, shown, text);
            }
        }
        let runs = self.runs;
        for (index, draw) in runs[0].drawn.iter().enumerate().filter(|(_, draw)| !draw.is_random) {
            let holds =
                |run: usize| runs[run].drawn.get(index).is_some_and(|draw| contains(&leaves[run].bytes, &draw.bytes));
            if (0..4).all(holds) {
                let text = format!(
                    "it is declared random, but has the private value of draw {}, `{}`, in it",
                    index + 1,
                    draw.what
                );
                return self.found(FindingKind::NotRandom, at, shown, text);
            }
        }
    }

    /// Reports drawn random values that appear on the chain: there they hide nothing.
    fn secrets(&mut self, at: &At, kind: FindingKind, shown: &str, leaves: [&Leaf; 4]) {
        let runs = self.runs;
        for (index, draw) in runs[0].drawn.iter().enumerate().filter(|(_, draw)| draw.is_random) {
            let holds =
                |run: usize| runs[run].drawn.get(index).is_some_and(|draw| contains(&leaves[run].bytes, &draw.bytes));
            if (0..4).all(holds) {
                let text = format!(
                    "it has the random value of draw {}, `{}`, in it, which hides private ones",
                    index + 1,
                    draw.what
                );
                self.found(kind, at, shown, text);
            }
        }
    }

    fn rule(&mut self, within: &[&str; 2], leaf: &Leaf) -> Rule {
        let mut rule = if leaf.is_proof { Rule::Random } else { Rule::Equal };
        let declared = self.declared;
        for (index, declaration) in declared.iter().enumerate() {
            let found = match declaration {
                Declaration::Random(place) if fits(place, within, &leaf.path) => Rule::Random,
                Declaration::RandomType(name) if leaf.types.contains(name) => Rule::Random,
                Declaration::Public(place, _) if fits(place, within, &leaf.path) => Rule::Public,
                _ => continue,
            };
            self.used.insert(index);
            if rule != Rule::Public {
                rule = found;
            }
        }
        rule
    }
}

/// Whether a declared place includes this one. The declaration may leave out the contract.
pub(super) fn fits(declared: &[String], within: &[&str], path: &[String]) -> bool {
    let place: Vec<&str> = within.iter().copied().chain(path.iter().map(String::as_str)).collect();
    [&place[..], &place[1..]].iter().any(|place| {
        !declared.is_empty()
            && declared.len() <= place.len()
            && declared.iter().zip(*place).all(|(one, other)| one == other)
    })
}

/// The parts of a value in four runs. Runs with the same bytes share them: decoding takes long.
fn decoded(bytes: [&[u8]; 4], decode: impl Fn(&[u8]) -> Vec<Leaf>) -> [Rc<Vec<Leaf>>; 4] {
    let mut found: Vec<Rc<Vec<Leaf>>> = Vec::with_capacity(bytes.len());
    for (run, own) in bytes.into_iter().enumerate() {
        let same = bytes[..run].iter().position(|earlier| *earlier == own);
        let leaves = same.map_or_else(|| Rc::new(decode(own)), |earlier| Rc::clone(&found[earlier]));
        found.push(leaves);
    }
    core::array::from_fn(|run| Rc::clone(&found[run]))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.len() >= MIN_KNOWN_BYTES && bytes.windows(part.len()).any(|window| window == part)
}
