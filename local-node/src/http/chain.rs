//! `POST /on/node/…`, `/on/network/…`, `/on/blocks/…`, `/on/blobs:…`, `/on/account:…`, `/on/stats/…`.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::StakeFundOwner;
use dusk_core::stake::StakeKeys;
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_core::transfer::data::{BlobData, BlobSidecar};
use dusk_sdk_protocol::execution::HexId;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Hash;
use local_node_types::rules::{
    BLOCK_GAS_LIMIT, FEEDER_GAS_LIMIT, GAS_PER_BLOB, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, MIN_DEPLOY_GAS_PRICE,
    MIN_GAS_LIMIT,
};
use serde_json::{Value, json};

use super::error::Error;
use super::rues::{Answer, NODE_VERSION, Reply, Request, unsupported};
use crate::handle::NodeHandle;
use crate::ledger::StakeEntry;
use crate::store::{IndexKey, SortOrder, Store, StoreError};

/// The most waiting transactions whose gas prices are looked at.
const MAX_PRICED: usize = 10_000;
/// The longest body that the message of an error repeats: a body may have megabytes.
const MAX_REPEATED_BYTES: usize = 40;

pub(super) async fn answer(node: &NodeHandle, request: &Request) -> Answer {
    match (request.component.as_str(), request.topic.as_str()) {
        ("node", "info") => Ok(Reply::Json(info(node))),
        ("node", "provisioners") => {
            let stakes = node.provisioners().await?;
            Ok(Reply::Json(stakes.iter().map(provisioner).collect()))
        }
        ("network", "peers") => {
            let limit = limit(request, "peers")?.unwrap_or(usize::MAX);
            Ok(Reply::Json(json!(node.alive_peers().await?.into_iter().take(limit).collect::<Vec<_>>())))
        }
        // The node has no data about the locations of its peers.
        ("network", "peers_location") => Ok(Reply::Json(json!([]))),
        ("blocks", "gas-price") => {
            let limit = limit(request, "transactions")?.unwrap_or(MAX_PRICED);
            let prices = node.gas_prices(limit.min(MAX_PRICED)).await?;
            Ok(Reply::Json(json!({
                "average": prices.average, "max": prices.max, "median": prices.median, "min": prices.min,
            })))
        }
        ("account", "status") => {
            let key = account(request.entity()?)?;
            let status = node.account(&key).await?;
            Ok(Reply::Json(json!({
                "balance": status.balance, "nonce": status.nonce, "next_nonce": status.next_nonce,
            })))
        }
        ("blobs", "hash") => blob(node, request, hash(request.entity()?)?).await,
        ("blobs", "commitment") => {
            let text = request.entity()?;
            let commitment = hex::decode(text)
                .map_err(|_| Error::InvalidInput(format!("`{text}` is not a commitment: give hexadecimal digits")))?;
            blob(node, request, BlobData::hash_from_commitment(&commitment)).await
        }
        ("stats", "account_count") => {
            let range = rkyv::to_bytes::<_, 16>(&(0_u64, u64::MAX));
            let range = range.map_err(|error| Error::Internal(error.to_string()))?;
            let accounts = node.reader().feed(TRANSFER_CONTRACT, "sync_accounts".into(), range.to_vec()).await?;
            Ok(Reply::Json(json!({ "public_accounts": accounts.len() })))
        }
        ("stats", "tx_count") => {
            let count = node.store().transaction_count()?;
            Ok(Reply::Json(json!({ "public": count, "shielded": 0, "total": count })))
        }
        _ => Err(unsupported(request)),
    }
}

/// The limit in the body of a request: a decimal number, or `None` for an empty body. `of_what`: the listed items.
///
/// # Errors
/// [`Error::InvalidInput`] for any other text, which the message repeats only if it is short.
fn limit(request: &Request, of_what: &str) -> Result<Option<usize>, Error> {
    let text = request.body.text()?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let shown = if text.len() <= MAX_REPEATED_BYTES { format!("`{text}`") } else { "the body".into() };
        Error::InvalidInput(format!("{shown} is not a number of {of_what}"))
    })
}

/// The data of a blob that a transaction in a block brought.
async fn blob(node: &NodeHandle, request: &Request, hash: Hash) -> Answer {
    let store = node.store().clone();
    let found = node.reader().aside(move || sidecar(&store, &hash)).await??;
    let sidecar = found
        .ok_or_else(|| Error::NotFound(format!("no transaction carried a blob with the hash {}", hex::encode(hash))))?;
    if !request.json {
        return Ok(Reply::Bytes(sidecar.to_var_bytes()));
    }
    serde_json::to_value(sidecar).map(Reply::Json).map_err(|error| Error::Internal(error.to_string()))
}

fn sidecar(store: &Store, hash: &Hash) -> Result<Option<BlobSidecar>, StoreError> {
    let heights = store.heights_about(IndexKey::blob(hash), 0..=u64::MAX, SortOrder::NewestFirst, 1)?;
    let block = match heights.first() {
        Some(height) => store.block(*height)?.map(|(block, _)| block),
        None => None,
    };
    let transactions = block.iter().flat_map(|block| &block.transactions);
    let mut blobs = transactions.filter_map(|spent| spent.transaction.protocol().blob()).flatten();
    Ok(blobs.find(|blob| blob.hash == *hash).and_then(|blob| blob.data.clone()))
}

fn hash(text: &str) -> Result<Hash, Error> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Error::InvalidInput(format!("`{text}` is not a hash: give 64 hexadecimal digits")))?;
    Ok(bytes)
}

fn info(node: &NodeHandle) -> Value {
    let info = node.info();
    let network = node.network_addresses();
    json!({
        "version": NODE_VERSION,
        "version_build": format!("{NODE_VERSION} (local-node {})", env!("CARGO_PKG_VERSION")),
        "bootstrapping_nodes": network.map_or(&[][..], |(_, bootstrap)| bootstrap),
        "chain_id": info.chain_id,
        "kadcast_address": network.map(|(public, _)| public),
        "vm_config": {
            "gas_per_blob": GAS_PER_BLOB,
            "gas_per_deploy_byte": GAS_PER_DEPLOY_BYTE,
            "min_deploy_points": MIN_DEPLOY_GAS,
            "min_deployment_gas_price": MIN_DEPLOY_GAS_PRICE,
            "min_gas_limit": MIN_GAS_LIMIT,
            "block_gas_limit": BLOCK_GAS_LIMIT,
            "feeder_call_gas": FEEDER_GAS_LIMIT,
            "rules": info.rules.name(),
        },
    })
}

fn provisioner((keys, stake): &StakeEntry) -> Value {
    let StakeKeys { account, owner } = keys;
    let owner = match owner {
        StakeFundOwner::Account(key) => json!({ "Account": BlsKey::from(key).to_string() }),
        StakeFundOwner::Contract(id) => json!({ "Contract": HexId(id).to_string() }),
    };
    let amount = stake.amount.unwrap_or_default();
    json!({
        "key": BlsKey::from(account).to_string(),
        "amount": amount.value,
        "locked_amt": amount.locked,
        "eligibility": amount.eligibility,
        "reward": stake.reward,
        "faults": stake.faults,
        "hard_faults": stake.hard_faults,
        "owner": owner,
    })
}

fn account(text: &str) -> Result<PublicKey, Error> {
    let key: BlsKey =
        text.parse().map_err(|error| Error::InvalidInput(format!("`{text}` is not an account: {error}")))?;
    key.to_point().map_err(|error| Error::InvalidInput(format!("`{text}` is not an account: {error}")))
}
