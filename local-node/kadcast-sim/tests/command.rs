//! The command, on networks of a few nodes.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_local-node-kadcast-sim")).args(arguments).output().unwrap()
}

#[test]
fn the_command_prints_tables_and_draws_them() {
    let svg = std::env::temp_dir().join(format!("kadcast-{}.svg", std::process::id()));
    let arguments = ["--nodes", "20,40", "--messages", "4", "--svg", svg.to_str().unwrap()];
    let output = run(&arguments);
    let drawn = std::fs::read_to_string(&svg).unwrap();
    std::fs::remove_file(&svg).unwrap();
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    // Two lengths of messages, two sizes, four strategies, three losses; two lines of a head each.
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 * (2 * 4 * 3 + 2), "{table}");
    let kadcast: Vec<&&str> = rows.iter().filter(|row| row.contains("| Kadcast | 0 % |")).collect();
    assert_eq!(kadcast.len(), 4);
    assert!(kadcast.iter().all(|row| row.contains("| 100.000 % |")), "everybody is reached without loss: {table}");
    for name in ["Kadcast", "gossip to 3", "gossip to 10", "flooding", "nodes", "40 nodes"] {
        assert!(drawn.contains(&format!(">{name}<")), "{name}");
    }
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    assert_eq!(drawn.matches("<text").count(), drawn.matches("</text>").count());
    // The same seed gives the same table and the same picture.
    assert_eq!(String::from_utf8(run(&arguments).stdout).unwrap(), table);
    assert_eq!(std::fs::read_to_string(&svg).unwrap(), drawn);
    std::fs::remove_file(&svg).unwrap();
}

#[test]
fn tables_are_drawn_without_measuring() {
    let folder = std::env::temp_dir().join(format!("kadcast-tables-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (tables, svg) = (folder.join("tables.md"), folder.join("drawn.svg"));
    let (from, to) = (tables.to_str().unwrap(), svg.to_str().unwrap());
    let measured = run(&["--nodes", "20", "--messages", "2"]).stdout;
    std::fs::write(&tables, format!("# A page\n\n{}", String::from_utf8(measured).unwrap())).unwrap();
    assert!(run(&["--from", from, "--svg", to]).status.success());
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert!(drawn.contains(">gossip to 10<") && drawn.contains(">20 nodes<"), "{drawn}");
    // A file without tables, and one that is not there.
    std::fs::write(&tables, "nothing").unwrap();
    for (file, says) in [(from, "holds no table"), ("/nowhere/tables.md", "error: ")] {
        let refused = run(&["--from", file, "--svg", to]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8(refused.stderr).unwrap().contains(says));
    }
    assert_eq!(run(&["--from", from]).status.code(), Some(2));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The picture of the book is drawn from the tables of the page that shows it.
#[test]
fn the_book_shows_the_tables_of_its_page() {
    let book = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    let (page, shown) = (book.join("messages.md"), std::fs::read_to_string(book.join("messages.svg")).unwrap());
    let svg = std::env::temp_dir().join(format!("kadcast-book-{}.svg", std::process::id()));
    assert!(run(&["--from", page.to_str().unwrap(), "--svg", svg.to_str().unwrap()]).status.success());
    let drawn = std::fs::read_to_string(&svg).unwrap();
    std::fs::remove_file(&svg).unwrap();
    assert!(drawn == shown, "draw it again: the command is in the page");
}

#[test]
fn wrong_arguments_are_told_the_usage() {
    for arguments in
        [&["--nodes", "1"][..], &["--nodes"], &["--nodes", "30000"], &["--messages", "0"], &["--fast", "1"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: "));
    }
}
