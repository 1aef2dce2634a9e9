//! Interfaces that a contract can be asked for: see [`supports`].

/// A token: `transfer(to, amount)`, `supply`, `name`.
pub const TOKEN: &str = "token/1";
/// A restricted token: `can_send`, `can_receive`, `check_transfer`, `force_transfer`, `freeze`, `recover`.
pub const RESTRICTED: &str = "restricted/1";
/// Operators and allowances with an end: `approve`, `allowance`, `transfer_from`, `set_operator`.
pub const OPERATORS: &str = "operators/1";
/// Documents: `set_document`, `remove_document`, `documents`.
pub const DOCUMENTS: &str = "documents/1";
/// Dividends in DUSK: `distribute`, `claim`.
pub const DIVIDENDS: &str = "dividends/1";
/// Snapshots: `take_snapshot`, `held_at`.
pub const SNAPSHOTS: &str = "snapshots/1";

/// Whether a contract that has these interfaces has one of them.
#[must_use]
pub fn supports(interfaces: &[&str], asked: &str) -> bool {
    interfaces.contains(&asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_by_its_whole_name() {
        assert!(supports(&[TOKEN, RESTRICTED], "token/1"));
        assert!(!supports(&[TOKEN, RESTRICTED], "token"));
        assert!(!supports(&[TOKEN], RESTRICTED));
    }
}
