//! The properties that every restricted token has to have, run against the register.

use ::register::{Refused, RegisterClient};
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::testing::conform::{self, Act, Holding, Outcome, Restricted};
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Principal};

use crate::people::who;

/// Locks last for longer than a test.
const FOREVER: u64 = 1_000_000;

/// Two holders with shares, one without, and an account that the register has never heard of.
struct Share {
    shares: RegisterClient<Deployed>,
    issuer: Signer,
    holders: [Signer; 4],
}

#[dusk_sdk::test]
fn the_register_conforms(chain: Chain) -> TestResult {
    let issuer = chain.account("issuer");
    let shares = chain.deploy(&issuer, register::init("Windmill".into(), 130, 0))?;
    let holders = chain.accounts(["alice", "bob", "carol", "new"]);
    for (holder, limit) in [(0, 200), (1, 60), (2, 50)] {
        shares.by(&issuer).list(who(&holders[holder]), limit).succeeds();
    }
    shares.by(&issuer).transfer(who(&holders[0]), 100).succeeds();
    shares.by(&issuer).transfer(who(&holders[1]), 30).succeeds();
    let report = conform::restricted(&Share { shares, issuer, holders })?;
    assert_eq!(report.skipped(), []);
    Ok(())
}

impl Share {
    fn id(&self, holder: usize) -> Principal {
        who(&self.holders[holder])
    }
}

fn outcome<T>(sent: Sent<T, Refused>) -> Result<Outcome, Failure> {
    match sent.into_accepted() {
        Ok(accepted) => Ok(Outcome::Done(accepted.topics())),
        Err(failure) => failure.refusal().map(|reason| Outcome::Refused(reason.into())).ok_or(failure),
    }
}

impl Restricted for Share {
    fn holders(&self) -> usize {
        self.holders.len()
    }

    fn holding(&self, holder: usize) -> Result<Holding, Failure> {
        let position = self.shares.position(self.id(holder))?;
        Ok(Holding {
            shares: position.shares,
            free: position.free,
            limit: position.limit,
            frozen: position.frozen,
            claimable: position.claimable.lux(),
        })
    }

    fn supply(&self) -> Result<u64, Failure> {
        self.shares.supply()
    }

    fn check(&self, from: usize, to: usize, amount: u64) -> Result<Option<Result<(), String>>, Failure> {
        match self.shares.check_transfer(self.id(from), self.id(to), amount) {
            Ok(()) => Ok(Some(Ok(()))),
            Err(failure) => {
                failure.refusal().map(|reason| Some(Err(reason.into()))).ok_or_else(|| failure.clone())
            }
        }
    }

    fn act(&self, act: Act) -> Result<Outcome, Failure> {
        let officer = self.shares.by(&self.issuer);
        let reason = || String::from("as the run says");
        let sent = match act {
            Act::Transfer { from, to, amount } => {
                self.shares.by(&self.holders[from]).transfer(self.id(to), amount)
            }
            Act::Approve { owner, spender, amount } => {
                self.shares.by(&self.holders[owner]).approve(self.id(spender), 0, amount, FOREVER)
            }
            Act::Spend { by, from, to, amount } => {
                self.shares.by(&self.holders[by]).transfer_from(self.id(from), self.id(to), amount)
            }
            Act::Force { from, to, amount } => {
                officer.force_transfer(self.id(from), self.id(to), amount, reason())
            }
            Act::Issue { to, amount } => officer.issue(self.id(to), amount, 0),
            Act::Redeem { from, amount } => officer.redeem(self.id(from), amount, reason()),
            Act::Freeze { holder } => officer.freeze(self.id(holder), reason()),
            Act::Unfreeze { holder } => officer.unfreeze(self.id(holder)),
            Act::FreezePart { holder, amount } => officer.freeze_part(self.id(holder), amount, reason()),
            Act::Lock { holder, amount } => officer.lock(self.id(holder), amount, FOREVER),
            Act::Recover { from, to } => officer.recover(self.id(from), self.id(to), reason()),
            Act::CapSupply { most } => officer.set_caps(Most { supply: most, ..Most::default() }),
            Act::CapHolders { most } => officer.set_caps(Most { holders: most, ..Most::default() }),
            Act::Distribute { lux } => {
                let amount = Dusk::from_lux(lux);
                return outcome(self.shares.by(self.issuer.depositing(amount)).distribute(amount));
            }
        };
        outcome(sent)
    }
}
