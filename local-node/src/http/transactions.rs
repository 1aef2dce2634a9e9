//! `POST /on/transactions/…`.

use serde_json::json;

use super::documents::call_error;
use super::error::Error;
use super::rues::{Answer, Reply, Request, unsupported};
use crate::handle::NodeHandle;

pub(super) async fn answer(node: &NodeHandle, request: &Request) -> Answer {
    let bytes = request.body.bytes();
    match request.topic.as_str() {
        "preverify" => node.preverify(bytes.to_vec()).await.map(|_| Reply::Nothing).map_err(Error::from),
        "propagate" => node.submit(bytes.to_vec()).await.map(|_| Reply::Nothing).map_err(Error::from),
        "simulate" => {
            let simulated = node.simulate(bytes).await?;
            let (gas_spent, error) = match simulated {
                Ok(simulation) => (simulation.gas_spent, simulation.result.as_ref().err().map(call_error)),
                Err(error) => (0, Some(error.to_string())),
            };
            Ok(Reply::Json(json!({ "gas-spent": gas_spent, "error": error })))
        }
        _ => Err(unsupported(request)),
    }
}
