//! The one HTTP client.
//!
//! TLS by rustls, no redirects, no proxy for loopback, time limits, a size limit for answers, secrets that cannot be
//! printed, and one retry layer. What came of a request is a value, [`Exchange`]; what that means for a write is decided by
//! the pure function [`classify`].
//!
//! # Design
//! Only reads are repeated here. A write is sent once: whether it may be sent again is a decision of the plan's executor,
//! which has written down that it was sent, and two layers that repeat would multiply. A redirect is never followed, since
//! HTTP libraries do not take custom headers off when the host changes. A link-local address is never connected to: that
//! is where clouds keep the credentials of the machine.

use std::time::Duration;

use backon::Retryable as _;
use reqwest::{Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Answer, ReadError};
use address::{CheckedNames, is_loopback};
use patience::{Budget, FullJitter, retry_after};

mod address;
mod outcome;
mod patience;

pub use address::check_url;
pub use outcome::{Outcome, Reached, Shape, classify};

/// A client for one service.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// The base without anything secret, for messages.
    at: String,
    token: Option<SecretString>,
    limits: Limits,
    budget: Budget,
}

/// Limits on time, size and repetition.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a connection to stand.
    pub connect: Duration,
    /// For a whole exchange.
    pub total: Duration,
    /// Bytes of an answer.
    pub answer_bytes_max: usize,
    /// How often a read is sent at most.
    pub attempts_max: usize,
    /// The first pause is a random part of this, each further one of twice the last.
    pub pause: Duration,
    /// The longest pause, and the longest `Retry-After` that is waited for.
    pub pause_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(30),
            answer_bytes_max: 16 * 1024 * 1024,
            attempts_max: 5,
            pause: Duration::from_millis(200),
            pause_max: Duration::from_secs(20),
        }
    }
}

/// The methods that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something what it shall be.
    Put,
    /// Anything else.
    Post,
    /// Removes.
    Delete,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Put => Self::PUT,
            Method::Post => Self::POST,
            Method::Delete => Self::DELETE,
        }
    }
}

/// One request.
#[derive(Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// Path segments below the base, not yet percent-encoded.
    pub path: &'a [&'a str],
    /// Query pairs.
    pub query: &'a [(&'a str, &'a str)],
    /// The body, sent as JSON.
    pub body: Option<serde_json::Value>,
    /// The idempotency key.
    pub key: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A request to read.
    pub fn get(path: &'a [&'a str]) -> Self {
        Self {
            method: Method::Get,
            path,
            query: &[],
            body: None,
            key: None,
        }
    }
}

/// What came of sending a request once.
#[derive(Debug)]
pub struct Exchange {
    /// How far it came.
    pub reached: Reached,
    /// The answer's status, 0 if there was none.
    pub status: u16,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// The kind of content.
    pub content: Content,
    /// The answer's bytes.
    pub body: Vec<u8>,
    /// What went wrong on the way, as a phrase; empty if nothing did.
    pub why: String,
}

/// The kind of content that an answer says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// `application/json`.
    Json,
    /// `application/problem+json`.
    Problem,
    /// A page for people: a login form, a gateway's apology.
    Html,
    /// Anything else, or nothing.
    Other,
}

/// A documented refusal: the body of `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Problem {
    /// A stable word.
    pub code: String,
    /// A phrase.
    pub detail: String,
}

/// Why a read failed for good.
#[derive(Debug)]
pub enum ReadFailure {
    /// A documented 404.
    NotFound(Problem),
    /// Anything else.
    Error(ReadError),
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the service at a URL. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ReadError::Connection`] if the URL is not one that a credential may be sent to.
    pub fn new(url: &str, token: Option<SecretString>, limits: Limits) -> Result<Self, ReadError> {
        let base = check_url(url).map_err(ReadError::Connection)?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .user_agent(concat!("seatplan/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(CheckedNames);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            ReadError::Connection(format!("the HTTP client cannot start: {error}"))
        })?;
        let at = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            http,
            base,
            at,
            token,
            limits,
            budget: Budget::default(),
        })
    }

    /// Where the service is, without anything secret.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Sends a request once.
    pub async fn send(&self, request: &Request<'_>) -> Exchange {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .pop_if_empty()
            .extend(request.path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let mut builder = self
            .http
            .request(request.method.into(), url)
            .header(header::ACCEPT, "application/json, application/problem+json");
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token.expose_secret());
        }
        if let Some(key) = request.key {
            builder = builder.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        match builder.send().await {
            Ok(response) => self.receive(response).await,
            Err(error) => {
                let reached = match error.is_connect() || error.is_builder() {
                    true => Reached::NotSent,
                    false => Reached::Sent,
                };
                Exchange {
                    why: self.words(error),
                    ..Exchange::none(reached)
                }
            }
        }
    }

    /// Reads an answer, but no more of it than is allowed.
    async fn receive(&self, mut response: reqwest::Response) -> Exchange {
        let headers = response.headers();
        let text = |name: header::HeaderName| headers.get(name).and_then(|it| it.to_str().ok());
        let mut exchange = Exchange {
            status: response.status().as_u16(),
            retry_after: text(header::RETRY_AFTER)
                .and_then(|value| retry_after(value, text(header::DATE))),
            content: content(text(header::CONTENT_TYPE).unwrap_or_default()),
            ..Exchange::none(Reached::Sent)
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk))
                    if exchange.body.len() + chunk.len() > self.limits.answer_bytes_max =>
                {
                    exchange.why = format!(
                        "the answer has more than {} bytes",
                        self.limits.answer_bytes_max
                    );
                    return exchange;
                }
                Ok(Some(chunk)) => exchange.body.extend_from_slice(&chunk),
                Ok(None) => {
                    exchange.reached = Reached::Answered;
                    return exchange;
                }
                Err(error) => {
                    exchange.why = format!("the answer broke off: {}", self.words(error));
                    return exchange;
                }
            }
        }
    }

    /// Reads something, again and again within the limits while the trouble may pass.
    ///
    /// # Errors
    /// The last failure.
    pub async fn read<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, ReadFailure> {
        self.budget.earn();
        let attempt = async || {
            let exchange = self.send(request).await;
            self.value(&exchange).map_err(|failure| (failure, exchange))
        };
        let pauses = FullJitter::new(self.limits);
        attempt
            .retry(pauses)
            .when(|(_, exchange)| exchange.may_pass() && self.budget.spend())
            .adjust(|(_, exchange), pause| match exchange.retry_after {
                Some(asked) if asked > self.limits.pause_max => None,
                Some(asked) => pause.map(|pause| pause.max(asked)),
                None => pause,
            })
            .await
            .map_err(|(failure, _)| failure)
    }

    /// The value in an answer to a read.
    fn value<T: DeserializeOwned>(&self, exchange: &Exchange) -> Result<T, ReadFailure> {
        let at = || self.at.clone();
        let why = self.describe(exchange);
        let error = match (exchange.reached, exchange.status) {
            (Reached::NotSent | Reached::Sent, 0) => ReadError::Unreachable { at: at(), why },
            (Reached::NotSent | Reached::Sent, _) => ReadError::Protocol { at: at(), why },
            (Reached::Answered, 200..=299) if exchange.content == Content::Json => {
                match serde_json::from_slice(&exchange.body) {
                    Ok(value) => return Ok(value),
                    Err(error) => {
                        let why = format!("its JSON cannot be read: {error}");
                        ReadError::Protocol { at: at(), why }
                    }
                }
            }
            (Reached::Answered, 401 | 403) => ReadError::Credential { at: at(), why },
            (Reached::Answered, 404) => match exchange.problem() {
                Some(problem) => return Err(ReadFailure::NotFound(problem)),
                None => ReadError::Protocol { at: at(), why },
            },
            (Reached::Answered, 408 | 425 | 429 | 500..) => {
                ReadError::Unreachable { at: at(), why }
            }
            (Reached::Answered, _) => ReadError::Protocol { at: at(), why },
        };
        Err(ReadFailure::Error(error))
    }

    /// What came of an exchange, in words that hold no secret.
    pub fn describe(&self, exchange: &Exchange) -> String {
        let said = match (exchange.problem(), exchange.content) {
            (Some(problem), _) => self.scrub(&format!("{} ({})", problem.detail, problem.code)),
            _ if exchange.status / 100 == 3 => "a redirect, which is not followed".to_owned(),
            (None, Content::Html) => "a page for people instead of data".to_owned(),
            (None, _) => String::new(),
        };
        let status = match exchange.status {
            0 => String::new(),
            status => format!("status {status}"),
        };
        let parts = [exchange.why.clone(), said, status];
        parts
            .iter()
            .filter(|it| !it.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// An error of the library with its causes, without the URL.
    fn words(&self, error: reqwest::Error) -> String {
        let error = error.without_url();
        let mut words = match (error.is_timeout(), error.is_connect()) {
            (true, true) => "no connection in time".to_owned(),
            (true, false) => "no answer in time".to_owned(),
            (false, true) => "no connection".to_owned(),
            (false, false) => error.to_string(),
        };
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        self.scrub(&words)
    }

    /// A text from outside with our own credential taken out, and not longer than a message can bear.
    fn scrub(&self, text: &str) -> String {
        let secret = self
            .token
            .as_ref()
            .map(|it| it.expose_secret())
            .filter(|it| it.len() >= 6);
        let text = match secret {
            Some(secret) => text.replace(secret, "[secret]"),
            None => text.to_owned(),
        };
        match text.char_indices().nth(400) {
            Some((end, _)) => format!("{} ...", &text[..end]),
            None => text,
        }
    }
}

impl Exchange {
    fn none(reached: Reached) -> Self {
        Self {
            reached,
            status: 0,
            retry_after: None,
            content: Content::Other,
            body: Vec::new(),
            why: String::new(),
        }
    }

    /// The documented refusal in the answer, if it holds one.
    pub fn problem(&self) -> Option<Problem> {
        let is_whole = self.reached == Reached::Answered && self.content == Content::Problem;
        is_whole
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    /// What the answer's body is for [`classify`].
    pub fn shape(&self) -> Shape {
        match self.content {
            Content::Json if serde_json::from_slice::<IgnoredAny>(&self.body).is_ok() => {
                Shape::Json
            }
            Content::Problem if self.problem().is_some() => Shape::Problem,
            _ if self.body.is_empty() => Shape::Empty,
            _ => Shape::Foreign,
        }
    }

    /// Whether a read that came to this may fare better when it is sent again.
    fn may_pass(&self) -> bool {
        match (self.reached, self.status) {
            (Reached::NotSent, _) => !self.why.contains("certificate"),
            // Too large or cut off: the same will come again, or not; a read may ask.
            (Reached::Sent, _) => !self.why.starts_with("the answer has more"),
            (Reached::Answered, 408 | 425 | 429 | 500 | 502..=504) => true,
            (Reached::Answered, _) => false,
        }
    }
}

impl Client {
    /// The answer of a step from its exchange; `done` reads the life-cycle state from the body of a success.
    pub fn answer(
        &self,
        exchange: &Exchange,
        done: impl FnOnce(&[u8]) -> Option<crate::text::Word>,
    ) -> Answer {
        let why = || self.describe(exchange);
        match classify(exchange.reached, exchange.status, exchange.shape()) {
            Outcome::Done => Answer::Done {
                phase: done(&exchange.body),
            },
            Outcome::Refused => Answer::Refused { why: why() },
            Outcome::NotNow => {
                let asked = exchange.retry_after.map(|it| it.as_millis() as u64);
                Answer::NotNow {
                    why: why(),
                    retry_after_ms: asked,
                }
            }
            Outcome::Unknown => Answer::Unknown { why: why() },
        }
    }
}

/// The kind of a `Content-Type`.
fn content(header: &str) -> Content {
    let kind = header
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Content::Json,
        "application/problem+json" => Content::Problem,
        "text/html" | "application/xhtml+xml" => Content::Html,
        _ => Content::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_show() {
        let token = SecretString::from("sp_0123456789");
        let client = Client::new("https://example.com", Some(token), Limits::default()).unwrap();
        assert!(!format!("{client:?}").contains("sp_01"));
        assert_eq!(
            client.scrub("your token sp_0123456789 is bad"),
            "your token [secret] is bad"
        );
    }
}
