//! Contracts as they are deployed: compiled to wasm as the command line compiles them, inspected, and run.
//!
//! These tests run the contract's side of the border: encodings, the state between calls, refusals, re-entry. The
//! host's side below does only what the rules of the ABI say; the real one is tried by the tests of the templates.
#![allow(clippy::cast_possible_truncation, reason = "lengths are small")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

use dusk_sdk::client::Arguments;
use dusk_sdk::interface::{Described, Interface};
use dusk_sdk::wire::{MAX_VALUE_BYTES, Wire};
use dusk_sdk::{Account, ContractId, Field};
use dusk_sdk_protocol::abi::ContractAbi;
use wasmi::{AsContextMut, Caller, Engine, Extern, Instance, Linker, Memory, Module, Store};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use crate::everything_package::everything;
use crate::names;

const INTERFACE: Interface = everything::Everything::INTERFACE;

/// The compiled form of a contract; each is compiled once.
fn compile(package: &'static str, feature: &'static str) -> Vec<u8> {
    static COMPILED: Mutex<BTreeMap<(&str, &str), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap();
    compiled.entry((package, feature)).or_insert_with(|| run_compiler(package, feature)).clone()
}

/// Makes a workspace of the contracts beside the build's own files, and compiles one of them.
fn run_compiler(package: &str, feature: &str) -> Vec<u8> {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("contracts");
    let write = |path: &str, content: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::read_to_string(&path).ok().as_deref() != Some(content) {
            fs::write(path, content).unwrap();
        }
    };
    let template = sdk.join("../templates/counter");
    let profiles = fs::read_to_string(template.join("Cargo.toml")).unwrap();
    let profiles = &profiles[profiles.find("[profile.release]").unwrap()..];
    write(
        "Cargo.toml",
        &format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"everything\", \"counter\", \"relay\", \"strange\", \"named\", \"taken\"]\n\n{profiles}"
        ),
    );
    let relay = "counter = { path = \"../counter\" }\n";
    let packages =
        [("everything", ""), ("counter", ""), ("relay", relay), ("strange", ""), ("named", ""), ("taken", "")];
    for (name, more) in packages {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.95\"\n\n\
             [dependencies]\ndusk-sdk = {{ path = {sdk:?} }}\n{more}"
        );
        write(&format!("{name}/Cargo.toml"), &manifest);
    }
    let contract = fs::read_to_string(sdk.join("tests/everything/contract.rs")).unwrap();
    write("everything/src/contract.rs", &contract);
    write("everything/src/lib.rs", "#![no_std]\nmod contract;\npub use contract::*;\n");
    let counter = fs::read_to_string(template.join("contracts/counter/src/lib.rs")).unwrap();
    write("counter/src/lib.rs", &counter);
    write("relay/src/lib.rs", &fs::read_to_string(sdk.join("tests/relay/lib.rs")).unwrap());
    let strange = fs::read_to_string(sdk.join("tests/strange/contract.rs")).unwrap();
    write("strange/src/contract.rs", &strange);
    write("strange/src/lib.rs", "#![no_std]\n#![allow(non_snake_case)]\nmod contract;\npub use contract::*;\n");
    write("named/src/lib.rs", &format!("#![no_std]\n{}", names::named(&names::few())));
    write("taken/src/lib.rs", &format!("#![no_std]\n{}", names::taken()));
    if !root.join("Cargo.lock").exists() {
        fs::copy(sdk.join("../Cargo.lock"), root.join("Cargo.lock")).unwrap();
    }
    let status = Command::new(env!("CARGO"))
        .current_dir(&root)
        .env_remove("RUSTFLAGS")
        .args(["rustc", "--quiet", "--release", "--lib", "--crate-type", "cdylib"])
        .args(["--target", "wasm32-unknown-unknown", "-p", package, "--features"])
        .arg(format!("dusk-sdk/{feature}"))
        .arg("--target-dir")
        .arg(root.join("target"))
        // Short relocations make a third of the size, and tables that readers without reference types accept.
        .args(["--", "-Cstrip=symbols", "-Clink-arg=-zstack-size=65536", "-Clink-arg=--compress-relocations"])
        .status()
        .unwrap();
    assert!(status.success(), "{package} does not compile; is the target wasm32-unknown-unknown installed?");
    fs::read(root.join("target/wasm32-unknown-unknown/release").join(format!("{package}.wasm"))).unwrap()
}

/// The imported functions, the exported functions, and the exported globals of a module.
fn interface_of(wasm: &[u8]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut imports, mut functions, mut globals) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert!(matches!(import.ty, TypeRef::Func(_)), "{import:?}");
                    imports.push(import.name.to_owned());
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    match export.kind {
                        ExternalKind::Func => functions.push(export.name.to_owned()),
                        ExternalKind::Global => globals.push(export.name.to_owned()),
                        ExternalKind::Memory => assert_eq!(export.name, "memory"),
                        other => panic!("{other:?} {}", export.name),
                    }
                }
            }
            _ => {}
        }
    }
    imports.sort();
    functions.sort();
    (imports, functions, globals)
}

#[test]
fn a_compiled_contract_exports_its_functions_and_is_small() {
    let wasm = compile("counter", "abi");
    let (imports, functions, globals) = interface_of(&wasm);
    assert_eq!(imports, ["callstack", "emit", "hd", "panic"]);
    assert_eq!(functions, ["increment", "init", "reset", "value"]);
    assert!(globals.contains(&"A".to_owned()));
    assert!(wasm.len() < 12 * 1024, "the counter has {} bytes before it is optimised", wasm.len());
}

#[test]
fn a_contract_that_calls_another_exports_only_its_own_functions() {
    let (imports, functions, _) = interface_of(&compile("relay", "abi"));
    assert!(imports.contains(&"c".to_owned()), "{imports:?}");
    assert_eq!(functions, ["init", "owner", "push", "push_softly", "seen"]);
    let (_, functions, _) = interface_of(&compile("relay", "driver"));
    assert_eq!(functions.iter().filter(|name| *name == "init").count(), 1);
    let mut driver = Driver::load(&compile("relay", "driver"));
    driver.init();
    let schema: ContractAbi = serde_json::from_str(&driver.get("get_schema")).unwrap();
    assert_eq!(schema.name, "relay");
    assert_eq!(schema.functions.len(), 4);
}

#[test]
fn a_driver_imports_nothing() {
    let (imports, functions, _) = interface_of(&compile("counter", "driver"));
    assert!(imports.is_empty(), "{imports:?}");
    let expected = [
        "alloc",
        "dealloc",
        "decode_event",
        "decode_input_fn",
        "decode_output_fn",
        "encode_input_fn",
        "get_last_error",
        "get_schema",
        "get_version",
        "init",
    ];
    assert_eq!(functions, expected);
}

/// A driver in its sandbox.
struct Driver {
    store: Store<()>,
    instance: Instance,
}

impl Driver {
    fn load(wasm: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        Self { store, instance }
    }

    fn init(&mut self) {
        self.instance.get_typed_func::<(), ()>(&self.store, "init").unwrap().call(&mut self.store, ()).unwrap();
    }

    fn memory(&self) -> Memory {
        self.instance.get_memory(&self.store, "memory").unwrap()
    }

    fn put(&mut self, bytes: &[u8]) -> i32 {
        let alloc = self.instance.get_typed_func::<i32, i32>(&self.store, "alloc").unwrap();
        let address = alloc.call(&mut self.store, bytes.len() as i32).unwrap();
        self.memory().write(&mut self.store, address as usize, bytes).unwrap();
        address
    }

    fn read(&self, out: i32) -> Vec<u8> {
        let mut length = [0; 4];
        self.memory().read(&self.store, out as usize, &mut length).unwrap();
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        self.memory().read(&self.store, out as usize + 4, &mut bytes).unwrap();
        bytes
    }

    /// Calls a conversion with a buffer of that size.
    fn convert(&mut self, function: &str, name: &str, data: &[u8], size: usize) -> (i32, Vec<u8>) {
        let convert =
            self.instance.get_typed_func::<(i32, i32, i32, i32, i32, i32), i32>(&self.store, function).unwrap();
        let (name_at, data_at, out) = (self.put(name.as_bytes()), self.put(data), self.put(&vec![0; size]));
        let arguments = (name_at, name.len() as i32, data_at, data.len() as i32, out, size as i32);
        let code = convert.call(&mut self.store, arguments).unwrap();
        let answer = if code == 0 { self.read(out) } else { Vec::new() };
        let dealloc = self.instance.get_typed_func::<(i32, i32), ()>(&self.store, "dealloc").unwrap();
        for (address, length) in [(name_at, name.len()), (data_at, data.len()), (out, size)] {
            dealloc.call(&mut self.store, (address, length as i32)).unwrap();
        }
        (code, answer)
    }

    fn get(&mut self, function: &str) -> String {
        let get = self.instance.get_typed_func::<(i32, i32), i32>(&self.store, function).unwrap();
        let out = self.put(&[0; 65_536]);
        assert_eq!(get.call(&mut self.store, (out, 65_536)).unwrap(), 0);
        String::from_utf8(self.read(out)).unwrap()
    }
}

fn account(seed: u64) -> Account {
    let secret = dusk_core::signatures::bls::SecretKey::from(dusk_core::BlsScalar::from(seed));
    dusk_core::signatures::bls::PublicKey::from(&secret).into()
}

/// The arguments of `all`, with something of every kind.
fn arguments(seed: u64) -> impl Arguments {
    use everything::{Amount, Kind, Point};
    let points = (0..seed % 4).map(|n| Point { x: n as u8, y: n * seed }).collect::<Vec<_>>();
    let kinds = vec![
        Kind::Named { id: seed as u16, label: "a label that is longer than what is stored inline".into() },
        Kind::Plain,
        Kind::Pair(seed.is_multiple_of(2), Some(seed)),
    ];
    let map: BTreeMap<_, _> = points.iter().map(|point| (*point, format!("point {}", point.x))).collect();
    let data = vec![seed as u8; seed as usize * 3];
    let root = Field::from(seed) * Field::from(u64::MAX);
    (account(seed + 1), points, kinds, data, [seed as u8; 32], map, root, Amount(seed))
}

#[test]
fn types_have_the_same_bytes_natively_and_in_wasm() {
    let mut driver = Driver::load(&compile("everything", "driver"));
    driver.init();
    for seed in 0..12 {
        let native = Arguments::encode(&arguments(seed)).unwrap();
        let json = INTERFACE.decode_input("all", &native).unwrap();
        assert_eq!(driver.convert("encode_input_fn", "all", json.as_bytes(), 70_000), (0, native.clone()), "{json}");
        let (code, shown) = driver.convert("decode_input_fn", "all", &native, 70_000);
        assert_eq!((code, String::from_utf8(shown).unwrap()), (0, json));
    }
    // The bytes themselves are pinned: a change of the compiler or of a library must not change them unseen.
    let event = everything::Happened { times: 5, what: vec![everything::Kind::Pair(true, Some(9))] };
    let golden = [
        2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, // Pair(true, Some(9))
        5, 0, 0, 0, 0, 0, 0, 0, 0xe0, 0xff, 0xff, 0xff, 1, 0, 0, 0, // times, where the list is and its length
    ];
    assert_eq!(event.encode().unwrap(), golden);
    let (code, shown) = driver.convert("decode_event", "happened", &golden, 1_000);
    assert_eq!((code, shown.as_slice()), (0, &br#"{"times":5,"what":[{"Pair":{"0":true,"1":9}}]}"#[..]));
}

#[test]
fn a_driver_says_what_is_wrong() {
    let mut driver = Driver::load(&compile("everything", "driver"));
    assert_eq!(driver.convert("encode_input_fn", "last", b"", 100).0, 3);
    assert!(driver.get("get_last_error").contains("init"));
    driver.init();
    assert_eq!(driver.convert("encode_input_fn", "remember", b"\xff", 100).0, 1);
    assert_eq!(driver.convert("encode_input_fn", "remember", b"true", 100).0, 2);
    assert!(driver.get("get_last_error").starts_with("number: expected u64"));
    assert_eq!(driver.get("get_last_error"), "");
    assert_eq!(driver.convert("encode_input_fn", "remember", b"7", 11).0, 4);
    assert_eq!(driver.get("get_last_error"), "the buffer is too small: 12 bytes are needed");
    assert_eq!(driver.convert("encode_input_fn", "remember", b"7", 12), (0, 7u64.to_le_bytes().to_vec()));
    assert_eq!(driver.convert("encode_input_fn", "remember", b"7", 0).0, 4);
    assert_eq!(driver.get("get_version"), env!("CARGO_PKG_VERSION"));
    let schema: ContractAbi = serde_json::from_str(&driver.get("get_schema")).unwrap();
    let native: ContractAbi = serde_json::from_str(&INTERFACE.schema()).unwrap();
    assert_eq!(schema, ContractAbi { name: "everything".into(), ..native });
}

/// The state of the host.
#[derive(Default)]
struct Host {
    panic: Option<String>,
    events: Vec<(String, Vec<u8>)>,
    logs: Vec<String>,
    callee: Option<Instance>,
}

/// A contract with a host that follows the rules of the ABI: only the memory lives on, every call has a fresh instance,
/// and a failed call leaves the memory as it was.
struct Contract {
    module: Module,
    linker: Linker<Host>,
    /// `None` before the first call.
    memory: Option<Vec<u8>>,
    /// The logs of the last call.
    logs: Vec<String>,
}

fn memory(caller: &Caller<'_, Host>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).unwrap()
}

fn bytes(caller: &Caller<'_, Host>, address: i32, length: i32) -> Vec<u8> {
    memory(caller).data(caller)[address as usize..][..length as usize].to_vec()
}

fn buffer(caller: &Caller<'_, Host>) -> usize {
    let global = caller.get_export("A").and_then(Extern::into_global).unwrap();
    global.get(caller).i32().unwrap() as usize
}

impl Contract {
    fn load(wasm: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm).unwrap();
        let mut linker = Linker::<Host>::new(&engine);
        linker
            .func_wrap("env", "panic", |mut caller: Caller<'_, Host>, length: i32| -> Result<(), wasmi::Error> {
                let text = bytes(&caller, buffer(&caller) as i32, length);
                caller.data_mut().panic = Some(String::from_utf8(text).unwrap());
                Err(wasmi::Error::new("panic"))
            })
            .unwrap();
        linker
            .func_wrap("env", "hdebug", |mut caller: Caller<'_, Host>, length: i32| {
                let line = bytes(&caller, buffer(&caller) as i32, length);
                caller.data_mut().logs.push(String::from_utf8(line).unwrap());
            })
            .unwrap();
        linker
            .func_wrap("env", "emit", |mut caller: Caller<'_, Host>, topic: i32, topic_length: i32, length: i32| {
                let topic = String::from_utf8(bytes(&caller, topic, topic_length)).unwrap();
                let data = bytes(&caller, buffer(&caller) as i32, length);
                caller.data_mut().events.push((topic, data));
            })
            .unwrap();
        linker
            .func_wrap(
                "env",
                "c",
                |mut caller: Caller<'_, Host>, _id: i32, name: i32, name_length: i32, length: i32, _gas: i64| -> i32 {
                    let name = String::from_utf8(bytes(&caller, name, name_length)).unwrap();
                    let before = memory(&caller).data(&caller).to_vec();
                    let callee = caller.data().callee.unwrap();
                    let function = callee.get_typed_func::<i32, i32>(&caller, &name).unwrap();
                    if let Ok(answer) = function.call(caller.as_context_mut(), length) {
                        return answer;
                    }
                    let text = caller.data_mut().panic.take().unwrap_or_default();
                    let (memory, at) = (memory(&caller), buffer(&caller));
                    memory.data_mut(&mut caller)[..before.len()].copy_from_slice(&before);
                    let answer = [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
                    memory.write(&mut caller, at, &answer).unwrap();
                    -1
                },
            )
            .unwrap();
        for name in ["callstack", "caller"] {
            linker.func_wrap("env", name, || 0i32).unwrap();
        }
        linker.func_wrap("env", "hd", |_: i32, _: i32| 0i32).unwrap();
        Self { module, linker, memory: None, logs: Vec::new() }
    }

    /// Calls a function with bytes; gives the answer's bytes, or the text of the panic.
    fn call(&mut self, function: &str, argument: &[u8]) -> Result<Vec<u8>, String> {
        let mut store = Store::new(self.module.engine(), Host::default());
        let instance = self.linker.instantiate_and_start(&mut store, &self.module).unwrap();
        store.data_mut().callee = Some(instance);
        let memory = instance.get_memory(&store, "memory").unwrap();
        if let Some(bytes) = &self.memory {
            let missing = bytes.len() - memory.data_size(&store);
            memory.grow(&mut store, missing as u64 / 65_536).unwrap();
            memory.write(&mut store, 0, bytes).unwrap();
        }
        let buffer = instance.get_global(&store, "A").unwrap().get(&store).i32().unwrap() as usize;
        assert_eq!(buffer % 16, 0);
        memory.write(&mut store, buffer, argument).unwrap();
        let function = instance.get_typed_func::<i32, i32>(&store, function).unwrap();
        let returned = function.call(&mut store, argument.len() as i32);
        self.logs = std::mem::take(&mut store.data_mut().logs);
        match returned {
            Ok(length) => {
                let bytes = memory.data(&store).to_vec();
                let answer = bytes[buffer..][..length as usize].to_vec();
                self.memory = Some(bytes);
                Ok(answer)
            }
            Err(error) => Err(store.data_mut().panic.take().unwrap_or_else(|| format!("trap: {error}"))),
        }
    }
}

fn initialised() -> Contract {
    let mut contract = Contract::load(&compile("everything", "abi"));
    assert_eq!(contract.call("init", &[]), Ok(vec![]));
    contract
}

#[test]
fn a_contract_keeps_its_state_and_answers() {
    let mut contract = initialised();
    assert_eq!(contract.call("remember", &7u64.to_le_bytes()), Ok(vec![]));
    assert_eq!(contract.call("last", &[]), Ok(7u64.to_le_bytes().to_vec()));
    for seed in 0..8 {
        let argument = Arguments::encode(&arguments(seed)).unwrap();
        let first = everything::Kind::Named {
            id: seed as u16,
            label: "a label that is longer than what is stored inline".into(),
        };
        assert_eq!(contract.call("all", &argument), Ok(Some(first).encode().unwrap()));
    }
    let pair = Arguments::encode(&(ContractId::from_bytes([3; 32]), -4i64)).unwrap();
    let answer = contract.call("other", &pair).unwrap();
    assert_eq!(INTERFACE.decode_output("other", &answer).unwrap(), "[1,-4]");
}

#[test]
fn logging_is_a_feature_and_nothing_without_it() {
    let (imports, _, _) = interface_of(&compile("everything", "abi"));
    assert!(!imports.contains(&"hdebug".to_owned()), "{imports:?}");
    let logging = compile("everything", "abi,dusk-sdk/log");
    let mut contract = Contract::load(&logging);
    contract.call("init", &[]).unwrap();
    assert!(contract.logs.is_empty());
    for (number, line) in [(7u64, "0 becomes 7"), (9, "7 becomes 9")] {
        assert_eq!(contract.call("remember", &number.to_le_bytes()), Ok(vec![]));
        assert_eq!(contract.logs, [line]);
    }
}

#[test]
fn memory_is_used_again() {
    let mut contract = initialised();
    let size = |contract: &Contract| contract.memory.as_ref().unwrap().len();
    let argument = Arguments::encode(&arguments(9)).unwrap();
    contract.call("remember", &u64::MAX.to_le_bytes()).unwrap();
    contract.call("all", &argument).unwrap();
    let before = size(&contract);
    for _ in 0..300 {
        contract.call("all", &argument).unwrap();
    }
    assert_eq!(size(&contract), before);
}

#[test]
fn refusals_and_panics_reach_the_caller_as_text() {
    let mut contract = initialised();
    let argument = Arguments::encode(&arguments(9)).unwrap();
    let refusal = r#"E1: Insufficient {"held":0,"asked":9}"#;
    assert_eq!(contract.call("all", &argument), Err(refusal.into()));
    let zero = Arguments::encode(&(ContractId::from_bytes([3; 32]), 0i64)).unwrap();
    assert_eq!(contract.call("other", &zero), Err("E100: No".into()));
    let text = "é\n".to_owned().encode().unwrap();
    assert_eq!(contract.call("panics", &text), Err("broken: \"é\\n\"".into()));
    let long = "é".repeat(30_000).encode().unwrap();
    assert!(contract.call("panics", &long).unwrap_err().starts_with("broken: \"éé"));
    assert_eq!(contract.call("last", &[]), Ok(vec![0; 8]));
}

#[test]
fn what_does_not_decode_or_fit_is_refused() {
    let mut contract = initialised();
    let malformed = Err("the argument does not decode: it is not what this function takes".to_owned());
    assert_eq!(contract.call("remember", &[1; 7]), malformed);
    assert_eq!(contract.call("panics", &[0xff; 8]), malformed);
    let argument = Arguments::encode(&arguments(9)).unwrap();
    for cut in 0..argument.len() {
        assert_eq!(contract.call("all", &argument[..cut]), malformed, "{cut}");
    }
    assert_eq!(contract.call("last", &vec![0xff; MAX_VALUE_BYTES]), Ok(vec![0; 8]));
    let most = MAX_VALUE_BYTES as u32 - 8;
    assert_eq!(contract.call("bytes", &most.to_le_bytes()).unwrap().len(), MAX_VALUE_BYTES);
    let error = contract.call("bytes", &(most + 1).to_le_bytes()).unwrap_err();
    assert_eq!(error, "the result is larger than the argument buffer of 65536 bytes");
}

#[test]
fn a_contract_is_initialised_once_and_before_use() {
    let mut contract = Contract::load(&compile("everything", "abi"));
    assert_eq!(contract.call("last", &[]), Err("the contract is not initialised".into()));
    contract.call("init", &[]).unwrap();
    assert_eq!(contract.call("init", &[]), Err("the contract has been initialised before".into()));
}

#[test]
fn a_change_is_not_re_entered() {
    let mut contract = initialised();
    contract.call("remember", &5u64.to_le_bytes()).unwrap();
    let id = [1; 32];
    // A query may be called back: nothing changes under it.
    assert_eq!(contract.call("call_query", &id), Ok(5u64.to_le_bytes().to_vec()));
    // A method that changes the state may not be called back: the inner call fails, and so does the outer.
    assert_eq!(contract.call("call_while_changing", &id), Err("E100: No".into()));
    assert_eq!(contract.call("last", &[]), Ok(5u64.to_le_bytes().to_vec()));
    // The state is free again.
    assert_eq!(contract.call("remember", &6u64.to_le_bytes()), Ok(vec![]));
}

#[test]
fn an_error_undoes_the_call_under_every_name_of_its_result() {
    let mut contract = Contract::load(&compile("strange", "abi"));
    assert_eq!(contract.call("init", &[200]), Err("E2: yield {\"box\":200}".into()));
    assert_eq!(contract.call("init", &[3]), Ok(vec![]));
    for function in ["add", "add_in_reverse", "associated"] {
        assert_eq!(contract.call(function, &[]), Err("E1: No".into()), "{function}");
        assert_eq!(contract.call("value", &[]), Ok(3u64.to_le_bytes().to_vec()), "{function}");
    }
    // A raw result keeps its changes, and so does a result inside of another type.
    assert_eq!(contract.call("raw", &[]).unwrap()[0], 1);
    assert_eq!(contract.call("value", &[]), Ok(4u64.to_le_bytes().to_vec()));
    assert!(contract.call("inside", &[1]).is_ok());
    assert_eq!(contract.call("value", &[]), Ok(5u64.to_le_bytes().to_vec()));
}

#[test]
fn a_contract_with_strange_names_works() {
    let mut contract = Contract::load(&compile("strange", "abi"));
    let mut driver = Driver::load(&compile("strange", "driver"));
    driver.init();
    contract.call("init", &[3]).unwrap();
    let cases = [
        ("set", "7", "null"),
        ("value", "", "7"),
        ("put", r#"{"at":3,"cell":"Cross"}"#, "null"),
        ("cell", "3", "\"Cross\""),
        ("size", r#"{"value":1,"children":[{"value":2,"children":[]},{"value":3,"children":[]}]}"#, "3"),
        (
            "match",
            r#"{"where":"type","struct":[["type",1],[{"match":{"0":2}},3]]}"#,
            r#"["type",[["type",1],[{"match":{"0":2}},3]]]"#,
        ),
        ("wide", "[0,1,2,3,4,5,6,7,8,9,10,11,[12]]", "[0,1,2,3,4,5,6,7,8,9,10,11,[12]]"),
        ("long", "[0,1,2,3,4,5,6,7,8,9,10,258]", "[0,1,2,3,4,5,6,7,8,9,10,258]"),
        ("via", r#"{"via":{"n":1},"Via":{"n":2}}"#, "3"),
        ("bytes", "\"0102\"", "\"0102\""),
        ("alloc", "", "7"),
    ];
    for (function, arguments, answer) in cases {
        let (code, bytes) = driver.convert("encode_input_fn", function, arguments.as_bytes(), 70_000);
        assert_eq!(code, 0, "{function}: {}", driver.get("get_last_error"));
        let bytes = contract.call(function, &bytes).unwrap();
        let (code, shown) = driver.convert("decode_output_fn", function, &bytes, 70_000);
        assert_eq!((code, String::from_utf8(shown).unwrap().as_str()), (0, answer), "{function}");
    }
}

#[test]
fn functions_are_exported_under_every_name() {
    let wasm = compile("named", "abi");
    let (_, functions, _) = interface_of(&wasm);
    let mut contract = Contract::load(&wasm);
    contract.call("init", &[]).unwrap();
    for name in names::methods(names::few()) {
        let name = names::plain(&name);
        assert!(functions.iter().any(|function| function == name), "{name}");
        if name != "fields" {
            assert_eq!(contract.call(name, &[9]), Ok(vec![9]), "{name}");
        }
    }
}

#[test]
fn a_contract_works_where_all_names_are_taken() {
    let mut contract = Contract::load(&compile("taken", "abi"));
    contract.call("init", &[3]).unwrap();
    assert_eq!(contract.call("get_", &[4]), Ok(vec![7]));
    let mut driver = Driver::load(&compile("taken", "driver"));
    driver.init();
    let (_, bytes) =
        driver.convert("encode_input_fn", "set_", br#"{"tree_":{"children":[],"value":5},"kind_":"One"}"#, 500);
    let answer = contract.call("set_", &bytes).unwrap();
    assert_eq!(driver.convert("decode_output_fn", "set_", &answer, 500), (0, b"\"One\"".to_vec()));
    assert_eq!(contract.call("get_", &[4]), Ok(vec![9]));
}
