//! Roles with rights. A role has members; the members of its admin role grant and revoke it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use crate::env::{caller, emit};
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;
use crate::value::Value;

/// The roles of a contract and their members. `R` is an enum of the contract:
///
/// ```
/// # use dusk_sdk::prelude::*;
/// #[contract_type]
/// #[derive(Copy, Eq, PartialOrd, Ord)]
/// pub enum Role {
///     Admin,
///     Minter,
/// }
/// # let _ = |first: Principal| {
/// let roles = dusk_sdk::parts::roles::Roles::new(Role::Admin, first);
/// # roles };
/// ```
///
/// One role is the root. It administers itself and all roles without another admin, and always has a member.
#[derive(Debug, Clone)]
pub struct Roles<R> {
    root: R,
    members: BTreeMap<R, BTreeSet<Principal>>,
    admins: BTreeMap<R, R>,
}

/// A role was granted.
#[event]
pub struct RoleGranted {
    /// The role, by its name.
    pub role: String,
    /// The new member.
    pub to: Principal,
    /// The account or contract that granted it.
    pub by: Principal,
}

/// A role was revoked, or its member gave it up.
#[event]
pub struct RoleRevoked {
    /// The role, by its name.
    pub role: String,
    /// The former member.
    pub from: Principal,
    /// The account or contract that revoked it; the member itself if it gave the role up.
    pub by: Principal,
}

/// A role has a new admin.
#[event]
pub struct RoleAdminChanged {
    /// The role, by its name.
    pub role: String,
    /// The role whose members grant and revoke it.
    pub admin: String,
}

/// The errors of roles.
#[error(first = 9010)]
pub enum Refused {
    /// Only the members of `role` may do this.
    MissingRole {
        /// The role, by its name.
        role: String,
    },
    /// The root role would be without a member, and nobody could grant roles any more.
    LastOfRoot,
}

impl<R: Value + Copy + Ord> Roles<R> {
    /// Creates the roles: `root` administers all others, and `first` is its first member.
    pub fn new(root: R, first: impl Into<Principal>) -> Self {
        let members = BTreeMap::from([(root, BTreeSet::from([first.into()]))]);
        Self { root, members, admins: BTreeMap::new() }
    }

    /// Whether an account or contract has a role.
    #[must_use]
    pub fn has(&self, role: R, who: Principal) -> bool {
        self.members.get(&role).is_some_and(|members| members.contains(&who))
    }

    /// The members of a role, in order. A role may have any number of members, so return only a bounded part of them.
    pub fn members(&self, role: R) -> impl Iterator<Item = Principal> + '_ {
        self.members.get(&role).into_iter().flatten().copied()
    }

    /// The role whose members grant and revoke `role`.
    #[must_use]
    pub fn admin_of(&self, role: R) -> R {
        self.admins.get(&role).copied().unwrap_or(self.root)
    }

    /// Checks that a member of the role calls, and returns the caller.
    ///
    /// # Errors
    /// [`Refused::MissingRole`].
    pub fn require(&self, role: R) -> Result<Principal, Refused> {
        let caller = caller();
        ensure!(self.has(role, caller), Refused::MissingRole { role: name(&role) });
        Ok(caller)
    }

    /// Lets a member of the role's admin role grant it. If the account or contract has the role already, nothing
    /// changes and no event is emitted.
    ///
    /// # Errors
    /// [`Refused::MissingRole`].
    pub fn grant(&mut self, role: R, to: Principal) -> Result<(), Refused> {
        let by = self.require(self.admin_of(role))?;
        if self.members.entry(role).or_default().insert(to) {
            emit(RoleGranted { role: name(&role), to, by });
        }
        Ok(())
    }

    /// Lets a member of the role's admin role revoke it. If the account or contract does not have the role, nothing
    /// changes.
    ///
    /// # Errors
    /// [`Refused::MissingRole`], and [`Refused::LastOfRoot`].
    pub fn revoke(&mut self, role: R, from: Principal) -> Result<(), Refused> {
        let by = self.require(self.admin_of(role))?;
        self.remove(role, from, by)
    }

    /// Lets the caller give up a role.
    ///
    /// # Errors
    /// [`Refused::LastOfRoot`].
    pub fn renounce(&mut self, role: R) -> Result<(), Refused> {
        let by = caller();
        self.remove(role, by, by)
    }

    /// Lets a member of the root role change the admin of a role.
    ///
    /// # Errors
    /// [`Refused::MissingRole`].
    pub fn set_admin(&mut self, role: R, admin: R) -> Result<(), Refused> {
        self.require(self.root)?;
        self.admins.insert(role, admin);
        emit(RoleAdminChanged { role: name(&role), admin: name(&admin) });
        Ok(())
    }

    fn remove(&mut self, role: R, from: Principal, by: Principal) -> Result<(), Refused> {
        let Some(members) = self.members.get_mut(&role).filter(|members| members.contains(&from)) else {
            return Ok(());
        };
        ensure!(role != self.root || members.len() > 1, Refused::LastOfRoot);
        members.remove(&from);
        emit(RoleRevoked { role: name(&role), from, by });
        Ok(())
    }
}

/// The name of a role: its JSON without the quotes.
fn name(role: &impl Value) -> String {
    let mut json = String::new();
    role.write_json(&mut json);
    json.trim_matches('"').into()
}
