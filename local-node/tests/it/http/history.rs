//! GraphQL beyond single blocks: histories, pages of events, blobs, and the bounds of queries.

use std::time::{Duration, Instant};

use dusk_core::transfer::MoonlightTransactionEvent;
use dusk_core::transfer::data::BlobData;
use dusk_sdk_protocol::execution::HexId;
use serde_json::{Value, json};

use super::served::{SHARED, Served, id};
use crate::common::{ACCOUNTS, COUNTER, Draft, deployed_id};

impl Served {
    /// Waits until the block at this height is final.
    fn settle(&self, height: u64) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.graphql("{ lastBlockPair { json } }")["lastBlockPair"]["json"]["last_finalized_block"][0]
            .as_u64()
            .is_none_or(|settled| settled < height)
        {
            assert!(Instant::now() < deadline, "block {height} does not become final");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn transfers(&self, query: &str) -> Vec<Value> {
        let answer = self.graphql(&format!("{{ found: {query} {{ json }} }}"));
        assert!(answer["errors"].is_null(), "{answer}");
        answer["found"]["json"].as_array().cloned().unwrap_or_default()
    }
}

fn origins(groups: &[Value]) -> Vec<String> {
    groups.iter().map(|group| group["origin"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn histories_tell_what_moved() {
    let served = Served::start();
    let [a, b, c] = [0, 1, 2].map(|account| ACCOUNTS[account].id());
    let sent = [
        Draft::new(0, 1).pay(1, 7).memo(b"tea").sign(),
        Draft::new(1, 1).pay(2, 5).sign(),
        Draft::new(2, 1).pay(0, 3).sign(),
        Draft::new(0, 2).memo(b"tea").sign(),
    ];
    let heights = sent.each_ref().map(|transaction| served.send(transaction)["blockHeight"].as_u64().unwrap());
    served.settle(heights[3]);
    let ids = sent.each_ref().map(|transaction| id(transaction).to_string());

    let full = served.transfers(&format!("fullMoonlightHistory(address: \"{a}\")"));
    assert_eq!(origins(&full), [&ids[0], &ids[2], &ids[3]].map(String::clone));
    let newest = served.transfers(&format!("fullMoonlightHistory(address: \"{a}\", ord: \"desc\")"));
    assert_eq!(origins(&newest), [&ids[3], &ids[2], &ids[0]].map(String::clone));
    let one =
        served.transfers(&format!("fullMoonlightHistory(address: \"{a}\", fromBlock: {0}, toBlock: {0})", heights[2]));
    assert_eq!((origins(&one), &one[0]["block_height"]), (vec![ids[2].clone()], &json!(heights[2])));

    // Wallets read the events as dusk-core's types.
    let event = &full[0]["events"][0];
    assert_eq!((&event["topic"], &event["reverted"]), (&json!("moonlight"), &json!(false)));
    assert!(event["target"].as_str().unwrap().starts_with("0100"));
    let told: MoonlightTransactionEvent = serde_json::from_value(event["data"].clone()).expect("as wallets read it");
    assert_eq!(
        (told.sender, told.receiver, told.value),
        (*ACCOUNTS[0].public_key(), Some(*ACCOUNTS[1].public_key()), 7)
    );

    let from = served.transfers(&format!("moonlightHistory(sender: \"{b}\")"));
    assert_eq!(origins(&from), [ids[1].clone()]);
    let both = served.transfers(&format!("moonlightHistory(sender: \"{b}\", receiver: \"{c}\")"));
    assert_eq!(origins(&both), [ids[1].clone()]);
    assert!(served.transfers(&format!("moonlightHistory(sender: \"{b}\", receiver: \"{a}\")")).is_empty());
    let second = served.transfers(&format!("moonlightHistory(sender: \"{a}\", maxCount: 1, pageCount: 2)"));
    assert_eq!(origins(&second), [ids[3].clone()]);
    assert_eq!(origins(&served.transfers("transactionsByMemo(memo: \"tea\")")), [ids[0].clone(), ids[3].clone()]);
    assert!(served.transfers("transactionsByMemo(memo: \"coffee\")").is_empty());
    assert_eq!(served.graphql("{ nextPhoenix(height: 0) }"), json!({ "nextPhoenix": null }));
    for bad in ["moonlightHistory(fromBlock: 1)", "fullMoonlightHistory(address: \"x\")"] {
        assert!(served.graphql(&format!("{{ {bad} {{ json }} }}"))["errors"].is_array(), "{bad}");
    }
    let counted = served.ask("/on/stats/account_count", b"").json()["public_accounts"].as_u64();
    assert!(counted.is_some_and(|counted| counted >= 10), "{counted:?}");
    assert_eq!(served.ask("/on/stats/tx_count", b"").json()["total"], 4);
}

#[test]
fn events_come_in_pages() {
    let served = Served::start();
    let deployment = Draft::new(0, 1).deploy(&COUNTER, Some(0)).sign();
    served.send(&deployment);
    let contract = HexId(&deployed_id(&deployment)).to_string();
    let mut height = 0;
    for nonce in 2..7 {
        let call = Draft::new(0, nonce).call(deployed_id(&deployment), "count").sign();
        height = served.send(&call)["blockHeight"].as_u64().unwrap();
    }
    served.settle(height);
    let (mut counts, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page =
            served.graphql(&format!("{{ finalizedEvents(contractId: \"{contract}\", limit: 2 {cursor}) {{ json }} }}"));
        let page = &page["finalizedEvents"]["json"];
        for event in page["events"].as_array().unwrap() {
            assert_eq!((&event["topic"], &event["source"]), (&json!("counted"), &json!(contract)));
            assert!(event["id"].is_u64() && event["block_height"].is_u64() && event["block_hash"].is_string());
            counts.push(u64::from_le_bytes(hex::decode(event["data"].as_str().unwrap()).unwrap().try_into().unwrap()));
        }
        pages += 1;
        if page["hasNextPage"] == false {
            break;
        }
        cursor = format!(", cursor: \"{}\"", page["endCursor"].as_str().unwrap());
    }
    assert_eq!((counts, pages), (vec![1, 2, 3, 4, 5], 3));
    let stranger = served.graphql(&format!("{{ finalizedEvents(contractId: \"{}\") {{ json }} }}", "ab".repeat(32)));
    assert_eq!(stranger["finalizedEvents"]["json"]["events"], json!([]));
    let bad = served.graphql(&format!("{{ finalizedEvents(contractId: \"{contract}\", cursor: \"x\") {{ json }} }}"));
    assert!(bad["errors"][0]["message"].as_str().unwrap().contains("cursor"));

    let hash = served.graphql(&format!("{{ block(height: {height}) {{ header {{ hash }} status }} }}"));
    let hash = hash["block"]["header"]["hash"].as_str().unwrap().to_owned();
    let check = |arguments: String| served.graphql(&format!("{{ checkBlock({arguments}) }}"))["checkBlock"].clone();
    assert_eq!(check(format!("height: {height}, hash: \"{hash}\", onlyFinalized: true")), true);
    assert_eq!(check(format!("height: {}, hash: \"{hash}\"", height - 1)), false);
}

#[test]
fn blobs_are_served_as_they_came() {
    let served = Served::start();
    let blob = BlobData::from_datapart(&[5; 4096 * 32], None).expect("field elements");
    let sidecar = blob.data.clone().unwrap();
    let draft = Draft { data: Some(vec![blob.clone()].into()), ..Draft::new(0, 1) };
    let spent = served.send(&draft.sign());
    assert_eq!(spent["err"], Value::Null);
    assert!(spent["gasSpent"].as_u64().unwrap() >= 1_000_000, "a blob has its price");
    assert!(spent["raw"].as_str().unwrap().len() < 2000, "blobs are beside the transaction");
    let (hash, commitment) = (hex::encode(blob.hash), hex::encode(sidecar.commitment));
    assert_eq!(served.ask(&format!("/on/blobs:{hash}/hash"), b"").body, sidecar.to_var_bytes());
    let found = served.post(&format!("/on/blobs:{commitment}/commitment"), "application/json", &[], b"");
    assert_eq!(found.json()["proof"], hex::encode(sidecar.proof));
    assert_eq!(served.ask(&format!("/on/blobs:{}/hash", "00".repeat(32)), b"").status, 404);
    assert_eq!(served.ask("/on/blobs:xyz/hash", b"").status, 400);
}

#[test]
fn queries_are_bounded() {
    let refused = |query: &str| {
        let answer = SHARED.graphql(query);
        answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{query}: {answer}")).to_owned()
    };
    for (query, most) in [
        ("{ transactions(last: 201) { id } }", "200"),
        ("{ blocks(last: 201) { gasSpent } }", "200"),
        ("{ blocks(range: [0, 200]) { gasSpent } }", "200"),
    ] {
        assert!(refused(query).contains(most));
    }
    let aliases = (0..400).map(|n| format!("a{n}: blocks(last: 200) {{ gasSpent }}")).collect::<String>();
    assert!(refused(&format!("{{ {aliases} }}")).contains("complex"));
    let account = ACCOUNTS[0].id();
    let histories =
        (0..12).map(|n| format!("a{n}: fullMoonlightHistory(address: \"{account}\") {{ json }} ")).collect::<String>();
    assert!(refused(&format!("{{ {histories} }}")).contains("complex"));
    let deep = "ofType { ".repeat(20) + "name" + &" }".repeat(20);
    assert!(refused(&format!("{{ __schema {{ types {{ fields {{ type {{ {deep} }} }} }} }} }}")).contains("deep"));
    // A variable's value may be JSON.
    let answer = SHARED.post(
        "/on/graphql/query",
        "text/plain",
        &[("rusk-gqlvar-height", "0")],
        b"query($height: Float!) { block(height: $height) { header { height } } }",
    );
    assert_eq!(answer.json()["block"]["header"]["height"], 0);
}
