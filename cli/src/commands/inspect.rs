//! `cargo dusk inspect`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context, Result};
use clap::Args;
use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, FunctionKind, Type};
use local_node_types::rules::{GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS};
use serde_json::{Value, json};

use crate::error::Fault;
use crate::figures::{grouped, size};
use crate::ops::build::artifact::{Record, named_beside, named_twin, pick};
use crate::ops::chain::client::Metadata;
use crate::ops::chain::connection::{self, Chain};
use crate::ops::chain::labels::ChainLabels;
use crate::ops::chain::readers::Readers;
use crate::ops::contract::module_info::{self, ModuleInfo};
use crate::ops::contract::words::{sentence, type_text};
use crate::ops::hash::{self, hash_of};
use crate::ops::project::Project;
use crate::output::Ui;
use crate::table::{Side, Table, field};

/// `inspect`
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Wasm file, contract of the project, or deployed contract: its id, `transfer` or `stake`. Optional if the project
    /// has only one contract.
    #[arg(value_name = "FILE|CONTRACT")]
    pub(crate) target: Option<String>,
    /// Shows all functions, sections, imports, exports and data, not only the largest or first.
    #[arg(long)]
    pub(crate) all: bool,
    /// Inspects the contract deployed on this network: `local`, `devnet`, `testnet`, `mainnet`, a name from dusk.toml,
    /// or the URL of a node. The variable `DUSK_NETWORK` sets the network only if the target is neither a file nor a
    /// built contract.
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) network: Option<String>,
}

/// The variable that names the network of other commands. An option that reads it could not be told from one that is
/// given, which asks for the deployed contract instead of the built one.
const NETWORK_VARIABLE: &str = "DUSK_NETWORK";

/// Functions that are shown where nobody asks for all.
const LARGEST: usize = 12;
/// Sections that are shown where nobody asks for all: every kind once, and some custom ones.
const MAX_SECTIONS: usize = 24;
/// Imports, exports and pieces of data that are shown where nobody asks for all.
const MAX_ENTRIES: usize = 100;
/// The longest file that is read, in bytes: sixteen times what a transaction can carry.
const MAX_FILE_BYTES: u64 = 16 << 20;

pub(super) fn run(project: &Project, options: &Inspect, ui: &Ui) -> Result<ExitCode> {
    let target = options.target.as_deref();
    if options.network.is_some() || target.is_some_and(|name| is_elsewhere(project, name)) {
        return deployed(project, options, ui);
    }
    let path = match target {
        Some(path) if Path::new(path).is_file() => PathBuf::from(path),
        Some(path) if path.ends_with(".wasm") || path.contains(std::path::MAIN_SEPARATOR) => {
            return Err(Fault::usage(
                format!("there is no file {path}"),
                "give the path of a wasm file, or the name of a contract",
            ));
        }
        name => built(project, name)?,
    };
    let wasm = read(&path)?;
    let subject = Subject { wasm: &wasm, named: named_twin(&named_beside(&path), &wasm), all: options.all };
    let title = format!("{} · {}", path.file_stem().unwrap_or_default().to_string_lossy(), path.display());
    let mut document = subject.print(&title, ui)?;
    document["file"] = path.display().to_string().into();
    ui.document(&document);
    Ok(ExitCode::SUCCESS)
}

/// Whether the target can only be a deployed contract: neither a file nor a built contract has the name.
fn is_elsewhere(project: &Project, name: &str) -> bool {
    let is_file = || Path::new(name).is_file() || name.ends_with(".wasm") || name.contains(std::path::MAIN_SEPARATOR);
    let is_built = || {
        Record::read(&project.artefacts())
            .is_some_and(|record| record.into_artifacts().iter().any(|artifact| artifact.name == name))
    };
    let is_known = || ChainLabels::genesis(name).is_some() || network_of_environment().is_some();
    hash::normalized(name).is_some() || !is_file() && !is_built() && is_known()
}

fn network_of_environment() -> Option<String> {
    std::env::var(NETWORK_VARIABLE).ok().filter(|network| !network.is_empty())
}

/// The file of a contract that the project has built.
fn built(project: &Project, name: Option<&str>) -> Result<PathBuf> {
    let artifacts = Record::read(&project.artefacts()).map(Record::into_artifacts).unwrap_or_default();
    if artifacts.is_empty() {
        let what = name.map_or_else(
            || "the project has no built contract".to_owned(),
            |name| format!("there is no built contract `{name}`"),
        );
        return Err(Fault::usage(
            what,
            "build it with `cargo dusk build`, or give a wasm file, or the id of a deployed contract",
        ));
    }
    Ok(pick(&artifacts, name)?.wasm_path())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(Fault::usage(
            format!("{} has {} bytes", path.display(), grouped(bytes)),
            format!("a contract has at most {} bytes; check the file", grouped(local_node_vm::MAX_MODULE_BYTES as u64)),
        ));
    }
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A contract on a chain: the node's data about it, and its code as it was deployed.
fn deployed(project: &Project, options: &Inspect, ui: &Ui) -> Result<ExitCode> {
    let network = options.network.clone().or_else(network_of_environment);
    let chain = Rc::new(Chain::connect(project, network.as_deref())?);
    let given = options.target.as_deref().ok_or_else(|| {
        let deployed = chain.deployments.names().next().unwrap_or("transfer");
        let hint = format!("name it: for example `cargo dusk inspect {deployed} --network {}`", chain.client.url());
        Fault::usage("`--network` needs a deployed contract", hint)
    })?;
    let contract = chain.contract_id(given)?;
    let metadata = chain.client.metadata(&contract).map_err(connection::unreachable)?.ok_or_else(|| {
        Fault::usage(format!("there is no contract {contract} on this chain"), "check the network (`--network`)")
    })?;
    let labels = ChainLabels::of(&project.settings, &chain.deployments);
    let title = labels.contract(&contract).map_or_else(|| contract.clone(), |name| format!("{name} · {contract}"));
    let height = metadata.created_at.or_else(|| chain.deployments.find(&contract).map(|found| found.height));
    let genesis = ChainLabels::is_genesis(&contract);
    let code = code(&chain, &contract, height)?;
    let mut document = match &code {
        Some(wasm) => {
            let twins = Record::read(&project.artefacts()).into_iter().flat_map(Record::into_artifacts);
            let named =
                twins.filter(|twin| twin.hash == hash_of(wasm)).find_map(|twin| named_twin(&twin.named_path(), wasm));
            let subject = Subject { wasm, named, all: options.all };
            let chain_says = || on_chain(&metadata, height, genesis, &labels, ui);
            subject.print_with(&title, chain_says, ui)?
        }
        None => {
            ui.line(format_args!("contract {title}"));
            on_chain(&metadata, height, genesis, &labels, ui);
            field(ui, "code", "not available: only the deployment transaction carries it");
            let abi = Readers::new(&chain).abi(&contract);
            if let Some(abi) = &abi {
                interface(abi, ui);
            }
            json!({ "abi": abi })
        }
    };
    document["contract"] = contract.as_str().into();
    document["name"] = json!(labels.contract(&contract));
    document["owner"] = metadata.owner.as_str().into();
    document["owner_name"] = json!(labels.account(&metadata.owner));
    document["driver_available"] = metadata.driver_available.into();
    document["block"] = json!(height);
    ui.document(&document);
    Ok(ExitCode::SUCCESS)
}

fn on_chain(metadata: &Metadata, height: Option<u64>, genesis: bool, labels: &ChainLabels, ui: &Ui) {
    field(ui, "owner", labels.account_in_full(&metadata.owner));
    field(
        ui,
        "deployed",
        height.map_or_else(|| "with the chain".to_owned(), |height| format!("in block {}", grouped(height))),
    );
    let driver = match metadata.driver_available {
        _ if genesis => "part of the node",
        true => "on the node",
        false => "not on the node",
    };
    field(ui, "driver", driver);
}

/// The code that was deployed.
fn code(chain: &Chain, contract: &str, height: Option<u64>) -> Result<Option<Vec<u8>>> {
    let Some(height) = height else {
        return Ok(None);
    };
    let seen = chain.client.deployment(contract, height)?;
    Ok(seen.and_then(|seen| seen.transaction.deploy().map(|deploy| deploy.bytecode.bytes.clone())))
}

/// A module to look at.
struct Subject<'a> {
    wasm: &'a [u8],
    /// The same with the names of its functions.
    named: Option<Vec<u8>>,
    all: bool,
}

impl Subject<'_> {
    fn print(&self, title: &str, ui: &Ui) -> Result<Value> {
        self.print_with(title, || {}, ui)
    }

    /// Prints all, with something between the heading and the rest, and gives the document.
    fn print_with(&self, title: &str, between: impl FnOnce(), ui: &Ui) -> Result<Value> {
        let info = ModuleInfo::of(self.wasm, self.named.as_deref())
            .map_err(|error| Fault::usage(error.to_string(), "give the wasm file of a contract"))?;
        let bytes = self.wasm.len();
        let gas = (bytes as u64 * GAS_PER_DEPLOY_BYTE).max(MIN_DEPLOY_GAS);
        let hash = hash_of(self.wasm);
        let is_driver = info.is_data_driver();
        ui.line(format_args!("{} {title}", if is_driver { "data driver" } else { "contract" }));
        between();
        field(ui, "size", format_args!("{} · {} bytes", size(bytes), grouped(bytes as u64)));
        field(ui, "blake3", &hash);
        if is_driver {
            ui.note(module_info::DATA_DRIVER);
        } else {
            field(ui, "deploy gas", format_args!("≥ {}", grouped(gas)));
        }
        if let Some(memory) = &info.memory {
            let most = memory.most_pages.map(|most| format!(", at most {most}")).unwrap_or_default();
            let begins = grouped(memory.pages * 64);
            field(
                ui,
                "memory",
                format_args!("{} pages ({begins} KiB) at the start{most} · {}-bit", memory.pages, memory.bits),
            );
        }
        if let Some(build) = &info.build {
            field(ui, "build", build_text(build));
        }
        let (sections_shown, entries_shown) =
            if self.all { (usize::MAX, usize::MAX) } else { (MAX_SECTIONS, MAX_ENTRIES) };
        ui.line("sections");
        sections(&info.sections, bytes, sections_shown).print(ui);
        self.functions(&info, ui);
        links("imports", &info.imports, entries_shown, ui);
        links("exports", &info.exports, entries_shown, ui);
        data(&info, entries_shown, ui);
        if let Some(abi) = &info.abi {
            interface(abi, ui);
        }
        let mut document = serde_json::to_value(&info).context("modules have text keys")?;
        document["bytes"] = bytes.into();
        document["blake3"] = hash.into();
        document["kind"] = if is_driver { "data driver" } else { "contract" }.into();
        document["deploy_gas"] = if is_driver { Value::Null } else { gas.into() };
        document["abi"] = serde_json::to_value(&info.abi).context("descriptions have text keys")?;
        Ok(document)
    }

    fn functions(&self, info: &ModuleInfo, ui: &Ui) {
        let code: usize = info.functions.iter().map(|function| function.bytes).sum();
        let mut largest: Vec<_> = info.functions.iter().collect();
        largest.sort_by_key(|function| (std::cmp::Reverse(function.bytes), function.index));
        let shown = if self.all { largest.len() } else { LARGEST.min(largest.len()) };
        let more =
            if shown < largest.len() { format!(", the largest {shown}; --all shows all") } else { String::new() };
        ui.line(format_args!("functions by size ({}{more})", largest.len()));
        if !info.has_names() {
            ui.note("the module has no name section, and no named build is beside it: only exports have names");
        }
        let mut table = Table::new(&[("bytes", Side::Right), ("share", Side::Right), ("function", Side::Left)]);
        for function in &largest[..shown] {
            let name = function.name.clone().unwrap_or_else(|| format!("function {}", function.index));
            table.row([grouped(function.bytes as u64), share(function.bytes, code), name]);
        }
        let rest = &largest[shown..];
        if !rest.is_empty() {
            let bytes = rest.iter().map(|function| function.bytes).sum();
            table.row([grouped(bytes as u64), share(bytes, code), format!("{} others", rest.len())]);
        }
        table.print(ui);
    }
}

fn share(part: usize, whole: usize) -> String {
    let tenths = part * 1_000 / whole.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn build_text(build: &Value) -> String {
    let said = |key: &str| build[key].as_str().unwrap_or("?");
    let mut parts = vec![format!("{} {}", said("package"), said("version"))];
    parts.extend([("SDK", "sdk"), ("cargo-dusk", "cargo-dusk")].map(|(label, key)| format!("{label} {}", said(key))));
    parts.push(said("rustc").to_owned());
    parts.push(build["optimiser"].as_str().unwrap_or("not optimised").to_owned());
    for circuit in build["circuits"].as_array().into_iter().flatten() {
        let parameters = if circuit["development"] == true { "development" } else { "production" };
        parts.push(format!("circuit {} ({parameters} key)", circuit["name"].as_str().unwrap_or("?")));
    }
    parts.join(" · ")
}

/// The largest sections in their order, as many as `most`; the others are counted. `whole`: bytes of the module.
fn sections(sections: &[module_info::Section], whole: usize, most: usize) -> Table {
    let mut largest: Vec<usize> = (0..sections.len()).collect();
    largest.sort_by_key(|place| std::cmp::Reverse(sections[*place].bytes));
    let rest = largest.split_off(most.min(largest.len()));
    largest.sort_unstable();
    let mut table = Table::new(&[("bytes", Side::Right), ("share", Side::Right), ("section", Side::Left)]);
    for section in largest.into_iter().map(|place| &sections[place]) {
        let name = if section.custom { format!("{} (custom)", section.name) } else { section.name.clone() };
        table.row([grouped(section.bytes as u64), share(section.bytes, whole), name]);
    }
    if !rest.is_empty() {
        let bytes: usize = rest.iter().map(|place| sections[*place].bytes).sum();
        let others = format!("{} others; --all shows all", grouped(rest.len() as u64));
        table.row([grouped(bytes as u64), share(bytes, whole), others]);
    }
    table
}

fn links(title: &str, links: &[module_info::Link], most: usize, ui: &Ui) {
    ui.line(format_args!("{title} ({}{})", links.len(), first(links.len(), most)));
    let mut table = Table::new(&[("name", Side::Left), ("type", Side::Left)]);
    for link in links.iter().take(most) {
        table.row([link.name.clone(), link.kind.clone()]);
    }
    table.print(ui);
}

/// The addition to a heading whose entries are not all shown.
fn first(entries: usize, most: usize) -> String {
    if entries > most { format!(", the first {most}; --all shows all") } else { String::new() }
}

fn data(info: &ModuleInfo, most: usize, ui: &Ui) {
    ui.line(format_args!("data ({}{})", info.data.len(), first(info.data.len(), most)));
    let mut table = Table::new(&[("bytes", Side::Right), ("at", Side::Right)]);
    for segment in info.data.iter().take(most) {
        let at = segment.at.map_or_else(|| "placed by the code".to_owned(), |at| format!("{at:#x}"));
        table.row([grouped(segment.bytes as u64), at]);
    }
    table.print(ui);
}

/// The contract's own description.
fn interface(abi: &ContractAbi, ui: &Ui) {
    ui.line(format_args!("interface of {} · {}", abi.name, sentence(&abi.doc)));
    let mut table = Table::new(&[("kind", Side::Left), ("signature", Side::Left), ("about", Side::Left)]);
    for function in abi.init.iter().chain(&abi.functions) {
        let kind = match function.kind {
            FunctionKind::Init => "init",
            FunctionKind::Query => "query",
            FunctionKind::Transaction => "call",
        };
        table.row([kind.to_owned(), signature(function), sentence(&function.doc)]);
    }
    for event in &abi.events {
        table.row(["event".to_owned(), format!("{} {}", event.topic, type_text(&event.data)), sentence(&event.doc)]);
    }
    for error in &abi.errors {
        let fields = if error.fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields(&error.fields)) };
        table.row(["error".to_owned(), format!("{} ({}){fields}", error.name, error.code), sentence(&error.doc)]);
    }
    table.print(ui);
}

fn signature(function: &Function) -> String {
    let output = match (&function.feeds, &function.output) {
        (Some(item), _) => format!(" feeds {}", type_text(item)),
        (None, Type::Unit) => String::new(),
        (None, output) => format!(" -> {}", type_text(output)),
    };
    format!("{}({}){output}", function.name, fields(&function.inputs))
}

fn fields(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{}: {}", field.name, type_text(&field.ty))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_sections_are_counted_and_the_largest_shown() {
        let section = |name: &str, bytes| module_info::Section { name: name.into(), custom: true, bytes };
        let mut all = vec![section("small", 0); 100_000];
        all[70] = section("second", 300);
        all[60] = section("first", 100);
        let shown = sections(&all, 1_000, 2).lines(None);
        assert_eq!(shown.len(), 4, "{shown:#?}");
        assert!(shown[1].contains("100  10.0 %") && shown[1].ends_with("first (custom)"), "{}", shown[1]);
        assert!(shown[2].contains("300  30.0 %") && shown[2].ends_with("second (custom)"), "{}", shown[2]);
        assert!(shown[3].ends_with("99,998 others; --all shows all"), "{}", shown[3]);
        assert_eq!(sections(&all, 1_000, usize::MAX).lines(None).len(), 100_001);
        assert_eq!((first(100, 100), first(101, 100)), (String::new(), ", the first 100; --all shows all".into()));
    }

    #[test]
    fn shares_have_one_decimal() {
        assert_eq!((share(1, 3), share(0, 0), share(5, 5)), ("33.3 %".into(), "0.0 %".into(), "100.0 %".into()));
    }
}
