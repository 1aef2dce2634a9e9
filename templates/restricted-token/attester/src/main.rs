//! The attester and its holders at a terminal. Its files lie in the folder `attested`; their reader has the secrets.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;
use std::path::PathBuf;
use std::{env, fs, io};

use attester::{Attester, Attributes, SANCTIONED, TOPICS, Wallet, Witness, blocked};
use circuits::EligiblePublic;
use dusk_sdk::Field;
use dusk_sdk::zk::native::{Date, Scalar};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

const USAGE: &str = "\
Usage:
  attester issue NAME --born DATE --residence COUNTRY --level NUMBER [--nationality COUNTRY] [--expires DATE]
      finds out about a holder, and puts a wallet with a signed credential into attested/NAME.json
  attester policy --today DATE [--age YEARS] [--level NUMBER] [--limit SHARES]
      prints what the register's `set_policy` takes; after every revocation there is a new one
  attester revoke NAME
      takes the credential back
  attester block COUNTRY
      adds a country to the list where no holder may live, and prints what the register's `set_blocked` takes
  attester witness NAME < TERMS
      reads what the register's `terms` has printed, and prints what `cargo dusk prove eligible` takes
  attester tag NAME < TERMS
      reads the same, and prints what the register knows the holder by: what `freeze_holder` takes

Dates are written 2026-03-01, countries as numbers of ISO 3166: 528 is the Netherlands, 840 the United States.";

/// Where everything is kept.
const FOLDER: &str = "attested";
/// The attester's own file. No holder can have this name.
const ATTESTER: &str = ".attester";
/// The countries where no holder may live. In earnest they are the officers', who publish them.
const BLOCKED: &str = ".blocked";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Err(error) = run(&words) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn run(words: &[String]) -> Outcome {
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["issue", name, options @ ..] => {
            let known = ["--born", "--residence", "--level", "--nationality", "--expires"];
            issue(name, &Options::read(options, &known)?)
        }
        ["policy", options @ ..] => {
            policy(&Options::read(options, &["--today", "--age", "--level", "--limit"])?)
        }
        ["revoke", name] => revoke(name),
        ["block", country] => block(country),
        ["witness", name] => witness(name),
        ["tag", name] => tag(name),
        _ => Err(USAGE.into()),
    }
}

fn issue(name: &str, options: &Options) -> Outcome {
    let residence = options.number("--residence")?.ok_or("issue needs --residence")?;
    let attributes = Attributes {
        born: options.date("--born")?.ok_or("issue needs --born")?.number(),
        expires: options.date("--expires")?.map_or(u32::MAX, Date::number),
        residence,
        nationality: options.number("--nationality")?.unwrap_or(residence),
        accreditation: options.number("--level")?.ok_or("issue needs --level")?,
    };
    let attester = attester()?;
    // In earnest, holders draw their keys themselves, and give the public one alone.
    let wallet = Wallet::new(random_scalar()?, &attester, attributes, random_field()?, random_field()?);
    if path(name)?.exists() {
        return Err(format!("{name} has a credential already").into());
    }
    write(name, &wallet)?;
    eprintln!("attested {name}: the wallet is {FOLDER}/{name}.json");
    Ok(())
}

fn policy(options: &Options) -> Outcome {
    let today = options.date("--today")?.ok_or("policy needs --today")?;
    let years = options.number("--age")?.unwrap_or(18);
    let born_until = today.years_before(years).ok_or("nobody is that old")?;
    let attester = attester()?;
    let vouching = json!({
        "key": attester.key().u(),
        "revoked": attester.revocations().root(),
        "topics": TOPICS,
        "until": u32::MAX,
    });
    let policy = json!({
        "attesters": [vouching],
        "topics": TOPICS,
        "blocked": blocked(&countries()?)?.root(),
        "today": today.number(),
        "block_seconds": 10,
        "born_until": born_until.number(),
        "level": options.number::<u8>("--level")?.unwrap_or(1),
        "limit": options.number::<u64>("--limit")?.unwrap_or(500),
    });
    println!("{policy}");
    Ok(())
}

fn revoke(name: &str) -> Outcome {
    let mut attester = attester()?;
    attester.revoke(&read::<Wallet>(name)?.credential)?;
    write(ATTESTER, &attester)?;
    eprintln!("revoked {name}: set the policy that `attester policy` prints now");
    Ok(())
}

fn block(country: &str) -> Outcome {
    let mut countries = countries()?;
    countries.push(country.parse().map_err(|_| format!("`{country}` is not a number of a country"))?);
    let root = blocked(&countries)?.root();
    write(BLOCKED, &countries)?;
    println!("{root}");
    Ok(())
}

/// The countries where no holder may live.
fn countries() -> Outcome<Vec<u16>> {
    if path(BLOCKED)?.exists() { read(BLOCKED) } else { Ok(SANCTIONED.to_vec()) }
}

/// The output of the register's `terms`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    attester: Field,
    revoked: Field,
    blocked: Field,
    today: u32,
    born_until: u32,
    level: u8,
    scope: Field,
    occasion: Field,
}

impl Terms {
    fn read() -> Outcome<Self> {
        let mut text = String::new();
        io::stdin().take(64 * 1024).read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text)?)
    }
}

fn tag(name: &str) -> Outcome {
    let wallet: Wallet = read(name)?;
    println!("{}", wallet.tag(Terms::read()?.scope));
    Ok(())
}

fn witness(name: &str) -> Outcome {
    let Terms { attester: of, revoked, blocked: root, today, born_until, level, scope, occasion } =
        Terms::read()?;
    let wallet: Wallet = read(name)?;
    let (revocations, list) = (attester()?.revocations(), blocked(&countries()?)?);
    let private = wallet
        .private(&revocations, &list)
        .or_else(|_| wallet.private_beside(&revocations, &list))
        .map_err(|error| format!("{name} can prove nothing: the credential: {error}"))?;
    let tag = wallet.tag(scope);
    let public = EligiblePublic {
        attester: of,
        revoked,
        blocked: root,
        today,
        born_until,
        level,
        scope,
        tag,
        occasion,
    };
    println!("{}", serde_json::to_string_pretty(&Witness { public, private })?);
    Ok(())
}

/// The attester, whose key is drawn when it is needed first.
fn attester() -> Outcome<Attester> {
    if path(ATTESTER)?.exists() {
        return read(ATTESTER);
    }
    let attester = Attester::new(random_scalar()?);
    write(ATTESTER, &attester)?;
    Ok(attester)
}

fn path(name: &str) -> Outcome<PathBuf> {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if ![ATTESTER, BLOCKED].contains(&name) && (name.is_empty() || !plain) {
        return Err(format!("`{name}` is not a name: use letters, digits, - and _").into());
    }
    Ok(PathBuf::from(FOLDER).join(format!("{name}.json")))
}

fn read<T: DeserializeOwned>(name: &str) -> Outcome<T> {
    let path = path(name)?;
    let text = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn write(name: &str, value: &impl Serialize) -> Outcome {
    fs::create_dir_all(FOLDER)?;
    Ok(fs::write(path(name)?, serde_json::to_string_pretty(value)?)?)
}

fn random_scalar() -> Outcome<Scalar> {
    let mut bytes = [0; 64];
    getrandom::getrandom(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Scalar::from_bytes_wide(&bytes))
}

/// An element of the field that nobody can guess.
fn random_field() -> Outcome<Field> {
    Ok(random_scalar()?.field())
}

/// Options by name.
struct Options<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Options<'a> {
    fn read(words: &[&'a str], known: &[&str]) -> Outcome<Self> {
        let mut options = BTreeMap::new();
        for pair in words.chunks(2) {
            match pair {
                [name, text] if known.contains(name) => options.insert(*name, *text),
                [name, ..] if known.contains(name) => return Err(format!("{name} needs a value").into()),
                other => return Err(format!("`{}` is not an option here\n\n{USAGE}", other.join(" ")).into()),
            };
        }
        Ok(Self(options))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Outcome<Option<T>> {
        let text = self.0.get(name);
        text.map(|text| text.parse().map_err(|_| format!("{name} {text} is not a valid number").into()))
            .transpose()
    }

    fn date(&self, name: &str) -> Outcome<Option<Date>> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let parts: Vec<u16> = text.split('-').filter_map(|part| part.parse().ok()).collect();
        let date = match parts.as_slice() {
            [year, month, day] => match (u8::try_from(*month), u8::try_from(*day)) {
                (Ok(month), Ok(day)) => Date::new(*year, month, day),
                _ => None,
            },
            _ => None,
        };
        date.map(Some).ok_or_else(|| format!("{name} {text} is not a date like 2026-03-01").into())
    }
}
