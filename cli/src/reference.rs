//! The pages of the book that only the program itself can make: the commands, from their grammar, and the rules.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory};
use local_node_types::rules::{self, Activation, Feature, Profile};

use crate::commands::Cli;
use crate::figures::grouped;

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/src/reference");
const MADE: &str = "<!-- Generated from the code: `UPDATE_BOOK=1 cargo test -p cargo-dusk` updates it. -->";

/// The features of the rules, and what each means.
const FEATURES: [(Feature, &str); 14] = [
    (Feature::PublicSender, "contracts may ask who signed a public transaction"),
    (Feature::DisableWasm64, "contracts with 64-bit memories cannot be deployed"),
    (Feature::DisableWasm32, "contracts with 32-bit memories cannot be deployed"),
    (Feature::DisableThirdParty, "only the genesis contracts can be called"),
    (Feature::Blob, "transactions may carry blobs"),
    (Feature::PlonkV2, "PLONK proofs use transcript V2"),
    (Feature::ReferenceTypes, "deployed modules may use reference types"),
    (Feature::Aegis, "hard fork Aegis: BLS signatures V2, PLONK transcript V3"),
    (Feature::Boreas, "hard fork Boreas: host queries cost gas, and so does `init`"),
    (Feature::Keccak256, "`crypto::keccak256`"),
    (Feature::Sha256, "`crypto::sha256`"),
    (Feature::KzgProof, "`crypto::verify_kzg_proof`"),
    (Feature::Secp256k1Recover, "`crypto::secp256k1_recover`"),
    (Feature::DisablePhoenix, "shielded (Phoenix) transactions are refused"),
];

#[test]
fn the_book_shows_the_rules_as_they_are() {
    let mut page = format!(
        "# Rules and gas\n\n{MADE}\n\n## Gas\n\nEach WASM instruction costs one unit of gas, with these exceptions:\n\n\
         | instruction or action | gas |\n|---|---|\n| a store of an `i32` or `f32`, or of its lower bits | 16 |\n\
         | a store of an `i64` or `f64`, or of its lower bits | 32 |\n\
         | a store of a `v128`, or of a lane | 64 |\n| an event, for each byte of topic and data | 4 |\n\
         | `block`, `loop`, `else`, `end`, `nop`, `drop`, `return`, `unreachable` | 0 |\n\
         | a host query, such as the verification of a proof | [see its price](../internals/vm.md#host-queries) |\n\n\
         A call to another contract gets the gas limit that the caller sets, or 93 % of the remaining gas. A \
         successful call costs the gas that it spent; a failed call costs its whole limit. A failed transaction \
         pays for its whole gas limit.\n\n\
         ## Bounds\n\n| bound | value |\n|---|---|\n"
    );
    let bounds = [
        ("gas for each byte of a deployed module", rules::GAS_PER_DEPLOY_BYTE),
        ("minimum gas of a deployment", rules::MIN_DEPLOY_GAS),
        ("minimum gas price of a deployment, in LUX", rules::MIN_DEPLOY_GAS_PRICE),
        ("minimum gas limit of a transaction", rules::MIN_GAS_LIMIT),
        ("maximum gas of all transactions in a block", rules::BLOCK_GAS_LIMIT),
        ("maximum gas of a feeder query", rules::FEEDER_GAS_LIMIT),
        ("gas for each blob of a transaction", rules::GAS_PER_BLOB),
        ("LUX in a DUSK", rules::LUX_PER_DUSK),
    ];
    for (what, figure) in bounds {
        writeln!(page, "| {what} | {} |", grouped(figure)).expect("strings take all");
    }
    page.push_str(
        "\n## Activation\n\nThe block height from which each rule is in force. `cargo dusk node --rules NAME` applies \
         the latest rules of a network from its first block on.\n\n\
         | rule | local | testnet | mainnet |\n|---|---|---|---|\n",
    );
    for (feature, what) in FEATURES {
        let [local, testnet, mainnet] = Profile::ALL.map(|profile| match profile.activation(feature) {
            Activation::Never => "never".to_owned(),
            Activation::From(first) => grouped(first),
            Activation::Between(first, last) => format!("{} to {}", grouped(first), grouped(last)),
        });
        writeln!(page, "| {what} | {local} | {testnet} | {mainnet} |").expect("strings take all");
    }
    compare("rules.md", &page);
}

/// Compares a page with what the code gives, or writes it.
fn compare(page: &str, expected: &str) {
    let path = Path::new(PAGES).join(page);
    if std::env::var_os("UPDATE_BOOK").is_some() {
        fs::write(&path, expected).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} differs from the code; run with UPDATE_BOOK=1", path.display());
}

#[test]
fn the_book_shows_the_commands_as_they_are() {
    let mut grammar = Cli::command();
    grammar.build();
    let mut page = format!(
        "# Commands\n\n{MADE}\n\n\
         The result goes to stdout, everything else to stderr. Every error ends with a `hint:`.\n\n\
         | exit code | means |\n|---|---|\n| 0 | done |\n| 1 | the work failed: a test failed, a transaction was refused, \
         a constraint does not hold |\n\
         | 2 | wrong usage, or something that was named does not exist |\n| 3 | the machine lacks something |\n\n\
         All commands take:\n\n",
    );
    let global: Vec<&Arg> = grammar.get_arguments().filter(|argument| argument.is_global_set()).collect();
    table(&mut page, &global);
    for command in grammar.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(&mut page, "cargo dusk", command, 2);
    }
    compare("commands.md", &page);
}

fn section(page: &mut String, parent: &str, command: &Command, depth: usize) {
    let name = format!("{parent} {}", command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    writeln!(page, "\n{} `{name}`\n\n{}\n", "#".repeat(depth), sentence(&about)).expect("strings take all");
    let usage = command.clone().render_usage().to_string();
    writeln!(page, "```text\n{}\n```\n", usage.trim_start_matches("Usage: ").trim()).expect("strings take all");
    let shown = |argument: &&Arg| !argument.is_hide_set() && !argument.is_global_set() && argument.get_id() != "help";
    let arguments: Vec<&Arg> = command.get_arguments().filter(shown).collect();
    if !arguments.is_empty() {
        table(page, &arguments);
    }
    for nested in command.get_subcommands().filter(|nested| !nested.is_hide_set()) {
        section(page, &name, nested, depth + 1);
    }
}

fn table(page: &mut String, arguments: &[&Arg]) {
    page.push_str("| argument | what it does |\n|---|---|\n");
    for argument in arguments {
        let values = argument.get_value_names().unwrap_or_default().join(" ");
        let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
        let name = match (argument.get_long(), takes) {
            (Some(long), true) => format!("--{long} <{values}>"),
            (Some(long), false) => format!("--{long}"),
            (None, _) => values.clone(),
        };
        let name = argument.get_short().map_or_else(|| name.clone(), |short| format!("-{short}, {name}"));
        let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
        let mut help = sentence(&help);
        let choices: Vec<String> =
            argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        if takes && !choices.is_empty() {
            write!(help, " One of {}.", choices.join(", ")).expect("strings take all");
        }
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if takes && !defaults.is_empty() {
            write!(help, " Default: `{}`.", defaults.join(" ")).expect("strings take all");
        }
        if let Some(variable) = argument.get_env() {
            write!(help, " Or the variable `{}`.", variable.to_string_lossy()).expect("strings take all");
        }
        writeln!(page, "| `{}` | {} |", name.replace('|', "\\|"), help.replace('|', "\\|")).expect("strings take all");
    }
}

/// In one line, with its full stop.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;");
    if text.is_empty() || text.ends_with(['.', ')', '!', '?']) { text } else { format!("{text}.") }
}
