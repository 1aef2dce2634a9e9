//! The builder of a block and its verifiers come to the same state, for all transactions.

use dusk_core::abi::ContractId;
use dusk_core::transfer::moonlight::AccountData;
use local_node::executor::{Executor, ExecutorError};
use local_node::genesis::{self, Allocation};
use local_node::ledger::{BuildLimits, InvalidBlock, Ledger, LedgerError};
use local_node::mempool::{Limits, Mempool};
use local_node::transaction::ValidTransaction;
use local_node_consensus::{BuildRequest, Decision, EMERGENCY_BLOCK_ITERATION, RequestId, VerifyRequest, Voter};
use local_node_types::keys::{BlsKey, DUSK_KEY};
use local_node_types::ledger::{BLOCK_VERSION, Block, Header, Label};
use local_node_types::rules::Profile;
use local_node_vm::Vm;
use proptest::prelude::*;

use crate::common::blocks::certificate;
use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id, module_cache};

const GAS_LIMIT: u64 = 60_000_000;

fn vm() -> Vm {
    Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts")
}

fn ledger(vm: &Vm) -> Ledger {
    let root = genesis::state(vm, 0, Profile::Local, &Allocation::development(&*ACCOUNTS)).expect("genesis");
    let executor = Executor::new(vm.clone(), 0, Profile::Local);
    Ledger::new(executor, genesis::header(0, root)).expect("opens").with_block_gas_limit(GAS_LIMIT)
}

/// Builds the next block from a mempool.
fn build(ledger: &mut Ledger, mempool: &Mempool, id: u64) -> (Block, Vec<Voter>) {
    build_by(ledger, mempool, id, (ACCOUNTS[0].id(), 0))
}

/// Builds the next block as this generator in this iteration.
fn build_by(
    ledger: &mut Ledger,
    mempool: &Mempool,
    id: u64,
    (generator, iteration): (BlsKey, u8),
) -> (Block, Vec<Voter>) {
    let (prev_block_cert, voters) = certificate(ledger);
    let tip = ledger.tip().clone();
    let request = BuildRequest {
        id: RequestId(id),
        round: tip.height + 1,
        iteration,
        generator,
        prev_state_root: tip.state_root,
        voters: voters.clone(),
        slashes: vec![],
        max_body_bytes: 1 << 20,
        deadline: None,
    };
    let built = ledger.build(&request, vec![], &mempool.queue(), BuildLimits::new(None)).expect("builds");
    let mut block = Block { transactions: built.body.transactions, faults: vec![], ..Block::default() };
    block.header = Header {
        version: BLOCK_VERSION,
        height: tip.height + 1,
        prev_block_hash: tip.hash,
        state_root: built.body.state_root,
        event_bloom: built.body.event_bloom,
        generator,
        iteration,
        gas_limit: built.body.gas_limit,
        tx_root: block.compute_tx_root(),
        prev_block_cert,
        ..Header::default()
    };
    block.header.hash = block.header.compute_hash();
    (block, voters)
}

fn verify(ledger: &mut Ledger, block: &Block, voters: &[Voter], id: u64) -> Result<(), LedgerError> {
    let (block, voters) = (Box::new(block.clone()), voters.to_vec());
    ledger.verify(&VerifyRequest { id: RequestId(id), block, voters, slashes: vec![] })
}

/// A transaction that a sender may think of.
#[derive(Debug, Clone)]
enum Idea {
    Pay(usize, u64),
    PayAlmostAll(usize),
    Deploy(Option<u8>),
    Call(&'static str),
    CallNobody,
    Memo(u8),
}

fn idea() -> impl Strategy<Value = Idea> {
    prop_oneof![
        4 => (0_usize..10, 0_u64..1_000_000).prop_map(|(to, value)| Idea::Pay(to, value)),
        1 => (0_usize..10).prop_map(Idea::PayAlmostAll),
        1 => prop_oneof![Just(None), Just(Some(3)), Just(Some(255))].prop_map(Idea::Deploy),
        4 => prop_oneof![Just("count"), Just("read"), Just("fail"), Just("spin"), Just("nothing")].prop_map(Idea::Call),
        1 => Just(Idea::CallNobody),
        1 => any::<u8>().prop_map(Idea::Memo),
    ]
}

fn draft(idea: &Idea, from: usize, nonce: u64, price: u64, limit: u64, contract: ContractId) -> Draft {
    let draft = Draft::new(from, nonce).price(price).limit(limit);
    match idea {
        Idea::Pay(to, value) => draft.pay(*to, *value),
        // Two of them cannot both be paid, so that one of them turns out unspendable in the block.
        Idea::PayAlmostAll(to) => draft.pay(*to, genesis::DEV_BALANCE / 3 * 2),
        Idea::Deploy(init) => draft.deploy(&COUNTER, *init).limit(limit.max(5_000_000)),
        Idea::Call(function) => draft.call(contract, function),
        Idea::CallNobody => draft.call(ContractId::from_bytes([5; 32]), "count"),
        Idea::Memo(byte) => draft.memo(&[*byte; 40]),
    }
}

fn accept(ledger: &mut Ledger, block: &Block, request: Option<u64>) {
    let decision = Decision { block: block.clone(), request: request.map(RequestId) };
    let accepted = ledger.accept(decision).expect("accepted");
    assert_eq!(accepted.block.header().state_root, block.header.state_root);
}

fn fill(mempool: &mut Mempool, drafts: impl IntoIterator<Item = Draft>, height: u64) {
    for draft in drafts {
        let transaction = ValidTransaction::trusted(draft.sign(), Profile::Local.at(height)).expect("amounts fit");
        // As a node whose view of the accounts is too good: faults show in the block.
        let account = AccountData { nonce: 0, balance: u64::MAX };
        let _ = mempool.insert(transaction, &account, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn builder_and_verifier_agree(
        ideas in proptest::collection::vec((idea(), 0_usize..4, 1_u64..5, 75_000_u64..20_000_000), 1..40),
    ) {
        let (mut builder, mut verifier) = (ledger(&vm()), ledger(&vm()));
        let deploy = Draft::new(9, 1).deploy(&COUNTER, None).limit(10_000_000);
        let contract = deployed_id(&deploy.clone().sign());
        let mut mempool = Mempool::new(Limits::default());
        fill(&mut mempool, [deploy], 1);
        let (first, voters) = build(&mut builder, &mempool, 1);
        prop_assert_eq!(first.transactions.len(), 1);
        verify(&mut verifier, &first, &voters, 1).expect("the first block is valid");
        accept(&mut builder, &first, Some(1));
        // A node that did not see the candidate executes the block when it is decided.
        accept(&mut verifier, &first, None);

        let mut nonces = [0_u64; 4];
        let drafts: Vec<_> = ideas
            .iter()
            .map(|(idea, from, price, limit)| {
                nonces[*from] += 1;
                draft(idea, *from, nonces[*from], *price, *limit, contract)
            })
            .collect();
        let mut mempool = Mempool::new(Limits::default());
        fill(&mut mempool, drafts, 2);
        let (second, voters) = build(&mut builder, &mempool, 2);
        verify(&mut verifier, &second, &voters, 2).expect("the second block is valid");
        accept(&mut builder, &second, Some(2));
        accept(&mut verifier, &second, Some(2));
        prop_assert_eq!(builder.tip(), verifier.tip());
        let gas: u64 = builder.store().tip().gas_spent();
        prop_assert!(gas <= GAS_LIMIT);
        let receipts = |ledger: &Ledger| {
            let spent = |tx: &std::sync::Arc<local_node::block::SpentTransaction>| (tx.id(), tx.gas_spent, tx.result.clone(), tx.events.clone());
            ledger.store().tip().transactions.iter().map(spent).collect::<Vec<_>>()
        };
        prop_assert_eq!(receipts(&builder), receipts(&verifier));
    }
}

#[test]
fn a_changed_block_is_not_valid() {
    let vm = vm();
    let (mut builder, mut verifier) = (ledger(&vm), ledger(&vm));
    let mut mempool = Mempool::new(Limits::default());
    fill(&mut mempool, [Draft::new(0, 1).pay(1, 5), Draft::new(1, 1).pay(2, 5)], 1);
    let (good, voters) = build(&mut builder, &mempool, 1);
    assert_eq!(good.transactions.len(), 2);

    type Case = (fn(&mut Block), fn(&InvalidBlock) -> bool);
    let changes: [Case; 7] = [
        (|block| block.header.state_root[0] ^= 1, |problem| matches!(problem, InvalidBlock::Outcome)),
        (|block| block.header.event_bloom.0[9] ^= 1, |problem| matches!(problem, InvalidBlock::Outcome)),
        (|block| block.header.height = 2, |problem| matches!(problem, InvalidBlock::NotNext)),
        (|block| block.header.prev_block_hash[0] ^= 1, |problem| matches!(problem, InvalidBlock::NotNext)),
        (|block| block.transactions.swap(0, 1), |problem| matches!(problem, InvalidBlock::Roots)),
        (|block| block.header.gas_limit += 1, |problem| matches!(problem, InvalidBlock::GasLimit(_))),
        (
            |block| {
                block.transactions.push(block.transactions[0].clone());
                block.header.tx_root = block.compute_tx_root();
            },
            |problem| matches!(problem, InvalidBlock::Transaction { .. }),
        ),
    ];
    for (index, (change, expected)) in changes.into_iter().enumerate() {
        let mut changed = good.clone();
        change(&mut changed);
        let verdict = verify(&mut verifier, &changed, &voters, 9);
        assert!(
            matches!(&verdict, Err(LedgerError::Invalid { problem, .. }) if expected(problem)),
            "{index}: {verdict:?}"
        );
    }
    verify(&mut verifier, &good, &voters, 9).expect("the block itself is valid");
    let nobody = VerifyRequest { id: RequestId(9), block: Box::new(good), voters: vec![], slashes: vec![] };
    verifier.verify(&nobody).expect("the first block needs no voters");
}

#[test]
fn the_chain_goes_on_after_an_emergency_block() {
    let vm = vm();
    let (mut builder, mut verifier) = (ledger(&vm), ledger(&vm));
    let usual = (ACCOUNTS[0].id(), 0);
    let generators = [usual, usual, (DUSK_KEY, EMERGENCY_BLOCK_ITERATION), usual, usual];
    let mut rewarded = Vec::new();
    for (account, generator) in (1..).zip(generators) {
        let (mut mempool, id) = (Mempool::new(Limits::default()), account as u64);
        fill(&mut mempool, [Draft::new(account, 1).pay(0, 5)], id);
        let (block, voters) = build_by(&mut builder, &mempool, id, generator);
        assert_eq!((block.transactions.len(), block.header.height), (1, id));
        verify(&mut verifier, &block, &voters, id).expect("it is valid");
        accept(&mut builder, &block, Some(id));
        // Executed when it is decided, with the voters of its certificate.
        accept(&mut verifier, &block, None);
        assert_eq!(builder.tip(), verifier.tip());
        rewarded.push(builder.store().tip().rewards.len());
    }
    // Without voters the generator and the foundation earn; with them also two voters, and the generator for more.
    assert_eq!(rewarded, [2, 5, 5, 2, 5]);
    // Fifty iterations of its round are unaccounted for.
    assert_eq!(builder.store().block(3).expect("readable").map(|it| it.1), Some(Label::Accepted(100)));

    // After a block of committees there have to be voters.
    let (block, _) = build(&mut builder, &Mempool::new(Limits::default()), 6);
    let verdict = verify(&mut verifier, &block, &[], 6);
    assert!(matches!(verdict, Err(LedgerError::Executor(ExecutorError::Reward(_)))), "{verdict:?}");
}

#[test]
fn a_block_takes_what_fits_and_leaves_the_rest() {
    let mut ledger = ledger(&vm());
    let deploy = Draft::new(9, 1).deploy(&COUNTER, None).limit(10_000_000);
    let contract = deployed_id(&deploy.clone().sign());
    let mut mempool = Mempool::new(Limits::default());
    fill(&mut mempool, [deploy], 1);
    let (first, _) = build(&mut ledger, &mempool, 1);
    accept(&mut ledger, &first, Some(1));

    // Endless calls burn their whole limits: two of three fit, and so does the small payment after the third.
    let spin = |from| Draft::new(from, 1).call(contract, "spin").limit(GAS_LIMIT / 5 * 2).price(9);
    let mut mempool = Mempool::new(Limits::default());
    fill(&mut mempool, [spin(0), spin(1), spin(2), Draft::new(3, 1).pay(4, 1)], 2);
    let (second, _) = build(&mut ledger, &mempool, 2);
    let limits: Vec<_> = second.transactions.iter().map(|tx| tx.protocol().gas_limit()).collect();
    assert_eq!(limits, [GAS_LIMIT / 5 * 2, GAS_LIMIT / 5 * 2, 100_000_000]);
}
