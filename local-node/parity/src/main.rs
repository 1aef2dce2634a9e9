//! `parity live` runs all scripts on both machines, command by command; `parity record` also keeps the answers. With
//! `drivers` after it, data drivers are asked by both readers. `parity hostile` measures the time and the memory of
//! hostile contracts, each in a process of its own. `parity clock` measures what it costs that contracts look at the
//! clock.
#![allow(clippy::print_stdout, reason = "the result of a command goes to standard output")]

use std::fmt::Debug;
use std::path::Path;

use anyhow::{Context, Result, bail};
use local_node_parity::drivers::{self, Recorded};
use local_node_parity::ours::Ours;
use local_node_parity::reference::Reference;
use local_node_parity::{clock, hostile, records, scripts};
use local_node_vm::driver::Driver;

const USAGE: &str = "say `live` to compare with production, or `record` to keep production's answers as well; then \
    nothing for the machine, or `drivers` for the readers of data drivers. Say `hostile` to measure hostile contracts, or \
    `clock` to measure what it costs that contracts look at the clock";

/// Compares, keeps production's answers if it is told to, and counts how many answers differ.
type Comparison = fn(program: &Path, recording: bool) -> Result<usize>;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["hostile"] => {
            return hostile::table(|line| println!("{line}"));
        }
        ["clock"] => return clock::table(|line| println!("{line}")),
        ["hostile", name, way] => {
            println!("{}", hostile::measure(name, way)?);
            return Ok(());
        }
        _ => {}
    }
    let (compare, recording): (Comparison, bool) = match words[..] {
        ["live"] => (compare_machines, false),
        ["record"] => (compare_machines, true),
        ["live", "drivers"] => (compare_readers, false),
        ["record", "drivers"] => (compare_readers, true),
        _ => bail!(USAGE),
    };
    match compare(&Reference::build()?, recording)? {
        0 => Ok(()),
        differences => bail!("{differences} answers differ"),
    }
}

/// Runs all scripts on both machines.
fn compare_machines(program: &Path, recording: bool) -> Result<usize> {
    let mut differences = 0;
    for (name, script) in scripts::all()? {
        let (mut ours, mut reference) = (Ours::new()?, Reference::start(program)?);
        let mut answers = Vec::new();
        for (position, command) in script.iter().enumerate() {
            let expected = reference.run(command)?;
            let found = ours.run(command)?;
            if found != expected {
                differences += 1;
                tell(&format!("{name}, command {position}: {command:?}"), &expected, &found);
            }
            answers.push(expected);
        }
        println!("{name}: {} commands", script.len());
        if recording {
            records::write(name, &answers)?;
        }
    }
    Ok(differences)
}

/// Asks the templates' drivers through both readers.
fn compare_readers(program: &Path, recording: bool) -> Result<usize> {
    let (mut differences, mut answers) = (0, Vec::new());
    for template in drivers::TEMPLATES {
        let folder = tempfile::tempdir()?;
        let path = drivers::build(template, folder.path())?;
        let wasm = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let driver = Driver::load(&wasm)?;
        let questions = drivers::questions(template, &driver)?;
        let replies = drivers::ask_production(program, &path, &questions)?;
        println!("{template}: {} questions", questions.len());
        for (question, reply) in questions.into_iter().zip(replies) {
            let found = drivers::ask(&driver, &question)?;
            if found != reply {
                differences += 1;
                tell(&format!("{template}: {question:?}"), &reply, &found);
            }
            answers.push(Recorded { contract: template.to_owned(), question, reply });
        }
    }
    if recording {
        drivers::record(&answers)?;
    }
    Ok(differences)
}

fn tell(asked: &str, expected: &impl Debug, found: &impl Debug) {
    println!("{}", shortened(asked));
    println!("  production: {}", shortened(&format!("{expected:?}")));
    println!("  ours:       {}", shortened(&format!("{found:?}")));
}

fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}
