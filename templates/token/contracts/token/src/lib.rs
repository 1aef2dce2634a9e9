//! A fungible token: transfers, allowances, mint and burn by role, pausing.
#![no_std]

use dusk_sdk::prelude::*;

/// A fungible token. Amounts are whole numbers of its smallest unit, of which 10^`decimals` make one token.
#[contract]
pub mod token {
    use super::*;

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
        balances: BTreeMap<Account, u64>,
        /// What a spender may still move, by owner and spender.
        allowances: BTreeMap<(Account, Account), u64>,
        roles: BTreeSet<(Role, Account)>,
        paused: bool,
    }

    /// What an account may do besides using its own tokens.
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
        pub from: Account,
        /// Whose they are.
        pub to: Account,
        /// How many.
        pub amount: u64,
        /// Who moved them: the holder, or a spender that it approved.
        pub by: Account,
    }

    /// Tokens were made.
    #[event]
    pub struct Minted {
        /// Who made them.
        pub by: Account,
        /// Whose they are.
        pub to: Account,
        /// How many.
        pub amount: u64,
    }

    /// Tokens were destroyed by the account that held them.
    #[event]
    pub struct Burned {
        /// Who held and destroyed them.
        pub by: Account,
        /// How many.
        pub amount: u64,
    }

    /// A holder set what a spender may move.
    #[event]
    pub struct Approved {
        /// Whose tokens.
        pub owner: Account,
        /// Who may move them.
        pub spender: Account,
        /// How many from now on.
        pub allowed: u64,
    }

    /// An account has a role now.
    #[event]
    pub struct RoleGranted {
        /// The role.
        pub role: Role,
        /// Who has it.
        pub to: Account,
        /// The administrator who said so.
        pub by: Account,
    }

    /// An account does not have a role any more.
    #[event]
    pub struct RoleRevoked {
        /// The role.
        pub role: Role,
        /// Who had it.
        pub from: Account,
        /// The administrator who said so, or the account itself.
        pub by: Account,
    }

    /// No tokens move until they are resumed.
    #[event]
    pub struct Paused {
        /// The pauser.
        pub by: Account,
    }

    /// Tokens move again.
    #[event]
    pub struct Resumed {
        /// The pauser.
        pub by: Account,
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
        /// The account holds only `held`.
        Insufficient { held: u64 },
        /// The spender may move only `allowed`.
        AllowanceExceeded { allowed: u64 },
        /// The allowance is not what the caller expected, but `allowed`: look again, then decide.
        AllowanceChanged { allowed: u64 },
        /// Only `left` more can be made: a supply has 64 bits.
        SupplyExceeded { left: u64 },
        /// Only an account with this role may do this.
        MissingRole { role: Role },
        /// The account has the role already.
        AlreadyGranted,
        /// The account does not have the role.
        NotGranted,
        /// Without this administrator nobody could ever grant a role again.
        LastAdmin,
        /// The token is paused.
        IsPaused,
        /// The token is not paused.
        NotPaused,
    }

    impl Token {
        /// Makes the token. The deployer holds the whole supply and all roles.
        pub fn init(name: String, symbol: String, decimals: u8, supply: u64) -> Result<Self, Refused> {
            ensure!(fits(&name, MAX_NAME_BYTES), Refused::NameLength { limit: MAX_NAME_BYTES });
            ensure!(fits(&symbol, MAX_SYMBOL_BYTES), Refused::SymbolLength { limit: MAX_SYMBOL_BYTES });
            ensure!(decimals <= MAX_DECIMALS, Refused::TooManyDecimals { limit: MAX_DECIMALS });
            let deployer = sender();
            let roles = [Role::Admin, Role::Minter, Role::Burner, Role::Pauser];
            let mut token = Self {
                name,
                symbol,
                decimals,
                supply: 0,
                balances: BTreeMap::new(),
                allowances: BTreeMap::new(),
                roles: roles.into_iter().map(|role| (role, deployer)).collect(),
                paused: false,
            };
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

        /// How many units an account holds.
        pub fn balance_of(&self, account: Account) -> u64 {
            self.balances.get(&account).copied().unwrap_or_default()
        }

        /// How many of the owner's units the spender may move.
        pub fn allowance(&self, owner: Account, spender: Account) -> u64 {
            self.allowances.get(&(owner, spender)).copied().unwrap_or_default()
        }

        /// Whether an account has a role.
        pub fn has_role(&self, role: Role, account: Account) -> bool {
            self.roles.contains(&(role, account))
        }

        /// Whether the token is paused.
        pub fn is_paused(&self) -> bool {
            self.paused
        }

        /// Moves the sender's tokens.
        pub fn transfer(&mut self, to: Account, amount: u64) -> Result<(), Refused> {
            let from = sender();
            self.shift(from, to, amount, from)
        }

        /// Moves an owner's tokens, as far as the owner allowed the sender to.
        pub fn transfer_from(&mut self, owner: Account, to: Account, amount: u64) -> Result<(), Refused> {
            let spender = sender();
            let allowed = self.allowance(owner, spender);
            ensure!(amount <= allowed, Refused::AllowanceExceeded { allowed });
            self.shift(owner, to, amount, spender)?;
            self.set_allowance(owner, spender, allowed - amount);
            Ok(())
        }

        /// Sets what a spender may move of the sender's tokens, provided that it is `expected` now. So a spender who uses
        /// the old allowance just before it changes cannot use the new one as well.
        pub fn approve(&mut self, spender: Account, expected: u64, allowed: u64) -> Result<(), Refused> {
            let owner = sender();
            let current = self.allowance(owner, spender);
            ensure!(current == expected, Refused::AllowanceChanged { allowed: current });
            self.set_allowance(owner, spender, allowed);
            emit(Approved { owner, spender, allowed });
            Ok(())
        }

        /// Makes tokens. Only a minter may.
        pub fn mint(&mut self, to: Account, amount: u64) -> Result<(), Refused> {
            let by = self.require(Role::Minter)?;
            self.ensure_moving(amount)?;
            let left = u64::MAX - self.supply;
            ensure!(amount <= left, Refused::SupplyExceeded { left });
            self.supply += amount;
            self.add(to, amount);
            emit(Minted { by, to, amount });
            Ok(())
        }

        /// Destroys tokens of the sender. Only a burner may; others hand their tokens to one first.
        pub fn burn(&mut self, amount: u64) -> Result<(), Refused> {
            let by = self.require(Role::Burner)?;
            self.ensure_moving(amount)?;
            self.take(by, amount)?;
            self.supply -= amount;
            emit(Burned { by, amount });
            Ok(())
        }

        /// Stops transfers, minting and burning. Allowances and roles can still be changed. Only a pauser may.
        pub fn pause(&mut self) -> Result<(), Refused> {
            let by = self.require(Role::Pauser)?;
            ensure!(!self.paused, Refused::IsPaused);
            self.paused = true;
            emit(Paused { by });
            Ok(())
        }

        /// Ends a pause. Only a pauser may.
        pub fn resume(&mut self) -> Result<(), Refused> {
            let by = self.require(Role::Pauser)?;
            ensure!(self.paused, Refused::NotPaused);
            self.paused = false;
            emit(Resumed { by });
            Ok(())
        }

        /// Gives a role to an account. Only an administrator may.
        pub fn grant(&mut self, role: Role, to: Account) -> Result<(), Refused> {
            let by = self.require(Role::Admin)?;
            ensure!(self.roles.insert((role, to)), Refused::AlreadyGranted);
            emit(RoleGranted { role, to, by });
            Ok(())
        }

        /// Takes a role from an account. Only an administrator may, or the account itself.
        pub fn revoke(&mut self, role: Role, from: Account) -> Result<(), Refused> {
            let by = sender();
            ensure!(by == from || self.has_role(Role::Admin, by), Refused::MissingRole { role: Role::Admin });
            ensure!(self.has_role(role, from), Refused::NotGranted);
            let admins = || self.roles.iter().filter(|(role, _)| *role == Role::Admin);
            ensure!(role != Role::Admin || admins().count() > 1, Refused::LastAdmin);
            self.roles.remove(&(role, from));
            emit(RoleRevoked { role, from, by });
            Ok(())
        }

        /// The sender, who has this role.
        fn require(&self, role: Role) -> Result<Account, Refused> {
            let by = sender();
            ensure!(self.has_role(role, by), Refused::MissingRole { role });
            Ok(by)
        }

        fn ensure_moving(&self, amount: u64) -> Result<(), Refused> {
            ensure!(!self.paused, Refused::IsPaused);
            ensure!(amount > 0, Refused::ZeroAmount);
            Ok(())
        }

        fn shift(&mut self, from: Account, to: Account, amount: u64, by: Account) -> Result<(), Refused> {
            self.ensure_moving(amount)?;
            self.take(from, amount)?;
            self.add(to, amount);
            emit(Transferred { from, to, amount, by });
            Ok(())
        }

        fn take(&mut self, from: Account, amount: u64) -> Result<(), Refused> {
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
        fn add(&mut self, to: Account, amount: u64) {
            *self.balances.entry(to).or_default() += amount;
        }

        fn set_allowance(&mut self, owner: Account, spender: Account, allowed: u64) {
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
