//! Who is at the other end: every request carries the caller's version and registry, and servers refuse others.
//!
//! Functions travel by name and receipts by position, so a worker of another version would compute something else under
//! the same name. It is refused before it gets work.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::BALLISTA_VERSION;
use ballista_core::extension::{BallistaConfigGrpcEndpoint, EndpointOverrideFn, SessionConfigExt};
use ballista_core::serde::protobuf::GetJobStatusParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::prelude::SessionConfig;
use moisson_core::{Digest, Error, Result};
use tonic::service::{Interceptor, InterceptorLayer};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use url::Url;

use super::tls::Tls;
use super::{MESSAGE_BYTES_MAX, failure, functions};

/// Port of a scheduler whose address names none.
pub const PORT: u16 = 50050;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often a scheduler that is waited for is tried.
const KNOCK_EVERY: Duration = Duration::from_millis(200);
const PING_EVERY: Duration = Duration::from_secs(10);
const PONG_WITHIN: Duration = Duration::from_secs(20);
const REFUSED: &str = "refused: ";

/// What this program is to the others, such as `moisson/0.1.0 ballista/55.0.0 registry/0123456789ab`.
///
/// `versions` are the stages and their integer versions; the registry is the digest of their functions and versions.
pub fn identity(versions: &[(&str, u32)]) -> String {
    let function = |(stage, version): &(&str, u32)| format!("{}@{version}", functions::name(stage));
    let lines: Vec<String> = versions.iter().map(function).collect();
    let registry: String = Digest::of(lines.join("\n").as_bytes())
        .to_string()
        .chars()
        .take(12)
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    format!("moisson/{version} ballista/{BALLISTA_VERSION} registry/{registry}")
}

/// `df://HOST:PORT`, the address of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Parses `df://HOST:PORT`; without a port it is [`PORT`].
    ///
    /// # Errors
    /// [`Error::Config`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::config(format!(
                "`{text}` is no address of a scheduler; write `df://HOST:PORT`"
            ))
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = url.username().is_empty() && matches!(url.path(), "" | "/");
        match url.host_str() {
            Some(host) if url.scheme() == "df" && bare => Ok(Self {
                host: host.to_owned(),
                port: url.port().unwrap_or(PORT),
            }),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

/// How this program connects and listens: as whom, and with which certificate.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    identity: String,
    tls: Option<Tls>,
}

impl Link {
    pub(crate) fn new(versions: &[(&str, u32)], tls: Option<Tls>) -> Self {
        Self {
            identity: identity(versions),
            tls,
        }
    }

    /// A listening socket and the address it got.
    pub(crate) fn listen(address: SocketAddr) -> Result<(TcpIncoming, SocketAddr)> {
        let failed = |e: std::io::Error| Error::config(format!("cannot listen on {address}: {e}"));
        let incoming = TcpIncoming::bind(address)
            .map_err(failed)?
            .with_nodelay(Some(true));
        let bound = incoming.local_addr().map_err(failed)?;
        Ok((incoming, bound))
    }

    /// A server that pings its callers; add [`Link::guard`] as a layer.
    pub(crate) fn server(&self) -> Result<Server> {
        let server = Server::builder()
            .http2_keepalive_interval(Some(PING_EVERY))
            .http2_keepalive_timeout(Some(PONG_WITHIN));
        match &self.tls {
            None => Ok(server),
            Some(tls) => server
                .tls_config(tls.server())
                .map_err(|e| Error::config(format!("certificate: {}", failure::cause(&e)))),
        }
    }

    /// The layer that refuses callers of another identity.
    pub(crate) fn guard(&self) -> InterceptorLayer<Guard> {
        InterceptorLayer::new(Guard {
            identity: self.identity.clone(),
        })
    }

    /// Makes connections of Ballista ours: identity, certificate, limits on silence.
    fn dress(&self, endpoint: Endpoint) -> Result<Endpoint, tonic::transport::Error> {
        let endpoint = match &self.tls {
            None => endpoint,
            // Ballista writes some of its addresses as `http://`, whatever its settings say.
            Some(tls) => {
                let address = endpoint
                    .uri()
                    .to_string()
                    .replacen("http://", "https://", 1);
                Endpoint::from_shared(address)?.tls_config(tls.client())?
            }
        };
        Ok(endpoint
            .user_agent(self.identity.clone())?
            .connect_timeout(CONNECT_WITHIN)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN)
            .keep_alive_while_idle(true))
    }

    /// [`Link::dress`] as Ballista takes it.
    pub(crate) fn dresser(&self) -> EndpointOverrideFn {
        let link = self.clone();
        Arc::new(move |endpoint| Ok(link.dress(endpoint)?))
    }

    /// [`Link::dress`] as Ballista's own client takes it.
    pub(crate) fn endpoint(&self) -> Arc<BallistaConfigGrpcEndpoint> {
        Arc::new(BallistaConfigGrpcEndpoint::new(self.dresser()))
    }

    /// True if connections are encrypted.
    pub(crate) fn encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// A session whose connections are ours.
    pub(crate) fn config(&self) -> SessionConfig {
        SessionConfig::new_with_ballista()
            .with_ballista_use_tls(self.encrypted())
            .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES_MAX)
            .with_ballista_override_create_grpc_client_endpoint(self.dresser())
    }

    /// Connects to a scheduler, which may need up to `wait` to be there: both may be started at the same time.
    ///
    /// # Errors
    /// As [`Link::connect`].
    pub(crate) async fn connect_within(
        &self,
        address: &Address,
        wait: Duration,
    ) -> Result<Channel> {
        let until = Instant::now() + wait;
        loop {
            match self.connect(address).await {
                Err(Absent::Unreachable(_)) if Instant::now() < until => {
                    tokio::time::sleep(KNOCK_EVERY).await;
                }
                other => return other.map_err(Absent::into_error),
            }
        }
    }

    /// Connects to a scheduler and makes one call, so that what is wrong is said at once and in one line.
    ///
    /// # Errors
    /// [`Error::Config`] if it cannot be reached, shows or takes no certificate of the authority, or is another version.
    async fn connect(&self, address: &Address) -> Result<Channel, Absent> {
        let unreachable = |cause: String| {
            Absent::Unreachable(Error::config(format!(
                "cannot reach the scheduler at {address}: {cause}; check that it runs there, and that it and this \
                 program have certificates of one authority, or both none"
            )))
        };
        let url = format!("http://{}:{}", address.host, address.port);
        let channel = async {
            let endpoint = self.dress(Endpoint::from_shared(url)?)?;
            endpoint.connect().await
        };
        let channel = channel.await.map_err(|e| unreachable(failure::cause(&e)))?;
        let asked = scheduler(channel.clone())
            .get_job_status(GetJobStatusParams {
                job_id: "handshake".to_owned(),
            })
            .await;
        match asked {
            Ok(_) => Ok(channel),
            Err(status) => Err(match refusal(&status) {
                Some(why) => Absent::Refused(refused(address, &why)),
                None => unreachable(failure::cause(&status)),
            }),
        }
    }
}

/// Why there is no connection.
enum Absent {
    /// Nobody answers, or not as a scheduler does.
    Unreachable(Error),
    /// It is another version.
    Refused(Error),
}

impl Absent {
    fn into_error(self) -> Error {
        match self {
            Self::Unreachable(error) | Self::Refused(error) => error,
        }
    }
}

/// The calls of a scheduler over a connection.
pub(crate) fn scheduler(channel: Channel) -> SchedulerGrpcClient<Channel> {
    SchedulerGrpcClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}

/// Why a server refused this program, if that is what the status says.
pub(crate) fn refusal(status: &Status) -> Option<String> {
    let why = status.message().strip_prefix(REFUSED)?;
    (status.code() == Code::FailedPrecondition).then(|| why.to_owned())
}

/// The error of a program that a scheduler refused.
pub(crate) fn refused(address: &Address, why: &str) -> Error {
    Error::config(format!("the scheduler at {address} refused: {why}"))
}

/// What to tell of a socket that anyone on the network may use; `None` where that is not so.
pub fn warning(address: IpAddr, tls: Option<&Tls>) -> Option<String> {
    let open = tls.is_none() && !address.is_loopback();
    open.then(|| {
        format!(
            "listening on {address} without certificates: whoever reaches this port can run plans and read what workers \
             hold; give --tls-ca, --tls-cert and --tls-key, or stay on 127.0.0.1"
        )
    })
}

/// Refuses requests whose caller is another program, or another version of this one.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    identity: String,
}

impl Interceptor for Guard {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let caller = request.metadata().get("user-agent");
        let caller = caller.and_then(|agent| agent.to_str().ok()).unwrap_or("?");
        // tonic adds its own name and version after ours.
        let own = caller
            .strip_prefix(&self.identity)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        if own {
            return Ok(request);
        }
        let caller = caller.split(" tonic/").next().unwrap_or(caller);
        Err(Status::failed_precondition(format!(
            "{REFUSED}it is {}, the caller {caller}; run the same moisson as scheduler, workers and driver",
            self.identity
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, identity};

    #[test]
    fn addresses() {
        let parse = |text| Address::parse(text).map(|address| address.to_string()).ok();
        for (text, expected) in [
            ("df://localhost:50050", Some("df://localhost:50050")),
            ("df://10.0.0.1", Some("df://10.0.0.1:50050")),
            ("df://[::1]:7/", Some("df://[::1]:7")),
            ("localhost:50050", None),
            ("http://localhost:50050", None),
            ("df://u@localhost:1", None),
            ("df://localhost/x", None),
        ] {
            assert_eq!(parse(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_registry_follows_steps_and_versions() {
        let one = identity(&[("ingest", 1), ("decide", 1)]);
        assert_eq!(one, identity(&[("ingest", 1), ("decide", 1)]));
        assert_ne!(one, identity(&[("ingest", 2), ("decide", 1)]));
        assert!(one.starts_with("moisson/"), "{one}");
    }
}
