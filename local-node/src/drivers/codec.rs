//! One contract's driver, built in or uploaded, behind the same operations.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dusk_data_driver::ConvertibleContract;
use local_node_vm::driver::{Driver, DriverError};
use serde_json::Value;

use crate::archive::aligned;

/// Why a conversion did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A built-in driver refused what it was given.
    #[error("{0}")]
    Refused(String),
    /// An uploaded driver refused what it was given, or misbehaved.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// An uploaded driver gave a text that is no JSON.
    #[error("the data driver returned a text from `{operation}` that is not JSON: {error}")]
    NotJson {
        /// The request.
        operation: &'static str,
        /// The fault.
        error: serde_json::Error,
    },
}

impl CodecError {
    /// Whether the driver did its work, and what it was given was wrong.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Driver(DriverError::Refused { .. }))
    }
}

/// Turns a contract's encodings into JSON and back.
#[derive(Clone)]
pub struct Codec(Kind);

#[derive(Clone)]
enum Kind {
    BuiltIn(Arc<dyn ConvertibleContract + Sync>),
    Uploaded(Driver),
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::BuiltIn(_) => "built in",
            Kind::Uploaded(_) => "uploaded",
        };
        f.debug_tuple("Codec").field(&kind).finish()
    }
}

impl Codec {
    pub(super) fn transfer() -> Self {
        Self(Kind::BuiltIn(Arc::new(dusk_transfer_contract_dd::ContractDriver)))
    }

    pub(super) fn stake() -> Self {
        Self(Kind::BuiltIn(Arc::new(dusk_stake_contract_dd::ContractDriver)))
    }

    pub(super) const fn uploaded(driver: Driver) -> Self {
        Self(Kind::Uploaded(driver))
    }

    /// Encodes a function's argument.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn encode_input(&self, function: &str, json: &str) -> Result<Vec<u8>, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => contained(|| codec.encode_input_fn(function, json)),
            Kind::Uploaded(driver) => Ok(driver.encode_input(function, json)?),
        }
    }

    /// Decodes a function's argument.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_input(&self, function: &str, argument: &[u8]) -> Result<Value, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => contained(|| codec.decode_input_fn(function, &aligned(argument))),
            Kind::Uploaded(driver) => parsed("decode_input_fn", &driver.decode_input(function, argument)?),
        }
    }

    /// Decodes a function's result.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_output(&self, function: &str, result: &[u8]) -> Result<Value, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => contained(|| codec.decode_output_fn(function, &aligned(result))),
            Kind::Uploaded(driver) => parsed("decode_output_fn", &driver.decode_output(function, result)?),
        }
    }

    /// Decodes an event's data.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_event(&self, topic: &str, data: &[u8]) -> Result<Value, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => contained(|| codec.decode_event(topic, &aligned(data))),
            Kind::Uploaded(driver) => parsed("decode_event", &driver.decode_event(topic, data)?),
        }
    }

    /// Decodes a function's argument to a JSON text. Numbers stay as an uploaded driver writes them.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_input_text(&self, function: &str, argument: &[u8]) -> Result<String, CodecError> {
        match &self.0 {
            Kind::BuiltIn(_) => Ok(self.decode_input(function, argument)?.to_string()),
            Kind::Uploaded(driver) => checked("decode_input_fn", driver.decode_input(function, argument)?),
        }
    }

    /// Decodes a function's result to a JSON text. Numbers stay as an uploaded driver writes them.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_output_text(&self, function: &str, result: &[u8]) -> Result<String, CodecError> {
        match &self.0 {
            Kind::BuiltIn(_) => Ok(self.decode_output(function, result)?.to_string()),
            Kind::Uploaded(driver) => checked("decode_output_fn", driver.decode_output(function, result)?),
        }
    }

    /// Decodes an event's data to a JSON text. Numbers stay as an uploaded driver writes them.
    ///
    /// # Errors
    /// When the driver refuses or misbehaves.
    pub fn decode_event_text(&self, topic: &str, data: &[u8]) -> Result<String, CodecError> {
        match &self.0 {
            Kind::BuiltIn(_) => Ok(self.decode_event(topic, data)?.to_string()),
            Kind::Uploaded(driver) => checked("decode_event", driver.decode_event(topic, data)?),
        }
    }

    /// The contract's description, as the driver gives it: a JSON text.
    ///
    /// # Errors
    /// When the driver misbehaves.
    pub fn schema(&self) -> Result<String, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => Ok(codec.get_schema()),
            Kind::Uploaded(driver) => Ok(driver.schema()?),
        }
    }

    /// The driver's version.
    ///
    /// # Errors
    /// When the driver misbehaves.
    pub fn version(&self) -> Result<String, CodecError> {
        match &self.0 {
            Kind::BuiltIn(codec) => Ok(codec.get_version().to_owned()),
            Kind::Uploaded(driver) => Ok(driver.version()?),
        }
    }
}

fn parsed(operation: &'static str, text: &str) -> Result<Value, CodecError> {
    serde_json::from_str(text).map_err(|error| CodecError::NotJson { operation, error })
}

/// The text of an uploaded driver, unchanged if it is JSON: parsed, it would lose digits of integers above 64 bits.
fn checked(operation: &'static str, text: String) -> Result<String, CodecError> {
    parsed(operation, &text)?;
    Ok(text)
}

/// Runs a built-in driver. Keys that are no points of their curve get past its checks, and the curve's crate panics
/// over them where debug assertions are on; that is a refusal like others.
#[inline(never)]
fn contained<T>(convert: impl FnOnce() -> Result<T, dusk_data_driver::Error>) -> Result<T, CodecError> {
    let panicked = |_| CodecError::Refused("the data driver panicked over it".into());
    catch_unwind(AssertUnwindSafe(convert)).map_err(panicked)?.map_err(refused)
}

fn refused(error: dusk_data_driver::Error) -> CodecError {
    use dusk_data_driver::Error;
    CodecError::Refused(match error {
        // After "fn_name" and "event" a name follows; other texts are sentences of their own, such as "opening not
        // supported".
        Error::Unsupported(what) if what.starts_with("fn_name ") || what.starts_with("event ") => {
            format!("the data driver does not know {what}")
        }
        Error::Unsupported(text) => text,
        Error::Json(problem) => format!("the JSON does not fit: {problem}"),
        Error::Rkyv(problem) => format!("the bytes do not decode: {problem}"),
        Error::Other(problem) => problem,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn genesis_contracts_speak_json() {
        let transfer = Codec::transfer();
        let argument = transfer.encode_input("contract_balance", &format!("\"{}\"", "07".repeat(32))).unwrap();
        assert_eq!(argument, [7; 32]);
        assert_eq!(transfer.decode_input("contract_balance", &argument).unwrap(), json!("07".repeat(32)));
        assert_eq!(transfer.decode_output("num_notes", &5_u64.to_le_bytes()).unwrap(), json!("5"));
        assert!(transfer.schema().unwrap().contains("TransferContract"));
        let stake = Codec::stake();
        assert!(serde_json::from_str::<Value>(&stake.schema().unwrap()).unwrap()["functions"].is_array());
        assert!(!stake.version().unwrap().is_empty());
    }

    #[test]
    fn texts_of_uploaded_drivers_keep_their_digits() {
        for text in ["340282366920938463463374607431768211455", r#"{ "a": [115792089237316195423570985008687907853] }"#]
        {
            assert_eq!(checked("decode_output_fn", text.to_owned()).unwrap(), text);
        }
        assert!(matches!(checked("decode_event", "x".to_owned()), Err(CodecError::NotJson { .. })));
        assert!(checked("decode_event", "[".repeat(1_000) + &"]".repeat(1_000)).is_err(), "too deep to be read");
    }

    #[test]
    fn a_driver_that_panics_refuses() {
        let panicked = contained::<()>(|| panic!("no point of the curve")).unwrap_err();
        assert!(panicked.is_refusal());
    }

    #[test]
    fn keys_that_are_no_points_harm_nobody() {
        let stake = Codec::stake();
        for byte in [2, 7, 0xff] {
            // Whether it is refused depends on debug assertions; that it comes back does not.
            drop(stake.decode_event("stake", &[byte; 408]));
        }
        assert!(stake.version().is_ok());
    }

    #[test]
    fn what_drivers_do_not_support_is_said_in_their_words() {
        let transfer = Codec::transfer();
        let text = |function: &str| transfer.decode_output(function, &[0; 8]).unwrap_err().to_string();
        assert_eq!(text("opening"), "opening not supported");
        assert_eq!(text("sync"), "unsupported");
        assert_eq!(text("no_such"), "the data driver does not know fn_name no_such");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let transfer = Codec::transfer();
        let refusals = [
            transfer.encode_input("no_such", "1").map(drop),
            transfer.encode_input("contract_balance", "{").map(drop),
            transfer.decode_output("account", &[1, 2, 3]).map(drop),
            transfer.decode_event("moonlight", &[0xff; 40]).map(drop),
        ];
        for refusal in refusals {
            assert!(refusal.unwrap_err().is_refusal());
        }
    }
}
