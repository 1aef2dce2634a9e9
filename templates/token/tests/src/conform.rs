//! The properties that hold of every token, as far as this one has the acts: no caps, no freezes, no recovery, no
//! dividends.

use dusk_sdk::Principal;
use dusk_sdk::testing::conform::{self, Act, Holding, Outcome, Property, Restricted};
use dusk_sdk::testing::*;
use token::{Refused, Role, TokenClient};

/// The issuer and three holders, of whom the last has nothing.
struct Coin {
    token: TokenClient<Deployed>,
    people: [Signer; 4],
}

#[dusk_sdk::test]
fn the_token_conforms(chain: Chain) -> TestResult {
    let people = chain.accounts(["issuer", "alice", "bob", "new"]);
    let token = chain.deploy(&people[0], token::init("Coin".into(), "CN".into(), 0, 100))?;
    token.by(&people[0]).transfer(people[1].account().into(), 60).succeeds();
    assert!(token.has_role(Role::Minter, people[0].account().into())?);
    let report = conform::restricted(&Coin { token, people })?;
    let skipped = [
        Property::CheckAgrees,
        Property::CapHolds,
        Property::FrozenPartStays,
        Property::FreezeHolds,
        Property::ForceKeepsLocks,
        Property::RecoveryMovesAll,
        Property::RecoveryMovesAllowances,
        Property::DividendsMintNothing,
    ];
    assert_eq!(report.skipped(), skipped);
    Ok(())
}

impl Coin {
    fn id(&self, holder: usize) -> Principal {
        self.people[holder].account().into()
    }
}

fn outcome(sent: Sent<(), Refused>) -> Result<Outcome, Failure> {
    match sent.into_accepted() {
        Ok(accepted) => Ok(Outcome::Done(accepted.topics())),
        Err(failure) => failure.refusal().map(|reason| Outcome::Refused(reason.into())).ok_or(failure),
    }
}

impl Restricted for Coin {
    fn holders(&self) -> usize {
        self.people.len()
    }

    fn holding(&self, holder: usize) -> Result<Holding, Failure> {
        let shares = self.token.balance_of(self.id(holder))?;
        Ok(Holding { shares, free: shares, limit: u64::MAX, ..Holding::default() })
    }

    fn supply(&self) -> Result<u64, Failure> {
        self.token.supply()
    }

    fn check(&self, _: usize, _: usize, _: u64) -> Result<Option<Result<(), String>>, Failure> {
        Ok(None)
    }

    fn act(&self, act: Act) -> Result<Outcome, Failure> {
        match act {
            Act::Transfer { from, to, amount } => {
                outcome(self.token.by(&self.people[from]).transfer(self.id(to), amount))
            }
            Act::Approve { owner, spender, amount } => {
                outcome(self.token.by(&self.people[owner]).approve(self.id(spender), 0, amount, u64::MAX))
            }
            Act::Spend { by, from, to, amount } => {
                outcome(self.token.by(&self.people[by]).transfer_from(self.id(from), self.id(to), amount))
            }
            Act::Issue { to, amount } => outcome(self.token.by(&self.people[0]).mint(self.id(to), amount)),
            // Only who holds tokens destroys them, and only with the role.
            Act::Redeem { from: 0, amount } => outcome(self.token.by(&self.people[0]).burn(amount)),
            _ => Ok(Outcome::Absent),
        }
    }
}
