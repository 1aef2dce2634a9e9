//! `parity live` runs all scripts on both machines, command by command; `parity record` also keeps the answers.
#![allow(clippy::print_stdout, reason = "the result of a command goes to standard output")]

use anyhow::{Result, bail};
use local_node_parity::ours::Ours;
use local_node_parity::reference::Reference;
use local_node_parity::{records, scripts};

fn main() -> Result<()> {
    let recording = match std::env::args().nth(1).as_deref() {
        Some("live") => false,
        Some("record") => true,
        _ => bail!("say `live` to compare both machines, or `record` to keep the production machine's answers as well"),
    };
    let program = Reference::build()?;
    let mut differences = 0_usize;
    for (name, script) in scripts::all()? {
        let (mut ours, mut reference) = (Ours::new()?, Reference::start(&program)?);
        let mut answers = Vec::new();
        for (position, command) in script.iter().enumerate() {
            let expected = reference.run(command)?;
            let found = ours.run(command)?;
            if found != expected {
                differences += 1;
                println!("{name}, command {position}: {}", shortened(&format!("{command:?}")));
                println!("  production: {}", shortened(&format!("{expected:?}")));
                println!("  ours:       {}", shortened(&format!("{found:?}")));
            }
            answers.push(expected);
        }
        println!("{name}: {} commands", script.len());
        if recording {
            records::write(name, &answers)?;
        }
    }
    if differences > 0 {
        bail!("{differences} answers differ");
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}
