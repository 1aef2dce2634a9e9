//! The id of a deployment: made from a number that outsiders cannot predict, and checked once the deployment is in a
//! block.
//!
//! An id is the hash of code, number and stated owner. The sender is not part of it, and the signature of the
//! transaction covers neither the number nor the place where the owner ends and the constructor's argument begins. So
//! an observer of the mempool can deploy under the same id first, and a relaying node can change the id without
//! changing the transaction's id. A node's answer "included" therefore does not show that the contract under our id is
//! ours.

use std::time::Duration;

use anyhow::Result;
use dusk_bytes::Serializable;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::data::{ContractDeploy, gen_contract_id};
use zeroize::Zeroizing;

use super::client::{Client, ClientError};
use super::names::Signer;
use crate::error::Fault;

/// How many ids are tried until one is free. More than one is tried only where somebody takes them on purpose.
const MAX_IDS_TRIED: u64 = 16;
/// Sets these numbers apart from all else that is derived from the account's key.
const CONTEXT: &str = "cargo-dusk: number of a deployment, version 1";

/// A free id for a deployment: the number that it is made from, and the id.
///
/// The number is derived from the account's secret key, so that nobody else can compute the id and take it before the
/// deployment is sent. For the same account, transaction and code it is the same: a dry run tells the id.
///
/// # Errors
/// A failure when all ids that are tried are taken.
pub(crate) fn free_id(
    client: &Client,
    chain_id: u8,
    account: &Signer,
    transaction_nonce: u64,
    code: &[u8],
) -> Result<(u64, ContractId)> {
    let owner = account.id();
    for attempt in 0..MAX_IDS_TRIED {
        let number = number(&account.secret_key().to_bytes(), chain_id, transaction_nonce, attempt, code);
        let id = gen_contract_id(code, number, owner.as_bytes());
        // A node that cannot tell is no reason to stop: the simulation refuses an id that is taken.
        if !matches!(client.metadata(&hex::encode(id.as_bytes())), Ok(Some(_))) {
            return Ok((number, id));
        }
    }
    Err(Fault::failed(
        format!("the next {MAX_IDS_TRIED} ids of {} are taken", account.name()),
        "nothing was sent; another holder of this account's key deploys before you: use another account with `--from`",
    ))
}

fn number(secret: &[u8], chain_id: u8, transaction_nonce: u64, attempt: u64, code: &[u8]) -> u64 {
    let mut material = Zeroizing::new(Vec::with_capacity(secret.len() + 1 + 8 + 8 + blake3::OUT_LEN));
    material.extend_from_slice(secret);
    material.push(chain_id);
    material.extend_from_slice(&transaction_nonce.to_le_bytes());
    material.extend_from_slice(&attempt.to_le_bytes());
    material.extend_from_slice(blake3::hash(code).as_bytes());
    let derived = blake3::derive_key(CONTEXT, &material);
    let mut number = [0; 8];
    number.copy_from_slice(&derived[..8]);
    u64::from_le_bytes(number)
}

/// How often the node is asked about a deployment that is in a block.
const MAX_LOOKS: u32 = 5;
/// The pause after the first look. It doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A deployment that was sent.
pub(crate) struct Claim<'a> {
    /// The node.
    pub(crate) client: &'a Client,
    /// Transaction id.
    pub(crate) tx: &'a str,
    /// The account that has signed it.
    pub(crate) sender: &'a PublicKey,
    /// The signed deployment.
    pub(crate) deploy: &'a ContractDeploy,
}

/// A node's data about a deployment that was sent.
pub(crate) enum Shown {
    /// It is in a block as it was sent, and the contract stands.
    Stands {
        /// The address of the account that signed the transaction in the block.
        sender: String,
        /// The address that the chain has as the contract's owner.
        owner: String,
    },
    /// It is in a block as it was sent, and failed. No other contract has its id.
    Failed,
    /// It is in no block any more.
    Gone,
    /// The failure that names the difference, or the account that deployed first.
    Differs(anyhow::Error),
}

impl Claim<'_> {
    /// Compares the deployment in the block with the one that was sent: code, number, owner and constructor's argument
    /// of the transaction, its sender, and the owner of the contract under the id. If it failed, looks for the account
    /// that took the id. Asks again, a few times, where the node does not answer.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(crate) fn check(&self, has_failed: bool) -> Result<Shown, ClientError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MAX_LOOKS {
            if let Ok(shown) = self.look(has_failed) {
                return Ok(shown);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        self.look(has_failed)
    }

    fn look(&self, has_failed: bool) -> Result<Shown, ClientError> {
        let seen = self.client.seen(self.tx)?.filter(|seen| seen.place.is_some());
        let Some(seen) = seen else {
            return Ok(Shown::Gone);
        };
        let contract = self.contract();
        let (sender, found) = match (seen.transaction.moonlight_sender(), seen.transaction.deploy()) {
            (Some(sender), Some(found)) if sender == self.sender => (sender, found),
            _ => return Ok(self.changed("it is not the deployment that was sent")),
        };
        if let Some(difference) = difference(self.deploy, found) {
            let stands = hex::encode(found.contract_id().as_bytes());
            return Ok(self.changed(&format!("{difference}, and the contract's id is {stands} instead of {contract}")));
        }
        if has_failed {
            return self.taken();
        }
        let owner = bs58::encode(&self.deploy.owner).into_string();
        match self.client.metadata(&contract)? {
            Some(metadata) if metadata.owner == owner => {
                let sender = bs58::encode(sender.to_bytes()).into_string();
                Ok(Shown::Stands { sender, owner: metadata.owner })
            }
            Some(metadata) => {
                Ok(self.changed(&format!("the owner of {contract} is {} instead of {owner}", metadata.owner)))
            }
            None => Ok(self.changed(&format!("there is no contract {contract}"))),
        }
    }

    /// The account that has taken the id, after the deployment has failed.
    fn taken(&self) -> Result<Shown, ClientError> {
        let contract = self.contract();
        let Some(metadata) = self.client.metadata(&contract)? else {
            return Ok(Shown::Failed);
        };
        let other = match metadata.created_at {
            Some(height) => self.client.deployment(&contract, height)?.map(|seen| (height, seen)),
            None => None,
        };
        let by = other.and_then(|(height, seen)| {
            let account = bs58::encode(seen.transaction.moonlight_sender()?.to_bytes()).into_string();
            Some(format!("account {account} has deployed there in block {height}"))
        });
        Ok(Shown::Differs(Fault::failed(
            format!(
                "the id {contract} is taken: {}; transaction {} failed, and its gas is spent",
                by.as_deref().unwrap_or("another transaction has deployed there"),
                self.tx
            ),
            "do not use that contract: it is not yours, even if it names you as its owner; the same command deploys \
             under another id",
        )))
    }

    fn changed(&self, what: &str) -> Shown {
        Shown::Differs(Fault::failed(
            format!("the deployment was altered before its block: {what} (transaction {})", self.tx),
            "its gas is spent, and the project does not record it: look at it with `cargo dusk tx`, then deploy \
             again, if necessary through another node",
        ))
    }

    fn contract(&self) -> String {
        hex::encode(self.deploy.contract_id().as_bytes())
    }
}

/// The first part of a deployment that is not as it was sent.
fn difference(sent: &ContractDeploy, found: &ContractDeploy) -> Option<String> {
    let owner = |deploy: &ContractDeploy| bs58::encode(&deploy.owner).into_string();
    if found.bytecode != sent.bytecode {
        return Some("its code differs".to_owned());
    }
    if found.owner != sent.owner {
        return Some(format!("its owner is `{}` instead of {}", owner(found), owner(sent)));
    }
    if found.init_args != sent.init_args {
        return Some("the constructor's argument differs".to_owned());
    }
    (found.nonce != sent.nonce).then(|| format!("its nonce is {} instead of {}", found.nonce, sent.nonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_with_all_that_goes_in() {
        let base = number(&[1; 32], 0, 1, 0, b"code");
        assert_eq!(base, number(&[1; 32], 0, 1, 0, b"code"), "a dry run tells the id");
        let others = [
            number(&[2; 32], 0, 1, 0, b"code"),
            number(&[1; 32], 1, 1, 0, b"code"),
            number(&[1; 32], 0, 2, 0, b"code"),
            number(&[1; 32], 0, 1, 1, b"code"),
            number(&[1; 32], 0, 1, 0, b"coda"),
        ];
        assert!(!others.contains(&base), "{others:?}");
    }

    #[test]
    fn what_the_signature_does_not_cover_is_compared() {
        let sent = ContractDeploy::new(vec![1, 2], vec![3; 96], Some(vec![4; 16]), 5);
        assert_eq!(difference(&sent, &sent.clone()), None);
        // All of these have the same signed bytes except the code.
        let renumbered = ContractDeploy { nonce: 6, ..sent.clone() };
        let shifted = ContractDeploy::new(vec![1, 2], vec![], Some([vec![3; 96], vec![4; 16]].concat()), 5);
        let merged = ContractDeploy::new(vec![1, 2], [vec![3; 96], vec![4; 16]].concat(), None, 5);
        let other_code = ContractDeploy::new(vec![1, 3], vec![3; 96], Some(vec![4; 16]), 5);
        let told = |found| difference(&sent, found).unwrap_or_default();
        assert_eq!(told(&renumbered), "its nonce is 6 instead of 5");
        assert!(told(&shifted).starts_with("its owner is ``"), "{}", told(&shifted));
        assert!(told(&merged).starts_with("its owner is `"), "{}", told(&merged));
        assert_eq!(told(&other_code), "its code differs");
        let unsigned = |deploy: &ContractDeploy| {
            dusk_core::transfer::data::TransactionData::Deploy(deploy.clone()).signature_message()
        };
        for changed in [&renumbered, &shifted, &merged] {
            assert_eq!(unsigned(changed), unsigned(&sent), "the signature still holds");
            assert_ne!(changed.contract_id(), sent.contract_id());
        }
    }

    #[test]
    fn an_id_does_not_tell_code_number_and_owner_apart() {
        let (code, owner) = ([1; 20], [3; 96]);
        let longer = [&code[..], &5_u64.to_le_bytes(), &owner[..8]].concat();
        let number = u64::from_le_bytes(owner[8..16].try_into().unwrap());
        assert_eq!(gen_contract_id(longer, number, &owner[16..]), gen_contract_id(code, 5, owner));
    }
}
