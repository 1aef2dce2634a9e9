//! Work that nobody needs any more, and what following the stakes costs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dusk_core::BlsScalar;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::stake::{STAKE_CONTRACT, Stake};
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::{AccountData, Fee, Payload, Transaction as Public};
use local_node_core::mempool::{Limits, Mempool};
use local_node_types::ledger::BLOCK_VERSION;
use local_node_types::rules::{LUX_PER_DUSK, Profile};
use local_node_vm::Vm;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use super::*;
use crate::accounts::{DevAccount, dev_accounts};
use crate::genesis::{self, Allocation, DEV_STAKE};
use crate::transaction::ValidTransaction;
use crate::work::STACK_BYTES;

/// More gas than a machine spends in a day.
const ENDLESS: u64 = 100_000_000_000_000;
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// The first transaction of an account, with its gas limit and gas price.
fn transaction(from: &DevAccount, gas: (u64, u64), deposit: u64, data: TransactionData) -> ValidTransaction {
    let (key, (gas_limit, gas_price)) = (*from.public_key(), gas);
    let fee = Fee { gas_limit, gas_price, refund_address: key };
    let payload =
        Payload { chain_id: 0, sender: key, receiver: key, value: 0, deposit, fee, nonce: 1, data: Some(data) };
    let signed = Public::sign_payload(from.secret_key(), payload).expect("there is no memo");
    ValidTransaction::trusted(Transaction::from(signed), Profile::Local.at(1)).expect("amounts fit")
}

fn queue(transaction: &ValidTransaction) -> Queue {
    let mut mempool = Mempool::new(Limits::default());
    let account = AccountData { nonce: 0, balance: u64::MAX };
    mempool.insert(transaction.clone(), &account, 0).expect("it fits");
    mempool.queue()
}

fn request(ledger: &Ledger, generator: &DevAccount) -> BuildRequest {
    let tip = ledger.tip();
    BuildRequest {
        id: RequestId(tip.height + 1),
        round: tip.height + 1,
        iteration: 0,
        generator: generator.id(),
        prev_state_root: tip.state_root,
        voters: vec![],
        slashes: vec![],
        max_body_bytes: 1 << 20,
        deadline: None,
    }
}

/// The next block with a transaction, for a state that nobody has computed.
fn block(ledger: &Ledger, generator: &DevAccount, transactions: Vec<LedgerTransaction>) -> Block {
    let tip = ledger.tip();
    let mut block = Block { transactions, ..Block::default() };
    block.header = Header {
        version: BLOCK_VERSION,
        height: tip.height + 1,
        prev_block_hash: tip.hash,
        state_root: [1; 32],
        generator: generator.id(),
        gas_limit: ENDLESS,
        tx_root: block.compute_tx_root(),
        fault_root: block.compute_fault_root(),
        ..Header::default()
    };
    block.header.hash = block.header.compute_hash();
    block
}

fn ledger(allocation: &Allocation) -> Ledger {
    let folder = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("local-node-modules")));
    let vm = Vm::with_module_cache(&folder.expect("the program lies in a folder")).expect("the engine starts");
    let root = genesis::state(&vm, 0, Profile::Local, allocation).expect("genesis");
    let executor = Executor::new(vm, 0, Profile::Local);
    Ledger::new(executor, genesis::header(0, root)).expect("it opens").with_block_gas_limit(ENDLESS)
}

/// Builds the first block with a transaction, and accepts it.
fn accept_first(ledger: &mut Ledger, generator: &DevAccount, transaction: &ValidTransaction) {
    let first = request(ledger, generator);
    let built = ledger.build(&first, vec![], &queue(transaction), BuildLimits::new(None)).expect("it is built");
    assert_eq!(built.body.transactions.len(), 1, "{:?}", built.unfit);
    let mut decided = block(ledger, generator, built.body.transactions);
    (decided.header.state_root, decided.header.event_bloom) = (built.body.state_root, built.body.event_bloom);
    decided.header.hash = decided.header.compute_hash();
    ledger.accept(Decision { block: decided, request: Some(first.id) }).expect("it is accepted");
}

/// A chain with a contract, and a transaction that calls a function of it which never ends.
fn endless() -> (Ledger, ValidTransaction) {
    let accounts = dev_accounts();
    let mut ledger = ledger(&Allocation::development(&accounts));
    let module = wat::parse_str(
        r#"(module
            (memory (export "memory") 3)
            (global (export "A") i32 (i32.const 65536))
            (func (export "spin") (param i32) (result i32) (loop $again (br $again)) (i32.const 0)))"#,
    );
    let deploy = ContractDeploy::new(module.expect("a module"), accounts[9].id().0.to_vec(), None, 1);
    let deployment = transaction(&accounts[9], (100_000_000, 2000), 0, deploy.into());
    let contract: ContractId = deployment.protocol().deploy().expect("it deploys").contract_id();
    accept_first(&mut ledger, &accounts[0], &deployment);
    let call = ContractCall::new(contract, "spin").with_raw_args(Vec::new());
    (ledger, transaction(&accounts[8], (ENDLESS, 1), 0, call.into()))
}

/// Does work of a ledger on a thread, cancels it while it is done, and gives the ledger back with what came of it.
fn cancelled<T: Send + 'static>(
    mut ledger: Ledger,
    work: impl FnOnce(&mut Ledger, Cancel) -> Result<T, LedgerError> + Send + 'static,
) -> (Ledger, Result<T, LedgerError>) {
    let (cancel, (sender, receiver)) = (Cancel::default(), channel());
    let switch = cancel.clone();
    let run = move || {
        let done = work(&mut ledger, switch);
        // If this fails, the receiver has stopped waiting.
        drop(sender.send((ledger, done)));
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).expect("a thread");
    let early = receiver.recv_timeout(Duration::from_millis(500));
    assert!(matches!(early, Err(RecvTimeoutError::Timeout)), "it ended by itself");
    cancel.cancel();
    receiver.recv_timeout(PATIENCE).expect("it ends when it is cancelled")
}

#[test]
fn a_cancelled_verification_ends_within_a_transaction() {
    let (ledger, spinning) = endless();
    let generator = &dev_accounts()[0];
    let of = |block: Block| VerifyRequest { id: RequestId(9), block: Box::new(block), voters: vec![], slashes: vec![] };
    let candidate = of(block(&ledger, generator, vec![spinning.transaction().clone()]));
    let empty = of(block(&ledger, generator, vec![]));
    let (mut ledger, verified) = cancelled(ledger, move |ledger, cancel| ledger.verify_unless(&candidate, &cancel));
    assert!(matches!(verified, Err(LedgerError::Cancelled)), "{verified:?}");
    // The ledger goes on: the next candidate comes to the rewards of voters, of whom there are none.
    let verified = ledger.verify(&empty);
    assert!(matches!(verified, Err(LedgerError::Executor(ExecutorError::Reward(_)))), "{verified:?}");
}

#[test]
fn a_cancelled_build_ends_within_a_transaction() {
    let (ledger, spinning) = endless();
    let (request, queue) = (request(&ledger, &dev_accounts()[0]), queue(&spinning));
    let (ledger, built) = cancelled(ledger, move |ledger, cancel| {
        let limits = BuildLimits { cancel, ..BuildLimits::new(None) };
        ledger.build(&request, vec![], &queue, limits)
    });
    assert!(matches!(built, Err(LedgerError::Executor(ExecutorError::Cancelled))), "{built:?}");
    assert_eq!(ledger.tip().height, 1);
}

/// Adds up the gas of the questions that a ledger asks the stake contract.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU64>);

impl Subscriber for Asked {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "local_node::ledger::stakes"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Gas(&self.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Gas<'a>(&'a AtomicU64);

impl Visit for Gas<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "gas" {
            self.0.fetch_add(value, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The gas of a ledger's questions to the stake contract while it does something.
fn gas_of_questions(work: impl FnOnce()) -> u64 {
    let asked = Asked::default();
    tracing::subscriber::with_default(asked.clone(), work);
    asked.0.load(Ordering::Relaxed)
}

#[test]
fn a_block_asks_for_as_little_with_a_thousand_provisioners_as_with_a_few() {
    let accounts = dev_accounts();
    let value = 1_000 * LUX_PER_DUSK;
    let keys = accounts[5].secret_key();
    let staking = ContractCall::new(STAKE_CONTRACT, "stake").with_args(&Stake::new(keys, keys, value, 0));
    let staking = transaction(&accounts[5], (100_000_000, 1), value, staking.expect("it encodes").into());
    // At least so many, and never fewer than the development accounts that stake.
    let cost = |provisioners: u64| {
        let mut allocation = Allocation::development(&accounts);
        let others = allocation.stakes.len() as u64..provisioners;
        let key = |number: u64| PublicKey::from(&SecretKey::from(BlsScalar::from(1_000_000 + number)));
        allocation.stakes.extend(others.map(|number| (key(number), DEV_STAKE)));
        let stakes_before = allocation.stakes.len();
        let mut ledger = ledger(&allocation);
        let followed = gas_of_questions(|| accept_first(&mut ledger, &accounts[0], &staking));
        let tip = ledger.tip().clone();
        let read = gas_of_questions(|| {
            let all = stakes(ledger.executor(), tip.state_root, tip.height).expect("they are readable");
            assert!(all.len() > stakes_before, "the block has one stake more");
        });
        (followed, read)
    };
    let [(few, all_few), (many, all_many)] = [0, 1_000].map(cost);
    assert!(few > 0, "the block changes a stake");
    assert!(all_many > 10 * all_few, "reading all of them costs more: {all_few} and {all_many} gas");
    assert!(many < 2 * few, "a block costs {few} gas with a few provisioners, and {many} with 1,000");
}
