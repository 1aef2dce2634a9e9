//! How long it takes to verify an attestation, with the chain's own signatures.

use std::sync::Arc;
use std::time::Duration;

use local_node_consensus::attestation::{Expected, verify};
use local_node_consensus::committee::Committees;
use local_node_consensus::signing::{SignatureVerifier, Signatures};
use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{Attestation, ConsensusHeader, RatificationResult, StepName, StepVotes, Vote};
use local_node_types::message::{ratification_bytes, validation_bytes};

use super::networks::PROVISIONERS;
use super::plot::{Plot, Series};
use super::{Result, processor_time, table};
use crate::keys::{Scheme, version};

/// How often each thing is timed; the median counts.
const RUNS: usize = 9;
const ROUND: u64 = 1;

/// Measures it.
///
/// # Panics
/// When an attestation of all members does not hold.
#[must_use]
pub fn verification() -> Result {
    let (mut rows, mut cold, mut warm, mut drawing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for count in PROVISIONERS {
        let stakes = vec![2000; usize::try_from(count).unwrap_or_default()];
        let provisioners = Scheme::Bls.provisioners(&stakes);
        let known: Arc<dyn Signatures> = Arc::new(SignatureVerifier::default());
        let provisioners = Arc::new(provisioners.as_ref().clone().checked_by(known));
        let seed = BlsSignature([7; 48]);
        let (header, vote) =
            (ConsensusHeader { prev_block_hash: [1; 32], round: ROUND, iteration: 0 }, Vote::Valid([2; 32]));
        let mut committees = Committees::new(Arc::clone(&provisioners), seed, ROUND);
        let signer = Scheme::Bls.signer(&(1..=count).collect::<Vec<_>>());
        let mut sign = |step, bytes: Vec<u8>| {
            let members: Vec<_> = committees.voting(0, step).members().iter().map(|member| member.key).collect();
            let signature = signer.sign_together(&members, &bytes, version(ROUND)).unwrap_or_default();
            (StepVotes { bitset: u64::MAX >> (64 - members.len()), signature }, members.len())
        };
        let (validation, first) = sign(StepName::Validation, validation_bytes(&header, &vote));
        let (ratification, second) = sign(StepName::Ratification, ratification_bytes(&header, &vote));
        let attestation = Attestation { result: RatificationResult::Success(vote), validation, ratification };
        let expected = Expected::Success([2; 32]);

        let draw = || {
            // Nobody was drawn from these yet.
            let fresh = provisioners.iter().map(|(_, it)| (it.point, it.stake)).collect();
            let mut drawn = Committees::new(Arc::new(fresh), seed, ROUND);
            drawn.voting(0, StepName::Validation);
            drawn.voting(0, StepName::Ratification);
        };
        let drawn = median(|| processor_time(draw));
        let check = |committees: &mut Committees| {
            let voters = verify(&attestation, &header, committees, version(ROUND), expected);
            assert!(voters.is_ok_and(|voters| !voters.is_empty()), "all members have signed");
        };
        let first_time = median(|| {
            // Nothing is known of the keys yet.
            let fresh: Arc<dyn Signatures> = Arc::new(SignatureVerifier::default());
            let fresh = Arc::new(provisioners.as_ref().clone().checked_by(fresh));
            let mut committees = Committees::new(fresh, seed, ROUND);
            committees.voting(0, StepName::Validation);
            committees.voting(0, StepName::Ratification);
            processor_time(|| check(&mut committees))
        });
        let again = median(|| processor_time(|| check(&mut committees)));
        rows.push(vec![
            count.to_string(),
            format!("{first} + {second}"),
            format!("{:.2} ms", millis(drawn)),
            format!("{:.2} ms", millis(first_time)),
            format!("{:.2} ms", millis(again)),
        ]);
        #[allow(clippy::cast_precision_loss, reason = "a number of provisioners is small")]
        let x = count as f64;
        drawing.push((x, millis(drawn)));
        cold.push((x, millis(first_time)));
        warm.push((x, millis(again)));
    }
    let series = |name: &str, points| Series { name: name.to_owned(), points };
    let plot = Plot {
        title: "Time to verify an attestation".to_owned(),
        x: "provisioners".to_owned(),
        y: "milliseconds".to_owned(),
        is_logarithmic: true,
        series: vec![
            series("keys seen for the first time", cold),
            series("keys known", warm),
            series("drawing both committees", drawing),
        ],
    };
    let head = ["provisioners", "members", "drawing", "verifying, new keys", "verifying, known keys"];
    Result { table: table(&head, &rows), plot: plot.draw() }
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..RUNS).map(|_| run()).collect();
    times.sort_unstable();
    times[RUNS / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
