//! Findings about a contract's module before it is deployed: whether a network accepts it, and its risks.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use dusk_core::abi::Query;
use dusk_sdk_protocol::abi::{ContractAbi, Shape, Type};
use local_node_types::rules::{Feature, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, Profile};
use local_node_vm::{ARGUMENT_BYTES, MAX_MODULE_BYTES, ModuleError, validate};
use serde::Serialize;
use wasmparser::{KnownCustom, Parser, Payload};

use super::floats::Floats;
use super::module_info::{self, ModuleInfo, names_of_functions};
use super::schema::{self, Difference};
use super::wasm::{self, ABI_SECTION};

/// How deep types are followed.
const MAX_DEPTH: usize = 16;
/// From which share of the largest module on its size is worth a word, in percent.
const LARGE_PERCENT: usize = 50;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The network refuses the contract.
    Error,
    /// It can be deployed, and something may go wrong.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How much it matters.
    pub(crate) severity: Severity,
    /// Its subject: `module`, `size`, `floats`, `host-query`, `argument`, `keys`, `schema`.
    pub(crate) about: &'static str,
    /// The finding.
    pub(crate) message: String,
    /// Where, as far as it can be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
}

impl Finding {
    fn new(severity: Severity, about: &'static str, message: impl Into<String>) -> Self {
        Self { severity, about, message: message.into(), place: None }
    }

    fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

/// A module to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The module that would be deployed.
    pub(crate) wasm: &'a [u8],
    /// The same module with the names of its functions, where they were kept.
    pub(crate) named: Option<&'a [u8]>,
    /// Its description.
    pub(crate) abi: Option<&'a ContractAbi>,
}

/// Everything that can be said of the module under the rules of this network, as they are today.
///
/// # Errors
/// When the names that were kept beside it cannot be read.
pub(crate) fn check(subject: Subject<'_>, rules: Profile) -> Result<Vec<Finding>> {
    // Other findings do not matter: the module is not meant for deployment.
    if ModuleInfo::of(subject.wasm, None).is_ok_and(|info| info.is_data_driver()) {
        return Ok(vec![Finding::new(Severity::Error, "module", module_info::DATA_DRIVER)]);
    }
    let named = subject.named.unwrap_or(subject.wasm);
    let mut findings = Vec::new();
    // A file that cannot be read is not a valid module either: the virtual machine names the place.
    let outline = Outline::read(named).unwrap_or_default();
    if let Err(error) = validate(subject.wasm, rules.latest_at(1)) {
        findings.push(refused(&error, &outline, rules));
    }
    findings.extend(sizes(subject.wasm.len()));
    findings.extend(floats(&Floats::find(named).unwrap_or_default()));
    findings.extend(host_queries(&outline, rules));
    if let Some(abi) = subject.abi {
        findings.extend(arguments(abi));
        findings.extend(development_keys(abi, rules));
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// Keys under which anyone can forge proofs: `deploy` refuses them on public networks.
fn development_keys(abi: &ContractAbi, rules: Profile) -> Option<Finding> {
    let circuits: Vec<&str> =
        abi.circuits.iter().filter(|circuit| circuit.development).map(|circuit| circuit.name.as_str()).collect();
    let message = format!("anyone can forge proofs of {}: the keys are development keys", circuits.join(", "));
    let severity = if rules == Profile::Local { Severity::Note } else { Severity::Error };
    (!circuits.is_empty()).then(|| Finding::new(severity, "keys", message))
}

/// The differences between the description of a deployed contract and the current one.
pub(crate) fn against(deployed: &ContractAbi, now: &ContractAbi, place: &str) -> Vec<Finding> {
    let finding = |Difference { breaking, message }| {
        let severity = if breaking { Severity::Warning } else { Severity::Note };
        let message = if breaking { format!("breaks callers: {message}") } else { message };
        Finding::new(severity, "schema", message).at(place)
    };
    schema::differences(deployed, now).into_iter().map(finding).collect()
}

/// The description that a module carries.
pub(crate) fn embedded_abi(wasm: &[u8]) -> Option<ContractAbi> {
    Parser::new(0).parse_all(wasm).map_while(Result::ok).find_map(|payload| match payload {
        Payload::CustomSection(section) if section.name() == ABI_SECTION => {
            serde_json::from_slice(&wasm::unpacked(section.data())?).ok()
        }
        _ => None,
    })
}

fn refused(error: &ModuleError, outline: &Outline, rules: Profile) -> Finding {
    let finding = Finding::new(Severity::Error, "module", format!("{rules} refuses it: {error}"));
    match error {
        ModuleError::Malformed { offset, .. } => {
            let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
            match outline.function_at(offset) {
                Some(name) => finding.at(format!("in {name}")),
                None => finding.at(format!("byte {offset:#x}")),
            }
        }
        _ => finding,
    }
}

fn sizes(bytes: usize) -> Option<Finding> {
    let gas = (bytes as u64).saturating_mul(GAS_PER_DEPLOY_BYTE).max(MIN_DEPLOY_GAS);
    let text = format!("{bytes} of {MAX_MODULE_BYTES} bytes; deploying takes at least {gas} gas");
    let large = bytes <= MAX_MODULE_BYTES && bytes * 100 >= MAX_MODULE_BYTES * LARGE_PERCENT;
    Some(Finding::new(if large { Severity::Warning } else { Severity::Note }, "size", text))
}

fn floats(floats: &Floats) -> Option<Finding> {
    let text = if floats.is_nameless() {
        "computes with floating-point numbers, or links a library's code that formats them: the module has no names to \
         tell which; rounding makes them unsuitable for amounts"
    } else {
        "computes with floating-point numbers: rounding makes them unsuitable for amounts"
    };
    (!floats.is_empty()).then(|| Finding::new(Severity::Warning, "floats", text).at(floats.place()))
}

/// Queries of the machine by name. A name in the data may stand there for another reason: it is no proof.
fn host_queries(outline: &Outline, rules: Profile) -> Vec<Finding> {
    let today = rules.latest_at(1);
    let queries = [
        (Query::KECCAK256, Feature::Keccak256),
        (Query::SHA256, Feature::Sha256),
        (Query::VERIFY_KZG_PROOF, Feature::KzgProof),
        (Query::SECP256K1_RECOVER, Feature::Secp256k1Recover),
    ];
    let asks = outline.imports.contains("hq");
    let missing = queries.into_iter().filter(|(name, feature)| {
        asks && !today.active(*feature) && outline.data.iter().any(|data| contains(data, name.as_bytes()))
    });
    missing
        .map(|(name, _)| {
            let text = format!("its data holds the name of the host query `{name}`, which {rules} does not offer yet");
            Finding::new(Severity::Warning, "host-query", text)
        })
        .collect()
}

fn contains(data: &[u8], name: &[u8]) -> bool {
    data.windows(name.len()).any(|window| window == name)
}

/// Arguments and results that can never pass through the argument buffer.
fn arguments(abi: &ContractAbi) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in abi.init.iter().chain(&abi.functions) {
        let inputs: u64 = function.inputs.iter().map(|input| least_bytes(&input.ty, abi, MAX_DEPTH)).sum();
        let output = least_bytes(&function.output, abi, MAX_DEPTH);
        for (what, bytes) in [("arguments", inputs), ("result", output)] {
            if bytes > ARGUMENT_BYTES as u64 {
                let text = format!(
                    "the {what} of `{}` take at least {bytes} bytes, but a call has at most {ARGUMENT_BYTES}",
                    function.name
                );
                findings.push(Finding::new(Severity::Error, "argument", text));
            }
        }
    }
    findings
}

/// The least bytes that a value takes.
fn least_bytes(ty: &Type, abi: &ContractAbi, depth: usize) -> u64 {
    if depth == 0 {
        return 0;
    }
    let inner = |ty: &Type| least_bytes(ty, abi, depth - 1);
    match ty {
        Type::Unit | Type::Opaque(_) => 0,
        Type::Bool | Type::Option(_) => 1,
        Type::Uint(bits) | Type::Int(bits) => u64::from(*bits) / 8,
        Type::Amount => 8,
        Type::String | Type::Bytes | Type::List(_) | Type::Set(_) | Type::Map(..) => 8,
        Type::FixedBytes(length) => (*length).into(),
        Type::Account => 96,
        Type::Contract | Type::Field | Type::Principal => 32,
        Type::Array(ty, length) => inner(ty).saturating_mul((*length).into()),
        Type::Tuple(types) => types.iter().fold(0, |sum, ty| sum.saturating_add(inner(ty))),
        Type::Named(name) => match abi.types.get(name).map(|definition| &definition.shape) {
            Some(Shape::Struct(fields)) => fields.iter().fold(0, |sum, field| sum.saturating_add(inner(&field.ty))),
            Some(Shape::Enum(_)) => 1,
            None => 0,
        },
    }
}

/// The parts of a module that findings are about.
#[derive(Debug, Default)]
struct Outline {
    imports: BTreeSet<String>,
    data: Vec<Vec<u8>>,
    /// Where the code of each function lies, and its name.
    functions: Vec<(std::ops::Range<usize>, String)>,
}

impl Outline {
    fn read(wasm: &[u8]) -> Result<Self> {
        let mut outline = Self::default();
        let mut names: BTreeMap<u32, String> = BTreeMap::new();
        let mut exports: BTreeMap<u32, String> = BTreeMap::new();
        let mut imported = 0;
        let mut bodies: Vec<std::ops::Range<usize>> = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.context("not a WASM module")? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        outline.imports.insert(import?.name.to_owned());
                        imported += 1;
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            exports.insert(export.index, export.name.to_owned());
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.range()),
                Payload::DataSection(section) => {
                    for segment in section {
                        outline.data.push(segment?.data.to_vec());
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(reader) = section.as_known() {
                        names = names_of_functions(reader);
                    }
                }
                _ => {}
            }
        }
        for (index, range) in (imported..).zip(bodies) {
            let name = names.get(&index).or_else(|| exports.get(&index)).cloned();
            outline.functions.push((range, name.unwrap_or_else(|| format!("function {index}"))));
        }
        Ok(outline)
    }

    fn function_at(&self, offset: usize) -> Option<&str> {
        let found = self.functions.iter().find(|(range, _)| range.contains(&offset));
        found.map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::contract::wasm;

    /// A module that breaks off before its code.
    const MODULE: &[u8] = &[
        0, b'a', b's', b'm', 1, 0, 0, 0, // preamble
        1, 8, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f, // types: () -> (), () -> i32
        3, 3, 2, 0, 1, // a function of each
    ];

    #[test]
    fn what_is_no_module_is_refused_with_its_place() {
        for wasm in [&b"MZ"[..], MODULE, &[]] {
            let subject = Subject { wasm, named: None, abi: None };
            let findings = check(subject, Profile::Local).unwrap();
            assert_eq!((findings[0].severity, findings[0].about), (Severity::Error, "module"), "{findings:?}");
        }
    }

    #[test]
    fn floats_are_found_in_their_function() {
        let code: [&[u8]; 2] = [&[0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b], &[0, 0x41, 7, 0x0b]];
        let mut wasm = MODULE.to_vec();
        let length: usize = code.iter().map(|body| body.len() + 1).sum();
        wasm.extend([10, u8::try_from(length + 1).unwrap(), 2]);
        for body in code {
            wasm.push(u8::try_from(body.len()).unwrap());
            wasm.extend_from_slice(body);
        }
        wasm::append_custom(&mut wasm, "name", &[1, 7, 1, 0, 4, b'h', b'a', b'l', b'f']);
        let outline = Outline::read(&wasm).unwrap();
        assert_eq!(outline.functions[0].1, "half");
        assert_eq!(outline.functions[1].1, "function 1");
        let found = floats(&Floats::find(&wasm).unwrap()).unwrap();
        assert_eq!((found.about, found.place.as_deref()), ("floats", Some("in half")));
    }

    #[test]
    fn a_data_driver_is_no_contract() {
        let wasm = wat::parse_str(module_info::tests::DRIVER).unwrap();
        let findings = check(Subject { wasm: &wasm, named: None, abi: None }, Profile::Local).unwrap();
        let told: Vec<_> = findings.iter().map(|it| (it.severity, it.about, it.message.as_str())).collect();
        assert_eq!(told, [(Severity::Error, "module", module_info::DATA_DRIVER)]);
    }

    #[test]
    fn modules_for_other_machines_are_refused_with_what_to_build_instead() {
        for (module, advice) in [
            ("(module (memory (export \"memory\") i64 2))", "build for wasm32-unknown-unknown"),
            (
                r#"(module (import "env" "hdebug" (func (param i32))) (memory (export "memory") 3)
                (global (export "A") i32 (i32.const 4096)))"#,
                "`abi-debug` of dusk-core",
            ),
        ] {
            let wasm = wat::parse_str(module).unwrap();
            let findings = check(Subject { wasm: &wasm, named: None, abi: None }, Profile::Mainnet).unwrap();
            assert_eq!((findings[0].severity, findings[0].about), (Severity::Error, "module"));
            assert!(findings[0].message.contains(advice), "{findings:?}");
        }
    }

    #[test]
    fn development_keys_are_told_and_do_not_pass_for_public_networks() {
        let abi: ContractAbi = serde_json::from_value(serde_json::json!({
            "schema": 1, "name": "x", "sdk": "0", "functions": [], "circuits": [
                { "name": "a", "digest": "", "parameters": "", "development": true, "gates": 8 },
                { "name": "b", "digest": "", "parameters": "", "gates": 8 },
            ],
        }))
        .unwrap();
        let severity = |rules| development_keys(&abi, rules).unwrap().severity;
        assert_eq!((severity(Profile::Local), severity(Profile::Mainnet)), (Severity::Note, Severity::Error));
        assert!(development_keys(&abi, Profile::Testnet).unwrap().message.contains("proofs of a:"));
        let none = ContractAbi { circuits: vec![], ..abi };
        assert_eq!(development_keys(&none, Profile::Mainnet), None);
    }

    #[test]
    fn what_can_never_be_passed_is_an_error() {
        let abi: ContractAbi = serde_json::from_value(serde_json::json!({
            "schema": 1, "name": "x", "sdk": "0", "functions": [{
                "name": "f", "kind": "query", "output": "unit",
                "inputs": [{ "name": "a", "type": { "array": ["account", 700] } }],
            }],
        }))
        .unwrap();
        let findings = arguments(&abi);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("67200 bytes"), "{findings:?}");
    }
}
