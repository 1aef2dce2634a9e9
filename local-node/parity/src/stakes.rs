//! The script of a contract that stakes through the stake contract, over stake states of different sizes.
//!
//! The gas of a stake depends on the stakes that are there: the stake contract keeps them in a map, in which it looks
//! the new one up. Over equal states it is equal.

use anyhow::Result;
use dusk_core::abi::ContractId;
use dusk_core::stake::{STAKE_CONTRACT, Stake, StakeAmount, StakeData, StakeKeys};
use dusk_core::transfer::ContractToContract;

use crate::contracts::module_32;
use crate::protocol::Command;
use crate::scripts::{PLENTY, Sender, call, call_data, deploy, encoded, genesis, keys};

const RELAY: ContractId = ContractId::from_bytes([13; 32]);
const AMOUNT: u64 = 2_000_000_000_000;
/// Stakes that are added before each stake through the contract.
const MORE_STAKES: [u64; 6] = [0, 0, 1, 5, 20, 100];

/// Takes an amount that is deposited to it, and passes it on to the stake contract, with what the rest of its argument
/// says.
fn relay() -> Vec<u8> {
    module_32(
        r#"
        (data (i32.const 0) "\01")
        (data (i32.const 32) "depositcontract_to_contract")
        (func (export "stake") (param i32) (result i32)
            (memory.copy (i32.const 8192) (i32.const 4096) (local.get 0))
            (if (i32.lt_s
                    (call $c (i32.const 0) (i32.const 32) (i32.const 7) (i32.const 8) (i64.const 0)) (i32.const 0))
                (then unreachable))
            (memory.copy (i32.const 4096) (i32.const 8200) (i32.sub (local.get 0) (i32.const 8)))
            (if (i32.lt_s
                    (call $c (i32.const 0) (i32.const 39) (i32.const 20)
                        (i32.sub (local.get 0) (i32.const 8)) (i64.const 0))
                    (i32.const 0))
                (then unreachable))
            (i32.const 0))"#,
    )
}

pub(crate) fn script() -> Result<Vec<Command>> {
    let mut script = genesis();
    script.push(deploy(RELAY, relay()));
    let mut sender = Sender { secret: keys(1).0, nonce: 0 };
    let mut seed = 1_000;
    for (staker, more) in (500..).zip(MORE_STAKES) {
        for _ in 0..more {
            let amount = Some(StakeAmount { value: AMOUNT, locked: 0, eligibility: 0 });
            let stake = StakeData { amount, reward: 0, faults: 0, hard_faults: 0 };
            let entry = encoded(&(StakeKeys::single_key(keys(seed).1), stake));
            script.push(call(STAKE_CONTRACT, "insert_stake", entry, PLENTY));
            seed += 1;
        }
        let stake = Stake::new_from_contract(&keys(staker).0, RELAY, AMOUNT, 0);
        let passed_on = ContractToContract {
            contract: STAKE_CONTRACT,
            value: AMOUNT,
            fn_name: "stake_from_contract".to_owned(),
            data: encoded(&stake),
        };
        let argument = [encoded(&AMOUNT), encoded(&passed_on)].concat();
        script.push(sender.sends(0, AMOUNT, 60_000_000, Some(call_data(RELAY, "stake", argument)))?);
        script.push(call(STAKE_CONTRACT, "get_stake", encoded(&keys(staker).1), PLENTY));
        script.push(Command::Root);
    }
    script.push(Command::Commit);
    Ok(script)
}
