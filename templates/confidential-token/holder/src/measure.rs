//! How long a wallet takes to scan.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use dusk_sdk::contract::Event as _;
use dusk_sdk::finance::confidential::notes::NoteAdded;
use dusk_sdk::finance::confidential::{Address, Note, NoteCipher};
use dusk_sdk::finance::wallet::{ChainError, Events, Identity, News, Seen, Wallet, Words};
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{ContractId, Field, Value as _};
use play::Outcome;

/// Every so many notes one is the wallet's own.
const OWN_EVERY: u32 = 10;
/// Ticks of a second in `/proc`, on all Linux systems.
const TICKS_A_SECOND: u64 = 100;

/// Makes notes, reads them as `cargo dusk events --json` prints them, scans them, and prints how long both took, the
/// root included.
pub(crate) fn run(count: u32) -> Outcome {
    let identity = Identity { contract: ContractId::from_bytes([7; 32]), chain: 0, account: 0 };
    let mut wallet = Wallet::new(Words::generate()?, identity);
    let stranger = Wallet::new(Words::generate()?, identity).address();
    let own = wallet.address();
    eprintln!("making {count} notes");
    let mut lines = String::new();
    for number in 0..count {
        let to = if number % OWN_EVERY == 0 { own } else { stranger };
        event(&mut lines, identity, number.into(), &to)?;
    }
    let reading = Taken::begin();
    let mut events: Vec<Seen> = Vec::new();
    Events::of(identity.contract).read::<ChainError>(lines.as_bytes(), 4096, |news| {
        events.extend(news.into_iter().filter_map(|news| match news {
            News::Event(seen) => Some(seen),
            News::TakenBack(_) => None,
        }));
        Ok(())
    })?;
    let read = reading.end();
    let scanning = Taken::begin();
    let scanned = wallet.scan(&events)?;
    let root = wallet.roots()[0];
    let taken = scanning.end();
    assert_eq!(scanned.received, u64::from(count.div_ceil(OWN_EVERY)), "each of the wallet's notes is found");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("read the events of {count} notes in {read}");
    println!("scanned them in {taken}, on {cores} cores; root {root}");
    Ok(())
}

fn event(lines: &mut String, identity: Identity, position: u64, to: &Address) -> Outcome {
    let note = Note { value: position + 1, owner: to.owner, rho: Field::from(position) };
    let cipher = NoteCipher::seal(to, &Scalar::from(position + 1), &note, Field::default())?;
    let (contract, tx) = (identity.contract, Field::default());
    write!(
        lines,
        r#"{{"contract":"{contract}","block":{position},"tx":"{tx}","topic":"{}","reverted":false,"decoded":true,"data":"#,
        NoteAdded::TOPIC
    )?;
    NoteAdded { position, commitment: note.commitment(identity.asset()), cipher }.write_json(lines);
    lines.push_str("}\n");
    Ok(())
}

/// A time, and the time of all processors.
struct Taken {
    wall: Duration,
    processors: Option<Duration>,
}

/// The begin of a measurement.
struct Begun {
    at: Instant,
    processors: Option<Duration>,
}

impl Taken {
    fn begin() -> Begun {
        Begun { at: Instant::now(), processors: processors() }
    }
}

impl Begun {
    fn end(self) -> Taken {
        let wall = self.at.elapsed();
        let processors = processors().zip(self.processors).map(|(now, then)| now.saturating_sub(then));
        Taken { wall, processors }
    }
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s", self.wall.as_secs_f64())?;
        match self.processors {
            Some(processors) => write!(f, " ({:.2} s of processors)", processors.as_secs_f64()),
            None => Ok(()),
        }
    }
}

/// The time that this process has had on all processors, where the system tells it.
fn processors() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may have blanks. After it, the 12th and the 13th number are ticks of user and system.
    let (_, numbers) = stat.rsplit_once(')')?;
    let ticks = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.collect::<Result<Vec<_>, _>>().ok()?.iter().sum();
    Some(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}
