//! Where a credential may be sent: URLs and addresses that are refused.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

/// Reads the URL of a service.
///
/// # Errors
/// If it is one that a credential must not be sent to: the reason, without anything secret.
pub fn check_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The text is not repeated: it holds a credential.
        return Err(
            "the URL holds a user name or password; write the credential as `token:`".to_owned(),
        );
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let why = match url.scheme() {
        _ if host.is_empty() => "it names no host",
        "https" => "",
        "http" if is_loopback(&url) => "",
        "http" => {
            "a credential would be sent unencrypted; write https (http only reaches this machine)"
        }
        _ => "only https is spoken",
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let is_plainly_written = text.to_ascii_lowercase().contains(&format!("//{host}"));
    let why = match why {
        "" if url.query().is_some() || url.fragment().is_some() => "it has a query or a fragment",
        "" if address.is_some_and(is_forbidden) => "this address is link-local or unspecified",
        "" if !is_plainly_written => "the host is written in another form than it is read in",
        why => why,
    };
    match why {
        "" => Ok(url),
        why => Err(format!("\"{text}\" is not used: {why}")),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

/// Addresses that no service of ours has: link-local (metadata of clouds), unspecified, multicast.
fn is_forbidden(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            let mapped = v6.to_ipv4_mapped().map(IpAddr::V4);
            v6.is_unicast_link_local() || mapped.is_some_and(is_forbidden)
        }
    };
    link_local || address.is_unspecified() || address.is_multicast()
}

/// Looks names up and leaves out addresses that must not be connected to: a name that leads to this machine or to a
/// link-local address (DNS rebinding) leads nowhere.
pub(super) struct CheckedNames;

impl reqwest::dns::Resolve for CheckedNames {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let is_local = host == "localhost";
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found
                .filter(|it| !is_forbidden(it.ip()) && it.ip().is_loopback() == is_local)
                .collect();
            if good.is_empty() {
                return Err(
                    format!("\"{host}\" leads to no address that may be connected to").into(),
                );
            }
            Ok(Box::new(good.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_a_credential_must_not_go_to_are_refused() {
        let accepted = [
            "https://scim.example.com/v2",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/",
            "http://localhost:8080",
            "https://10.1.2.3",
        ];
        for url in accepted {
            assert!(check_url(url).is_ok(), "{url}: {:?}", check_url(url));
        }
        let refused = [
            ("http://scim.example.com", "unencrypted"),
            ("http://169.254.169.254/latest", "unencrypted"),
            ("https://169.254.169.254/latest", "link-local"),
            ("https://[::ffff:169.254.169.254]/", "link-local"),
            ("https://0.0.0.0/", "unspecified"),
            ("http://0x7f.1/", "another form"),
            ("https://exämple.com/", "another form"),
            ("https://ana:secret@example.com", "credential"),
            ("https://example.com/?token=x", "query"),
            ("ftp://example.com", "https"),
            ("example.com", "not a URL"),
        ];
        for (url, reason) in refused {
            let why = check_url(url).expect_err(url);
            assert!(why.contains(reason), "{url}: {why}");
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
