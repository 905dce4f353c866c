//! Certificates: both ends of a connection show one, signed by the same authority.

use std::path::Path;

use moisson_core::{Error, Result};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Server, ServerTlsConfig};

use super::failure;

/// A certificate, its key and the authority that signs those of the other side; all PEM.
#[derive(Clone)]
pub struct Tls {
    ca: Certificate,
    own: Identity,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads the three PEM files and checks that they can be used.
    ///
    /// # Errors
    /// [`Error::Config`] naming the file that cannot be read, or all where they do not fit.
    pub fn load(ca: &Path, certificate: &Path, key: &Path) -> Result<Self> {
        let (read_ca, read_certificate, read_key) = (read(ca)?, read(certificate)?, read(key)?);
        Self::new(&read_ca, &read_certificate, &read_key).map_err(|error| {
            Error::config(format!(
                "`{}`, `{}` and `{}` are no usable authority, certificate and key: {error}; they must be PEM, the key \
                 without passphrase",
                ca.display(),
                certificate.display(),
                key.display()
            ))
        })
    }

    /// Takes PEM texts.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(ca: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let tls = Self {
            ca: Certificate::from_pem(ca),
            own: Identity::from_pem(certificate, key),
        };
        // The libraries parse late: without this a wrong key would be reported as a connection that fails.
        Endpoint::from_static("https://localhost")
            .tls_config(tls.client())
            .map_err(|e| failure::cause(&e))?;
        Server::builder()
            .tls_config(tls.server())
            .map_err(|e| failure::cause(&e))?;
        Ok(tls)
    }

    /// Serves only callers with a certificate of the authority.
    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(self.own.clone())
            .client_ca_root(self.ca.clone())
    }

    /// Shows the certificate, and trusts only the authority.
    pub(crate) fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(self.ca.clone())
            .identity(self.own.clone())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "certificates are read once, at start"
)]
fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::config(format!("cannot read `{}`: {e}", path.display())))
}
