//! The costs of a circuit and of its regions.

mod flamegraph;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::layout::{Layout, RESERVED_ROWS};
use crate::one_line::OneLine;
use crate::proof_size::PROOF_BYTES;

/// The size of a verifier key in bytes, without its label and 8 bytes for each public input.
const VERIFIER_KEY_BYTES: usize = 1256;
/// The first measured power of two.
const FIRST_MEASURED: u32 = 9;
/// CPU milliseconds for the keys of a circuit of 2^9, 2^10, … gates, with `dusk-plonk` 0.22.1 on a machine with two
/// cores.
const KEYS_MS: [u32; 8] = [400, 740, 1_400, 2_200, 4_400, 8_600, 16_800, 30_400];
/// CPU milliseconds for a proof, likewise.
const PROOF_MS: [u32; 8] = [340, 640, 1_170, 1_900, 3_700, 7_200, 14_100, 25_000];
/// Kilobytes of a prover key as the proof system writes it, likewise.
const PROVER_KEY_KB: [u32; 8] = [2_500, 5_100, 10_100, 20_000, 40_000, 81_000, 162_000, 323_000];

/// The costs of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name of the circuit.
    pub circuit: String,
    /// Its gates, including those that the proof system adds.
    pub gates: usize,
    /// The power of two of a proof's size: a proof costs as much as 2 to this power gates, even if fewer are used.
    pub power: u32,
    /// The power of two of points that the common reference string must have. One more than `power` if fewer than 6
    /// gates are left below it.
    pub parameters_power: u32,
    /// The number of public inputs, in field elements.
    pub public_inputs: usize,
    /// The regions, each after its enclosing one. The first is the whole circuit.
    pub regions: Vec<RegionProfile>,
    /// The expected costs of keys and proofs.
    pub estimate: Estimate,
}

/// A region of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionProfile {
    /// Its name.
    pub name: String,
    /// The enclosing region, by its index in [`Profile::regions`]; the whole circuit refers to itself.
    pub parent: usize,
    /// The number of enclosing regions.
    pub depth: usize,
    /// Its gates that are in none of its inner regions.
    pub own: usize,
    /// All its gates.
    pub total: usize,
}

/// The expected costs of keys and proofs: estimates for the next power of two, for comparison. Times are CPU times
/// measured on a machine with two cores; more cores shorten the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Milliseconds of CPU time for the keys.
    pub keys_ms: u32,
    /// Milliseconds of CPU time for a proof.
    pub proof_ms: u32,
    /// Kilobytes of the prover key, as the proof system writes it.
    pub prover_key_kb: u32,
    /// Bytes of the verifier key.
    pub verifier_key_bytes: usize,
    /// Bytes of a proof.
    pub proof_bytes: usize,
}

/// Counts the gates of a circuit by its regions.
#[must_use]
pub fn profile(layout: &Layout) -> Profile {
    let mut regions: Vec<RegionProfile> = Vec::with_capacity(layout.regions.len());
    for region in &layout.regions {
        let parent = region.parent as usize;
        let depth = regions.get(parent).map_or(0, |parent| parent.depth + 1);
        regions.push(RegionProfile { name: region.name.clone(), parent, depth, own: 0, total: 0 });
    }
    for row in &layout.rows {
        regions[layout.constraints[row.constraint as usize].region as usize].own += 1;
    }
    // A region comes after its enclosing one. In reverse order, each is complete before it is added to that one.
    for index in (0..regions.len()).rev() {
        regions[index].total += regions[index].own;
        let (parent, total) = (regions[index].parent, regions[index].total);
        if parent != index {
            regions[parent].total += total;
        }
    }
    let gates = layout.gates();
    let power = gates.next_power_of_two().ilog2();
    let public_inputs = layout.public_rows.len();
    Profile {
        circuit: layout.name.clone(),
        gates,
        power,
        parameters_power: (gates + 6).next_power_of_two().ilog2(),
        public_inputs,
        regions,
        estimate: Estimate {
            keys_ms: measured(&KEYS_MS, power),
            proof_ms: measured(&PROOF_MS, power),
            prover_key_kb: measured(&PROVER_KEY_KB, power),
            verifier_key_bytes: VERIFIER_KEY_BYTES + layout.name.len() + 8 * public_inputs,
            proof_bytes: PROOF_BYTES,
        },
    }
}

/// The measured value for a power of two. Below the first power it halves with each step, and above the last it
/// doubles.
fn measured(table: &[u32; 8], power: u32) -> u32 {
    let last = FIRST_MEASURED + 7;
    if power < FIRST_MEASURED {
        return table[0] >> (FIRST_MEASURED - power);
    }
    table[(power.min(last) - FIRST_MEASURED) as usize].saturating_mul(1 << power.saturating_sub(last).min(16))
}

impl Profile {
    /// The number of further gates at no cost: up to the power of two.
    #[must_use]
    pub fn free(&self) -> usize {
        (1 << self.power) - self.gates
    }

    /// The regions as a tree, depth first; siblings are sorted by size, the largest first.
    #[must_use]
    pub fn tree(&self) -> Vec<&RegionProfile> {
        self.order().into_iter().map(|index| &self.regions[index]).collect()
    }

    fn order(&self) -> Vec<usize> {
        let mut children: Vec<Vec<usize>> = alloc::vec![Vec::new(); self.regions.len()];
        for (index, region) in self.regions.iter().enumerate().skip(1) {
            children[region.parent].push(index);
        }
        let mut order = Vec::with_capacity(self.regions.len());
        let mut open = alloc::vec![0];
        while let Some(index) = open.pop() {
            order.push(index);
            // The last one pushed is the next one popped.
            let inner = &mut children[index];
            inner.sort_by_key(|it| (self.regions[*it].total, core::cmp::Reverse(*it)));
            open.extend(inner.iter());
        }
        order
    }

    /// A flame graph of the regions by their gates: a self-contained SVG document. Names and counts appear under the
    /// mouse pointer.
    #[must_use]
    pub fn flamegraph(&self) -> String {
        flamegraph::draw(self)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = 1usize << self.power;
        let (power, free) = (self.power, self.free());
        writeln!(
            f,
            "{}: {} gates of 2^{power} = {size}; {free} free ({})",
            OneLine(&self.circuit),
            self.gates,
            Share(free, size)
        )?;
        writeln!(f)?;
        writeln!(f, "{:>8} {:>8} {:>7}  region", "total", "own", "share")?;
        for region in self.tree() {
            let (total, own, share) = (region.total, region.own, alloc::format!("{}", Share(region.total, self.gates)));
            writeln!(
                f,
                "{total:>8} {own:>8} {share:>7}  {:indent$}{}",
                "",
                OneLine(&region.name),
                indent = 2 * region.depth
            )?;
        }
        let share = alloc::format!("{}", Share(RESERVED_ROWS, self.gates));
        writeln!(f, "{RESERVED_ROWS:>8} {RESERVED_ROWS:>8} {share:>7}  (the proof system)")?;
        writeln!(f)?;
        let it = &self.estimate;
        writeln!(f, "proof          {} of CPU time, {} bytes", Seconds(it.proof_ms), it.proof_bytes)?;
        writeln!(f, "keys, once     {} of CPU time", Seconds(it.keys_ms))?;
        writeln!(f, "prover key     {}.{} MB uncompressed", it.prover_key_kb / 1000, it.prover_key_kb / 100 % 10)?;
        writeln!(f, "verifier key   {} bytes, {} public inputs", it.verifier_key_bytes, self.public_inputs)?;
        writeln!(f, "parameters     2^{} points", self.parameters_power)?;
        write!(f, "Times are estimates, from measurements on a machine with two cores.")
    }
}

/// A share, in percent with one digit.
struct Share(usize, usize);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let permille = (1000 * self.0 + self.1 / 2) / self.1.max(1);
        write!(f, "{}.{} %", permille / 10, permille % 10)
    }
}

/// Milliseconds as seconds.
struct Seconds(u32);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {}.{:02} s", self.0 / 1000, self.0 / 10 % 100)
    }
}
