//! Receipts: what was fetched, from where, when, and what the publisher said of it.

use moisson_core::{Digest, Error, Result};
pub use moisson_rights::optout::Acquisition;
use serde::{Deserialize, Serialize};

use crate::Mirror;

/// What is known of one object of the mirror. Stored as JSON at `receipts/NAME.json`, the object at `data/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Name of the object below `data/`: `SOURCE/…`.
    pub name: String,
    /// Address asked for, without secrets.
    pub url: String,
    /// Address that answered, where redirects led elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// How it was acquired.
    pub acquisition: Acquisition,
    /// When these bytes were first received, RFC 3339 in UTC. A later confirmation does not change it.
    pub retrieved_at: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes.
    pub digest: Digest,
    /// `ETag` as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Checksum the publisher states, `sha1:…`, held against the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Statement of licence seen with the object, verbatim: slug of a catalogue, `Link: rel=license`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// What the catalogue says of access, where it is not open to everybody; the object was received when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Producer as the catalogue states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    /// Last update as the catalogue states it, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Title as the catalogue states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// True where records were taken out of the object since: size and digest are of what is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// HTTP fields with which its publisher opts out or in, as sent, by their names in lower case: `tdm-reservation`,
    /// `tdm-policy`, `x-robots-tag`, `content-usage`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optout: Vec<(String, String)>,
}

/// Reads the receipt of the object `name`; `None` if it was never received, or its receipt is damaged: it is fetched anew.
///
/// # Errors
/// [`Error::Store`] if the mirror cannot be read.
pub fn load(mirror: &dyn Mirror, name: &str) -> Result<Option<Receipt>> {
    let bytes = mirror.get(&place(name))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Writes a receipt.
///
/// # Errors
/// [`Error::Store`] if the mirror cannot be written.
pub fn save(mirror: &dyn Mirror, receipt: &Receipt) -> Result<()> {
    let json = serde_json::to_vec_pretty(receipt).map_err(|e| Error::internal(e.to_string()))?;
    mirror.put(&place(&receipt.name), &json)
}

fn place(name: &str) -> String {
    format!("receipts/{name}.json")
}
