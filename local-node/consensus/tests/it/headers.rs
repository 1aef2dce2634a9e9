//! Each rule by which a header is accepted, and what it costs to break it.

use local_node_consensus::header::{HeaderError, Stage, Verifier, unaccounted, verify_together};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{CLOCK_MARGIN, Config, Millis, TipContext, attestation};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{
    Attestation, ConsensusHeader, FailedIteration, Header, IterationsInfo, RatificationResult, StepName, StepVotes,
    Vote,
};
use local_node_types::message::ratification_bytes;

use crate::support::sim::{CALM, Sim};
use crate::support::{key, secret};

const KEYS: [&[u64]; 1] = [&[1, 2, 3, 4, 5]];

struct Case {
    config: Config,
    tip: TipContext,
    good: Header,
    keyring: Keyring,
    now: Millis,
}

/// A chain of three blocks; the third is the header to verify. One node holds all keys.
fn case() -> Case {
    let config = Config::local(Millis::from_secs(1));
    let mut sim = Sim::new(1, config, &KEYS, CALM);
    sim.run(3_500);
    let mut chain = sim.nodes[0].chain.clone();
    assert!(chain.blocks.len() > 3);
    while chain.blocks.len() > 4 {
        chain.blocks.pop();
        chain.labels.pop();
    }
    let good = chain.blocks.pop().expect("more than three blocks").header;
    chain.labels.pop();
    let now = Millis::from_secs(good.timestamp);
    Case { config, tip: chain.context(), good, keyring: Keyring::new((1..=5).map(secret).collect()), now }
}

impl Case {
    fn verifier(&self) -> Verifier {
        Verifier::new(self.config, self.tip.clone())
    }

    fn verify(&self, header: &Header, stage: Stage) -> Result<u8, HeaderError> {
        self.verifier().verify(header, self.now, stage).map(|facts| facts.pni)
    }

    /// The good header with a change, hashed and signed again by the generator that it names.
    fn changed(&self, change: impl FnOnce(&mut Header)) -> Header {
        let mut header = self.good.clone();
        change(&mut header);
        header.hash = header.compute_hash();
        let version = self.verifier().version();
        header.signature = self.keyring.sign(&header.generator, &header.hash, version).unwrap_or_default();
        header
    }

    /// The proof that an iteration failed without a quorum, which all members have signed.
    fn failure(&self, iteration: u8) -> FailedIteration {
        let mut verifier = self.verifier();
        let about = ConsensusHeader { iteration, ..self.good.consensus_header() };
        let version = verifier.version();
        let committee = verifier.committees().voting(iteration, StepName::Ratification);
        let members: Vec<BlsKey> = committee.members().iter().map(|member| member.key).collect();
        let signed = ratification_bytes(&about, &Vote::NoQuorum);
        let signature = self.keyring.sign_together(&members, &signed, version).expect("it holds all keys");
        let ratification = StepVotes { bitset: (1 << members.len()) - 1, signature };
        let result = RatificationResult::Fail(Vote::NoQuorum);
        let attestation = Attestation { result, ratification, ..Attestation::default() };
        let failed = verifier.verify_attestation(&attestation, &about, attestation::Expected::Failure);
        assert!(failed.is_ok(), "{failed:?}");
        let generator = verifier.committees().generator(iteration).expect("there are provisioners");
        FailedIteration { attestation, generator }
    }
}

#[test]
fn a_good_header_passes_and_tells_who_voted() {
    let case = case();
    let facts = case.verifier().verify(&case.good, case.now, Stage::Block).unwrap();
    assert_eq!(facts.pni, 0);
    let mut committees = case.verifier().committees().clone();
    let expected = attestation::voters(&case.good.attestation, 0, &mut committees);
    assert_eq!(facts.voters, expected);
    assert_eq!(facts.voters.iter().map(|voter| voter.credits).sum::<u32>(), 128);
    assert_eq!(facts.certificate_voters, case.verifier().tip_voters());
    assert!(facts.voters.is_sorted_by_key(|voter| voter.key));
}

#[test]
fn every_broken_rule_is_found_and_costs_a_vote_or_not() {
    use HeaderError as E;
    let case = case();
    let tip = &case.tip.header;
    let other = (1..=5).map(key).find(|key| *key != case.good.generator).unwrap();
    let late = case.now.plus(CLOCK_MARGIN).as_secs() + 1;
    let early = tip.timestamp;
    // The changed header, the error, whether a member of the committee says "invalid".
    let cases: Vec<(Header, HeaderError, bool)> = vec![
        (case.changed(|h| h.generator = other), E::Generator { height: 3, iteration: 0 }, false),
        (case.changed(|h| h.generator = BlsKey::default()), E::Generator { height: 3, iteration: 0 }, false),
        (case.changed(|h| h.iteration = 50), E::Generator { height: 3, iteration: 50 }, false),
        (Header { signature: BlsSignature::default(), ..case.good.clone() }, E::Signature, false),
        (Header { hash: [1; 32], ..case.good.clone() }, E::Signature, false),
        (Header { gas_limit: 7, ..case.good.clone() }, E::Hash, false),
        (case.changed(|h| h.version = 2), E::Version(2), true),
        (case.changed(|h| h.height = 4), E::Height { found: 4, expected: 3 }, false),
        (case.changed(|h| h.timestamp = early), E::TooEarly { found: early, earliest: early + 1 }, true),
        (case.changed(|h| h.timestamp = late), E::FromTheFuture { found: late, now: case.now.as_secs() }, false),
        (case.changed(|h| h.prev_block_hash = [1; 32]), E::PreviousHash, false),
        (case.changed(|h| h.seed = h.signature), E::Seed, true),
    ];
    for (header, error, votes) in cases {
        assert_eq!(case.verify(&header, Stage::Candidate), Err(error.clone()));
        assert_eq!(error.must_vote(), votes, "{error}");
    }
    let at_the_margin = case.changed(|h| h.timestamp = late - 1);
    assert_eq!(case.verify(&at_the_margin, Stage::Candidate), Ok(0));
}

#[test]
fn certificates_and_attestations_have_to_hold() {
    let case = case();
    let certificate =
        |change: fn(&mut Attestation)| case.verify(&case.changed(|h| change(&mut h.prev_block_cert)), Stage::Candidate);
    let is_refused = |result| matches!(result, Err(HeaderError::Certificate(_)));
    assert!(is_refused(certificate(|cert| cert.validation.bitset = 1)));
    assert!(is_refused(certificate(|cert| cert.validation.bitset = 0)));
    assert!(is_refused(certificate(|cert| cert.ratification.signature = cert.validation.signature)));
    assert!(is_refused(certificate(|cert| cert.result = RatificationResult::Success(Vote::Valid([1; 32])))));
    assert!(is_refused(certificate(|cert| cert.result = RatificationResult::Fail(*cert.result.vote()))));
    assert!(is_refused(certificate(|cert| *cert = Attestation::default())));

    let own = |attestation| case.verify(&Header { attestation, ..case.good.clone() }, Stage::Block);
    assert_eq!(own(case.good.attestation), Ok(0));
    assert!(matches!(own(Attestation::default()), Err(HeaderError::Attestation(_))));
    assert!(matches!(own(case.tip.header.attestation), Err(HeaderError::Attestation(_))));
    // A block that follows another than genesis can only be judged with what that one was decided with.
    let tip = TipContext { before: None, ..case.tip.clone() };
    let blind = Verifier::new(case.config, tip).verify(&case.good, case.now, Stage::Candidate);
    assert_eq!(blind, Err(HeaderError::UnknownTip));
    // A candidate has no attestation yet.
    let bare = Header { attestation: Attestation::default(), ..case.good.clone() };
    assert_eq!(case.verify(&bare, Stage::Candidate), Ok(0));
}

#[test]
fn headers_that_are_verified_together_hold_as_each_does_alone() {
    let config = Config::local(Millis::from_secs(1));
    let mut sim = Sim::new(3, config, &[&[1], &[2], &[3], &[4], &[5]], CALM);
    sim.silent_proposers = vec![2];
    sim.run_to(9, 120_000);
    let chain = &sim.nodes[0].chain;
    let now = Millis::from_secs(chain.tip().timestamp);
    let tip = |place: usize| {
        let mut chain = chain.clone();
        chain.blocks.truncate(place + 1);
        chain.context()
    };
    let pairs: Vec<_> = (1..chain.blocks.len()).map(|place| (tip(place - 1), &chain.blocks[place].header)).collect();
    assert!(pairs.iter().any(|(_, header)| header.iteration > 0) && pairs.len() > 8);
    assert_eq!(verify_together(config, &pairs, now), vec![true; pairs.len()]);
    assert_eq!(verify_together(config, &[], now), Vec::<bool>::new());

    // One part of each header is changed: the signed bytes, the signer, or a rule that no signature shows.
    let other = chain.blocks[1].header.signature;
    let changes: [fn(&mut Header, BlsSignature); 7] = [
        |_, _| {},
        |header, other| header.attestation.validation.signature = other,
        |header, other| header.attestation.ratification.signature = other,
        |header, _| header.attestation.ratification.bitset = 0,
        |header, other| header.signature = other,
        |header, _| header.timestamp += 1000,
        |header, other| header.seed = other,
    ];
    let changed: Vec<_> = (1..=changes.len())
        .map(|place| {
            let mut header = chain.blocks[place + 1].header.clone();
            changes[place - 1](&mut header, other);
            (tip(place), header)
        })
        .collect();
    let pairs: Vec<_> = changed.iter().map(|(tip, header)| (tip.clone(), header)).collect();
    let alone = |(tip, header): &(TipContext, &Header)| {
        Verifier::new(config, tip.clone()).verify(header, now, Stage::Block).is_ok()
    };
    let expected: Vec<_> = pairs.iter().map(alone).collect();
    assert_eq!(expected, [true, false, false, false, false, false, false]);
    assert_eq!(verify_together(config, &pairs, now), expected);
}

#[test]
fn failed_iterations_have_to_be_proven() {
    // Nodes that lose a generator's blocks prove that its iterations failed.
    let mut sim = Sim::new(9, Config::local(Millis::from_secs(1)), &[&[1], &[2], &[3], &[4], &[5]], CALM);
    sim.silent_proposers = vec![2];
    for _ in 0..60 {
        sim.run(1_000);
        if sim.nodes[0].chain.tip().iteration > 0 {
            break;
        }
    }
    let mut chain = sim.nodes[0].chain.clone();
    let good = chain.blocks.pop().expect("more than three blocks").header;
    assert_eq!(good.iteration, 1);
    let now = Millis::from_secs(good.timestamp);
    let case = Case {
        config: sim.config,
        tip: chain.context(),
        good,
        keyring: Keyring::new((1..=5).map(secret).collect()),
        now,
    };
    let with = |items: Vec<Option<FailedIteration>>| {
        let header = case.changed(|h| h.failed_iterations = items.try_into().unwrap());
        case.verify(&header, Stage::Candidate)
    };
    let proof = case.good.failed_iterations.items()[0].unwrap();
    assert_eq!(with(vec![Some(proof)]), Ok(0));
    assert_eq!(with(vec![None]), Ok(1));
    assert_eq!(with(vec![]), Ok(1));
    let stranger = FailedIteration { generator: BlsKey::default(), ..proof };
    assert_eq!(with(vec![Some(stranger)]), Err(HeaderError::FailedGenerator(0)));
    let mut forged = proof;
    forged.attestation.ratification.bitset = 1;
    assert!(matches!(with(vec![Some(forged)]), Err(HeaderError::FailedIteration(0, _))));
    let success = FailedIteration { attestation: case.tip.header.attestation, ..proof };
    assert!(matches!(with(vec![Some(success)]), Err(HeaderError::FailedIteration(0, _))));
}

#[test]
fn a_failure_that_does_not_come_before_the_block_makes_up_for_none() {
    let mut case = case();
    // A block of iteration 1 that does not say how iteration 0 ended.
    let mut verifier = case.verifier();
    let (generator, version) = (verifier.committees().generator(1).unwrap(), verifier.version());
    let seed = case.keyring.sign(&generator, case.tip.header.seed.as_bytes(), version).unwrap();
    case.good = case.changed(|h| (h.iteration, h.generator, h.seed) = (1, generator, seed));
    let with = |items: Vec<Option<FailedIteration>>| {
        let header = case.changed(|h| h.failed_iterations = items.try_into().unwrap());
        case.verify(&header, Stage::Candidate)
    };
    assert_eq!(with(vec![]), Ok(1));
    assert_eq!(with(vec![None, None, None]), Ok(1));
    let [before, own, later] = [0, 1, 2].map(|iteration| case.failure(iteration));
    assert_eq!(with(vec![Some(before)]), Ok(0));
    // Production accepts such blocks, so they hold here as well.
    assert_eq!(with(vec![None, Some(own)]), Ok(1));
    assert_eq!(with(vec![None, None, Some(later)]), Ok(1));
    assert_eq!(with(vec![Some(before), Some(own), Some(later)]), Ok(0));
    // Their proofs are checked all the same.
    let other = (1..=5).map(key).find(|key| *key != own.generator).unwrap();
    let forged = Some(FailedIteration { generator: other, ..own });
    assert_eq!(with(vec![None, forged]), Err(HeaderError::FailedGenerator(1)));
    let retagged = Some(FailedIteration { attestation: before.attestation, ..later });
    assert!(matches!(with(vec![None, None, retagged]), Err(HeaderError::FailedIteration(2, _))));
}

#[test]
fn unaccounted_iterations_never_fall_below_none() {
    let failed = FailedIteration { attestation: Attestation::default(), generator: BlsKey::default() };
    let cases: [(u8, &[bool], u8); 10] = [
        (0, &[], 0),
        // Production subtracts without a check here.
        (0, &[true; 3], 0),
        (3, &[], 3),
        (3, &[true, false, true], 1),
        (3, &[true; 3], 0),
        // Of the own iteration and of later ones.
        (1, &[false, true, true], 1),
        (3, &[true, false, false, true, true], 2),
        (49, &[true; 8], 41),
        // An emergency block comes after all fifty iterations.
        (255, &[], 50),
        (255, &[true; 8], 42),
    ];
    for (iteration, proofs, expected) in cases {
        let items: Vec<_> = proofs.iter().map(|proven| proven.then_some(failed)).collect();
        let failed_iterations: IterationsInfo = items.try_into().expect("at most eight are reported");
        let header = Header { iteration, failed_iterations, ..Header::default() };
        assert_eq!(unaccounted(&header), expected, "iteration {iteration} with {proofs:?}");
    }
}

#[test]
fn an_emergency_block_needs_its_key_and_its_time() {
    let mut case = case();
    case.config.emergency_key = key(1);
    let version = case.verifier().version();
    let seed = case.keyring.sign(&key(1), case.tip.header.seed.as_bytes(), version).unwrap();
    let wait = case.config.min_emergency_block_time().as_secs();
    let emergency = |timestamp| {
        case.changed(|h| {
            (h.iteration, h.generator, h.seed) = (255, key(1), seed);
            h.timestamp = timestamp;
            h.attestation = Attestation::default();
        })
    };
    let due = case.tip.header.timestamp + wait;
    let verify = |header: &Header| case.verifier().verify(header, Millis::from_secs(due), Stage::Block);
    assert_eq!(verify(&emergency(due)).map(|facts| (facts.pni, facts.voters.len())), Ok((50, 0)));
    assert_eq!(verify(&emergency(due - 1)), Err(HeaderError::TooEarly { found: due - 1, earliest: due }));
    let stranger = case.changed(|h| (h.iteration, h.generator, h.timestamp) = (255, key(2), due));
    assert!(matches!(verify(&stranger), Err(HeaderError::Generator { .. })));
}
