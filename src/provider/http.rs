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

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use backon::Retryable as _;
pub use reqwest::Method;
use reqwest::{Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Answer, ReadError};

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
            method: Method::GET,
            path,
            query: &[],
            body: None,
            key: None,
        }
    }
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Provably not to the service: no address, no connection, no trust in its certificate.
    NotSent,
    /// Perhaps to the service; no answer, or not all of it.
    Sent,
    /// An answer came back whole.
    Answered,
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
            .request(request.method.clone(), url)
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

/// What an answer's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// JSON, whole.
    Json,
    /// A documented refusal.
    Problem,
    /// Nothing.
    Empty,
    /// Not what this service answers: HTML, half of a JSON text, another type.
    Foreign,
}

/// What a request did, as far as its exchange proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// It provably took no effect, and would take none if it were sent again.
    Refused,
    /// It provably took no effect, and may be sent again.
    NotNow,
    /// Nobody knows.
    Unknown,
}

/// What an exchange proves about a write: only "provably not sent" and documented refusals count as such, everything in
/// between is unknown.
///
/// ```
/// use seatplan::provider::http::{Outcome, Reached, Shape, classify};
///
/// assert_eq!(classify(Reached::Answered, 200, Shape::Json), Outcome::Done);
/// assert_eq!(classify(Reached::Answered, 200, Shape::Foreign), Outcome::Unknown);
/// assert_eq!(classify(Reached::Sent, 0, Shape::Empty), Outcome::Unknown);
/// ```
pub fn classify(reached: Reached, status: u16, shape: Shape) -> Outcome {
    match (reached, status, shape) {
        (Reached::NotSent, _, _) => Outcome::NotNow,
        (Reached::Sent, _, _) => Outcome::Unknown,
        (Reached::Answered, 200 | 201, Shape::Json) => Outcome::Done,
        (Reached::Answered, 200 | 201 | 204, Shape::Empty) => Outcome::Done,
        // Too early and too many are said before anything is done, by whoever says them.
        (Reached::Answered, 425 | 429, _) => Outcome::NotNow,
        (Reached::Answered, 503, Shape::Problem) => Outcome::NotNow,
        // Refused before the request was looked into, by whoever says so.
        (Reached::Answered, 401 | 403 | 405 | 413 | 415 | 431, _) => Outcome::Refused,
        (Reached::Answered, 408, _) => Outcome::Unknown,
        (Reached::Answered, 400..=499, Shape::Problem) => Outcome::Refused,
        (Reached::Answered, _, _) => Outcome::Unknown,
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

/// Pauses between attempts: each a random part of a bound that doubles ("full jitter"), so that many clients that failed
/// together do not come back together.
struct FullJitter {
    bound: Duration,
    max: Duration,
    left: usize,
    random: u64,
}

impl FullJitter {
    fn new(limits: Limits) -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        // The hasher's keys are random; jitter needs to differ between clients, not to be unguessable.
        let random = std::hash::RandomState::new().build_hasher().finish();
        let left = limits.attempts_max.saturating_sub(1);
        Self {
            bound: limits.pause,
            max: limits.pause_max,
            left,
            random,
        }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        let pause = self.bound.mul_f64(share);
        self.bound = (self.bound * 2).min(self.max);
        Some(pause)
    }
}

/// How many repetitions may still be sent: ten, and one more for every ten requests. A service that fails always gets a
/// tenth more load from us, not five times as much.
#[derive(Debug)]
struct Budget(AtomicI64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(100))
    }
}

impl Budget {
    fn earn(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn spend(&self) -> bool {
        let spent = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left >= 10).then(|| left - 10)
            });
        spent.is_ok()
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

/// Reads `Retry-After`: seconds, or a date, which is taken against the answer's own `Date` (RFC 9110, 10.2.3). At most an
/// hour; what is past counts as now; what cannot be read as `None`.
fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(3_600);
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let instant = |text: &str| {
        jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|it| it.timestamp())
    };
    let (until, now) = (instant(value)?, instant(date?)?);
    let seconds = until.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()).min(LONGEST))
}

/// Reads the URL of a service, refusing those that a credential must not be sent to, with the reason.
fn check_url(text: &str) -> Result<Url, String> {
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

fn is_loopback(url: &Url) -> bool {
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
struct CheckedNames;

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
    fn only_proof_counts() {
        use Outcome::*;
        use Reached::*;
        use Shape::*;
        // (reached, status, shape) -> outcome, with the fault that it stands for.
        let table = [
            (
                NotSent,
                0,
                Empty,
                NotNow,
                "no address, no connection, no certificate",
            ),
            (Sent, 0, Empty, Unknown, "reset or time-out after sending"),
            (Sent, 200, Foreign, Unknown, "answer cut off"),
            (Answered, 200, Json, Done, "confirmed"),
            (Answered, 201, Json, Done, "confirmed"),
            (Answered, 204, Empty, Done, "confirmed"),
            (Answered, 202, Json, Unknown, "accepted, not finished"),
            (
                Answered,
                200,
                Foreign,
                Unknown,
                "login page, half a JSON text",
            ),
            (
                Answered,
                200,
                Problem,
                Unknown,
                "a success that says it is none",
            ),
            (Answered, 302, Empty, Unknown, "redirect"),
            (Answered, 307, Foreign, Unknown, "redirect"),
            (Answered, 400, Problem, Refused, "documented"),
            (Answered, 400, Foreign, Unknown, "a gateway's word"),
            (Answered, 401, Foreign, Refused, "not let in"),
            (Answered, 403, Problem, Refused, "not permitted"),
            (Answered, 404, Problem, Refused, "documented"),
            (Answered, 404, Foreign, Unknown, "a gateway's word"),
            (Answered, 408, Problem, Unknown, "time-out at the server"),
            (Answered, 409, Problem, Refused, "conflict"),
            (
                Answered,
                409,
                Json,
                Unknown,
                "conflict without the documented body",
            ),
            (Answered, 412, Problem, Refused, "moved"),
            (Answered, 413, Foreign, Refused, "too large"),
            (Answered, 422, Problem, Refused, "a rule"),
            (Answered, 425, Foreign, NotNow, "too early"),
            (Answered, 429, Foreign, NotNow, "too many"),
            (Answered, 500, Problem, Unknown, "perhaps after the write"),
            (Answered, 502, Foreign, Unknown, "gateway lost the service"),
            (Answered, 503, Problem, NotNow, "the service itself is busy"),
            (Answered, 503, Foreign, Unknown, "a gateway's word"),
            (Answered, 504, Foreign, Unknown, "gateway time-out"),
        ];
        for (reached, status, shape, outcome, what) in table {
            assert_eq!(
                classify(reached, status, shape),
                outcome,
                "{status}: {what}"
            );
        }
    }

    #[test]
    fn waits_are_read_in_every_form_and_capped() {
        let date = "Sat, 21 Nov 2026 10:00:00 GMT";
        let read = |value| retry_after(value, Some(date)).map(|it| it.as_secs());
        assert_eq!(read("7"), Some(7));
        assert_eq!(read("1000000000"), Some(3_600));
        assert_eq!(read("99999999999999999999999"), Some(3_600));
        assert_eq!(read("Sat, 21 Nov 2026 10:00:30 GMT"), Some(30));
        assert_eq!(read("Sat, 21 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(read("-5"), None);
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after("Sat, 21 Nov 2026 10:00:30 GMT", None), None);
    }

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

    #[test]
    fn pauses_grow_and_end() {
        let limits = Limits {
            attempts_max: 4,
            ..Limits::default()
        };
        let pauses: Vec<_> = FullJitter::new(limits).collect();
        assert_eq!(pauses.len(), 3);
        for (pause, bound) in pauses.iter().zip([200, 400, 800]) {
            assert!(*pause <= Duration::from_millis(bound));
        }
    }

    #[test]
    fn the_budget_is_a_tenth_of_the_requests() {
        let budget = Budget::default();
        let spent = (0..50).filter(|_| budget.spend()).count();
        assert_eq!(spent, 10);
        (0..10).for_each(|_| budget.earn());
        assert!(budget.spend());
        assert!(!budget.spend());
    }

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
