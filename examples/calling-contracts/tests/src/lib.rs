//! Tests of calls between contracts.
#![cfg(test)]

use dusk_sdk::testing::*;
use price::PriceClient;
use shop::{Refused, ShopClient, Sold};

fn open(chain: &Chain) -> Result<(PriceClient<Deployed>, ShopClient<Deployed>, Signer), Failure> {
    let keeper = chain.account("keeper");
    let price = chain.deploy(&keeper, price::init())?;
    let shop = chain.deploy(&keeper, shop::init(price.id()))?;
    Ok((price, shop, keeper))
}

#[dusk_sdk::test]
fn a_call_gives_the_callees_answer(chain: Chain) -> TestResult {
    let (price, shop, keeper) = open(&chain)?;
    price.by(&keeper).set(Some(30)).succeeds();
    assert_eq!(shop.quote()?, 30);
    assert_eq!(shop.by(&keeper).sell().emits(Sold { at: 30 }).value(), 30);
    assert_eq!((shop.sold()?, price.reads_by(shop.id())?), (1, 1));
    Ok(())
}

#[dusk_sdk::test]
fn the_callees_refusal_is_the_callers(chain: Chain) -> TestResult {
    let (price, shop, keeper) = open(&chain)?;
    shop.by(&keeper).sell().panics("call of read failed: E2: NoPrice");
    assert_eq!((shop.sold()?, price.reads_by(shop.id())?), (0, 0), "both contracts are as before");
    assert!(shop.quote().is_err());
    Ok(())
}

#[dusk_sdk::test]
fn an_attempt_survives_the_callees_refusal(chain: Chain) -> TestResult {
    let (price, shop, keeper) = open(&chain)?;
    shop.by(&keeper).sell_anyway(Some(7)).emits(Sold { at: 7 });
    assert_eq!((shop.sold()?, price.reads_by(shop.id())?), (1, 0), "only the callee's changes are undone");
    shop.by(&keeper).sell_anyway(None).refused(Refused::NoOffer);

    let nowhere = chain.deploy(&keeper, shop::init(shop.id()))?;
    nowhere.by(&keeper).sell_anyway(Some(7)).refused(Refused::BrokenPrice);
    Ok(())
}

#[dusk_sdk::test]
fn a_contract_cannot_act_for_its_caller(chain: Chain) -> TestResult {
    let (price, shop, keeper) = open(&chain)?;
    shop.by(&keeper).cheat().panics("sender: called by another contract");
    assert!(price.price().is_err_and(|failure| failure.is(&price::Refused::NoPrice)));
    Ok(())
}
