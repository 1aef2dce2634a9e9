//! The document: its content, and how it is written and read.
//!
//! It contains no time and no path of this machine, so that the same project and the same tools give the same bytes.

use dusk_sdk_protocol::observation::Compared;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ops::hash::hash_of;

/// How a document begins.
const FORMAT: &str = "cargo-dusk evidence";
/// The version of its form.
const VERSION: u64 = 1;
/// The most bytes of a document that is read.
pub(crate) const MAX_EVIDENCE_BYTES: u64 = 64 << 20;

/// The file: the evidence, with a digest that shows whether it is whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u64,
    /// BLAKE3 of the evidence as JSON on one line.
    digest: String,
    evidence: Evidence,
}

/// Everything about a project at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    /// Whether no test failed, all threats are averted, and all audits are clean.
    pub(crate) sound: bool,
    /// The reasons why `sound` is false, and limits of the evidence.
    pub(crate) remarks: Vec<String>,
    /// The threats of the README's table, in its order.
    pub(crate) threats: Vec<Threat>,
    /// All tests, by name.
    pub(crate) tests: Vec<Test>,
    /// The circuits, by name.
    pub(crate) circuits: Vec<Circuit>,
    /// The contracts, by name.
    pub(crate) contracts: Vec<Contract>,
    /// The parameters that keys were made with.
    pub(crate) parameters: Vec<ParametersOfKeys>,
    /// The tools and settings that made it.
    pub(crate) tools: Tools,
    /// The files that the project is built from, by path.
    pub(crate) sources: Vec<Source>,
}

/// A threat, and the tests that try it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Threat {
    /// The attack.
    pub(crate) threat: String,
    /// The defence.
    pub(crate) defence: String,
    /// Its standing.
    pub(crate) standing: Standing,
    /// The tests that the table names.
    pub(crate) tests: Vec<Try>,
}

/// The standing of a threat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// All of its tests passed.
    Averted,
    /// A test failed, was ignored, or does not exist.
    Open,
    /// The table names no test.
    Untested,
}

/// A test that a threat names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Try {
    /// Its name in the table.
    pub(crate) name: String,
    /// The test's full name; absent where there is none of this name.
    pub(crate) test: Option<String>,
    /// How it ended, or `missing`.
    pub(crate) status: String,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Test {
    /// Program and path.
    pub(crate) name: String,
    /// `passed`, `failed` or `ignored`.
    pub(crate) status: String,
    /// Proofs of the test host, made after a full check of all constraints.
    pub(crate) mock_proofs: usize,
    /// Real proofs.
    pub(crate) real_proofs: usize,
    /// The comparisons of an observer test.
    pub(crate) observer: Option<Compared>,
}

/// A circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Circuit {
    /// Its name.
    pub(crate) name: String,
    /// The package that it is in.
    pub(crate) package: String,
    /// Its statement, from its documentation.
    pub(crate) doc: String,
    /// The digest of its layout.
    pub(crate) digest: String,
    /// How many gates it has.
    pub(crate) gates: usize,
    /// The inputs that the verifier sees.
    pub(crate) public: Vec<Named>,
    /// The inputs that only the prover knows.
    pub(crate) private: Vec<Named>,
    /// The result of the audit.
    pub(crate) audit: Audit,
}

/// The verdict of an audit without a witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    /// Whether everything is determined.
    pub(crate) clean: bool,
    /// Wires that the inputs determine.
    pub(crate) determined: usize,
    /// Choices on which nothing depends.
    pub(crate) choices: usize,
    /// Its findings.
    pub(crate) findings: Vec<String>,
}

/// A name and a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// The name.
    pub(crate) name: String,
    /// The type.
    #[serde(rename = "type")]
    pub(crate) ty: String,
}

/// A contract, and what its calls show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contract {
    /// Its name.
    pub(crate) name: String,
    /// BLAKE3 of the wasm that is deployed.
    pub(crate) wasm: String,
    /// Its bytes.
    pub(crate) bytes: usize,
    /// BLAKE3 of the data driver.
    pub(crate) driver: String,
    /// BLAKE3 of `abi.json`.
    pub(crate) interface: String,
    /// The circuits whose verifier keys are in it, with the digests of these circuits.
    pub(crate) circuits: Vec<KeyOf>,
    /// The calls that are transactions, and the constructor first.
    pub(crate) calls: Vec<Call>,
    /// The public data of each event.
    pub(crate) events: Vec<EventShown>,
}

/// A verifier key in a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyOf {
    /// The circuit's name.
    pub(crate) name: String,
    /// The digest of its layout when the key was made.
    pub(crate) digest: String,
    /// The parameters of the key.
    pub(crate) parameters: String,
}

/// A call, and its public parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The function.
    pub(crate) name: String,
    /// The first sentence of its documentation.
    pub(crate) doc: String,
    /// The arguments: all of them are public.
    pub(crate) arguments: Vec<Named>,
    /// The result, which is public as well.
    pub(crate) result: String,
    /// The circuits that a proof among the arguments may be of.
    pub(crate) proofs_of: Vec<String>,
}

/// An event: its fields are public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventShown {
    /// Its topic.
    pub(crate) name: String,
    /// Its type, or its fields.
    pub(crate) fields: Vec<Named>,
}

/// Parameters (CRS) that keys were made with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParametersOfKeys {
    /// Their id.
    pub(crate) name: String,
    /// Whether anybody can forge proofs under them.
    pub(crate) development: bool,
}

/// The tools and settings that made the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tools {
    /// The version of `cargo dusk`.
    pub(crate) cargo_dusk: String,
    /// The version of the SDK.
    pub(crate) sdk: String,
    /// BLAKE3 of the SDK's sources.
    pub(crate) sdk_sources: String,
    /// The compiler.
    pub(crate) rustc: String,
    /// The optimiser of wasm, or `none`.
    pub(crate) optimiser: String,
    /// The proofs that tests made: `mock` or `real`.
    pub(crate) proofs: String,
}

/// A file that the project is built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Its path in the project, with `/`.
    pub(crate) name: String,
    /// BLAKE3 of its content.
    pub(crate) blake3: String,
    /// Its bytes.
    pub(crate) bytes: u64,
}

/// Why a file cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum EvidenceError {
    /// It is larger than any evidence.
    #[error("it has more than {MAX_EVIDENCE_BYTES} bytes")]
    TooLarge,
    /// It ends in the middle.
    #[error("it ends in the middle: a part of the file is missing")]
    Truncated,
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// It is another document.
    #[error("it is not evidence of `cargo dusk`")]
    OtherDocument,
    /// It has another format version.
    #[error("it has format version {found}, and this cargo-dusk reads version {VERSION}")]
    Version {
        /// Its version.
        found: u64,
    },
    /// It does not have the form that its version requires.
    #[error("it does not have the form of evidence: {0}")]
    Form(String),
    /// It was changed.
    #[error("it was changed after it was written: its digest is {found}, and it states {stated}")]
    Changed {
        /// The digest of its content.
        found: String,
        /// The digest that it states.
        stated: String,
    },
    /// It is about another project.
    #[error("it is about another project: it has the contracts {theirs}, this project has {ours}")]
    OtherProject {
        /// The contracts in the file.
        theirs: String,
        /// The contracts of the project.
        ours: String,
    },
}

impl EvidenceError {
    /// The remedy.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge | Self::OtherDocument | Self::NotJson(_) => {
                "give the JSON file that `cargo dusk evidence` has written"
            }
            Self::Truncated => "get the whole file again",
            Self::Version { .. } => {
                "verify it with the cargo-dusk that has written it: the field `tools` names its version"
            }
            Self::Form(_) | Self::Changed { .. } => "get the file again from whoever made it; do not rely on this one",
            Self::OtherProject { .. } => "go to the folder of the project that it is about",
        }
    }
}

impl Evidence {
    /// The document as JSON.
    pub(crate) fn to_json(&self) -> anyhow::Result<String> {
        let file = File { format: FORMAT.to_owned(), version: VERSION, digest: self.digest()?, evidence: self.clone() };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// BLAKE3 of the evidence.
    pub(crate) fn digest(&self) -> anyhow::Result<String> {
        Ok(hash_of(&serde_json::to_vec(self)?))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`EvidenceError`] says what is wrong with it.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, EvidenceError> {
        if text.len() as u64 > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError::TooLarge);
        }
        let document: Value = serde_json::from_slice(text).map_err(|error| {
            if error.is_eof() { EvidenceError::Truncated } else { EvidenceError::NotJson(error.to_string()) }
        })?;
        if document["format"] != FORMAT {
            return Err(EvidenceError::OtherDocument);
        }
        match document["version"].as_u64() {
            Some(VERSION) => {}
            Some(found) => return Err(EvidenceError::Version { found }),
            None => return Err(EvidenceError::Form("its version is no number".to_owned())),
        }
        let File { digest: stated, evidence, .. } =
            serde_json::from_value(document).map_err(|error| EvidenceError::Form(error.to_string()))?;
        let found = evidence.digest().map_err(|error| EvidenceError::Form(error.to_string()))?;
        if found != stated {
            return Err(EvidenceError::Changed { found, stated });
        }
        Ok(evidence)
    }

    /// Refuses evidence about a project with other contracts.
    ///
    /// # Errors
    /// [`EvidenceError::OtherProject`].
    pub(crate) fn is_about(&self, contracts: &[String]) -> Result<(), EvidenceError> {
        let theirs: Vec<&str> = self.contracts.iter().map(|contract| contract.name.as_str()).collect();
        if theirs == contracts.iter().map(String::as_str).collect::<Vec<_>>() {
            return Ok(());
        }
        Err(EvidenceError::OtherProject { theirs: theirs.join(", "), ours: contracts.join(", ") })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Evidence about nothing much.
    pub(in crate::ops::evidence) fn sample() -> Evidence {
        let tools = Tools {
            cargo_dusk: "0.1.0".to_owned(),
            sdk: "0.1.0".to_owned(),
            sdk_sources: "5d".repeat(32),
            rustc: "rustc 1.95.0".to_owned(),
            optimiser: "none".to_owned(),
            proofs: "mock".to_owned(),
        };
        let source = |name: &str| Source { name: name.to_owned(), blake3: "ab".repeat(32), bytes: 3 };
        let contract = Contract {
            name: "vault".to_owned(),
            wasm: "cd".repeat(32),
            bytes: 5,
            driver: "ef".repeat(32),
            interface: "01".repeat(32),
            circuits: Vec::new(),
            calls: Vec::new(),
            events: Vec::new(),
        };
        Evidence {
            sound: true,
            remarks: Vec::new(),
            threats: Vec::new(),
            tests: Vec::new(),
            circuits: Vec::new(),
            contracts: vec![contract],
            parameters: Vec::new(),
            tools,
            sources: vec![source("Cargo.toml"), source("src/lib.rs")],
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let text = sample().to_json().unwrap();
        assert_eq!(Evidence::from_json(text.as_bytes()), Ok(sample()));
        assert_eq!(text, sample().to_json().unwrap());
    }

    #[test]
    fn every_part_of_a_file_and_every_flipped_bit_is_refused() {
        let text = sample().to_json().unwrap().into_bytes();
        for length in 0..text.len() - 1 {
            assert_eq!(Evidence::from_json(&text[..length]), Err(EvidenceError::Truncated), "{length} bytes");
        }
        let end = text.len() - 1;
        for place in 0..end {
            for bit in 0..8 {
                let mut flipped = text.clone();
                flipped[place] ^= 1 << bit;
                let read = Evidence::from_json(&flipped);
                assert!(read.is_err(), "bit {bit} of byte {place}: {}", String::from_utf8_lossy(&flipped));
            }
        }
    }

    #[test]
    fn other_documents_and_versions_have_errors_of_their_own() {
        let read = |text: &str| Evidence::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(read(r#"{"is":"something else"}"#), EvidenceError::OtherDocument);
        assert_eq!(read("[]"), EvidenceError::OtherDocument);
        assert!(matches!(read("<html>"), EvidenceError::NotJson(_)));
        let text = sample().to_json().unwrap();
        let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
        assert_eq!(read(&newer), EvidenceError::Version { found: 2 });
        assert!(matches!(read(&text.replace("\"bytes\": 5", "\"bytes\": 6")), EvidenceError::Changed { .. }));
        assert!(matches!(read(&text.replace("\"sound\"", "\"sounds\"")), EvidenceError::Form(_)));
        assert!(sample().is_about(&["vault".to_owned()]).is_ok());
        let other = sample().is_about(&["counter".to_owned()]).unwrap_err();
        assert_eq!(
            other.to_string(),
            "it is about another project: it has the contracts vault, this project has counter"
        );
    }
}
