//! `POST /on/contracts:…`, `/on/contract:…`, `/on/contract_owner:…`.

use dusk_core::abi::{CONTRACT_ID_BYTES, ContractId};
use dusk_core::transfer::TRANSFER_CONTRACT;
use serde_json::json;

use super::rues::{Error, Reply, Request};
use super::{Answer, unsupported};
use crate::handle::NodeHandle;
use crate::reader::QueryError;

/// Calls a contract's function on the state of the last block.
pub(super) async fn call(node: &NodeHandle, request: &Request) -> Answer {
    let contract = contract_id(request.entity()?)?;
    if request.json {
        return Err(Error::NotFound(
            "this node keeps no data drivers: send the argument as rkyv bytes (application/octet-stream)".into(),
        ));
    }
    let argument = request.body.bytes().to_vec();
    if request.feeder {
        let items = node.reader().feed(contract, request.topic.clone(), argument).await?;
        return Ok(Reply::Bytes(items.concat()));
    }
    let receipt = node.query(contract, request.topic.clone(), argument).await?;
    Ok(Reply::Bytes(receipt.data))
}

/// What is known about a contract.
pub(super) async fn describe(node: &NodeHandle, request: &Request) -> Answer {
    let contract = contract_id(request.entity()?)?;
    match request.topic.as_str() {
        "metadata" => {
            let owner = owner_of(node, contract).await?;
            Ok(Reply::Json(json!({
                "owner": bs58::encode(&owner).into_string(),
                "contract_owner": hex::encode(&owner),
                "driver_available": false,
                "driver_signature": null,
                "created_at": node.store().deployment(&contract).map(|spent| spent.height),
            })))
        }
        "status" => {
            let argument = contract.to_bytes().to_vec();
            let receipt = node.query(TRANSFER_CONTRACT, "contract_balance", argument).await?;
            let balance = <[u8; 8]>::try_from(receipt.data.as_slice())
                .map_err(|_| Error::Internal("the balance of the contract does not decode".into()))?;
            Ok(Reply::Json(json!({ "balance": u64::from_le_bytes(balance) })))
        }
        _ => Err(unsupported(request)),
    }
}

/// The bytes of a contract's owner.
pub(super) async fn owner(node: &NodeHandle, request: &Request) -> Answer {
    Ok(Reply::Bytes(owner_of(node, contract_id(request.entity()?)?).await?))
}

async fn owner_of(node: &NodeHandle, contract: ContractId) -> Result<Vec<u8>, Error> {
    node.reader().owner(contract).await?.ok_or_else(|| Error::NotFound("there is no contract with this id".into()))
}

fn contract_id(text: &str) -> Result<ContractId, Error> {
    let mut bytes = [0; CONTRACT_ID_BYTES];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Error::InvalidInput(format!("`{text}` is no contract id: 64 hexadecimal digits")))?;
    Ok(ContractId::from_bytes(bytes))
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Busy => Self::Busy(error.to_string()),
            QueryError::Call(inner) => Self::Vm(inner.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_hexadecimal_digits_are_a_contract_id() {
        assert!(contract_id(&"0".repeat(64)).is_ok());
        for bad in [String::new(), "0".repeat(63), "g".repeat(64), "0".repeat(66)] {
            assert!(contract_id(&bad).is_err(), "{bad}");
        }
    }
}
