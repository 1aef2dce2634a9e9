//! A fungible token: transfers, allowances, operators, mint and burn by role, pausing, documents.
#![no_std]

use dusk_sdk::finance::operators::Grants;
use dusk_sdk::finance::{Documents, documents, interfaces, operators};
use dusk_sdk::parts::{pausing, roles};
use dusk_sdk::prelude::*;

/// What the token can be asked for by `supports`.
pub const INTERFACES: [&str; 3] = [interfaces::TOKEN, interfaces::OPERATORS, interfaces::DOCUMENTS];

/// An account or a contract, as the token knows it.
#[derive(Default)]
struct Holder {
    balance: u64,
    /// What others may move of it.
    grants: Grants,
}

impl Holder {
    /// Whether it holds nothing and allows nothing.
    fn is_idle(&self) -> bool {
        self.balance == 0 && self.grants.list().is_empty()
    }
}

/// A fungible token. Amounts are whole numbers of its smallest unit, of which 10^`decimals` make one token. Accounts
/// and contracts hold it alike.
#[contract(
    events(roles::RoleGranted, roles::RoleRevoked, pausing::Paused, pausing::Resumed),
    events(operators::Approved, operators::OperatorChanged),
    events(documents::DocumentSet, documents::DocumentRemoved)
)]
pub mod token {
    use super::*;
    use dusk_sdk::finance::documents::Document;
    use dusk_sdk::parts::pausing::Pausing;
    use dusk_sdk::parts::roles::Roles;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most bytes that a symbol may have.
    pub const MAX_SYMBOL_BYTES: u32 = 12;
    /// The most decimals: 10^19 units of one token would nearly be all that there can be.
    pub const MAX_DECIMALS: u8 = 18;

    /// The state. Balances sum to `supply` after every call; who holds nothing and allows nothing has no entry.
    pub struct Token {
        name: String,
        symbol: String,
        decimals: u8,
        supply: u64,
        holders: BTreeMap<Principal, Holder>,
        roles: Roles<Role>,
        pausing: Pausing,
        documents: Documents,
    }

    /// What somebody may do besides using its own tokens.
    #[contract_type]
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Role {
        /// Grants and revokes roles, and sets documents.
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
        /// Who moved them: the holder, or somebody whom it allowed to.
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

    /// The errors of the contract. Callers rely on the codes: add new errors at the end.
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
        /// Only `left` more can be made: a supply has 64 bits.
        SupplyExceeded { left: u64 },
        /// Only who has a role may do this, and the last administrator stays.
        #[from]
        Roles(roles::Refused),
        /// The token is paused, or not paused.
        #[from]
        Pausing(pausing::Refused),
        /// Allowances and operators.
        #[from]
        Operators(operators::Refused),
        /// Documents.
        #[from]
        Documents(documents::Refused),
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
                holders: BTreeMap::new(),
                roles: Roles::new(Role::Admin, deployer),
                pausing: Pausing::default(),
                documents: Documents::default(),
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
            self.holders.get(&holder).map_or(0, |holder| holder.balance)
        }

        /// How many of the owner's units the spender may move now. An operator may move all: 2^64 − 1.
        pub fn allowance(&self, owner: Principal, spender: Principal) -> u64 {
            self.allowed(owner, spender).unwrap_or(u64::MAX)
        }

        /// Whether somebody may move all of the owner's units now.
        pub fn is_operator(&self, owner: Principal, operator: Principal) -> bool {
            self.allowed(owner, operator).is_none()
        }

        /// Whether somebody has a role.
        pub fn has_role(&self, role: Role, holder: Principal) -> bool {
            self.roles.has(role, holder)
        }

        /// Whether the token is paused.
        pub fn is_paused(&self) -> bool {
            self.pausing.is_paused()
        }

        /// The documents of the issue.
        pub fn documents(&self) -> Vec<Document> {
            self.documents.list().to_vec()
        }

        /// Whether the token has an interface of this name.
        pub fn supports(&self, interface: String) -> bool {
            interfaces::supports(&INTERFACES, &interface)
        }

        /// Moves the caller's tokens.
        pub fn transfer(&mut self, to: Principal, amount: u64) -> Result<(), Refused> {
            let from = caller();
            self.shift(from, to, amount, from)
        }

        /// Moves an owner's tokens, as far as the owner allowed the caller to.
        pub fn transfer_from(&mut self, owner: Principal, to: Principal, amount: u64) -> Result<(), Refused> {
            let by = caller();
            self.holder(owner).grants.spend(&by.into(), amount, block_height())?;
            self.shift(owner, to, amount, by)
        }

        /// Sets what a spender may move of the caller's tokens until a height, provided that it is `expected` now. So a
        /// spender who uses the old allowance just before it changes cannot use the new one as well.
        pub fn approve(
            &mut self,
            spender: Principal,
            expected: u64,
            allowed: u64,
            until: u64,
        ) -> Result<(), Refused> {
            let owner = caller();
            let grants = &mut self.holder(owner).grants;
            grants.approve(owner, &spender.into(), expected, allowed, until, block_height())?;
            self.forget_idle(owner);
            Ok(())
        }

        /// Lets an operator move all of the caller's tokens until a height, or takes that back.
        pub fn set_operator(&mut self, operator: Principal, until: Option<u64>) -> Result<(), Refused> {
            let owner = caller();
            self.holder(owner).grants.set_operator(owner, &operator.into(), until, block_height())?;
            self.forget_idle(owner);
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

        /// Sets a document, in place of one with its name. Only an administrator may.
        pub fn set_document(&mut self, name: String, hash: [u8; 32], address: String) -> Result<(), Refused> {
            self.roles.require(Role::Admin)?;
            Ok(self.documents.set(name, hash, address)?)
        }

        /// Removes a document. Only an administrator may.
        pub fn remove_document(&mut self, name: String) -> Result<(), Refused> {
            self.roles.require(Role::Admin)?;
            Ok(self.documents.remove(name)?)
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
            let holder = self.holder(from);
            let held = holder.balance;
            ensure!(amount <= held, Refused::Insufficient { held });
            holder.balance = held - amount;
            if held == amount {
                self.forget_idle(from);
            }
            Ok(())
        }

        /// Cannot overflow: no balance is above the supply, which fits.
        fn add(&mut self, to: Principal, amount: u64) {
            self.holder(to).balance += amount;
        }

        /// What an owner lets somebody move now. `None`: everything.
        fn allowed(&self, owner: Principal, spender: Principal) -> Option<u64> {
            let grants = self.holders.get(&owner).map(|holder| &holder.grants);
            grants.map_or(Some(0), |grants| grants.allowance(&spender.into(), block_height()))
        }

        fn holder(&mut self, who: Principal) -> &mut Holder {
            self.holders.entry(who).or_default()
        }

        fn forget_idle(&mut self, who: Principal) {
            if self.holder(who).is_idle() {
                self.holders.remove(&who);
            }
        }
    }

    fn fits(text: &str, limit: u32) -> bool {
        !text.is_empty() && text.len() <= limit as usize
    }
}
