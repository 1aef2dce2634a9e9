//! A client of a node: signs transactions, and asks by HTTP.

use anyhow::{Context, Result, ensure};
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::TransactionData;
use local_node::LOCAL_CHAIN_ID;
use local_node::accounts::{DevAccount, dev_accounts};
use serde_json::Value;

/// LUX for a unit of gas, as a deployment needs at least.
const GAS_PRICE: u64 = 2_000;

/// Posts to a node, and returns its answer.
///
/// # Errors
/// When no node answers, or it refuses.
pub(crate) fn post(url: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut answer = ureq::post(format!("{url}{path}"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/octet-stream")
        .send(body)?;
    let text = answer.body_mut().read_to_vec()?;
    ensure!(answer.status().is_success(), "{path}: {}", String::from_utf8_lossy(&text));
    Ok(text)
}

/// A signed transaction.
pub(crate) struct Signed {
    bytes: Vec<u8>,
    id: String,
}

impl Signed {
    /// Sends it to a node.
    pub(crate) fn send(&self, url: &str) -> Result<()> {
        post(url, "/on/transactions/propagate", &self.bytes).map(drop)
    }

    /// The height of the block that holds it, once there is one.
    ///
    /// # Errors
    /// When it was executed and failed, or the node does not answer.
    pub(crate) fn height(&self, url: &str) -> Result<Option<u64>> {
        let query = format!("query {{ tx(hash: \"{}\") {{ err blockHeight }} }}", self.id);
        let answer: Value = serde_json::from_slice(&post(url, "/on/graphql/query", query.as_bytes())?)?;
        if !answer["tx"].is_object() {
            return Ok(None);
        }
        ensure!(answer["tx"]["err"].is_null(), "the transaction failed: {answer}");
        Ok(Some(answer["tx"]["blockHeight"].as_u64().context("the height of a block")?))
    }

    /// Its id, as people write it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// A development account that sends transactions.
pub(crate) struct Sender {
    pub(crate) account: DevAccount,
    pub(crate) nonce: u64,
}

impl Sender {
    /// The development account with this number, from 0 on, which has sent nothing yet.
    pub(crate) fn new(number: usize) -> Result<Self> {
        Ok(Self { account: dev_accounts().into_iter().nth(number).context("there are ten accounts")?, nonce: 0 })
    }

    /// Signs its next transaction: this data, or where there is none, a transfer of one LUX to itself.
    pub(crate) fn sign(&mut self, data: Option<TransactionData>, gas: u64) -> Result<Signed> {
        self.nonce += 1;
        let (secret, chain) = (self.account.secret_key(), LOCAL_CHAIN_ID);
        let (receiver, value) = data.is_none().then(|| (*self.account.public_key(), 1)).unzip();
        let value = value.unwrap_or_default();
        let signed = Transaction::moonlight(secret, receiver, value, 0, gas, GAS_PRICE, self.nonce, chain, data);
        let transaction = signed.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Signed { bytes: transaction.to_var_bytes(), id: hex::encode(transaction.hash().to_bytes()) })
    }
}
