//! Gas by contract and function, over all that the tests did, and its comparison with a saved record.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::Frame;
use local_node::test_host::{Action, Report};
use serde::Serialize;

use super::runs::{Status, TestResult};
use crate::error::Fault;

/// The gas of the calls of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FunctionGas {
    /// The contract.
    pub(crate) contract: String,
    /// The function; `init` is the constructor.
    pub(crate) function: String,
    /// How often it was called and did not fail.
    pub(crate) calls: usize,
    /// How often it failed. Failed calls are charged all they were given, so they are in no other figure.
    pub(crate) failed: usize,
    /// The least gas.
    pub(crate) min: u64,
    /// The mean.
    pub(crate) mean: u64,
    /// The middle one of all calls in order.
    pub(crate) median: u64,
    /// The most.
    pub(crate) max: u64,
}

/// The gas of one contract's deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DeployGas {
    /// The contract.
    pub(crate) contract: String,
    /// How often it was deployed.
    pub(crate) deploys: usize,
    /// Bytes of its module.
    pub(crate) bytes: usize,
    /// The middle one of all deployments' gas.
    pub(crate) median: u64,
    /// The most.
    pub(crate) max: u64,
}

/// Gas of everything that the tests did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct GasTable {
    /// By contract and function.
    pub(crate) functions: Vec<FunctionGas>,
    /// By contract.
    pub(crate) deploys: Vec<DeployGas>,
    /// Transactions and queries of which no trace was kept: they are missing here.
    pub(crate) untraced: usize,
}

#[derive(Default)]
struct Calls {
    gas: Vec<u64>,
    failed: usize,
}

impl GasTable {
    /// Gathers what the report holds of the project's contracts. `bytes`: the length of a package's module.
    pub(crate) fn of(report: &Report, bytes: impl Fn(&str) -> usize) -> Self {
        let mut functions: BTreeMap<(String, String), Calls> = BTreeMap::new();
        let mut deploys: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut untraced = 0;
        for test in &report.tests {
            let packages: BTreeMap<ContractId, &str> =
                test.entries.iter().filter_map(|entry| Some((entry.contract, entry.package.as_deref()?))).collect();
            untraced += test.dropped;
            for entry in &test.entries {
                untraced += usize::from(entry.traces.is_empty());
                entry.traces.iter().for_each(|frame| gather(frame, &packages, &mut functions));
                if let (Action::Deploy, Some(package), Ok(_)) = (entry.action, &entry.package, &entry.result) {
                    deploys.entry(package.clone()).or_default().push(entry.gas_spent);
                }
            }
        }
        let functions = functions.into_iter().map(|((contract, function), Calls { mut gas, failed })| {
            gas.sort_unstable();
            let sum: u128 = gas.iter().map(|gas| u128::from(*gas)).sum();
            let mean = sum.checked_div(gas.len() as u128).unwrap_or_default();
            FunctionGas {
                contract,
                function,
                calls: gas.len(),
                failed,
                min: gas.first().copied().unwrap_or_default(),
                mean: u64::try_from(mean).unwrap_or(u64::MAX),
                median: median(&gas),
                max: gas.last().copied().unwrap_or_default(),
            }
        });
        let deploys = deploys.into_iter().map(|(contract, mut gas)| {
            gas.sort_unstable();
            let max = gas.last().copied().unwrap_or_default();
            DeployGas { bytes: bytes(&contract), contract, deploys: gas.len(), median: median(&gas), max }
        });
        Self { functions: functions.collect(), deploys: deploys.collect(), untraced }
    }
}

fn gather(frame: &Frame, packages: &BTreeMap<ContractId, &str>, functions: &mut BTreeMap<(String, String), Calls>) {
    if let Some(package) = packages.get(&frame.contract) {
        let calls = functions.entry(((*package).to_owned(), frame.function.clone())).or_default();
        match frame.outcome {
            Ok(()) => calls.gas.push(frame.gas_spent),
            Err(_) => calls.failed += 1,
        }
    }
    frame.calls.iter().for_each(|call| gather(call, packages, functions));
}

/// The middle of sorted figures; of an even number of them, the lower of the two in the middle.
fn median(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// Figures to compare later ones with, one a line: its name, and gas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, u64>);

/// A figure that differs from the saved one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Its subject: `test …`, `call …`, `deploy …`.
    pub(crate) of: String,
    /// The saved figure; `None` where there is none.
    pub(crate) before: Option<u64>,
    /// The figure now; `None` where it is gone.
    pub(crate) after: Option<u64>,
    /// Whether it differs by more than is tolerated.
    pub(crate) over: bool,
}

impl Snapshot {
    /// Of one run of the tests: the gas of each test that passed, the median of each function, the deployments.
    pub(crate) fn of(results: &[TestResult], table: &GasTable) -> Self {
        let passed = results.iter().filter(|result| result.status == Status::Passed);
        let tests =
            passed.filter_map(|result| Some((format!("test {}::{}", result.program, result.name), result.gas?)));
        let called = table.functions.iter().filter(|function| function.calls > 0);
        let calls = called.map(|it| (format!("call {}::{}", it.contract, it.function), it.median));
        let deploys = table.deploys.iter().map(|it| (format!("deploy {}", it.contract), it.median));
        Self(tests.chain(calls).chain(deploys).collect())
    }

    /// The text that [`Snapshot::parse`] reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(HEADING);
        for (of, gas) in &self.0 {
            writeln!(text, "{of} {gas}").expect("strings take all");
        }
        text
    }

    /// Reads a saved text.
    ///
    /// # Errors
    /// A usage fault that names the first line that does not fit.
    pub(crate) fn parse(text: &str, file: &str) -> anyhow::Result<Self> {
        let mut figures = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let figure = line.rsplit_once(' ').and_then(|(of, gas)| Some((of.to_owned(), gas.parse().ok()?)));
            let (of, gas) = figure.ok_or_else(|| {
                Fault::usage(
                    format!("{file}:{number}: `{line}` is not a line of a gas record"),
                    format!("update the record with `cargo dusk test --gas --save {file}`"),
                )
            })?;
            figures.insert(of, gas);
        }
        Ok(Self(figures))
    }

    /// The differences of `now`. A figure may differ by `tolerance` percent of the saved one. A figure of one side only
    /// is listed; a missing one exceeds the tolerance, and a new one does not, because a new test changes no old cost.
    pub(crate) fn changes(&self, now: &Self, tolerance: f64) -> Vec<Change> {
        let all = self.0.keys().chain(now.0.keys().filter(|of| !self.0.contains_key(*of)));
        let changes = all.filter_map(|of| {
            let (before, after) = (self.0.get(of).copied(), now.0.get(of).copied());
            let over = match (before, after) {
                (Some(before), Some(after)) if before == after => return None,
                (Some(before), Some(after)) => before.abs_diff(after) as f64 > before as f64 * tolerance / 100.0,
                (Some(_), None) => true,
                (None, _) => false,
            };
            Some(Change { of: of.clone(), before, after, over })
        });
        changes.collect()
    }
}

const HEADING: &str = "# Gas, by `cargo dusk test --gas --save`; `--check` compares. Of a function: the median.\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(figures: &[(&str, u64)]) -> Snapshot {
        Snapshot(figures.iter().map(|(of, gas)| ((*of).to_owned(), *gas)).collect())
    }

    #[test]
    fn records_survive_being_written() {
        let saved = snapshot(&[("test counter::adds", 412_331), ("call counter::increment", 9), ("deploy counter", 0)]);
        assert_eq!(Snapshot::parse(&saved.text(), "f").unwrap(), saved);
        for wrong in ["test x", "test x -1", "test x 1.5", "5"] {
            let error = Snapshot::parse(&format!("# x\n\n{wrong}"), "f").unwrap_err().to_string();
            assert!(error.starts_with("f:3: "), "{error}");
        }
    }

    #[test]
    fn only_what_passes_the_tolerance_is_over() {
        let saved = snapshot(&[("a", 1000), ("b", 1000), ("c", 1000), ("d", 1000)]);
        let now = snapshot(&[("a", 1000), ("b", 1010), ("c", 989), ("e", 5)]);
        let over = |tolerance| {
            let changes = saved.changes(&now, tolerance);
            changes.into_iter().map(|change| (change.of, change.over)).collect::<Vec<_>>()
        };
        let expect =
            |list: &[(&str, bool)]| list.iter().map(|(of, over)| ((*of).to_owned(), *over)).collect::<Vec<_>>();
        assert_eq!(over(0.0), expect(&[("b", true), ("c", true), ("d", true), ("e", false)]));
        assert_eq!(over(1.0), expect(&[("b", false), ("c", true), ("d", true), ("e", false)]));
    }

    #[test]
    fn the_median_is_one_of_the_figures() {
        for (figures, middle) in [(&[][..], 0), (&[5], 5), (&[1, 9], 1), (&[1, 4, 9], 4)] {
            assert_eq!(median(figures), middle);
        }
    }
}
