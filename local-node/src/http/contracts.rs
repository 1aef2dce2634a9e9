//! `POST /on/contracts:…`, `/on/contract:…`, `/on/contract_owner:…`.

use std::time::{Duration, Instant};

use dusk_core::abi::{CONTRACT_ID_BYTES, ContractId};
use dusk_core::transfer::TRANSFER_CONTRACT;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::drivers;
use super::error::Error;
use super::rues::{Answer, Reply, Request, unsupported};
use crate::drivers::{Drivers, DriversError};
use crate::handle::NodeHandle;
use crate::reader::FedItems;

/// How long a driver may take to decode what one call feeds.
const MAX_DECODING: Duration = Duration::from_secs(30);

/// Calls a contract's function on the state of the last block. A request in JSON gets JSON, through the contract's
/// driver.
pub(super) async fn call(node: &NodeHandle, request: &Request) -> Answer {
    let contract = contract_id(request.entity()?)?;
    let name = request.topic.clone();
    let argument = if request.json {
        let (function, json) = (name.clone(), request.body.text()?.to_owned());
        node.drivers().using(contract, move |codec| codec.encode_input(&function, &json)).await?
    } else {
        request.body.bytes().to_vec()
    };
    if request.feeder {
        return feed(node, request, contract, argument).await;
    }
    let data = node.query(contract, name.clone(), argument).await?.data;
    if !request.json {
        return Ok(Reply::Bytes(data));
    }
    let result = data.clone();
    match node.drivers().using(contract, move |codec| codec.decode_output_text(&name, &result)).await {
        Ok(text) => Ok(Reply::JsonText(text)),
        // As in production: a driver need not know every result.
        Err(DriversError::Codec(error)) if error.is_refusal() => Ok(Reply::Bytes(data)),
        Err(error) => Err(error.into()),
    }
}

/// Answers with what a call feeds while it runs. A call that fails before it has fed anything has a status of its own;
/// one that fails later breaks the connection off, so that nobody takes a part for the whole.
async fn feed(node: &NodeHandle, request: &Request, contract: ContractId, argument: Vec<u8>) -> Answer {
    let function = request.topic.clone();
    let mut items = node.reader().stream(contract, function.clone(), argument)?;
    let first = items.recv().await.transpose()?;
    if !request.json {
        let rest = stream::unfold(items, |mut items| async move {
            let item = items.recv().await?;
            Some((item.map_err(Error::from), items))
        });
        return Ok(Reply::Fed(Box::pin(stream::iter(first.map(Ok)).chain(rest))));
    }
    let drivers = node.drivers().clone();
    let array =
        JsonArray { drivers, contract, function, first, items, begun: false, ended: false, decoding: Duration::ZERO };
    Ok(Reply::JsonPieces(Box::pin(stream::unfold(array, |mut array| async move {
        let piece = array.next().await?;
        Some((piece, array))
    }))))
}

/// Turns what a call feeds into a JSON array, item by item.
struct JsonArray {
    drivers: Drivers,
    contract: ContractId,
    function: String,
    first: Option<Vec<u8>>,
    items: FedItems,
    begun: bool,
    ended: bool,
    decoding: Duration,
}

impl JsonArray {
    async fn next(&mut self) -> Option<Result<Vec<u8>, Error>> {
        if self.ended {
            return None;
        }
        let piece = self.piece().await;
        self.ended |= piece.is_err();
        Some(piece)
    }

    async fn piece(&mut self) -> Result<Vec<u8>, Error> {
        let item = match self.first.take() {
            Some(item) => Some(item),
            None => self.items.recv().await.transpose()?,
        };
        let Some(item) = item else {
            self.ended = true;
            return Ok(if self.begun { b"]".to_vec() } else { b"[]".to_vec() });
        };
        if self.decoding > MAX_DECODING {
            return Err(Error::Driver(format!("it took more than {MAX_DECODING:?} to decode the items of the feed")));
        }
        let (started, function) = (Instant::now(), self.function.clone());
        let text = self.drivers.using(self.contract, move |codec| codec.decode_output_text(&function, &item)).await?;
        self.decoding += started.elapsed();
        let opening = if std::mem::replace(&mut self.begun, true) { ',' } else { '[' };
        Ok(format!("{opening}{text}").into_bytes())
    }
}

/// The known data of a contract.
pub(super) async fn describe(node: &NodeHandle, request: &Request) -> Answer {
    let contract = contract_id(request.entity()?)?;
    match request.topic.as_str() {
        "metadata" => {
            let owner = owner_of(node, contract).await?;
            let signature = node.drivers().signature(&contract)?;
            Ok(Reply::Json(json!({
                "owner": bs58::encode(&owner).into_string(),
                "contract_owner": hex::encode(&owner),
                "driver_available": signature.is_some(),
                "driver_signature": signature.map(hex::encode),
                "created_at": node.store().deployment_height(&contract)?,
            })))
        }
        "upload_driver" => drivers::upload(node, contract, request).await,
        "download_driver" => drivers::download(node, contract),
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

pub(super) async fn owner_of(node: &NodeHandle, contract: ContractId) -> Result<Vec<u8>, Error> {
    node.reader().owner(contract).await?.ok_or_else(|| Error::NotFound("there is no contract with this id".into()))
}

pub(super) fn contract_id(text: &str) -> Result<ContractId, Error> {
    let mut bytes = [0; CONTRACT_ID_BYTES];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Error::InvalidInput(format!("`{text}` is not a contract id: 64 hexadecimal digits")))?;
    Ok(ContractId::from_bytes(bytes))
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
