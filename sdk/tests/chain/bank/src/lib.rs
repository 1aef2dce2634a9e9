//! A contract that uses all that the SDK has for money, for those who have rights, and for queries that feed.
#![no_std]

use dusk_sdk::money::{self, ReceiveFromContract, Withdraw};
use dusk_sdk::parts::ownership::{self, Ownership};
use dusk_sdk::parts::pausing::{self, Pausing};
use dusk_sdk::parts::roles::{self, Roles};
use dusk_sdk::prelude::*;

/// Keeps DUSK for accounts and contracts.
#[contract(events(
    ownership::OwnershipOffered,
    ownership::OwnershipChanged,
    roles::RoleGranted,
    roles::RoleRevoked,
    roles::RoleAdminChanged,
    pausing::Paused,
    pausing::Resumed
))]
pub mod bank {
    use super::*;

    /// The rights of accounts.
    #[contract_type]
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Role {
        /// Grants and revokes.
        Admin,
        /// Pauses.
        Guard,
        /// Resumes.
        Opener,
    }

    /// The state.
    pub struct Bank {
        held: BTreeMap<Principal, Dusk>,
        owner: Ownership,
        roles: Roles<Role>,
        pausing: Pausing,
        raw_calls: u64,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// There is only so much.
        Insufficient {
            /// That much.
            held: Dusk,
        },
        #[from]
        Ownership(ownership::Refused),
        #[from]
        Roles(roles::Refused),
        #[from]
        Pausing(pausing::Refused),
    }

    /// Why the raw call fails.
    #[contract_type]
    pub enum Problem {
        /// Because it was asked to.
        Asked,
    }

    impl Bank {
        /// It belongs to who deploys it, who also is the first admin.
        pub fn init() -> Self {
            Self {
                held: BTreeMap::new(),
                owner: Ownership::new(caller()),
                roles: Roles::new(Role::Admin, caller()),
                pausing: Pausing::default(),
                raw_calls: 0,
            }
        }

        /// Takes what an account attaches.
        pub fn pay_in(&mut self, amount: Dusk) -> Result<Dusk, Refused> {
            self.pausing.require_running()?;
            log!("{amount} from {}", caller());
            let held = self.held.entry(caller()).or_default();
            *held += amount;
            money::take_deposit(amount);
            Ok(*held)
        }

        /// Takes what is attached, twice.
        pub fn pay_in_twice(&mut self, amount: Dusk) {
            money::take_deposit(amount);
            money::take_deposit(amount);
        }

        /// Takes nothing.
        pub fn ignore(&mut self) {}

        /// Takes what a contract pays.
        pub fn receive(&mut self, payment: ReceiveFromContract) {
            let amount = money::accept(&payment);
            *self.held.entry(payment.contract.into()).or_default() += amount;
        }

        /// Pays to who calls.
        pub fn pay_out(&mut self, amount: Dusk) -> Result<(), Refused> {
            let to = self.take(amount)?;
            pay(to, amount);
            Ok(())
        }

        /// Pays to who calls, and only then changes its books, as no contract should.
        pub fn careless_pay_out(&mut self, amount: Dusk) -> Result<(), Refused> {
            let held = self.held(caller());
            ensure!(amount <= held, Refused::Insufficient { held });
            pay(caller(), amount);
            self.take(amount)?;
            Ok(())
        }

        /// Pays out what somebody has signed for.
        pub fn withdraw(&mut self, withdrawal: Withdraw) -> Result<(), Refused> {
            self.take(Dusk::from_lux(withdrawal.value))?;
            money::withdraw(withdrawal);
            Ok(())
        }

        /// The amount that it keeps for somebody.
        pub fn held(&self, of: Principal) -> Dusk {
            self.held.get(&of).copied().unwrap_or_default()
        }

        /// The bank's balance.
        pub fn balance(&self) -> Dusk {
            money::balance()
        }

        /// All that it keeps.
        #[contract(feeds = (Principal, Dusk))]
        pub fn holders(&self) {
            for (who, amount) in &self.held {
                feed(&(*who, *amount));
            }
        }

        /// Counts, and gives its result as it is: a failure changes the state too.
        #[contract(raw_result)]
        pub fn raw(&mut self, fail: bool) -> Result<u64, Problem> {
            self.raw_calls += 1;
            if fail { Err(Problem::Asked) } else { Ok(self.raw_calls) }
        }

        /// The owner.
        pub fn owner(&self) -> Option<Principal> {
            self.owner.owner()
        }

        /// Offers it.
        pub fn offer(&mut self, to: Option<Principal>) -> Result<(), Refused> {
            Ok(self.owner.offer(to)?)
        }

        /// Takes an offer.
        pub fn accept(&mut self) -> Result<(), Refused> {
            Ok(self.owner.accept()?)
        }

        /// Gives it up.
        pub fn renounce(&mut self) -> Result<(), Refused> {
            Ok(self.owner.renounce()?)
        }

        /// Grants a role.
        pub fn grant(&mut self, role: Role, to: Principal) -> Result<(), Refused> {
            Ok(self.roles.grant(role, to)?)
        }

        /// Revokes a role.
        pub fn revoke(&mut self, role: Role, from: Principal) -> Result<(), Refused> {
            Ok(self.roles.revoke(role, from)?)
        }

        /// Gives a role up.
        pub fn renounce_role(&mut self, role: Role) -> Result<(), Refused> {
            Ok(self.roles.renounce(role)?)
        }

        /// Gives a role another admin.
        pub fn set_admin(&mut self, role: Role, admin: Role) -> Result<(), Refused> {
            Ok(self.roles.set_admin(role, admin)?)
        }

        /// The members of a role.
        pub fn members(&self, role: Role) -> Vec<Principal> {
            self.roles.members(role).take(100).collect()
        }

        /// Pauses.
        pub fn pause(&mut self) -> Result<(), Refused> {
            self.roles.require(Role::Guard)?;
            Ok(self.pausing.pause()?)
        }

        /// Goes on.
        pub fn resume(&mut self) -> Result<(), Refused> {
            self.roles.require(Role::Opener)?;
            Ok(self.pausing.resume()?)
        }

        fn take(&mut self, amount: Dusk) -> Result<Principal, Refused> {
            let to = caller();
            let held = self.held(to);
            let left = held.checked_sub(amount).ok_or(Refused::Insufficient { held })?;
            self.held.insert(to, left);
            Ok(to)
        }
    }

    fn pay(to: Principal, amount: Dusk) {
        match to {
            Principal::Account(account) => money::pay(account, amount),
            Principal::Contract(contract) => money::pay_contract(contract, amount, "receive", Vec::new()),
        }
    }
}
