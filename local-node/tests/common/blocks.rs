//! Blocks of transactions that write memory or emit events.

use std::path::Path;

use dusk_core::transfer::data::ContractCall;
use dusk_core::transfer::moonlight::AccountData;
use local_node::block::StoredBlock;
use local_node::executor::Executor;
use local_node::genesis::{self, Allocation};
use local_node::ledger::{BuildLimits, Built, Ledger, LedgerError};
use local_node::mempool::{Limits, Mempool};
use local_node::store::{Identity, Store, StoreError};
use local_node::transaction::ValidTransaction;
use local_node_consensus::committee::Committees;
use local_node_consensus::{BlockBody, BuildRequest, Decision, RequestId, VerifyRequest, Voter};
use local_node_types::ledger::{Attestation, BLOCK_VERSION, Block, Header, StepName, StepVotes};
use local_node_types::rules::{BLOCK_GAS_LIMIT, Profile};
use local_node_vm::Vm;

use super::{ACCOUNTS, Draft, deployed_id, module_cache};

/// `touch` takes three numbers of 32 bits: it writes a byte to each of so many pages, from a first one on, and to so
/// many more blocks of the last page. `flood` takes the same and fills so many pages with the third number. `shout`
/// makes 30 MiB known.
pub(crate) const TOUCH: &str = r#"(module
    (import "env" "emit" (func $emit (param i32 i32 i32)))
    (data (i32.const 0) "loud")
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (func (export "touch") (param i32) (result i32) (local $at i32) (local $pages i32) (local $blocks i32)
        (local.set $at (i32.mul (i32.load (i32.const 65536)) (i32.const 65536)))
        (local.set $pages (i32.load (i32.const 65540)))
        (local.set $blocks (i32.load (i32.const 65544)))
        (loop $page
            (i32.store8 (local.get $at) (i32.const 1))
            (local.set $at (i32.add (local.get $at) (i32.const 65536)))
            (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
            (br_if $page (local.get $pages)))
        (local.set $at (i32.sub (local.get $at) (i32.const 65536)))
        (if (local.get $blocks) (then
            (loop $block
                (local.set $at (i32.add (local.get $at) (i32.const 4096)))
                (i32.store8 (local.get $at) (i32.const 1))
                (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
                (br_if $block (local.get $blocks)))))
        (i32.const 0))
    (func (export "flood") (param i32) (result i32) (local $end i32)
        (local.set $end (i32.add (i32.load (i32.const 65536)) (i32.load (i32.const 65540))))
        (if (i32.lt_u (memory.size) (local.get $end))
            (then (drop (memory.grow (i32.sub (local.get $end) (memory.size))))))
        (memory.fill
            (i32.mul (i32.load (i32.const 65536)) (i32.const 65536))
            (i32.load (i32.const 65544))
            (i32.mul (i32.load (i32.const 65540)) (i32.const 65536)))
        (i32.const 0))
    (func (export "shout") (param i32) (result i32) (local $n i32)
        (loop $again
            (call $emit (i32.const 0) (i32.const 4) (i32.const 65536))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 480))))
        (i32.const 0)))"#;

/// The first page that is touched: those before it hold the argument.
pub(crate) const FIRST: u32 = 3;

pub(crate) fn ledger() -> Ledger {
    let vm = Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts");
    let root = genesis::state(&vm, 0, Profile::Local, &Allocation::development(&*ACCOUNTS)).expect("genesis");
    Ledger::new(Executor::new(vm, 0, Profile::Local), genesis::header(0, root)).expect("opens")
}

/// The chain in a new folder.
pub(crate) fn durable_ledger(folder: &Path) -> Ledger {
    let vm = Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts");
    let allocation = Allocation::development(&*ACCOUNTS);
    let identity = Identity { chain_id: 0, rules: Profile::Local, allocation: allocation.digest(), genesis_time: None };
    let store = Store::open(folder, &identity, || {
        let root = genesis::state(&vm, 0, Profile::Local, &allocation).expect("genesis");
        let state = vm.export(&root).expect("it was made");
        Ok::<_, StoreError>((StoredBlock::genesis(genesis::header(0, root)), state))
    });
    Ledger::resume(Executor::new(vm, 0, Profile::Local), store.expect("opens")).expect("opens")
}

pub(crate) fn checked(draft: Draft) -> ValidTransaction {
    ValidTransaction::trusted(draft.sign(), Profile::Local.at(1)).expect("amounts fit")
}

pub(crate) fn deployment() -> Draft {
    Draft::new(9, 1).deploy(&wat::parse_str(TOUCH).expect("a module"), None)
}

/// A transaction of an account that touches what is asked, or shouts where nothing is to be touched.
pub(crate) fn touching(account: usize, nonce: u64, numbers: [u32; 3]) -> ValidTransaction {
    calling(account, nonce, if numbers[1] == 0 { "shout" } else { "touch" }, numbers)
}

/// A transaction of an account that calls a function of [`TOUCH`].
pub(crate) fn calling(account: usize, nonce: u64, function: &str, numbers: [u32; 3]) -> ValidTransaction {
    let argument = numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let mut draft = Draft::new(account, nonce).limit(BLOCK_GAS_LIMIT / 8).price(9 - account as u64);
    let contract = deployed_id(&deployment().sign());
    draft.data = Some(ContractCall::new(contract, function).with_raw_args(argument).into());
    checked(draft)
}

pub(crate) fn build_of(ledger: &mut Ledger, transactions: &[ValidTransaction], limits: BuildLimits) -> Built {
    let mut mempool = Mempool::new(Limits::default());
    for transaction in transactions {
        let account = AccountData { nonce: transaction.nonce() - 1, balance: u64::MAX };
        mempool.insert(transaction.clone(), &account, 0).expect("fits");
    }
    let tip = ledger.tip();
    let request = BuildRequest {
        id: RequestId(tip.height + 1),
        round: tip.height + 1,
        iteration: 0,
        generator: ACCOUNTS[0].id(),
        prev_state_root: tip.state_root,
        voters: certificate(ledger).1,
        slashes: vec![],
        max_body_bytes: 1 << 20,
        deadline: None,
    };
    ledger.build(&request, vec![], &mempool.queue(), limits).expect("the block is ended")
}

/// The attestation that the whole committees would have signed. Only the members matter here, nobody checks signatures.
pub(crate) fn certificate(ledger: &Ledger) -> (Attestation, Vec<Voter>) {
    let mut attestation = Attestation::default();
    let Some(before) = ledger.tip_context().before else { return (attestation, vec![]) };
    let mut committees = Committees::new(before.provisioners, before.seed, ledger.tip().height);
    for (step, votes) in
        [(StepName::Validation, &mut attestation.validation), (StepName::Ratification, &mut attestation.ratification)]
    {
        let members = committees.voting(ledger.tip().iteration, step).members().len();
        *votes = StepVotes { bitset: (1 << members) - 1, ..StepVotes::default() };
    }
    let voters = local_node_consensus::attestation::voters(&attestation, ledger.tip().iteration, &mut committees);
    (attestation, voters)
}

/// The block of a body.
pub(crate) fn block_of(ledger: &Ledger, body: BlockBody) -> Block {
    let (prev_block_cert, _) = certificate(ledger);
    let tip = ledger.tip();
    let mut block = Block { transactions: body.transactions, faults: vec![], ..Block::default() };
    block.header = Header {
        version: BLOCK_VERSION,
        height: tip.height + 1,
        prev_block_hash: tip.hash,
        state_root: body.state_root,
        event_bloom: body.event_bloom,
        generator: ACCOUNTS[0].id(),
        gas_limit: body.gas_limit,
        tx_root: block.compute_tx_root(),
        prev_block_cert,
        ..Header::default()
    };
    block.header.hash = block.header.compute_hash();
    block
}

pub(crate) fn verify(ledger: &mut Ledger, block: &Block) -> Result<(), LedgerError> {
    let voters = certificate(ledger).1;
    ledger.verify(&VerifyRequest { id: RequestId(99), block: Box::new(block.clone()), voters, slashes: vec![] })
}

/// Adds a block of transactions that all fit. The one who builds it does not execute it again.
pub(crate) fn append(ledger: &mut Ledger, transactions: &[ValidTransaction]) {
    let built = build_of(ledger, transactions, BuildLimits::new(None));
    assert_eq!(built.body.transactions.len(), transactions.len(), "{built:?}");
    let block = block_of(ledger, built.body);
    let request = Some(RequestId(block.header.height));
    ledger.accept(Decision { block, request }).expect("accepted");
}
