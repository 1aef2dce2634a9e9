//! Addresses of git remotes. The build script uses this, too.

/// The address under which a machine without credentials fetches a remote: over HTTPS, without user and password.
///
/// A folder becomes a `file:` URL. `None` for what is no remote, or has no such address.
pub(crate) fn address(remote: &str) -> Option<String> {
    let (scheme, rest) = match remote.split_once("://") {
        Some(("file", _)) => return Some(remote.to_owned()),
        Some((scheme @ ("https" | "http" | "ssh"), rest)) => (scheme, rest.to_owned()),
        Some(_) => return None,
        None if remote.starts_with('/') => return Some(format!("file://{remote}")),
        // `git@host:owner/name`
        None => ("ssh", remote.split_once(':').map(|(host, path)| format!("{host}/{path}"))?),
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.trim_matches('/').trim_end_matches(".git");
    if host.is_empty() || path.is_empty() {
        return None;
    }
    Some(match (scheme, host.split(':').next()) {
        ("ssh", Some(host)) => format!("https://{host}/{path}"),
        _ => format!("{scheme}://{host}/{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_become_addresses_without_credentials() {
        for (remote, address_of_it) in [
            ("https://host.example/owner/name.git", "https://host.example/owner/name"),
            ("https://user:secret@host.example:8443/owner/name/", "https://host.example:8443/owner/name"),
            ("git@host.example:owner/name.git", "https://host.example/owner/name"),
            ("ssh://git@host.example:2222/owner/name.git", "https://host.example/owner/name"),
            ("/home/you/name.git", "file:///home/you/name.git"),
            ("file:///home/you/name", "file:///home/you/name"),
        ] {
            assert_eq!(address(remote).as_deref(), Some(address_of_it), "{remote}");
        }
        for none in ["", "name", "../name", "https://host.example", "https://host.example/", "ftp://host.example/name"]
        {
            assert_eq!(address(none), None, "{none}");
        }
    }
}
