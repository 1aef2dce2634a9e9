//! How long a wallet takes to scan.

use std::time::Instant;

use dusk_sdk::finance::confidential::{Address, Note, NoteCipher};
use dusk_sdk::finance::wallet::{Event, Identity, Place, Seen, Wallet, Words};
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{ContractId, Field};
use holder::Outcome;

/// Every so many notes one is the wallet's own.
const OWN_EVERY: u32 = 10;

/// Makes notes, scans them, and prints how long the scan took, the roots included.
pub(crate) fn run(count: u32) -> Outcome {
    let identity = Identity { contract: ContractId::from_bytes([7; 32]), chain: 0, account: 0 };
    let mut wallet = Wallet::new(Words::generate()?, identity);
    let stranger = Wallet::new(Words::generate()?, identity).address();
    let own = wallet.address();
    eprintln!("making {count} notes");
    let events: Vec<Seen> = (0..count)
        .map(|number| {
            let to = if number % OWN_EVERY == 0 { own } else { stranger };
            event(identity.asset(), number.into(), &to)
        })
        .collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let scanned = wallet.scan(&events)?;
    let root = wallet.roots()[0];
    let taken = begun.elapsed();
    assert_eq!(scanned.received, u64::from(count.div_ceil(OWN_EVERY)), "each of the wallet's notes is found");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("scanned {count} notes in {:.2} s on {cores} cores; root {root}", taken.as_secs_f64());
    Ok(())
}

fn event(asset: Field, position: u64, to: &Address) -> Outcome<Seen> {
    let note = Note { value: position + 1, owner: to.owner, rho: Field::from(position) };
    let cipher = NoteCipher::seal(to, &Scalar::from(position + 1), &note, Field::default())?;
    let place = Place { height: position, transaction: [0; 32] };
    Ok(Seen { place, event: Event::Note { position, commitment: note.commitment(asset), cipher } })
}
