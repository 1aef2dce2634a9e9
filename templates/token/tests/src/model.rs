//! The token against a model: random sequences of calls, made on the chain and on a few lines of plain Rust. Both must
//! refuse the same calls for the same reasons, and end with the same books.

use std::collections::BTreeMap;

use dusk_sdk::Principal;
use dusk_sdk::finance::operators;
use dusk_sdk::parts::{pausing, roles};
use dusk_sdk::testing::*;
use token::{Refused, Role, TokenClient};

/// Sequences, and calls in each of them.
const SEEDS: std::ops::Range<u64> = 1..5;
const CALLS: u64 = 40;
const SUPPLY: u64 = 100;
const IS_PAUSED: Refused = Refused::Pausing(pausing::Refused::Paused);

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let people = chain.accounts(["issuer", "alice", "bob"]);
    for seed in SEEDS {
        let token = chain.deploy(&people[0], token::init("Model".into(), "MDL".into(), 0, SUPPLY))?;
        let world = World { token, people: &people };
        let mut model = Model::new();
        let mut dice = Dice(seed);
        let mut accepted = 0;
        for number in 0..CALLS {
            let by = dice.roll(5) % 3;
            let call = if model.paused && dice.roll(2) == 0 {
                Call::Resume
            } else {
                Call::random(by, &mut dice, &model)
            };
            let expected = model.apply(by, call);
            accepted += u64::from(expected.is_ok());
            let context = format!("seed {seed}, call {number}: {call:?} by {by}");
            world.apply(by, call, expected.err(), &context);
        }
        world.compare(&model, seed)?;
        assert!(accepted > CALLS / 4, "seed {seed}: only {accepted} calls were accepted, which tries little");
    }
    Ok(())
}

/// People are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Transfer { to: usize, amount: u64 },
    TransferFrom { owner: usize, to: usize, amount: u64 },
    Approve { spender: usize, expected: u64, allowed: u64 },
    SetOperator { operator: usize, on: bool },
    Mint { to: usize, amount: u64 },
    Burn { amount: u64 },
    Grant { role: Role, to: usize },
    Revoke { role: Role, from: usize },
    Renounce { role: Role },
    Pause,
    Resume,
}

impl Call {
    /// Mostly calls that can succeed, with amounts around what people hold.
    fn random(by: usize, dice: &mut Dice, model: &Model) -> Self {
        let (someone, other, amount) = (dice.roll(3), dice.roll(3), dice.roll(60) as u64);
        let role = [Role::Admin, Role::Minter, Role::Burner, Role::Pauser][dice.roll(4)];
        let expected = if dice.roll(4) == 0 { 7 } else { model.allowances[by][someone] };
        match dice.roll(25) {
            0..10 => Self::Transfer { to: someone, amount },
            10..13 => Self::TransferFrom { owner: someone, to: other, amount: amount / 2 },
            13..16 => Self::Approve { spender: someone, expected, allowed: 50 },
            16 => Self::SetOperator { operator: someone, on: amount > 20 },
            17..19 => Self::Mint { to: someone, amount },
            19 => Self::Burn { amount },
            20 => Self::Grant { role, to: someone },
            21 => Self::Revoke { role, from: someone },
            22 => Self::Renounce { role },
            23 if !model.paused => Self::Pause,
            _ => Self::Resume,
        }
    }
}

/// The allowance of an operator, and the last height of every allowance here.
const ALL: u64 = u64::MAX;

/// A token as one would write it on a page.
struct Model {
    balances: [u64; 3],
    /// By owner and spender.
    allowances: [[u64; 3]; 3],
    roles: BTreeMap<Role, [bool; 3]>,
    paused: bool,
}

impl Model {
    fn new() -> Self {
        let roles =
            [Role::Admin, Role::Minter, Role::Burner, Role::Pauser].map(|role| (role, [true, false, false]));
        Self { balances: [SUPPLY, 0, 0], allowances: [[0; 3]; 3], roles: roles.into(), paused: false }
    }

    fn apply(&mut self, by: usize, call: Call) -> Result<(), Refused> {
        let has = |role| if self.roles[&role][by] { Ok(()) } else { Err(needs(role)) };
        match call {
            Call::Transfer { to, amount } => self.shift(by, to, amount)?,
            Call::TransferFrom { owner, to, amount } => {
                let allowed = self.allowances[owner][by];
                if allowed == 0 || amount > allowed {
                    return Err(operators::Refused::AllowanceExceeded { allowed }.into());
                }
                self.shift(owner, to, amount)?;
                self.allowances[owner][by] -= if allowed == ALL { 0 } else { amount };
            }
            Call::Approve { spender, expected, allowed } => {
                let current = self.allowances[by][spender];
                if current != expected {
                    return Err(operators::Refused::AllowanceChanged { allowed: current }.into());
                }
                self.allow(by, spender, allowed)?;
            }
            Call::SetOperator { operator, on } => self.allow(by, operator, if on { ALL } else { 0 })?,
            Call::Mint { to, amount } => {
                has(Role::Minter)?;
                self.moving(amount)?;
                self.balances[to] += amount;
            }
            Call::Burn { amount } => {
                has(Role::Burner)?;
                self.moving(amount)?;
                self.balances[by] = self.without(by, amount)?;
            }
            Call::Grant { role, to } => {
                has(Role::Admin)?;
                self.holders(role)[to] = true;
            }
            Call::Revoke { role, from } => {
                has(Role::Admin)?;
                self.lose(role, from)?;
            }
            Call::Renounce { role } => self.lose(role, by)?,
            Call::Pause => {
                has(Role::Pauser)?;
                if std::mem::replace(&mut self.paused, true) {
                    return Err(IS_PAUSED);
                }
            }
            Call::Resume => {
                has(Role::Pauser)?;
                if !std::mem::replace(&mut self.paused, false) {
                    return Err(Refused::Pausing(pausing::Refused::NotPaused));
                }
            }
        }
        Ok(())
    }

    fn allow(&mut self, owner: usize, spender: usize, allowed: u64) -> Result<(), Refused> {
        if owner == spender {
            return Err(operators::Refused::Oneself.into());
        }
        self.allowances[owner][spender] = allowed;
        Ok(())
    }

    fn holders(&mut self, role: Role) -> &mut [bool; 3] {
        self.roles.get_mut(&role).expect("all roles are there")
    }

    fn lose(&mut self, role: Role, from: usize) -> Result<(), Refused> {
        let holders = self.holders(role);
        let last = holders[from] && holders.iter().filter(|holds| **holds).count() == 1;
        if last && role == Role::Admin {
            return Err(Refused::Roles(roles::Refused::LastOfRoot));
        }
        holders[from] = false;
        Ok(())
    }

    fn moving(&self, amount: u64) -> Result<(), Refused> {
        match amount {
            _ if self.paused => Err(IS_PAUSED),
            0 => Err(Refused::ZeroAmount),
            _ => Ok(()),
        }
    }

    fn without(&self, holder: usize, amount: u64) -> Result<u64, Refused> {
        let held = self.balances[holder];
        held.checked_sub(amount).ok_or(Refused::Insufficient { held })
    }

    fn shift(&mut self, from: usize, to: usize, amount: u64) -> Result<(), Refused> {
        self.moving(amount)?;
        self.balances[from] = self.without(from, amount)?;
        self.balances[to] += amount;
        Ok(())
    }
}

/// The refusal of an account without a role.
fn needs(role: Role) -> Refused {
    Refused::Roles(roles::Refused::MissingRole { role: format!("{role:?}") })
}

/// The token on the chain.
struct World<'a> {
    token: TokenClient<Deployed>,
    people: &'a [Signer; 3],
}

impl World<'_> {
    fn apply(&self, by: usize, call: Call, refusal: Option<Refused>, context: &str) {
        let token = self.token.by(&self.people[by]);
        let account = |person: usize| Principal::from(&self.people[person]);
        let sent = match call {
            Call::Transfer { to, amount } => token.transfer(account(to), amount),
            Call::TransferFrom { owner, to, amount } => {
                token.transfer_from(account(owner), account(to), amount)
            }
            Call::Approve { spender, expected, allowed } => {
                token.approve(account(spender), expected, allowed, ALL)
            }
            Call::SetOperator { operator, on } => token.set_operator(account(operator), on.then_some(ALL)),
            Call::Mint { to, amount } => token.mint(account(to), amount),
            Call::Burn { amount } => token.burn(amount),
            Call::Grant { role, to } => token.grant(role, account(to)),
            Call::Revoke { role, from } => token.revoke(role, account(from)),
            Call::Renounce { role } => token.renounce(role),
            Call::Pause => token.pause(),
            Call::Resume => token.resume(),
        };
        println!("{context}, which {}", if refusal.is_some() { "is refused" } else { "succeeds" });
        match refusal {
            Some(refusal) => drop(sent.refused(refusal)),
            None => drop(sent.succeeds()),
        }
    }

    fn compare(&self, model: &Model, seed: u64) -> TestResult {
        let account = |person: usize| Principal::from(&self.people[person]);
        for one in 0..3 {
            assert_eq!(
                self.token.balance_of(account(one))?,
                model.balances[one],
                "seed {seed}, balance of {one}"
            );
            for other in 0..3 {
                let allowed = self.token.allowance(account(one), account(other))?;
                assert_eq!(
                    allowed, model.allowances[one][other],
                    "seed {seed}, allowance of {other} by {one}"
                );
                let operates = self.token.is_operator(account(one), account(other))?;
                assert_eq!(operates, allowed == ALL, "seed {seed}, {other} as operator of {one}");
            }
            for (role, holders) in &model.roles {
                assert_eq!(
                    self.token.has_role(*role, account(one))?,
                    holders[one],
                    "seed {seed}, {role:?} of {one}"
                );
            }
        }
        assert_eq!(
            self.token.supply()?,
            model.balances.iter().sum::<u64>(),
            "seed {seed}: balances sum to the supply"
        );
        assert_eq!(self.token.is_paused()?, model.paused);
        Ok(())
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}
