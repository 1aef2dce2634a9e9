//! `POST /on/driver:…`, and the drivers of `/on/contract:…`.

use dusk_bytes::ParseHexStr as _;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::Signature;

use super::contracts::{contract_id, owner_of};
use super::error::Error;
use super::rues::{Answer, Reply, Request, unsupported};
use crate::drivers::{Codec, DriversError};
use crate::handle::NodeHandle;

/// `/on/driver:{id}/{operation}[:{function or topic}]`: one conversion.
pub(super) async fn convert(node: &NodeHandle, request: &Request) -> Answer {
    let contract = contract_id(request.entity()?)?;
    let (operation, name) = request.topic.split_once(':').unwrap_or((&request.topic, ""));
    let name = name.to_owned();
    let bytes = request.body.bytes().to_vec();
    let drivers = node.drivers();
    Ok(match operation {
        "decode_event" => {
            Reply::JsonText(drivers.using(contract, move |it| it.decode_event_text(&name, &bytes)).await?)
        }
        "decode_input_fn" => {
            Reply::JsonText(drivers.using(contract, move |it| it.decode_input_text(&name, &bytes)).await?)
        }
        "decode_output_fn" => {
            Reply::JsonText(drivers.using(contract, move |it| it.decode_output_text(&name, &bytes)).await?)
        }
        "encode_input_fn" => {
            let json = request.body.text()?.to_owned();
            Reply::Bytes(drivers.using(contract, move |it| it.encode_input(&name, &json)).await?)
        }
        "get_schema" => Reply::Text(drivers.using(contract, Codec::schema).await?),
        "get_version" => Reply::Text(drivers.using(contract, Codec::version).await?),
        _ => return Err(unsupported(request)),
    })
}

/// `/on/contract:{id}/upload_driver`: the contract's owner gives a driver, signed.
pub(super) async fn upload(node: &NodeHandle, contract: ContractId, request: &Request) -> Answer {
    let signature = request.signature.as_deref().ok_or_else(|| {
        Error::InvalidInput("the header `sign` is missing: the contract owner's BLS signature in hexadecimal".into())
    })?;
    let signature = Signature::from_hex_str(signature).map_err(|_| {
        Error::InvalidInput("the header `sign` is not a BLS signature: give 96 hexadecimal digits".into())
    })?;
    let owner = owner_of(node, contract).await?;
    node.upload_driver(contract, owner, request.body.bytes().to_vec(), signature).await?;
    Ok(Reply::Text("driver upload ok".into()))
}

/// `/on/contract:{id}/download_driver`.
pub(super) fn download(node: &NodeHandle, contract: ContractId) -> Answer {
    let driver = node.drivers().kept(&contract)?.ok_or(DriversError::Missing(contract))?;
    Ok(Reply::Wasm(driver.wasm.into()))
}
