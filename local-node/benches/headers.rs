//! The cost of verifying the headers and attestations of blocks when a node catches up, one by one and together:
//! `cargo bench -p local-node --bench headers`.
//!
//! The blocks are empty, and one signer holds all keys. All stakes are equal. The keys are known, as they are after the
//! first blocks. Times are those of one processor core.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "it is a program that measures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use local_node_consensus::header::{Stage, Verifier, verify_together};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{BeforeTip, BlockBody, Config, MIN_STAKE, Millis, Provisioners, Stake, TipContext};
use local_node_core::{Answer, ChainBlock, Core, CoreConfig, Input, LedgerRequest, Output, Position, Restart};
use local_node_types::bloom::Bloom;
use local_node_types::ledger::Header;

const PROVISIONERS: [u64; 4] = [4, 16, 64, 1000];
/// Blocks that are verified for each figure.
const BLOCKS: usize = 64;
/// How many are verified together.
const BATCHES: [usize; 4] = [1, 4, 16, 64];
const NOW: Millis = Millis::from_secs(1_000_000);

fn main() {
    println!("| provisioners | one by one | {} |", BATCHES.map(|batch| format!("{batch} together")).join(" | "));
    println!("|---:|---:|{}", "---:|".repeat(BATCHES.len()));
    for count in PROVISIONERS {
        let (config, provisioners, headers) = chain(count);
        let pairs: Vec<_> =
            (1..headers.len()).map(|place| (tip(&headers, place, &provisioners), &headers[place])).collect();
        let alone = |(tip, header): &(TipContext, &Header)| {
            Verifier::new(config, tip.clone()).verify(header, NOW, Stage::Block).is_ok()
        };
        // Once before, so that the keys are known.
        assert!(pairs.iter().all(alone));
        let one_by_one = time(|| assert!(pairs.iter().all(alone)));
        let together = BATCHES.map(|batch| {
            let hold = |pairs: &[_]| verify_together(config, pairs, NOW).into_iter().all(|holds| holds);
            format!("{:.2}", time(|| assert!(pairs.chunks(batch).all(hold))))
        });
        println!("| {count} | {one_by_one:.2} | {} |", together.join(" | "));
    }
}

/// Milliseconds for each block: the least of three runs.
fn time(run: impl Fn()) -> f64 {
    let took = (0..3).map(|_| {
        let (begun, used) = (Instant::now(), processor_time());
        run();
        match (used, processor_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => begun.elapsed(),
        }
    });
    took.min().unwrap_or(Duration::MAX).as_secs_f64() * 1e3 / BLOCKS as f64
}

/// How long this thread has had a processor, where the system tells. Work of other threads is not counted.
fn processor_time() -> Option<Duration> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(schedule.split(' ').next()?.parse().ok()?))
}

/// The known context when the block at `place` is to be verified.
fn tip(headers: &[Header], place: usize, provisioners: &Arc<Provisioners>) -> TipContext {
    let before = place
        .checked_sub(2)
        .map(|earlier| BeforeTip { seed: headers[earlier].seed, provisioners: Arc::clone(provisioners) });
    TipContext { header: headers[place - 1].clone(), provisioners: Arc::clone(provisioners), before, resume: None }
}

/// Genesis and the blocks after it, which a node with all keys makes.
fn chain(count: u64) -> (Config, Arc<Provisioners>, Vec<Header>) {
    let secret = |number| SecretKey::from(BlsScalar::from(number));
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    let provisioners: Arc<Provisioners> =
        Arc::new((1..=count).map(|number| (PublicKey::from(&secret(number)), stake)).collect());
    let genesis = Header { hash: Header::default().compute_hash(), ..Header::default() };
    let last_final = ChainBlock { header: genesis.clone(), provisioners: Arc::clone(&provisioners) };
    let restart =
        Restart { before: None, last_final, unsettled: Vec::new(), records: Vec::new(), position: Position(0) };
    let config = Config { alone: true, ..Config::local(Millis(0)) };
    let keys = Box::new(Keyring::new((1..=count).map(secret).collect()));
    let mut out = Vec::new();
    let mut core = Core::new(CoreConfig::new(config), keys, restart, NOW, &mut out);
    let mut headers = vec![genesis];
    while headers.len() <= BLOCKS {
        let request = out.drain(..).find_map(|output| match output {
            Output::Ledger { id, request } => Some((id, request)),
            _ => None,
        });
        let (id, request) = request.expect("the ledger is asked");
        let answer = match request {
            LedgerRequest::Build { .. } => {
                let (transactions, faults, event_bloom) = (Vec::new(), Vec::new(), Bloom::default());
                let body = BlockBody { transactions, faults, state_root: [1; 32], event_bloom, gas_limit: 0 };
                Answer::Built { body: Box::new(body), unfit: Vec::new(), postponed: None }
            }
            LedgerRequest::Accept { block, .. } => {
                headers.push(block.header);
                Answer::Accepted { provisioners: Arc::clone(&provisioners), accounts: Vec::new() }
            }
            LedgerRequest::Verify(_) | LedgerRequest::Revert { .. } => Answer::Failed,
        };
        core.handle(NOW, Input::Ledger { id, answer }, &mut out);
    }
    (config, provisioners, headers)
}
