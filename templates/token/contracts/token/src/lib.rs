//! A fungible token: transfers, allowances, mint and burn by role, pausing.
#![no_std]

use dusk_sdk::parts::{pausing, roles};
use dusk_sdk::prelude::*;

/// A fungible token. Amounts are whole numbers of its smallest unit, of which 10^`decimals` make one token. Accounts
/// and contracts hold it alike.
#[contract(events(roles::RoleGranted, roles::RoleRevoked, pausing::Paused, pausing::Resumed))]
pub mod token {
    use super::*;
    use dusk_sdk::parts::pausing::Pausing;
    use dusk_sdk::parts::roles::Roles;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most bytes that a symbol may have.
    pub const MAX_SYMBOL_BYTES: u32 = 12;
    /// The most decimals: 10^19 units of one token would nearly be all that there can be.
    pub const MAX_DECIMALS: u8 = 18;

    /// The state. Balances sum to `supply` after every call; who holds nothing has no entry.
    pub struct Token {
        name: String,
        symbol: String,
        decimals: u8,
        supply: u64,
        balances: BTreeMap<Principal, u64>,
        /// What a spender may still move, by owner and spender.
        allowances: BTreeMap<(Principal, Principal), u64>,
        roles: Roles<Role>,
        pausing: Pausing,
    }

    /// What somebody may do besides using its own tokens.
    #[contract_type]
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Role {
        /// Grants and revokes roles.
        Admin,
        /// Makes tokens.
        Minter,
        /// Destroys tokens that it holds.
        Burner,
        /// Pauses and resumes.
        Pauser,
    }

    /// Tokens moved.
    #[event]
    pub struct Transferred {
        /// Whose tokens they were.
        pub from: Principal,
        /// Whose they are.
        pub to: Principal,
        /// How many.
        pub amount: u64,
        /// Who moved them: the holder, or a spender that it approved.
        pub by: Principal,
    }

    /// Tokens were made.
    #[event]
    pub struct Minted {
        /// Who made them.
        pub by: Principal,
        /// Whose they are.
        pub to: Principal,
        /// How many.
        pub amount: u64,
    }

    /// Tokens were destroyed by who held them.
    #[event]
    pub struct Burned {
        /// Who held and destroyed them.
        pub by: Principal,
        /// How many.
        pub amount: u64,
    }

    /// A holder set what a spender may move.
    #[event]
    pub struct Approved {
        /// Whose tokens.
        pub owner: Principal,
        /// Who may move them.
        pub spender: Principal,
        /// How many from now on.
        pub allowed: u64,
    }

    /// Why a call was refused. The codes are part of what callers rely on: add new ones at the end.
    #[error]
    pub enum Refused {
        /// The name is empty or has more than `limit` bytes.
        NameLength { limit: u32 },
        /// The symbol is empty or has more than `limit` bytes.
        SymbolLength { limit: u32 },
        /// There are more decimals than `limit`.
        TooManyDecimals { limit: u8 },
        /// An amount of zero would change nothing.
        ZeroAmount,
        /// There are only `held` to take.
        Insufficient { held: u64 },
        /// The spender may move only `allowed`.
        AllowanceExceeded { allowed: u64 },
        /// The allowance is not what the caller expected, but `allowed`: look again, then decide.
        AllowanceChanged { allowed: u64 },
        /// Only `left` more can be made: a supply has 64 bits.
        SupplyExceeded { left: u64 },
        /// Only who has a role may do this, and the last administrator stays.
        #[from]
        Roles(roles::Refused),
        /// The token is paused, or not paused.
        #[from]
        Pausing(pausing::Refused),
    }

    impl Token {
        /// Makes the token. The deployer holds the whole supply and all roles.
        pub fn init(name: String, symbol: String, decimals: u8, supply: u64) -> Result<Self, Refused> {
            ensure!(fits(&name, MAX_NAME_BYTES), Refused::NameLength { limit: MAX_NAME_BYTES });
            ensure!(fits(&symbol, MAX_SYMBOL_BYTES), Refused::SymbolLength { limit: MAX_SYMBOL_BYTES });
            ensure!(decimals <= MAX_DECIMALS, Refused::TooManyDecimals { limit: MAX_DECIMALS });
            let deployer = caller();
            let mut token = Self {
                name,
                symbol,
                decimals,
                supply: 0,
                balances: BTreeMap::new(),
                allowances: BTreeMap::new(),
                roles: Roles::new(Role::Admin, deployer),
                pausing: Pausing::default(),
            };
            for role in [Role::Minter, Role::Burner, Role::Pauser] {
                token.roles.grant(role, deployer)?;
            }
            if supply > 0 {
                token.mint(deployer, supply)?;
            }
            Ok(token)
        }

        /// The token's name.
        pub fn name(&self) -> String {
            self.name.clone()
        }

        /// The token's symbol.
        pub fn symbol(&self) -> String {
            self.symbol.clone()
        }

        /// How many decimals people shift amounts by.
        pub fn decimals(&self) -> u8 {
            self.decimals
        }

        /// How many units there are.
        pub fn supply(&self) -> u64 {
            self.supply
        }

        /// How many units an account or a contract holds.
        pub fn balance_of(&self, holder: Principal) -> u64 {
            self.balances.get(&holder).copied().unwrap_or_default()
        }

        /// How many of the owner's units the spender may move.
        pub fn allowance(&self, owner: Principal, spender: Principal) -> u64 {
            self.allowances.get(&(owner, spender)).copied().unwrap_or_default()
        }

        /// Whether somebody has a role.
        pub fn has_role(&self, role: Role, holder: Principal) -> bool {
            self.roles.has(role, holder)
        }

        /// Whether the token is paused.
        pub fn is_paused(&self) -> bool {
            self.pausing.is_paused()
        }

        /// Moves the caller's tokens.
        pub fn transfer(&mut self, to: Principal, amount: u64) -> Result<(), Refused> {
            let from = caller();
            self.shift(from, to, amount, from)
        }

        /// Moves an owner's tokens, as far as the owner allowed the caller to.
        pub fn transfer_from(&mut self, owner: Principal, to: Principal, amount: u64) -> Result<(), Refused> {
            let spender = caller();
            let allowed = self.allowance(owner, spender);
            ensure!(amount <= allowed, Refused::AllowanceExceeded { allowed });
            self.shift(owner, to, amount, spender)?;
            self.set_allowance(owner, spender, allowed - amount);
            Ok(())
        }

        /// Sets what a spender may move of the caller's tokens, provided that it is `expected` now. So a spender who
        /// uses the old allowance just before it changes cannot use the new one as well.
        pub fn approve(&mut self, spender: Principal, expected: u64, allowed: u64) -> Result<(), Refused> {
            let owner = caller();
            let current = self.allowance(owner, spender);
            ensure!(current == expected, Refused::AllowanceChanged { allowed: current });
            self.set_allowance(owner, spender, allowed);
            emit(Approved { owner, spender, allowed });
            Ok(())
        }

        /// Makes tokens. Only a minter may.
        pub fn mint(&mut self, to: Principal, amount: u64) -> Result<(), Refused> {
            let by = self.roles.require(Role::Minter)?;
            self.ensure_moving(amount)?;
            let left = u64::MAX - self.supply;
            ensure!(amount <= left, Refused::SupplyExceeded { left });
            self.supply += amount;
            self.add(to, amount);
            emit(Minted { by, to, amount });
            Ok(())
        }

        /// Destroys tokens of the caller. Only a burner may; others hand their tokens to one first.
        pub fn burn(&mut self, amount: u64) -> Result<(), Refused> {
            let by = self.roles.require(Role::Burner)?;
            self.ensure_moving(amount)?;
            self.take(by, amount)?;
            self.supply -= amount;
            emit(Burned { by, amount });
            Ok(())
        }

        /// Stops transfers, minting and burning. Allowances and roles can still be changed. Only a pauser may.
        pub fn pause(&mut self) -> Result<(), Refused> {
            self.roles.require(Role::Pauser)?;
            Ok(self.pausing.pause()?)
        }

        /// Ends a pause. Only a pauser may.
        pub fn resume(&mut self) -> Result<(), Refused> {
            self.roles.require(Role::Pauser)?;
            Ok(self.pausing.resume()?)
        }

        /// Gives a role. Only an administrator may.
        pub fn grant(&mut self, role: Role, to: Principal) -> Result<(), Refused> {
            Ok(self.roles.grant(role, to)?)
        }

        /// Takes a role. Only an administrator may.
        pub fn revoke(&mut self, role: Role, from: Principal) -> Result<(), Refused> {
            Ok(self.roles.revoke(role, from)?)
        }

        /// Gives up a role that the caller has.
        pub fn renounce(&mut self, role: Role) -> Result<(), Refused> {
            Ok(self.roles.renounce(role)?)
        }

        fn ensure_moving(&self, amount: u64) -> Result<(), Refused> {
            self.pausing.require_running()?;
            ensure!(amount > 0, Refused::ZeroAmount);
            Ok(())
        }

        fn shift(
            &mut self,
            from: Principal,
            to: Principal,
            amount: u64,
            by: Principal,
        ) -> Result<(), Refused> {
            self.ensure_moving(amount)?;
            self.take(from, amount)?;
            self.add(to, amount);
            emit(Transferred { from, to, amount, by });
            Ok(())
        }

        fn take(&mut self, from: Principal, amount: u64) -> Result<(), Refused> {
            let held = self.balance_of(from);
            ensure!(amount <= held, Refused::Insufficient { held });
            if held == amount {
                self.balances.remove(&from);
            } else {
                self.balances.insert(from, held - amount);
            }
            Ok(())
        }

        /// Cannot overflow: no balance is above the supply, which fits.
        fn add(&mut self, to: Principal, amount: u64) {
            *self.balances.entry(to).or_default() += amount;
        }

        fn set_allowance(&mut self, owner: Principal, spender: Principal, allowed: u64) {
            if allowed == 0 {
                self.allowances.remove(&(owner, spender));
            } else {
                self.allowances.insert((owner, spender), allowed);
            }
        }
    }

    fn fits(text: &str, limit: u32) -> bool {
        !text.is_empty() && text.len() <= limit as usize
    }
}
