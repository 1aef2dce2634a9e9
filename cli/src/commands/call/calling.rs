//! One call of one function: the request, the transaction, and the output about it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use dusk_core::transfer::data::{ContractCall, TransactionData};
use serde_json::{Value, json};

use super::CallOptions;
use crate::commands::shown;
use crate::error::Fault;
use crate::figures::{exact_money, grouped, money};
use crate::ops::chain::client::{BlockEvent, ClientError};
use crate::ops::chain::connection::Chain;
use crate::ops::chain::names::{self, Labels};
use crate::ops::chain::refusal::{Refusal, Stage};
use crate::ops::chain::target::Target;
use crate::ops::chain::transact::{Order, Sender, Simulated};
use crate::ops::contract::sandbox::Driver;
use crate::ops::project::Project;
use crate::output::{Tone, Ui};

/// The price of a unit of gas where none is asked for, in LUX.
const GAS_PRICE: u64 = 1;

/// A part of what nodes answer where a function feeds in a query that takes no items.
const FEEDS: &str = "feed";

/// One call of one function.
pub(super) struct Calling<'a> {
    project: &'a Project,
    chain: &'a Chain,
    target: &'a Target,
    function: &'a str,
    /// Whether it returns anything.
    returns: bool,
    labels: Labels,
    ui: &'a Ui,
}

impl<'a> Calling<'a> {
    /// Of this function of this contract.
    pub(super) fn new(
        project: &'a Project,
        chain: &'a Chain,
        target: &'a Target,
        function: &'a str,
        returns: bool,
        labels: Labels,
        ui: &'a Ui,
    ) -> Self {
        Self { project, chain, target, function, returns, labels, ui }
    }

    /// Reads.
    pub(super) fn query(&self, argument: &[u8]) -> Result<ExitCode> {
        self.say_answer(self.chain.client.query(&self.target.id, self.function, argument))
    }

    /// Reads, where only the node's answer tells whether the function feeds.
    pub(super) fn query_or_feed(&self, argument: &[u8], value: &Value) -> Result<ExitCode> {
        match self.chain.client.query(&self.target.id, self.function, argument) {
            Err(ClientError::Refused { message, .. }) if message.to_ascii_lowercase().contains(FEEDS) => {
                self.feed(value)
            }
            answer => self.say_answer(answer),
        }
    }

    fn say_answer(&self, answer: Result<Vec<u8>, ClientError>) -> Result<ExitCode> {
        let answer = answer.map_err(|error| self.unanswered(error))?;
        let result = self.target.driver.decode_output(self.function, &answer)?;
        self.say_result(result.clone());
        self.ui.document(&json!({
            "contract": self.target.hex(), "function": self.function, "result": result,
        }));
        Ok(ExitCode::SUCCESS)
    }

    /// Reads what the function feeds: an item a line.
    pub(super) fn feed(&self, arguments: &Value) -> Result<ExitCode> {
        let items = self.chain.client.feed(&self.target.id, self.function, arguments);
        let items = items.map_err(|error| match error {
            ClientError::Refused { status: 404, message } => Fault::failed(
                format!("the node cannot decode the feed of `{}`: {message}", self.function),
                "`cargo dusk deploy` uploads the data driver with the contract",
            ),
            other => self.unanswered(other),
        })?;
        for item in &items {
            self.ui.line(shown::line(&self.labels.applied(item.clone())));
        }
        self.ui.document(&json!({
            "contract": self.target.hex(), "function": self.function, "result": items,
        }));
        Ok(ExitCode::SUCCESS)
    }

    fn unanswered(&self, error: ClientError) -> anyhow::Error {
        match error {
            ClientError::Refused { message, .. } => {
                let refusal = self.refusal(&message);
                Fault::failed(refusal.to_string(), refusal.advice(Stage::Query))
            }
            other => other.into(),
        }
    }

    /// Why the call was refused.
    fn refusal(&self, text: &str) -> Refusal {
        Refusal::read(text, self.target.abi()).named(&self.labels)
    }

    /// Simulates, sends, waits, and says what came of it.
    pub(super) fn transact(&self, argument: Vec<u8>, options: &CallOptions) -> Result<ExitCode> {
        let sending = &options.sending;
        let settings = &self.project.settings;
        let account = names::signer(settings, settings.signer(sending.from.as_deref()), self.chain.id)?;
        let state = self.chain.client.account(account.public_key()).context("cannot read the account")?;
        let gas_price = sending.gas_price.unwrap_or(GAS_PRICE);
        let deposit = options.deposit.unwrap_or_default();
        let order = Order {
            data: TransactionData::Call(ContractCall {
                contract: self.target.id,
                fn_name: self.function.to_owned(),
                fn_args: argument,
            }),
            deposit,
            gas_price,
            gas_limit: sending.gas_limit,
            least_gas_limit: 0,
            nonce: state.nonce + 1,
            balance: state.balance,
        };
        let sender = Sender { client: &self.chain.client, account: &account, chain_id: self.chain.id };
        let prepared = match sender.prepare(&order)? {
            Simulated::Accepted(prepared) => prepared,
            Simulated::Refused(reason) => {
                let refusal = self.refusal(&reason);
                return Err(Fault::failed(refusal.to_string(), refusal.advice(Stage::Simulation)));
            }
        };
        let and_deposit = |told: String| if deposit == 0 { String::new() } else { format!(" · deposit {told}") };
        if sending.dry_run {
            let fee = prepared.gas.saturating_mul(gas_price);
            let and_deposit = and_deposit(exact_money(deposit));
            self.ui.line(format_args!(
                "would succeed · gas {} · fee {}{and_deposit}",
                grouped(prepared.gas),
                money(fee)
            ));
            self.ui.document(&json!({
                "status": "dry-run", "contract": self.target.hex(), "function": self.function,
                "from": account.name(), "nonce": order.nonce, "gas": prepared.gas, "fee": fee, "deposit": deposit,
            }));
            return Ok(ExitCode::SUCCESS);
        }
        let included = sender.send(&prepared, sending.until_final, self.ui)?;
        let fee = included.gas_spent.saturating_mul(gas_price);
        if let Some(reason) = &included.err {
            let refusal = self.refusal(reason);
            let message = format!("{refusal}; the gas is spent ({})", money(fee));
            return Err(Fault::failed(message, refusal.advice(Stage::Block)));
        }
        let events = self.events(&prepared.id, included.block_height)?;
        let result = self.result(&prepared.id)?;
        if let Some(result) = &result {
            self.say_result(result.clone());
        }
        for event in &events {
            self.say_event(event);
        }
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let takes = |event: &Value| shown::takes_deposit(&text(event, "contract"), &text(event, "topic"));
        let is_taken = events.iter().any(takes);
        let and_deposit = and_deposit(shown::deposit(deposit, is_taken));
        self.ui.line(format_args!(
            "{} in block {} · gas {} · fee {}{and_deposit}",
            self.function,
            included.block_height,
            grouped(included.gas_spent),
            money(fee)
        ));
        self.ui.document(&json!({
            "status": "included", "contract": self.target.hex(), "function": self.function,
            "tx": prepared.id, "block": included.block_height, "gas": included.gas_spent, "fee": fee,
            "deposit": deposit, "deposit_returned": deposit > 0 && !is_taken, "result": result, "events": events,
        }));
        Ok(ExitCode::SUCCESS)
    }

    /// The result of the transaction, if it has one and the node reports it.
    fn result(&self, id: &str) -> Result<Option<Value>> {
        if !self.returns {
            return Ok(None);
        }
        let output = self.chain.client.output(id)?;
        output.map(|bytes| self.target.driver.decode_output(self.function, &bytes)).transpose()
    }

    /// The transaction's events as documents.
    fn events(&self, id: &str, height: u64) -> Result<Vec<Value>> {
        let events = self.chain.client.events(height)?;
        Ok(events.iter().filter(|event| event.origin == id).map(|event| self.event(event)).collect())
    }

    /// An event as a document: decoded where the contract is known, else in hexadecimal.
    fn event(&self, event: &BlockEvent) -> Value {
        let decoded = if event.source == self.target.hex() {
            self.target.driver.decode_event(&event.topic, &event.data).ok()
        } else {
            let known = self.chain.deployments.find(&event.source);
            let driver = known.and_then(|known| Driver::load(&self.chain.deployments.driver(known).ok()?).ok());
            driver.and_then(|driver| driver.decode_event(&event.topic, &event.data).ok())
        };
        let is_decoded = decoded.is_some();
        let data = decoded.unwrap_or_else(|| Value::String(hex::encode(&event.data)));
        json!({
            "contract": event.source, "topic": event.topic, "data": data, "decoded": is_decoded,
            "reverted": event.reverted,
        })
    }

    /// A result as people read it: text without quotes, anything else as JSON.
    fn say_result(&self, result: Value) {
        match self.labels.applied(result) {
            Value::String(text) => self.ui.line(shown::text(&text)),
            value @ (Value::Array(_) | Value::Object(_)) => self.ui.block(shown::laid_out(&value)),
            other => self.ui.line(other),
        }
    }

    /// Events that could be read; the others are the transfer contract's own book-keeping.
    fn say_event(&self, event: &Value) {
        if event["decoded"] != true {
            return;
        }
        let topic = event["topic"].as_str().unwrap_or_default();
        let source = self.labels.applied(event["contract"].clone());
        let source = if event["contract"] == self.target.hex().as_str() {
            String::new()
        } else {
            format!("{} ", source.as_str().unwrap_or_default())
        };
        let data = shown::line(&self.labels.applied(event["data"].clone()));
        self.ui.line(format_args!("{} {source}{topic} {data}", self.ui.toned(Tone::Faint, "event")));
    }
}
