//! Messages of commands that need no compiler. Snapshots hold every word.

use std::fs;
use std::net::TcpListener;

use crate::support::{PROGRAM, Place, Ran, RunningNode, write_script};

/// Compares everything a command said, with what differs between machines taken out.
fn snapshot(name: &str, ran: &Ran) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"127\.0\.0\.1:\d+", "[ADDRESS]");
    settings.add_filter(r"port \d{2,}", "port [PORT]");
    settings.add_filter(r"by \S+ \(process \d+\)", "by [PROGRAM]");
    settings.add_filter(r"\d+\.\d+\.\d+", "[VERSION]");
    settings.bind(|| insta::assert_snapshot!(name, ran.all()));
}

#[test]
fn help_shows_all_commands() {
    let place = Place::new();
    snapshot("help", &place.dusk(&["--help"]).exits(0));
    snapshot("nothing_to_do", &place.dusk(&[]).exits(2));
    snapshot("help_deploy", &place.dusk(&["deploy", "--help"]).exits(0));
    snapshot("help_call", &place.dusk(&["call", "--help"]).exits(0));
    let bare = place.ran(place.command(PROGRAM).arg("--version")).exits(0);
    assert_eq!(bare.stdout, place.dusk(&["--version"]).stdout, "called by cargo or not");
}

#[test]
fn wrong_usage_is_told_with_a_hint() {
    let place = Place::new();
    snapshot("unknown_command", &place.dusk(&["biuld"]).exits(2));
    snapshot("unknown_option", &place.dusk(&["build", "--fast"]).exits(2));
    snapshot("unknown_rules", &place.dusk(&["node", "--rules", "devnet"]).exits(2));
    snapshot("no_project", &place.dusk(&["build"]).exits(2));
    snapshot("no_manifest", &place.dusk(&["test", "--manifest-path", "nowhere/Cargo.toml"]).exits(2));
    snapshot("block_time", &place.dusk(&["node", "--block-time", "soon"]).exits(2));
}

#[test]
fn errors_are_documents_too() {
    let place = Place::new();
    let ran = place.dusk(&["build", "--json"]).exits(2);
    let document = ran.document();
    assert_eq!(document["exit"], 2);
    assert!(document["error"].as_str().unwrap().starts_with("there is no project"), "{document}");
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    let document = place.dusk(&["biuld", "--json"]).exits(2).document();
    assert!(document["error"].as_str().unwrap().contains("biuld"), "{document}");
}

#[test]
fn new_makes_a_whole_project_and_nothing_else() {
    let place = Place::new();
    snapshot("new_counter", &place.dusk(&["new", "shares"]).exits(0));
    let lock = place.read("shares/Cargo.lock");
    for (name, version) in [("dusk-bytes", "0.1.7"), ("derive-hex", "0.1.2")] {
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")), "{name}");
    }
    assert!(!lock.contains("name = \"wasmtime\""), "the lock holds only what the project needs");
    assert!(lock.contains("name = \"dusk-sdk\""));
    let patch = place.read("shares/.cargo/config.toml");
    assert!(patch.contains("[patch.crates-io]\ndusk-sdk = { path = "), "{patch}");
    let ignored = place.read("shares/.gitignore");
    for path in ["/target", "/.cargo/config.toml"] {
        assert!(ignored.lines().any(|line| line == path), "{path} is not ignored:\n{ignored}");
    }
    assert!(!place.read("shares/README.md").contains("{{"), "no marks are left");
    assert!(place.at.join("shares/.git").is_dir());
    assert_eq!(fs::read_dir(place.root()).unwrap().count(), 1, "nothing is left beside the project");

    snapshot("new_again", &place.dusk(&["new", "shares"]).exits(2));
}

#[test]
fn nothing_is_left_unignored_in_a_foreign_workspace() {
    let place = Place::new();
    let git = |words: &[&str]| place.ran(place.command("git").args(words)).exits(0).stdout;
    git(&["init", "--quiet"]);
    let version = env!("CARGO_PKG_VERSION");
    place.write(
        "Cargo.toml",
        &format!(
            "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n[workspace.dependencies]\ndusk-sdk = \"={version}\"\n"
        ),
    );
    place.write("crates/one/Cargo.toml", "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    place.write("crates/one/src/lib.rs", "");
    place.write("Cargo.lock", "version = 4\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\n");
    git(&["add", "."]);
    let left = || git(&["status", "--porcelain", "--untracked-files=all"]).replace("A  ", "");
    assert_eq!(left().lines().count(), 4, "{}", left());

    // It has no contracts: the patch and the folder of artefacts are written before that is known.
    place.dusk(&["build"]).exits(2);
    assert!(place.at.join(".cargo/config.toml").is_file() && place.at.join("target/dusk").is_dir());
    assert_eq!(left().lines().count(), 4, "{}", left());

    let made = place.dusk(&["new", "crates/shares"]).exits(0);
    assert!(made.stderr.contains("takes the project for a member"), "{}", made.stderr);
    assert!(made.stderr.contains("add `exclude = [\"crates/shares\"]`"), "{}", made.stderr);
    place.edit("Cargo.toml", "resolver", "exclude = [\"crates/shares\"]\nresolver");
    let made = place.dusk(&["new", "crates/shares2"]).exits(0);
    assert!(made.stderr.contains("[\"crates/shares2\"]"), "{}", made.stderr);
    std::fs::create_dir(place.at.join("apart")).unwrap();
    std::fs::remove_dir_all(place.at.join("crates/shares2")).unwrap();
    let made = place.dusk(&["new", "apart/shares"]).exits(0);
    assert!(!made.stderr.contains("takes the project"), "{}", made.stderr);
    let stray = left();
    let stray: Vec<&str> = stray.lines().filter(|line| line.contains("/.cargo/") || line.contains("target/")).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn new_refuses_what_cannot_be() {
    let place = Place::new();
    snapshot("new_bad_name", &place.dusk(&["new", "9 Lives"]).exits(2));
    snapshot("new_bad_template", &place.dusk(&["new", "x", "--template", "countr"]).exits(2));
    snapshot("new_no_such_sdk", &place.dusk(&["new", "x", "--sdk", "nowhere"]).exits(2));
    snapshot("new_without_name", &place.dusk(&["new"]).exits(2));
    assert_eq!(fs::read_dir(place.root()).unwrap().count(), 0, "nothing is left behind");
    snapshot("new_list", &place.dusk(&["new", "--list"]).exits(0));
    let list = place.dusk(&["new", "--list", "--json"]).exits(0).document();
    assert!(list["templates"].as_array().unwrap().iter().any(|template| template["name"] == "counter"), "{list}");
}

#[test]
fn the_sdk_may_come_from_elsewhere() {
    let place = Place::new();
    let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk");
    let made = place.dusk(&["new", "one", "--sdk", sdk, "--json"]).exits(0).document();
    assert_eq!(made["project"], "one");
    let sdk = fs::canonicalize(sdk).unwrap();
    assert!(place.read("one/.cargo/config.toml").contains(sdk.to_str().unwrap()));
    place.dusk(&["new", "two", "--sdk", "registry"]).exits(0);
    assert!(!place.at.join("two/.cargo/config.toml").exists());
    assert!(place.read("two/dusk.toml").contains("source = \"registry\""));
}

#[test]
fn settings_are_checked() {
    let place = Place::new();
    place.write("Cargo.toml", "[workspace]\n");
    place.write("dusk.toml", "[network.local]\nurl = \"http://x\"\n");
    snapshot("misspelt_settings", &place.dusk(&["build"]).exits(2));
    place.write("dusk.toml", "");
    snapshot("unknown_network", &place.dusk(&["call", "x", "y", "--network", "tesnet"]).exits(2));
    snapshot("no_contracts", &place.dusk(&["build"]).exits(2));
    place.write("Cargo.toml", "[workspace]\n[workspace.dependencies]\ndusk-sdk = \"=9.9.9\"\n");
    snapshot("other_sdk", &place.dusk(&["build"]).exits(2));
}

#[test]
fn circuits_and_their_files_are_looked_for() {
    let place = Place::new();
    let dusk = |words: &[&str]| {
        place.ran(place.command(PROGRAM).arg("dusk").args(words).env("CARGO_DUSK_HOME", place.at.join("home")))
    };
    place.write("Cargo.toml", "[workspace]\n");
    snapshot("circuit_list_none", &dusk(&["circuit", "list"]).exits(0));
    snapshot("witness_missing", &dusk(&["circuit", "check", "--witness", "none.json"]).exits(2));
    place.write("w.json", "{\"secret\": 4242,\n \"other\" 1}");
    snapshot("witness_broken_json", &dusk(&["prove", "--witness", "w.json"]).exits(2));
    place.write("w.toml", "secret = 4242\nother = \n");
    snapshot("witness_broken_toml", &dusk(&["prove", "--witness", "w.toml"]).exits(2));
    place.write("w.json", "{\"secret\": 4242, \"secret\": 1}");
    snapshot("witness_twice", &dusk(&["prove", "--witness", "w.json"]).exits(2));
    place.write("w.json", "{}");
    snapshot("no_circuits", &dusk(&["prove", "--witness", "w.json"]).exits(2));
    snapshot("help_prove", &dusk(&["prove", "--help"]).exits(0));
}

#[test]
fn parameters_are_known_by_their_hash() {
    let place = Place::new();
    let dusk = |words: &[&str]| {
        place.ran(place.command(PROGRAM).arg("dusk").args(words).env("CARGO_DUSK_HOME", place.at.join("home")))
    };
    snapshot("keys_none", &dusk(&["keys", "ls"]).exits(0));
    snapshot("crs_status", &dusk(&["crs", "status"]).exits(0));
    snapshot("crs_no_file", &dusk(&["crs", "fetch", "nowhere.crs"]).exits(2));
    place.write("short.crs", "too short");
    snapshot("crs_truncated", &dusk(&["crs", "fetch", "short.crs"]).exits(1));
    // As many points as it says, and none of them production's.
    let mut other = vec![0; 240];
    other.extend(2_u64.to_le_bytes());
    other.extend([0; 2 * 97]);
    fs::write(place.at.join("other.crs"), other).unwrap();
    snapshot("crs_other_hash", &dusk(&["crs", "fetch", "other.crs"]).exits(1));
    assert!(!place.at.join("home/data/crs").exists(), "what was refused is not kept");
    place.write("Cargo.toml", "[workspace]\n");
    snapshot("crs_unknown", &dusk(&["crs", "use", "produktion"]).exits(2));
    snapshot("crs_use", &dusk(&["crs", "use", "production"]).exits(0));
    assert_eq!(place.read("dusk.toml"), "[circuits]\ncrs = \"production\"\n");
    assert_eq!(dusk(&["crs", "status", "--json"]).exits(0).document()["used"], "production");
}

#[test]
fn where_no_node_answers_the_command_to_start_one_is_named() {
    let place = Place::new();
    place.write("Cargo.toml", "[workspace]\n");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    snapshot("no_node", &place.dusk(&["call", "counter", "value", "--network", &url]).exits(3));
}

#[test]
fn a_port_in_use_is_told() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    snapshot("port_in_use", &place.dusk(&["node", "--port", &port]).exits(3));
}

#[test]
fn a_chain_in_a_folder_goes_on() {
    let place = Place::new();
    let options = ["--port", "0", "--data", "chain"];
    let node = RunningNode::with(&place, &options, 12);
    assert!(node.said.contains("data chain · height 0"), "{}", node.said);
    snapshot("folder_in_use", &place.dusk(&["node", "--port", "0", "--data", "chain"]).exits(3));
    let mine = ureq::post(format!("{}/on/dev/mine", node.url)).send(r#"{"blocks":2}"#).unwrap();
    assert_eq!(mine.status(), 200);
    assert_eq!(node.stop(), Some(0));

    let words = ["node", "--port", "0", "--data", "chain", "--rules", "mainnet"];
    snapshot("folder_with_other_rules", &place.dusk(&words).exits(3));
    let node = RunningNode::with(&place, &options, 12);
    assert!(node.said.contains("data chain · height 2"), "{}", node.said);
    assert_eq!(node.stop(), Some(0));

    place.write("chain/chain.redb", "no database");
    snapshot("folder_damaged", &place.dusk(&["node", "--port", "0", "--data", "chain"]).exits(3));
}

#[test]
fn doctor_tells_what_is_missing() {
    let place = Place::new();
    let programs = place.root().join("bin");
    fs::create_dir(&programs).unwrap();
    let doctor = || place.ran(place.command(PROGRAM).arg("doctor").env("PATH", &programs).env("RUSTC", "nowhere"));
    let ran = doctor().exits(3);
    assert!(ran.stdout.contains("missing  wasm toolchain"), "{}", ran.stdout);

    let script = "case \"$*\" in -vV) printf 'rustc 1.95.0\\nrelease: 1.95.0\\n';; *) echo /nowhere;; esac";
    for (name, script) in [("rustc", script), ("rustup", "exit 1")] {
        write_script(&programs.join(name), script);
    }
    let ran = place.ran(place.command(PROGRAM).arg("doctor").env("PATH", &programs)).exits(3);
    assert!(ran.stdout.contains("rustup target add wasm32-unknown-unknown"), "{}", ran.stdout);
    assert!(ran.stdout.contains("optional wasm-opt"), "{}", ran.stdout);

    let document = place.dusk(&["doctor", "--json"]).document();
    assert!(document["findings"].as_array().unwrap().len() >= 5, "{document}");
}

#[test]
fn completions_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.dusk(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("deploy") && script.contains("doctor"), "{shell}");
    }
    place.dusk(&["completions", "tcl"]).exits(2);
}
