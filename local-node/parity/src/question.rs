//! The questions to a contract's data driver, and its answers. Both programs include this file; they exchange one
//! JSON document a line.

use serde::{Deserialize, Serialize};

/// Something to ask a driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Question {
    /// A function's arguments in bytes.
    EncodeInput {
        /// The function.
        function: String,
        /// The arguments, as the text that is handed over: not always JSON.
        json: String,
    },
    /// A function's arguments in JSON.
    DecodeInput {
        /// The function.
        function: String,
        /// The arguments.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
    },
    /// A function's result in JSON.
    DecodeOutput {
        /// The function.
        function: String,
        /// The result.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
    },
    /// An event's data in JSON.
    DecodeEvent {
        /// The event's topic.
        topic: String,
        /// The data.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
    },
    /// The contract's description.
    Schema,
    /// The driver's version.
    Version,
}

/// The answer of a driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Bytes.
    Bytes(#[serde(with = "hex")] Vec<u8>),
    /// JSON, compared as a value: the reader of production gives no text.
    Json(serde_json::Value),
    /// A text.
    Text(String),
    /// The driver refused.
    Refused {
        /// Its error code.
        code: i32,
        /// Its words.
        message: String,
    },
}
