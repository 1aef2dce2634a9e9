//! Blocks that slash somebody, or carry blobs: verdicts of a ledger on those that others have made.

use std::collections::BTreeMap;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::stake::{STAKE_CONTRACT, Stake, Withdraw};
use dusk_core::transfer::data::{BlobData, ContractCall};
use dusk_core::transfer::moonlight::AccountData;
use dusk_core::transfer::withdraw::{Withdraw as Withdrawal, WithdrawReceiver, WithdrawReplayToken};
use local_node::accounts::STAKERS;
use local_node::executor::Executor;
use local_node::genesis::{self, Allocation};
use local_node::ledger::{BuildLimits, FaultProblem, InvalidBlock, Ledger, LedgerError, VOTING_RULES};
use local_node::mempool::{Limits, Mempool};
use local_node::transaction::ValidTransaction;
use local_node_consensus::faults::{FaultError, slashes};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{BuildRequest, Decision, RequestId, VerifyRequest};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    BLOCK_VERSION, Block, ConsensusHeader, Fault, Hash, Header, IterationsInfo, MAX_FAULTS, Statement, Vote,
};
use local_node_types::message::validation_bytes;
use local_node_types::rules::{LUX_PER_DUSK, Profile};
use local_node_vm::{BlobError, Vm};

use crate::common::blocks::certificate;
use crate::common::{ACCOUNTS, Draft, module_cache};

fn ledger() -> Ledger {
    let vm = Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts");
    let root = genesis::state(&vm, 0, Profile::Local, &Allocation::development(&*ACCOUNTS)).expect("genesis");
    Ledger::new(Executor::new(vm, 0, Profile::Local), genesis::header(0, root)).expect("opens")
}

/// The next block with these transactions and faults, whose state root is that of slashing whom the faults name.
fn block(ledger: &mut Ledger, drafts: Vec<Draft>, faults: Vec<Fault>) -> Block {
    let (prev_block_cert, voters) = certificate(ledger);
    let tip = ledger.tip().clone();
    let mut mempool = Mempool::new(Limits::default());
    let mut first_nonces = BTreeMap::new();
    for draft in &drafts {
        let first = first_nonces.entry(draft.from).or_insert(draft.nonce);
        *first = draft.nonce.min(*first);
    }
    for draft in drafts {
        let nonce = first_nonces[&draft.from] - 1;
        let signed = draft.sign();
        let transaction = ValidTransaction::trusted(signed, Profile::Local.at(tip.height + 1)).expect("amounts fit");
        mempool.insert(transaction, &AccountData { nonce, balance: u64::MAX }, 0).expect("fits");
    }
    let request = BuildRequest {
        id: RequestId(100 + tip.height),
        round: tip.height + 1,
        iteration: 0,
        generator: ACCOUNTS[0].id(),
        prev_state_root: tip.state_root,
        voters,
        slashes: slashes(&IterationsInfo::default(), &faults),
        max_body_bytes: 1 << 20,
        deadline: None,
    };
    let built = ledger.build(&request, vec![], &mempool.queue(), BuildLimits::new(None)).expect("builds");
    let mut block = Block { transactions: built.body.transactions, faults, ..Block::default() };
    block.header = Header {
        version: BLOCK_VERSION,
        height: tip.height + 1,
        prev_block_hash: tip.hash,
        state_root: built.body.state_root,
        event_bloom: built.body.event_bloom,
        generator: ACCOUNTS[0].id(),
        gas_limit: built.body.gas_limit,
        tx_root: block.compute_tx_root(),
        fault_root: block.compute_fault_root(),
        prev_block_cert,
        ..Header::default()
    };
    block.header.hash = block.header.compute_hash();
    block
}

/// The verdict on a block as a candidate. Where it is good it is accepted as well, as one that nobody has executed.
fn verify(ledger: &mut Ledger, block: &Block) -> Result<(), LedgerError> {
    let (_, voters) = certificate(ledger);
    let slashes = slashes(&block.header.failed_iterations, &block.faults);
    ledger.verify(&VerifyRequest { id: RequestId(1), block: Box::new(block.clone()), voters, slashes })
}

fn accept(ledger: &mut Ledger, block: &Block) -> Result<(), LedgerError> {
    ledger.accept(Decision { block: block.clone(), request: None }).map(drop)
}

fn problem(verdict: Result<(), LedgerError>) -> InvalidBlock {
    match verdict {
        Err(LedgerError::Invalid { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// A vote that a development account has signed.
fn statement(account: usize, header: ConsensusHeader, vote: Vote) -> Statement<Vote> {
    let keyring = Keyring::new(vec![ACCOUNTS[account].secret_key().clone()]);
    let version = VOTING_RULES.at(header.round).fork().bls_version();
    let signer = ACCOUNTS[account].id();
    let signature = keyring.sign(&signer, &validation_bytes(&header, &vote), version).expect("it holds the key");
    Statement { header, signer, signature, payload: vote }
}

fn fault(first: Statement<Vote>, second: Statement<Vote>) -> Fault {
    Fault::DoubleValidationVote(Box::new([first, second]))
}

/// Two votes of an account in the round after the tip.
fn contradiction(ledger: &Ledger, account: usize) -> [Statement<Vote>; 2] {
    let tip = ledger.tip();
    let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
    [statement(account, header, Vote::Valid([1; 32])), statement(account, header, Vote::NoCandidate)]
}

fn faults_of(ledger: &Ledger, account: usize) -> u8 {
    let stakes = local_node::ledger::stakes(ledger.executor(), ledger.tip().state_root, ledger.tip().height);
    let is_it = |(keys, _): &&local_node::ledger::StakeEntry| keys.account == *ACCOUNTS[account].public_key();
    stakes.expect("readable").iter().find(is_it).expect("it has a stake").1.faults
}

#[test]
fn only_proven_faults_slash() {
    let mut ledger = ledger();
    let [valid, none] = contradiction(&ledger, 1);
    let unproven = |error| FaultProblem::Unproven(error);
    // Everybody knows an innocent account's key, and one signature of it.
    let forged = Statement { payload: Vote::Invalid([9; 32]), ..valid };
    let on = |statement: Statement<Vote>, change: fn(&mut ConsensusHeader)| {
        let mut header = statement.header;
        change(&mut header);
        self::statement(1, header, statement.payload)
    };
    let both = |change: fn(&mut ConsensusHeader)| fault(on(valid, change), on(none, change));
    let signature = FaultError::Signature(local_node_consensus::signing::SignatureError::Wrong);
    let [other, _] = contradiction(&ledger, 2);
    let cases = [
        (fault(valid, forged), unproven(signature)),
        (fault(valid, valid), unproven(FaultError::NoContradiction)),
        (fault(other, none), unproven(FaultError::DifferentSigners)),
        (fault(valid, on(none, |header| header.iteration = 1)), unproven(FaultError::DifferentIterations)),
        (both(|header| header.iteration = 16), unproven(FaultError::Emergency(16))),
        (both(|header| header.round = 0), unproven(FaultError::Genesis)),
        (both(|header| header.round = 2), unproven(FaultError::Future(2))),
        (both(|header| header.prev_block_hash = [5; 32]), FaultProblem::OtherBranch(1)),
    ];
    for (number, (fault, expected)) in cases.into_iter().enumerate() {
        let block = block(&mut ledger, vec![], vec![fault]);
        for verdict in [verify(&mut ledger, &block), accept(&mut ledger, &block)] {
            let found = problem(verdict);
            assert!(
                matches!(&found, InvalidBlock::Fault { place: 0, problem } if *problem == expected),
                "{number}: {found:?}"
            );
        }
        assert_eq!((ledger.tip().height, faults_of(&ledger, 1)), (0, 0), "{number}");
    }
    let good = block(&mut ledger, vec![], vec![fault(valid, none)]);
    verify(&mut ledger, &good).expect("the contradiction is proven");
    accept(&mut ledger, &good).expect("the contradiction is proven");
    assert_eq!(faults_of(&ledger, 1), 1);
}

/// A provisioner's key and vote, as anybody can make them who has secrets of their own.
fn stranger(number: u64, header: ConsensusHeader, vote: Vote) -> Statement<Vote> {
    let secret = SecretKey::from(BlsScalar::from(number));
    let signer = BlsKey::from(&PublicKey::from(&secret));
    let version = VOTING_RULES.at(header.round).fork().bls_version();
    let signature = Keyring::new(vec![secret]).sign(&signer, &validation_bytes(&header, &vote), version);
    Statement { header, signer, signature: signature.expect("it holds the key"), payload: vote }
}

#[test]
fn forged_faults_hit_nobody() {
    let mut ledger = ledger();
    let [valid, none] = contradiction(&ledger, 1);
    let [others, _] = contradiction(&ledger, 2);
    let candidate = |statement: Statement<Vote>, hash: Hash| Statement {
        header: statement.header,
        signer: statement.signer,
        signature: statement.signature,
        payload: hash,
    };
    let infinity = |mut statement: Statement<Vote>| {
        (statement.signer.0, statement.signature.0) = ([0; 96], [0; 48]);
        (statement.signer.0[0], statement.signature.0[0]) = (0xc0, 0xc0);
        statement
    };
    let sum = local_node_consensus::signing::add(&[valid.signature, others.signature]).expect("points");
    let mut uncompressed = none;
    uncompressed.signature.0[0] &= 0x7f;
    let mut negated = none;
    negated.signature.0[0] ^= 0x20;
    let forged = [
        ("votes of another step", Fault::DoubleRatificationVote(Box::new([valid, none]))),
        (
            "votes as candidates",
            Fault::DoubleCandidate(Box::new([candidate(valid, [1; 32]), candidate(none, [2; 32])])),
        ),
        ("a sum of signatures", fault(valid, Statement { signature: sum, ..none })),
        ("a signature in another form", fault(valid, uncompressed)),
        ("the negative of a signature", fault(valid, negated)),
        ("nobody's key", fault(infinity(valid), infinity(none))),
        ("another's signature", fault(valid, Statement { signature: others.signature, ..none })),
    ];
    for (name, fault) in forged {
        let block = block(&mut ledger, vec![], vec![fault]);
        for verdict in [verify(&mut ledger, &block), accept(&mut ledger, &block)] {
            assert!(matches!(problem(verdict), InvalidBlock::Fault { .. }), "{name}");
        }
    }
    let many = block(&mut ledger, vec![], vec![fault(valid, none); MAX_FAULTS + 1]);
    assert!(matches!(problem(verify(&mut ledger, &many)), InvalidBlock::TooMuch { faults: 101, .. }));
    assert_eq!((faults_of(&ledger, 1), faults_of(&ledger, 2)), (0, 0));
}

#[test]
fn faults_of_keys_without_a_stake_change_nothing() {
    let mut ledger = ledger();
    let tip = ledger.tip();
    let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
    let of = |number: u64| {
        let hash = [u8::try_from(number).expect("small"); 32];
        fault(stranger(1000 + number, header, Vote::Valid(hash)), stranger(1000 + number, header, Vote::NoCandidate))
    };
    let full = block(&mut ledger, vec![], (0..MAX_FAULTS as u64).map(of).collect());
    verify(&mut ledger, &full).expect("each of them is proven");
    accept(&mut ledger, &full).expect("each of them is proven");
    assert!((0..STAKERS).all(|account| faults_of(&ledger, account) == 0));
    // As in production, a fault is known by what was said, whoever said it.
    let twin = fault(stranger(5, header, Vote::Valid([7; 32])), stranger(5, header, Vote::NoCandidate));
    let again = block(&mut ledger, vec![], vec![twin]);
    let found = problem(verify(&mut ledger, &again));
    assert!(matches!(found, InvalidBlock::Fault { problem: FaultProblem::Repeated, .. }), "{found:?}");
}

/// The provisioners that the ledger follows from block to block are those that the state has.
fn assert_follows_stakes(ledger: &Ledger) {
    let tip = ledger.tip();
    let stakes = local_node::ledger::stakes(ledger.executor(), tip.state_root, tip.height).expect("readable");
    let staked: BTreeMap<BlsKey, (u64, u64)> = stakes
        .iter()
        .filter_map(|(keys, data)| Some((BlsKey::from(&keys.account), data.amount?)))
        .map(|(key, amount)| (key, (amount.value, amount.eligibility)))
        .collect();
    let followed: BTreeMap<BlsKey, (u64, u64)> = ledger
        .tip_context()
        .provisioners
        .iter()
        .map(|(key, provisioner)| (*key, (provisioner.stake.value, provisioner.stake.eligible_since)))
        .collect();
    assert_eq!(followed, staked, "after block {}", tip.height);
}

#[test]
fn stakes_are_followed_from_block_to_block() {
    let mut ledger = ledger();
    assert_follows_stakes(&ledger);
    let staking = |account: usize, nonce: u64, value: u64| {
        let keys = ACCOUNTS[account].secret_key();
        let stake = Stake::new(keys, keys, value, 0);
        let mut draft = Draft::new(account, nonce);
        draft.data = Some(ContractCall::new(STAKE_CONTRACT, "stake").with_args(&stake).expect("encodes").into());
        draft.deposit = value;
        draft
    };
    let unstaking = |account: usize, nonce: u64, value: u64| {
        let (keys, key) = (ACCOUNTS[account].secret_key(), *ACCOUNTS[account].public_key());
        let call = ContractCall::new(STAKE_CONTRACT, "unstake");
        let to = WithdrawReceiver::Moonlight(key);
        let token = WithdrawReplayToken::Moonlight(nonce);
        let withdrawal = Withdrawal::new(&mut rand::rngs::OsRng, keys, STAKE_CONTRACT, value, to, token);
        let withdraw = Withdraw::new(keys, keys, withdrawal);
        let mut draft = Draft::new(account, nonce);
        draft.data = Some(call.with_args(&withdraw).expect("encodes").into());
        draft
    };
    let least = 1_000 * LUX_PER_DUSK;
    for drafts in [
        vec![staking(5, 1, least)],
        vec![staking(5, 2, 5 * LUX_PER_DUSK), staking(6, 1, 2 * least)],
        vec![unstaking(6, 2, 2 * least), staking(7, 1, least)],
        vec![unstaking(0, 1, 3 * LUX_PER_DUSK), staking(0, 2, 7 * LUX_PER_DUSK)],
        vec![],
    ] {
        let count = drafts.len();
        let next = block(&mut ledger, drafts, vec![]);
        assert_eq!(next.transactions.len(), count, "all of them are in the block");
        accept(&mut ledger, &next).expect("it holds");
        let height = ledger.tip().height;
        let done = ledger.store().block(height).expect("readable").expect("it is there").0;
        assert!(done.transactions.iter().all(|spent| spent.result.is_ok()), "{:?}", done.transactions);
        assert_follows_stakes(&ledger);
    }
    for account in [1, 2, 1] {
        let [valid, none] = contradiction(&ledger, account);
        let next = block(&mut ledger, vec![], vec![fault(valid, none)]);
        accept(&mut ledger, &next).expect("it is proven");
        assert_follows_stakes(&ledger);
    }
}

#[test]
fn a_fault_counts_once() {
    let mut ledger = ledger();
    let [valid, none] = contradiction(&ledger, 1);
    let twice = block(&mut ledger, vec![], vec![fault(valid, none), fault(none, valid)]);
    let found = problem(verify(&mut ledger, &twice));
    assert!(matches!(found, InvalidBlock::Fault { place: 1, problem: FaultProblem::Repeated }), "{found:?}");
    let first = block(&mut ledger, vec![], vec![fault(valid, none)]);
    accept(&mut ledger, &first).expect("it is the first time");
    let again = block(&mut ledger, vec![], vec![fault(none, valid)]);
    for verdict in [verify(&mut ledger, &again), accept(&mut ledger, &again)] {
        let found = problem(verdict);
        assert!(matches!(found, InvalidBlock::Fault { place: 0, problem: FaultProblem::Repeated }), "{found:?}");
    }
    assert_eq!(faults_of(&ledger, 1), 1);
}

#[test]
fn blobs_of_a_block_are_checked() {
    let mut ledger = ledger();
    let good = BlobData::from_datapart(&[1; 4096 * 32], None).expect("field elements");
    let with = |blob: BlobData| {
        let mut draft = Draft::new(3, 1).limit(2_000_000);
        draft.data = Some(vec![blob].into());
        vec![draft]
    };
    let mut changed = good.clone();
    changed.data.as_mut().expect("a sidecar").data[31] ^= 1;
    let named = BlobData { data: None, ..good.clone() };
    for (blob, expected) in [(changed, BlobError::Proof(good.hash)), (named, BlobError::Missing(good.hash))] {
        let block = block(&mut ledger, with(blob), vec![]);
        assert_eq!(block.transactions.len(), 1);
        for verdict in [verify(&mut ledger, &block), accept(&mut ledger, &block)] {
            let found = problem(verdict);
            assert!(matches!(&found, InvalidBlock::Blob { problem, .. } if *problem == expected), "{found:?}");
        }
    }
    let block = block(&mut ledger, with(good), vec![]);
    verify(&mut ledger, &block).expect("the blob is good");
    accept(&mut ledger, &block).expect("the blob is good");
}
