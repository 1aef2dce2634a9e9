//! Tests of the escrow: the balances after each call.
#![cfg(test)]

use dusk_sdk::Dusk;
use dusk_sdk::testing::*;
use escrow::{Closed, Deal, EscrowClient, Opened, Refused};

const PRICE: Dusk = Dusk::new(30);

/// An escrow with one deal, between buyer and seller.
fn open(chain: &Chain) -> Result<(EscrowClient<Deployed>, Signer, Signer), Failure> {
    let [buyer, seller] = chain.accounts(["buyer", "seller"]);
    let escrow = chain.deploy(&buyer, escrow::init())?;
    let opened = escrow.by(buyer.depositing(PRICE)).open(seller.account(), PRICE);
    opened.emits(Opened { deal: 0, price: PRICE });
    Ok((escrow, buyer, seller))
}

#[dusk_sdk::test]
fn the_seller_is_paid_when_the_buyer_says_so(chain: Chain) -> TestResult {
    let (escrow, buyer, seller) = open(&chain)?;
    let deal = Deal { buyer: buyer.account(), seller: seller.account(), price: PRICE };
    assert_eq!((escrow.deal(0)?, chain.balance(escrow.id())), (Some(deal), PRICE));

    let before = chain.balance(&seller);
    let fee = escrow.by(&seller).release(0).refused(Refused::NotBuyer).fee();
    escrow.by(&buyer).release(0).emits(Closed { deal: 0, to: seller.account() });
    assert_eq!(chain.balance(&seller), before - fee + PRICE);
    assert_eq!((escrow.deal(0)?, chain.balance(escrow.id())), (None, Dusk::ZERO));
    escrow.by(&buyer).release(0).refused(Refused::NoDeal);
    Ok(())
}

#[dusk_sdk::test]
fn the_buyer_is_paid_back_when_the_seller_gives_up(chain: Chain) -> TestResult {
    let (escrow, buyer, seller) = open(&chain)?;
    escrow.by(&buyer).give_back(0).refused(Refused::NotSeller);
    let before = chain.balance(&buyer);
    escrow.by(&seller).give_back(0).emits(Closed { deal: 0, to: buyer.account() });
    assert_eq!(chain.balance(&buyer), before + PRICE);
    Ok(())
}

#[dusk_sdk::test]
fn what_is_attached_must_be_the_price(chain: Chain) -> TestResult {
    let (escrow, buyer, seller) = open(&chain)?;
    let to = seller.account();
    escrow.by(&buyer).open(to, Dusk::ZERO).refused(Refused::NoPrice);
    for attached in [Dusk::ZERO, Dusk::new(29), Dusk::new(31)] {
        let before = chain.balance(&buyer);
        let fee = escrow.by(buyer.depositing(attached)).open(to, PRICE).panics("deposit").fee();
        assert_eq!(chain.balance(&buyer), before - fee, "what is not taken comes back");
    }
    assert_eq!((escrow.deal(1)?, chain.balance(escrow.id())), (None, PRICE));

    // To a call that takes no money it does not matter what is attached.
    let before = chain.balance(&buyer);
    let fee = escrow.by(buyer.depositing(PRICE)).release(0).succeeds().fee();
    assert_eq!(chain.balance(&buyer), before - fee);
    Ok(())
}
