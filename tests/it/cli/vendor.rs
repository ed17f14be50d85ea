//! A vendor on the loopback address, for runs of the real program that something happens to.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use seatplan::directory::{self, Accept, Faults, Running, Trouble};
use seatplan::model::{AccountName, ProductId};

/// A directory with one account of a built-in product.
pub(super) struct Vendor {
    pub(super) running: Running,
    faults: Faults,
    account: AccountName,
    product: &'static str,
    _folder: tempfile::TempDir,
}

impl Vendor {
    pub(super) fn new(account: &str, product: &'static str, accept: Accept) -> Self {
        let definition = crate::vendor::built_in(product);
        Self::opened(&definition, product, &[(account, None)], accept)
    }

    /// The same with accounts of an own product, the first one on top of the others.
    pub(super) fn with(
        definition: &str,
        product: &'static str,
        accounts: &[(&str, Option<&str>)],
        accept: Accept,
    ) -> Self {
        let definition = crate::support::estate::read_product(definition);
        Self::opened(&definition, product, accounts, accept)
    }

    fn opened(
        definition: &seatplan::product::Product,
        product: &'static str,
        accounts: &[(&str, Option<&str>)],
        accept: Accept,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::new();
        let counter = AtomicU64::new(1);
        let running = directory::start(directory::Settings {
            database: folder.path().join("directory.db"),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bootstrap_token: None,
            accept,
            clock: Arc::new(jiff::Timestamp::now),
            random: Arc::new(move |bytes| {
                for byte in bytes.iter_mut() {
                    *byte = counter.fetch_add(37, Ordering::Relaxed) as u8;
                }
                Ok(())
            }),
            faults: faults.clone(),
            script: directory::Script::default(),
        })
        .unwrap();
        for (account, parent) in accounts {
            let parent = parent.map(AccountName::new);
            let (account, product) = (AccountName::new(account), ProductId::new(product));
            running
                .provision_under(&account, &product, definition, parent.as_ref())
                .unwrap();
        }
        Self {
            running,
            faults,
            account: AccountName::new(accounts[0].0),
            product,
            _folder: folder,
        }
    }

    /// Every write is done, and its answer comes so much later.
    pub(super) fn answers_late(&self, by: Duration) {
        self.faults.add("PUT", "", u32::MAX, Trouble::Slow(by));
    }

    /// The account's file: how it is reached, with the credential in the variable `TOKEN`.
    pub(super) fn account(&self, rest: &str) -> String {
        format!(
            "accounts:\n  {}:\n    product: {}\n    connection: {}\n{rest}",
            self.account,
            self.product,
            self.connection()
        )
    }

    /// How an account is reached, with the credential in the variable `TOKEN`.
    pub(super) fn connection(&self) -> String {
        let url = &self.running.url;
        format!("{{provider: directory, url: '{url}', token: {{env: TOKEN}}}}")
    }

    /// The credential of whoever set it up.
    pub(super) fn token(&self) -> String {
        secrecy::ExposeSecret::expose_secret(&self.running.bootstrap_token).to_owned()
    }

    /// A credential of a person on the account.
    pub(super) fn token_of(&self, subject: &str) -> String {
        let body = format!("{{\"subject\": \"{subject}\"}}");
        let answer = self.request("POST", "tokens", &body);
        answer["token"].as_str().unwrap().to_owned()
    }

    /// What somebody does by hand, with the vendor's own means.
    pub(super) fn by_hand(&self, method: &str, path: &str, value: &str) {
        self.request(method, path, &format!("{{\"value\": {value}}}"));
    }

    /// The same on one of several accounts.
    pub(super) fn by_hand_on(&self, account: &str, method: &str, path: &str, value: &str) {
        let (head, body) = self.send(account, method, path, &format!("{{\"value\": {value}}}"));
        assert!(head.starts_with("HTTP/1.1 2"), "{head}{body}");
    }

    /// What the vendor says to something that it refuses.
    pub(super) fn refused_on(
        &self,
        account: &str,
        method: &str,
        path: &str,
        value: &str,
    ) -> String {
        let (head, body) = self.send(account, method, path, &format!("{{\"value\": {value}}}"));
        assert!(head.starts_with("HTTP/1.1 4"), "{head}{body}");
        body
    }

    fn request(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let (head, body) = self.send(self.account.as_str(), method, path, body);
        assert!(head.starts_with("HTTP/1.1 2"), "{head}{body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    fn send(&self, account: &str, method: &str, path: &str, body: &str) -> (String, String) {
        let host = self.running.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let (token, length) = (self.token(), body.len());
        write!(
            stream,
            "{method} /v1/accounts/{account}/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}
