//! The gas of a transfer does not grow with the number of holders.

use ::register::RegisterClient;
use dusk_sdk::finance::batch::{Item, MAX_BATCH};
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::testing::*;
use dusk_sdk::{ContractId, Principal};

use crate::people::who;

/// How many holders there are in the end; the variable `HOLDERS` takes another number.
const HOLDERS: u64 = 640;

fn holder(number: u64) -> Principal {
    // Spread over the whole order, as ids are.
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    ContractId::from_bytes(bytes).into()
}

/// Lists these holders, and gives each two shares.
fn fill(shares: &RegisterClient<Deployed>, issuer: &Signer, numbers: std::ops::Range<u64>) {
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(MAX_BATCH as usize) {
        let items = |amount| batch.iter().map(|number| Item { account: holder(*number), amount }).collect();
        shares.by(issuer).list_batch(items(100)).succeeds();
        shares.by(issuer).transfer_batch(items(2)).succeeds();
    }
}

#[dusk_sdk::test]
fn a_transfer_costs_the_same_with_many_holders(chain: Chain) -> TestResult {
    let most = std::env::var("HOLDERS").ok().and_then(|text| text.parse().ok()).unwrap_or(HOLDERS);
    let [issuer, alice, bob] = chain.accounts(["issuer", "alice", "bob"]);
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), 1_000_000, 0))?;
    // Five rules have something to say: admission, lock-ups, a frozen part, limits, caps.
    shares.by(&issuer).set_caps(Most { supply: None, holders: Some(100_000), share: Some(9_999) }).succeeds();
    for account in [&alice, &bob] {
        shares.by(&issuer).list(who(account), 1_000).succeeds();
        shares.by(&issuer).set_country(who(account), 528).succeeds();
    }
    shares.by(&issuer).set_country_cap(528, Some(100)).succeeds();
    shares.by(&issuer).transfer(who(&alice), 500).succeeds();
    shares.by(&issuer).transfer(who(&bob), 500).succeeds();
    shares.by(&issuer).lock(who(&alice), 10, 1_000_000).succeeds();
    shares.by(&issuer).freeze_part(who(&alice), 10, "pledge".into()).succeeds();
    let transfer = || shares.by(&alice).transfer(who(&bob), 1).succeeds().gas();
    let (mut filled, mut few) = (0, None);
    for holders in [10, 100, 640, 1_000, 10_000].into_iter().filter(|holders| *holders <= most) {
        fill(&shares, &issuer, filled..holders - 3);
        filled = holders - 3;
        assert_eq!(u64::from(shares.status()?.holders), holders);
        let gas = transfer();
        println!("{holders} holders: {gas} gas");
        let few = *few.get_or_insert(gas);
        assert!(gas * 10 <= few * 13, "{few} gas with ten holders, {gas} with {holders}");
    }
    Ok(())
}
