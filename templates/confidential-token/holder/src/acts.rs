//! Acts of a holder: proofs and calls.

use std::fs;
use std::path::{Path, PathBuf};

use circuits::{Disclosure, Terms};
use clap::Args;
use dusk_sdk::Field;
use dusk_sdk::Value as _;
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::confidential::{Address, Holder};
use dusk_sdk::finance::wallet::{Chain, Choice, Instruction, Step};
use holder::memo_of;
use play::{Outcome, disclosure_step, issue_step, lock_step, redeem_step, register_step, send_step};
use serde_json::Value;

use crate::Session;

/// The most bytes of a disclosure.
const MAX_DISCLOSURE_BYTES: u64 = 64 * 1024;
/// The most rounds of merging before a transfer: 2^16 notes.
const MAX_ROUNDS: u32 = 16;

/// How a step is sent.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Account that submits the call and pays its gas; it can be anyone's.
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "out")]
    from: Option<String>,
    /// Writes the call (function and arguments) to this file for someone else to submit, and sends nothing.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Submit {
    fn run(&self, chain: &Chain, step: &Step) -> Outcome {
        if let Some(out) = &self.out {
            fs::write(out, format!("{}\n", step.proved(chain)?))?;
            eprintln!(
                "written to {}: anyone with this file can submit the call, but cannot change it",
                out.display()
            );
            return Ok(());
        }
        let included = step.submit(chain, self.from.as_deref())?;
        eprintln!("in block {}, gas {}", included["block"], included["gas"]);
        Ok(())
    }
}

/// The entry of a holder, as an officer states it.
#[derive(Debug, Args)]
pub(crate) struct Admission {
    /// Address of the holder.
    to: Address,
    /// Class of the holder, a number that the issuer defines.
    #[arg(long, default_value_t = 1)]
    class: u8,
    /// Country of the holder, by its number in ISO 3166.
    #[arg(long)]
    country: u16,
    /// Accreditation level of the holder.
    #[arg(long, default_value_t = 1)]
    level: u8,
    /// Number of days for which the admission is valid, from the contract's current day on.
    #[arg(long, default_value_t = 365)]
    days: u32,
    /// Account of the officer.
    #[arg(long)]
    from: Option<String>,
}

impl Admission {
    pub(crate) fn run(self, chain: &Chain) -> Outcome {
        let Self { to, class, country, level, days, from } = self;
        let terms: Terms = chain.ask("terms", "{}")?;
        let valid_until = terms.today.checked_add(days).ok_or("the number of days is too large")?;
        let holder = Holder { owner: to.owner, class, country, level, valid_until, active: true };
        let mut text = String::new();
        holder.write_json(&mut text);
        let included = chain.call("admit", &format!("{{\"holder\":{text}}}"), from.as_deref())?;
        eprintln!("in block {}, gas {}", included["block"], included["gas"]);
        Ok(())
    }
}

impl Session {
    pub(crate) fn register(&mut self, submit: &Submit) -> Outcome {
        let (chain, terms) = self.terms()?;
        let step = register_step(&terms, self.wallet.register(&terms.auditor)?)?;
        submit.run(&chain, &step)
    }

    pub(crate) fn send(
        &mut self,
        to: Address,
        amount: u64,
        memo: &str,
        merge: bool,
        submit: &Submit,
    ) -> Outcome {
        let memo = memo_of(memo)?;
        if merge {
            self.merge(amount, submit)?;
        }
        let (chain, terms) = self.terms()?;
        let made = self.wallet.transfer(&terms.auditor, to, amount, memo)?;
        self.send_step(&chain, submit, send_step(&terms, made))
    }

    /// Merges notes until one transfer can move an amount.
    pub(crate) fn merge(&mut self, amount: u64, submit: &Submit) -> Outcome {
        if submit.out.is_some() {
            return Err(
                "merging sends several transactions, one after the other: use --from in place of --out"
                    .into(),
            );
        }
        let (chain, terms) = self.terms()?;
        for _ in 0..MAX_ROUNDS {
            let Choice::Merge { pairs, rounds } = self.wallet.choose(amount)? else { return Ok(()) };
            eprintln!("merging {} pairs of notes, {rounds} rounds", pairs.len());
            for pair in pairs {
                let merged = self.wallet.merge(&terms.auditor, pair)?;
                self.send_step(&chain, submit, send_step(&terms, merged))?;
            }
            self.scan(None, false)?;
        }
        Err(format!("after {MAX_ROUNDS} rounds of merging the notes are still too small").into())
    }

    pub(crate) fn redeem(&mut self, amount: u64, reference: &str, submit: &Submit) -> Outcome {
        let (chain, terms) = self.terms()?;
        let made = self.wallet.redeem(&terms.auditor, amount)?;
        self.send_step(&chain, submit, redeem_step(&terms, made, reference))
    }

    pub(crate) fn lock(
        &mut self,
        to: Address,
        amount: u64,
        instruction: &Instruction,
        submit: &Submit,
    ) -> Outcome {
        let (chain, terms) = self.terms()?;
        let made = self.wallet.lock(&terms.auditor, to, amount, instruction)?;
        self.send_step(&chain, submit, lock_step(&terms, made))
    }

    pub(crate) fn issue(&mut self, to: &Address, amount: u64, submit: &Submit) -> Outcome {
        let (chain, terms) = self.terms()?;
        let step = issue_step(&terms, self.wallet.mint(&terms.auditor, to, amount)?)?;
        submit.run(&chain, &step)
    }

    pub(crate) fn disclose(&mut self, least: u64, height: u64, question: Field, out: &Path) -> Outcome {
        let (chain, terms) = self.terms()?;
        let snapshot: Pinned = chain.ask("snapshot", &format!("{{\"height\":{height}}}"))?;
        let shown = Disclosure { height, question, act_nullifier: Field::default(), least };
        let witness = self.wallet.show(&snapshot, least, shown.act(terms.asset))?;
        let step = disclosure_step(witness, height, question, least)?;
        fs::write(out, format!("{}\n", step.proved(&chain)?["arguments"]))?;
        Ok(())
    }

    /// The chain, and what it asks now, after the newest events were taken.
    fn terms(&mut self) -> Outcome<(Chain, Terms)> {
        self.scan(None, false)?;
        let chain = self.common.chain();
        let terms: Terms = chain.ask("terms", "{}")?;
        if terms.asset != self.wallet.identity().asset() {
            return Err("the wallet belongs to another contract: name that one with `--contract`".into());
        }
        Ok((chain, terms))
    }

    /// Sends a step that takes notes. The file knows it first. If nothing was sent, the notes are free again.
    fn send_step(&mut self, chain: &Chain, submit: &Submit, step: Outcome<Step>) -> Outcome {
        self.save()?;
        let sent = step.and_then(|step| submit.run(chain, &step));
        if sent.is_err() {
            self.wallet.release();
            self.save()?;
        }
        sent
    }
}

/// Verifies a disclosure: it answers this question, and the contract finds that its proof holds.
pub(crate) fn verify(chain: &Chain, file: &Path, question: Field, least: u64, height: u64) -> Outcome {
    if fs::metadata(file)?.len() > MAX_DISCLOSURE_BYTES {
        return Err(format!("a disclosure has at most {MAX_DISCLOSURE_BYTES} bytes").into());
    }
    let arguments: Value = serde_json::from_slice(&fs::read(file)?)?;
    let disclosure = Disclosure::read_json(&arguments["disclosure"]).map_err(|error| error.to_string())?;
    if disclosure.question != question {
        return Err("the disclosure answers another question: it was made for somebody else".into());
    }
    if disclosure.height != height {
        return Err(format!("the disclosure is about the snapshot of block {}", disclosure.height).into());
    }
    if disclosure.least < least {
        return Err(format!("the disclosure shows {} only", disclosure.least).into());
    }
    chain.call("check_disclosure", &arguments.to_string(), None)?;
    println!("the holder had at least {} in one note at block {height}", disclosure.least);
    Ok(())
}
