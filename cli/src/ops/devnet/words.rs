//! The forms of groups, times and shares on the command line.

use super::{MAX_NODES, MIN_NODES};

/// The longest block time, in seconds.
const MAX_BLOCK_TIME: u64 = 60;
/// The longest delay of a link, in milliseconds.
const MAX_DELAY_MILLIS: u64 = 10_000;

/// Groups of nodes that are cut from each other: `1,2/3,4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Groups(pub(crate) Vec<Vec<usize>>);

/// Reads groups of nodes.
///
/// # Errors
/// The fault.
pub(crate) fn groups(text: &str) -> Result<Groups, String> {
    const FORM: &str = "write groups as `1,2/3,4`: nodes with commas, a slash between groups";
    let mut seen = [false; MAX_NODES + 1];
    let mut groups = Vec::new();
    // No text of this length names each node once.
    if text.len() > 4 * MAX_NODES {
        return Err(FORM.to_owned());
    }
    for group in text.split('/') {
        let mut nodes = Vec::new();
        for word in group.split(',') {
            let node = number(word).ok_or_else(|| format!("`{word}` is not a node; {FORM}"))?;
            let node = Some(node).filter(|node| (1..=MAX_NODES).contains(node));
            let node = node.ok_or_else(|| format!("there is no node {word}: nodes have numbers from 1 on"))?;
            if std::mem::replace(&mut seen[node], true) {
                return Err(format!("node {node} is named twice"));
            }
            nodes.push(node);
        }
        groups.push(nodes);
    }
    if groups.len() < 2 {
        return Err(format!("one group is cut from nothing; {FORM}"));
    }
    Ok(Groups(groups))
}

/// Reads how many nodes a devnet has.
///
/// # Errors
/// The fault of the number.
pub(crate) fn nodes(text: &str) -> Result<usize, String> {
    let nodes = number(text).filter(|nodes| (MIN_NODES..=MAX_NODES).contains(nodes));
    nodes.ok_or_else(|| format!("a devnet has {MIN_NODES} to {MAX_NODES} nodes"))
}

/// Reads a block time: `1s`, `10s`, or seconds alone.
///
/// # Errors
/// The fault.
pub(crate) fn block_time(text: &str) -> Result<u64, String> {
    if text == "instant" {
        return Err("the nodes of a network cannot make blocks on demand: write seconds, as `1s`".to_owned());
    }
    let seconds = number(text.strip_suffix('s').unwrap_or(text)).and_then(|seconds| u64::try_from(seconds).ok());
    let seconds = seconds.filter(|seconds| (1..=MAX_BLOCK_TIME).contains(seconds));
    seconds.ok_or_else(|| format!("a block time is 1s to {MAX_BLOCK_TIME}s, in whole seconds"))
}

/// Reads a delay in milliseconds: `50`, `50ms`.
///
/// # Errors
/// The fault.
pub(crate) fn delay(text: &str) -> Result<u64, String> {
    let millis = number(text.strip_suffix("ms").unwrap_or(text)).and_then(|millis| u64::try_from(millis).ok());
    let millis = millis.filter(|millis| *millis <= MAX_DELAY_MILLIS);
    millis.ok_or_else(|| format!("a delay is 0 to {MAX_DELAY_MILLIS} whole milliseconds"))
}

/// Reads a share in percent as permille: `5`, `5%`, `0.5`.
///
/// # Errors
/// The fault.
pub(crate) fn loss(text: &str) -> Result<u16, String> {
    let share = text.strip_suffix('%').unwrap_or(text);
    let (whole, tenths) = share.split_once('.').unwrap_or((share, "0"));
    let permille = || {
        let tenths = number(tenths).filter(|_| tenths.len() == 1)?;
        u16::try_from(number(whole)?.checked_mul(10)?.checked_add(tenths)?).ok().filter(|permille| *permille <= 1_000)
    };
    permille().ok_or_else(|| "a loss is 0 to 100 percent, with one digit behind the point at most".to_owned())
}

/// Digits only: parsers of numbers also take signs.
fn number(text: &str) -> Option<usize> {
    Some(text).filter(|text| text.bytes().all(|digit| digit.is_ascii_digit())).and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_nodes_with_commas_and_slashes() {
        assert_eq!(groups("1,2/3,4"), Ok(Groups(vec![vec![1, 2], vec![3, 4]])));
        assert_eq!(groups("3/1/2"), Ok(Groups(vec![vec![3], vec![1], vec![2]])));
        for (wrong, told) in [
            ("", "`` is not a node"),
            ("1,2", "one group is cut from nothing"),
            ("1,,2/3", "`` is not a node"),
            ("1/2/", "`` is not a node"),
            ("1, 2/3", "` 2` is not a node"),
            ("+1/2", "`+1` is not a node"),
            ("a/b", "`a` is not a node"),
            ("0/1", "there is no node 0"),
            ("1/33", "there is no node 33"),
            ("1/99999999999999999999999", "is not a node"),
            ("1,2/2,3", "node 2 is named twice"),
            ("1,1/2", "node 1 is named twice"),
        ] {
            let refused = groups(wrong).unwrap_err();
            assert!(refused.contains(told), "{wrong}: {refused}");
        }
        assert!(groups(&"1,".repeat(1 << 20)).is_err());
    }

    #[test]
    fn numbers_are_within_their_bounds() {
        assert_eq!((nodes("3"), nodes("32")), (Ok(3), Ok(32)));
        for wrong in ["", "2", "33", "-4", "+4", "4.0", "four"] {
            assert!(nodes(wrong).is_err(), "{wrong}");
        }
        assert_eq!((block_time("1s"), block_time("10"), block_time("60s")), (Ok(1), Ok(10), Ok(60)));
        for wrong in ["", "s", "0", "0s", "61s", "1.5s", "1m", "-1s", "1ss"] {
            assert!(block_time(wrong).is_err(), "{wrong}");
        }
        assert!(block_time("instant").unwrap_err().contains("on demand"));
        assert_eq!((delay("0"), delay("50ms"), delay("10000")), (Ok(0), Ok(50), Ok(10_000)));
        for wrong in ["", "ms", "10001", "1s", "-1"] {
            assert!(delay(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_loss_has_one_digit_behind_the_point() {
        let cases = [("0", 0), ("5", 50), ("5%", 50), ("0.5", 5), ("99.9%", 999), ("100", 1_000), ("100.0", 1_000)];
        for (text, permille) in cases {
            assert_eq!(loss(text), Ok(permille), "{text}");
        }
        for wrong in ["", "%", ".", "5.", "5.25", "100.1", "101", "-1", "five", "1e1", "99999999999999999999"] {
            assert!(loss(wrong).is_err(), "{wrong}");
        }
    }
}
