//! The scripts.

use anyhow::{Context, Result};
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::stake::{STAKE_CONTRACT, Stake, StakeAmount, StakeData, StakeKeys};
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData, gen_contract_id};
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use local_node_vm::genesis;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rkyv::Serialize;
use rkyv::ser::serializers::AllocSerializer;

use crate::contracts::{counter, request};
use crate::protocol::Command;
use crate::{generated, growth, host_queries, stakes};

pub(crate) const PLENTY: u64 = 1_000_000_000;
const FUNDS: u64 = 9_000_000_000_000_000;
/// Generated contracts in the script. Four hundred were compared when this was written.
const GENERATED: u64 = 24;

/// All scripts by name.
///
/// # Errors
/// When a script cannot be made, which is a fault in it.
pub fn all() -> Result<Vec<(&'static str, Vec<Command>)>> {
    Ok(vec![
        ("genesis", genesis()),
        ("queries", queries()),
        ("host_queries", host_queries::script()?),
        ("transactions", transactions()?),
        ("calls", calls()),
        ("generated", generated()?),
        ("growth", growth::script()),
        ("stakes", stakes::script()?),
    ])
}

pub(crate) fn keys(seed: u64) -> (SecretKey, PublicKey) {
    let secret = SecretKey::random(&mut StdRng::seed_from_u64(seed));
    (secret.clone(), PublicKey::from(&secret))
}

pub(crate) fn encoded<T: Serialize<AllocSerializer<1024>>>(value: &T) -> Vec<u8> {
    rkyv::to_bytes(value).expect("a value of known size is encoded to memory").into_vec()
}

pub(crate) fn call(contract: ContractId, function: &str, argument: Vec<u8>, gas: u64) -> Command {
    Command::Call { id: contract.to_bytes(), function: function.to_owned(), argument, gas }
}

pub(crate) fn deploy(contract: ContractId, bytecode: Vec<u8>) -> Command {
    Command::Deploy { id: contract.to_bytes(), bytecode, init: vec![], owner: vec![4; 96], gas: PLENTY }
}

pub(crate) const TODAY: Command = Command::Session { chain_id: 0, height: 1 };

/// The genesis contracts, three funded accounts and two stakes.
pub(crate) fn genesis() -> Vec<Command> {
    let (_, dusk) = keys(0);
    let mut script = vec![
        Command::Session { chain_id: genesis::CHAIN_ID, height: 0 },
        deploy(TRANSFER_CONTRACT, genesis::TRANSFER.to_vec()),
        deploy(STAKE_CONTRACT, genesis::STAKE.to_vec()),
        call(STAKE_CONTRACT, "insert_stake", encoded(&(StakeKeys::single_key(dusk), StakeData::default())), PLENTY),
        call(TRANSFER_CONTRACT, "add_contract_balance", encoded(&(STAKE_CONTRACT, 0_u64)), PLENTY),
        call(TRANSFER_CONTRACT, "update_root", vec![], PLENTY),
        Command::Commit,
        Command::Session { chain_id: genesis::CHAIN_ID, height: 0 },
    ];
    for seed in 1..4 {
        let account = encoded(&(keys(seed).1, FUNDS));
        script.push(call(TRANSFER_CONTRACT, "add_account_balance", account, PLENTY));
    }
    for seed in 4..6 {
        let amount = Some(StakeAmount { value: 1_000_000_000_000, locked: 0, eligibility: 0 });
        let stake = StakeData { amount, reward: 7, faults: 0, hard_faults: 0 };
        let entry = encoded(&(StakeKeys::single_key(keys(seed).1), stake));
        script.push(call(STAKE_CONTRACT, "insert_stake", entry, PLENTY));
    }
    script.extend([Command::Root, Command::Commit, TODAY]);
    script
}

/// Calls with every gas limit around what they cost, and with very little.
fn queries() -> Vec<Command> {
    let mut script = genesis();
    let (_, account) = keys(1);
    let (_, staker) = keys(4);
    let cases: [(ContractId, &str, Vec<u8>, u64); 7] = [
        (TRANSFER_CONTRACT, "chain_id", vec![], 420),
        (TRANSFER_CONTRACT, "root", vec![], 711),
        (TRANSFER_CONTRACT, "num_notes", vec![], 419),
        (TRANSFER_CONTRACT, "contract_balance", encoded(&STAKE_CONTRACT), 1_422),
        (TRANSFER_CONTRACT, "account", encoded(&account), 20_000),
        (TRANSFER_CONTRACT, "update_root", vec![], 948),
        (STAKE_CONTRACT, "get_stake", encoded(&staker), 31_300),
    ];
    for (contract, function, argument, gas) in cases {
        script.push(call(contract, function, argument.clone(), PLENTY));
        for limit in (1..30).chain(gas - 150..gas + 60) {
            script.push(call(contract, function, argument.clone(), limit));
        }
        script.push(Command::Root);
    }
    for (contract, function) in [
        (TRANSFER_CONTRACT, "no_such_function"),
        (TRANSFER_CONTRACT, "init"),
        (TRANSFER_CONTRACT, "refund"),
        (TRANSFER_CONTRACT, "spend_and_execute"),
        (STAKE_CONTRACT, "stake"),
        (STAKE_CONTRACT, "reward"),
        (ContractId::from_bytes([9; 32]), "chain_id"),
    ] {
        script.extend([call(contract, function, vec![], PLENTY), call(contract, function, vec![1; 99], PLENTY)]);
    }
    script.extend([Command::Root, Command::Commit]);
    script
}

/// An account that sends transactions.
pub(crate) struct Sender {
    pub(crate) secret: SecretKey,
    pub(crate) nonce: u64,
}

impl Sender {
    pub(crate) fn sends(
        &mut self,
        value: u64,
        deposit: u64,
        gas: u64,
        data: Option<TransactionData>,
    ) -> Result<Command> {
        self.nonce += 1;
        let receiver = (value > 0).then(|| keys(2).1);
        let transaction =
            Transaction::moonlight(&self.secret, receiver, value, deposit, gas, 2_000, self.nonce, 0, data);
        let transaction = transaction.map_err(|error| anyhow::anyhow!("{error:?}")).context("a transaction")?;
        Ok(Command::Execute { transaction: transaction.to_var_bytes() })
    }
}

pub(crate) fn call_data(contract: ContractId, function: &str, argument: Vec<u8>) -> TransactionData {
    ContractCall { contract, fn_name: function.to_owned(), fn_args: argument }.into()
}

/// Transfers, deployments, calls, a stake, and all that can go wrong with them.
fn transactions() -> Result<Vec<Command>> {
    const GAS: u64 = 40_000_000;
    let mut script = genesis();
    let mut sender = Sender { secret: keys(1).0, nonce: 0 };
    for value in 1..12 {
        script.push(sender.sends(value * 1_000, 0, GAS, None)?);
    }
    script.extend([Command::Root, Command::Commit, TODAY]);
    // Too little gas, a nonce that was used, and one whose turn has not come.
    for gas in [1, 1_000, 100_000, 1_000_000, 1_800_000] {
        script.push(sender.sends(5, 0, gas, None)?);
        sender.nonce -= 1;
    }
    for nonce in [0, 3, 100] {
        script.push(Sender { secret: keys(1).0, nonce }.sends(5, 0, GAS, None)?);
    }
    script.push(Sender { secret: keys(99).0, nonce: 0 }.sends(5, 0, GAS, None)?);
    script.push(sender.sends(5, 0, GAS, Some(TransactionData::Memo(b"thanks".to_vec())))?);
    script.push(Command::Root);

    let bytecode = counter();
    let id = gen_contract_id(&bytecode, 9, [4; 96]);
    let deployment = |bytecode: Vec<u8>| Some(ContractDeploy::new(bytecode, [4; 96], Some(vec![1, 2]), 9).into());
    script.push(sender.sends(0, 0, 4_999_999, deployment(bytecode.clone()))?);
    sender.nonce -= 1;
    script.push(sender.sends(0, 0, 5_500_000, deployment(bytecode.clone()))?);
    script.push(sender.sends(0, 0, GAS, deployment(bytecode.clone()))?);
    script.push(sender.sends(0, 0, GAS, deployment(bytecode.clone()))?);
    script.push(sender.sends(0, 0, GAS, deployment(bytecode[..300].to_vec()))?);
    script.extend([Command::Root, Command::Commit, TODAY]);
    for (function, argument) in [
        ("add", 5_u64.to_le_bytes().to_vec()),
        ("fail", vec![1; 8]),
        ("refuse", b"not today".to_vec()),
        ("burn", vec![]),
        ("get", vec![]),
        ("missing", vec![]),
        ("call", request(id.to_bytes(), 50_000, "fail", &[1; 8])),
        ("call", request(id.to_bytes(), 50_000, "add", &[1; 8])),
        ("call", request(TRANSFER_CONTRACT.to_bytes(), 50_000, "num_notes", &[])),
        ("call", request(TRANSFER_CONTRACT.to_bytes(), 900_000, "deposit", &encoded(&77_u64))),
    ] {
        script.push(sender.sends(0, 0, GAS, Some(call_data(id, function, argument)))?);
        script.push(Command::Root);
    }
    let deposit = request(TRANSFER_CONTRACT.to_bytes(), 900_000, "deposit", &encoded(&77_u64));
    script.push(sender.sends(0, 77, GAS, Some(call_data(id, "call", deposit)))?);
    script.push(sender.sends(0, 78, GAS, Some(call_data(id, "get", vec![])))?);
    script.push(sender.sends(0, 0, GAS, Some(call_data(ContractId::from_bytes([8; 32]), "get", vec![])))?);

    let (secret, _) = keys(1);
    let amount = 2_000_000_000_000;
    let stake = encoded(&Stake::new(&secret, &secret, amount, 0));
    script.push(sender.sends(0, amount, 60_000_000, Some(call_data(STAKE_CONTRACT, "stake", stake.clone())))?);
    script.push(sender.sends(0, 5, 60_000_000, Some(call_data(STAKE_CONTRACT, "stake", stake)))?);
    script.push(call(STAKE_CONTRACT, "get_stake", encoded(&keys(1).1), PLENTY));
    script.extend([Command::Root, Command::Commit]);
    Ok(script)
}

/// Calls between contracts, with every gas limit around what they need.
fn calls() -> Vec<Command> {
    let [a, b] = [ContractId::from_bytes([10; 32]), ContractId::from_bytes([11; 32])];
    let mut script = vec![TODAY, deploy(a, counter()), deploy(b, counter()), Command::Root];
    let add = |amount: u64| amount.to_le_bytes().to_vec();
    let to_b = |gas, function: &str| request(b.to_bytes(), gas, function, &add(2));
    let back = |gas, function: &str| request(b.to_bytes(), gas, "call", &request(a.to_bytes(), 0, function, &add(3)));
    let arguments = [
        ("add", add(1)),
        ("fail", add(1)),
        ("refuse", b"no".to_vec()),
        ("call", to_b(0, "add")),
        ("call", to_b(0, "fail")),
        ("call", to_b(5_000, "burn")),
        ("call", to_b(5_000, "missing")),
        ("call", to_b(0, "init")),
        ("call", back(0, "add")),
        ("call", back(9_000, "fail")),
        ("call", back(9_000, "refuse")),
        ("call", request([99; 32], 0, "add", &[])),
        ("dive", vec![]),
        ("get", vec![1; 70_000]),
    ];
    for (function, argument) in &arguments {
        let gas = if *function == "dive" { 5_000 } else { PLENTY };
        if argument.len() <= 65_536 {
            script.extend([call(a, function, argument.clone(), gas), Command::Root]);
        }
    }
    script.extend([Command::Commit, TODAY]);
    for (function, argument) in &arguments[..12] {
        for limit in (1..400).step_by(3).chain((400..12_000).step_by(97)) {
            script.push(call(a, function, argument.clone(), limit));
        }
        script.extend([Command::Root, call(b, "get", vec![], PLENTY)]);
    }
    // As deep as calls may nest, and one deeper.
    for depth in [47_u8, 48, 49] {
        let (mut function, mut argument) = ("get", vec![]);
        for level in 1..depth {
            argument = request([10 + level % 2; 32], 0, function, &argument);
            function = "call";
        }
        script.extend([call(a, function, argument, PLENTY), Command::Root]);
    }
    script.push(Command::Commit);
    script
}

/// Random contracts, called with random gas limits.
fn generated() -> Result<Vec<Command>> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut script = Vec::new();
    for seed in 0..GENERATED {
        let mut id = [7; 32];
        id[..8].copy_from_slice(&(seed + 50).to_le_bytes());
        let id = ContractId::from_bytes(id);
        script.extend([TODAY, deploy(id, generated::contract(seed)?), Command::Root]);
        for _ in 0..30 {
            let function = format!("f{}", rng.gen_range(0..generated::FUNCTIONS));
            let argument = vec![0; rng.gen_range(0..40)];
            let gas = match rng.gen_range(0..3) {
                0 => rng.gen_range(1..200),
                1 => rng.gen_range(1..20_000),
                _ => 5_000_000,
            };
            script.push(call(id, &function, argument, gas));
            if rng.gen_bool(0.3) {
                script.push(Command::Root);
            }
        }
        script.push(Command::Commit);
    }
    Ok(script)
}
