//! HTTP around the directory: connections, bodies, headers, and the faults of a bad day.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::faults::{Faults, Trouble};
use super::problem::Problem;
use super::service::{Call, Directory, Reply};

/// Bytes that a request's body may have; a product definition has some ten thousand.
const BODY_MAX: usize = 1024 * 1024;

/// What the server's requests share.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) directory: Arc<Mutex<Directory>>,
    pub(super) faults: Faults,
    pub(super) requests: Arc<AtomicU64>,
    /// Becomes true when the server shall stop.
    pub(super) stop: watch::Sender<bool>,
}

/// Serves until told to stop, then waits a moment for requests under way.
pub(super) async fn serve(server: Server, listener: TcpListener) -> io::Result<()> {
    let stop = server.stop.clone();
    let stopped = || {
        let mut stop = stop.subscribe();
        async move {
            // The sender lives in this very function, so waiting cannot fail.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    };
    let app = axum::Router::new()
        .fallback(handle)
        .with_state(server.clone());
    let app = app.into_make_service_with_connect_info::<Wire>();
    let serving = axum::serve(Wires(listener), app).with_graceful_shutdown(stopped());
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async {
            stopped().await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        } => Ok(()),
    }
}

async fn handle(
    State(server): State<Server>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    server.requests.fetch_add(1, Ordering::Relaxed);
    let trouble = server
        .faults
        .befalls(request.method().as_str(), request.uri().path());
    if let Some(response) = trouble.as_ref().and_then(|it| before(it, &server, &wire)) {
        return response;
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let reply = match call_of(request).await {
        Ok(call) => {
            let (reply, delay) = server
                .directory
                .lock()
                // A panic inside a request rolled its transaction back; the rest of the directory is as it was.
                .unwrap_or_else(PoisonError::into_inner)
                .answer(&call);
            if let Some(delay) = delay {
                tokio::time::sleep(delay).await;
            }
            reply
        }
        Err(problem) => Reply::from(problem),
    };
    let response = response_of(reply);
    match trouble {
        Some(trouble) => after(trouble, response, &query, &wire).await,
        None => response,
    }
}

/// What happens instead of an answer, if the trouble comes before anything is done.
fn before(trouble: &Trouble, server: &Server, wire: &Wire) -> Option<Response> {
    let html = |status: u16, text: &'static str| {
        plain(status, "text/html; charset=utf-8", Body::from(text))
    };
    match trouble {
        Trouble::TooMany(retry_after) => {
            let mut response = response_of(Problem::new(429, "too_many", "slow down").into());
            if let Some(value) = retry_after
                .as_ref()
                .and_then(|it| HeaderValue::from_str(it).ok())
            {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            Some(response)
        }
        Trouble::Gateway(status) => Some(html(*status, "<html><h1>gateway</h1></html>")),
        Trouble::LoginPage => Some(html(200, "<html><form>Please sign in</form></html>")),
        Trouble::Redirect(to) => {
            let mut response = html(302, "");
            if let Ok(value) = HeaderValue::from_str(to) {
                response.headers_mut().insert(header::LOCATION, value);
            }
            Some(response)
        }
        Trouble::LoseRequest => {
            wire.cut();
            Some(html(200, ""))
        }
        Trouble::Stop => {
            wire.cut();
            server.stop.send_replace(true);
            Some(html(200, ""))
        }
        Trouble::ErrorAfterWrite
        | Trouble::LoseAnswer
        | Trouble::HalfAnswer
        | Trouble::Slow(_)
        | Trouble::Loop
        | Trouble::Bloat(_) => None,
    }
}

/// What becomes of the answer, if the trouble comes after everything is done.
async fn after(trouble: Trouble, response: Response, query: &str, wire: &Wire) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    match trouble {
        Trouble::ErrorAfterWrite => {
            response_of(Problem::new(500, "internal", "something broke").into())
        }
        Trouble::LoseAnswer => {
            wire.cut();
            Response::from_parts(parts, Body::from(body))
        }
        Trouble::HalfAnswer => {
            Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
        }
        Trouble::Slow(delay) => {
            tokio::time::sleep(delay).await;
            Response::from_parts(parts, Body::from(body))
        }
        Trouble::Loop => {
            let mut page: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let cursor = query.split('&').find_map(|it| it.strip_prefix("cursor="));
            page["next"] = cursor.unwrap_or_default().into();
            Response::from_parts(parts, Body::from(page.to_string()))
        }
        Trouble::Bloat(bytes) => {
            let mut body = body.to_vec();
            body.resize(body.len() + bytes, b' ');
            Response::from_parts(parts, Body::from(body))
        }
        Trouble::TooMany(_)
        | Trouble::Gateway(_)
        | Trouble::LoginPage
        | Trouble::Redirect(_)
        | Trouble::LoseRequest
        | Trouble::Stop => Response::from_parts(parts, Body::from(body)),
    }
}

/// Reads a request.
async fn call_of(request: Request) -> Result<Call, Problem> {
    let (parts, body) = request.into_parts();
    let too_large = || {
        Problem::new(
            413,
            "too_large",
            format!("a body has at most {BODY_MAX} bytes"),
        )
    };
    let body = to_bytes(body, BODY_MAX).await.map_err(|_| too_large())?;
    let segments: Option<Vec<String>> = parts
        .uri
        .path()
        .split('/')
        .skip(1)
        .map(percent_decoded)
        .collect();
    let segments =
        segments.ok_or_else(|| Problem::malformed("the path is not percent-encoded UTF-8"))?;
    let path = match segments.split_first() {
        Some((version, rest)) if version == "v1" => rest.to_vec(),
        _ => return Err(Problem::new(404, "no_such_route", "the API begins at /v1")),
    };
    let query = parts.uri.query().unwrap_or_default();
    let pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decoded(name)?, percent_decoded(value)?))
        });
    let query: Option<BTreeMap<_, _>> = pairs.collect();
    let bearer = parts.headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|it| it.to_str().ok());
    let token = bearer.and_then(|it| it.strip_prefix("Bearer "));
    Ok(Call {
        method: parts.method.as_str().to_owned(),
        path,
        query: query.ok_or_else(|| Problem::malformed("the query is not percent-encoded UTF-8"))?,
        body: body.to_vec(),
        token: token.map(Into::into),
        key: key_of(&parts.headers)?,
    })
}

/// The idempotency key. One that cannot be read is refused: to ignore it would be to do things twice.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= 200 => Ok(Some(key.to_owned())),
        _ => Err(Problem::malformed(
            "an idempotency key has 1 to 200 printable ASCII characters",
        )),
    }
}

/// Text with every `%XX` decoded; `None` if that is not UTF-8 or a `%` stands alone.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push((high << 4 | low) as u8);
    }
    String::from_utf8(bytes).ok()
}

fn response_of(reply: Reply) -> Response {
    let kind = match reply.status {
        400.. => "application/problem+json",
        _ => "application/json",
    };
    let mut response = plain(reply.status, kind, Body::from(reply.body));
    if reply.status == 401 {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn plain(status: u16, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A listener whose connections can be cut from within a request, as a network does it.
struct Wires(TcpListener);

/// One connection, and the switch that cuts it.
pub(super) struct WireIo {
    stream: TcpStream,
    wire: Wire,
}

/// The switch that cuts a connection.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<AtomicBool>);

impl Wire {
    /// From now on nothing goes through.
    fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        match self.0.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Connected<IncomingStream<'_, Wires>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().wire.clone()
    }
}

impl Listener for Wires {
    type Io = WireIo;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (WireIo, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        let wire = Wire::default();
        (WireIo { stream, wire }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl AsyncRead for WireIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for WireIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
