//! The check that a file belongs to the asset that the options name.

use dusk_sdk::ContractId;
use dusk_sdk::finance::wallet::{Chain, Identity, OpenError};
use play::Outcome;

/// The contract of an auditor's file until it is bound: its key comes before the contract.
pub const UNBOUND: ContractId = ContractId::from_bytes([0; 32]);

/// Checks that a file belongs to the contract that the options name, on their network. Otherwise a scan would leave
/// out all events as another asset's.
///
/// # Errors
/// If the node does not answer, or the file belongs to another contract or chain.
pub fn check_asset(identity: Identity, chain: &Chain) -> Outcome {
    let (contract, number) = chain.identity()?;
    Ok(identity.check(Some(contract), Some(number)).map_err(|error| advised(&error))?)
}

/// The error, and what to do.
fn advised(error: &OpenError) -> String {
    match error {
        OpenError::OtherContract { found, .. } if *found == UNBOUND => {
            "the file is not bound to a contract yet\nhint: bind it with `auditor bind`".to_owned()
        }
        OpenError::OtherContract { found, .. } => {
            format!(
                "{error}\nhint: name its contract with `--contract {found}`, or another file with `--wallet`"
            )
        }
        OpenError::OtherChain { .. } => {
            format!("{error}\nhint: name its network with `--network`, or another file with `--wallet`")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_asset_or_chain_is_told_what_to_do() {
        let [own, other] = [7, 8].map(|byte| ContractId::from_bytes([byte; 32]));
        let identity = Identity { contract: own, chain: 3, account: 0 };
        assert!(identity.check(Some(own), Some(3)).is_ok());
        let refused =
            |identity: Identity, contract| advised(&identity.check(Some(contract), Some(4)).unwrap_err());
        let text = refused(identity, other);
        assert!(text.contains(&format!("its contract is {own}, not {other}\nhint: ")), "{text}");
        assert!(text.contains(&format!("`--contract {own}`")), "{text}");
        let text = refused(identity, own);
        assert!(
            text.contains("its chain has number 3, not 4\nhint: ") && text.contains("`--network`"),
            "{text}"
        );
        let text = refused(Identity { contract: UNBOUND, ..identity }, other);
        assert!(text.contains("\nhint: bind it with `auditor bind`"), "{text}");
    }
}
