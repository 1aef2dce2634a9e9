//! The process that has a port.

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;

/// The program that listens at a port of this machine, as far as the system tells: `cargo-dusk (process 4711)`.
#[cfg(target_os = "linux")]
pub(crate) fn holder(port: u16) -> Option<String> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let numbered = processes.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|it| it.is_ascii_digit()));
    for process in numbered {
        if holds(&process.path(), &sockets) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {})", name.trim(), process.file_name().to_string_lossy()));
        }
    }
    None
}

/// Elsewhere nobody is asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn holder(_: u16) -> Option<String> {
    None
}

/// Whether one of the process's open files is one of the sockets. Other users' processes do not show theirs.
#[cfg(target_os = "linux")]
fn holds(process: &Path, sockets: &[String]) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    open.filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| target.to_str().is_some_and(|target| sockets.iter().any(|socket| socket == target)))
}

/// The numbers of the sockets that listen at a port, from the kernel's table.
#[cfg(target_os = "linux")]
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|cells| cells.get(1).is_some_and(|local| local.ends_with(&suffix)) && cells.get(3) == Some(&LISTEN))
        .filter_map(|cells| cells.get(9).map(|inode| (*inode).to_owned()))
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_holder_of_a_port_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let holder = holder(port).expect("it is this process");
        assert!(holder.ends_with(&format!("(process {})", std::process::id())), "{holder}");
    }

    #[test]
    fn only_listeners_are_looked_for() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100\n\
             1: 0100007F:1F90 0100007F:ABCD 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100\n\
             2: broken\n";
        assert_eq!(listening(table, 8080), ["4711"]);
        assert!(listening(table, 8081).is_empty());
    }
}
