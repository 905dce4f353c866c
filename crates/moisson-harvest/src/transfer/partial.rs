//! Files of transfers under way. They outlive a kill: beside the bytes lies what they are bytes of.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use moisson_core::{Digest, Error, Result, redact};
use moisson_rights::optout::Seen;
use serde::{Deserialize, Serialize};

use super::Said;
use super::check::{self, Checksum, Examined};
use crate::Watch;
use crate::client::Exchange;

/// The file of one transfer.
#[derive(Debug)]
pub(super) struct Partial {
    file: PathBuf,
    about: PathBuf,
}

/// What the bytes of a partial file are bytes of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Digest of the address asked for; the address itself may hold secrets.
    asked: Digest,
    final_url: String,
    pub(super) etag: Option<String>,
    last_modified: Option<String>,
    licence: Option<String>,
    #[serde(default)]
    optout: Vec<(String, String)>,
    /// Size of the whole object, if the server says it.
    pub(super) length: Option<u64>,
}

impl Origin {
    /// Reads the headers of an answer that brings the whole object.
    pub(super) fn of(asked: &str, exchange: &Exchange<'_>) -> Self {
        let header = |name: &str| exchange.header(name).map(str::to_owned);
        Self {
            asked: Digest::of(asked.as_bytes()),
            final_url: redact(exchange.url().as_str()),
            etag: header("etag"),
            last_modified: header("last-modified"),
            licence: check::licence_links(exchange.headers("link")),
            optout: opt_outs(exchange),
            length: exchange
                .header("content-length")
                .and_then(|length| length.trim().parse().ok()),
        }
    }

    /// What `If-Range` may send: RFC 9110, section 13.1.5, asks for a strong validator.
    pub(super) fn validator(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }

    pub(super) fn said(&self) -> Said {
        Said {
            final_url: Some(self.final_url.clone()),
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
            licence: self.licence.clone(),
            optout: self.optout.clone(),
            sized: self.length.is_some(),
        }
    }
}

/// The HTTP fields of an answer with which its publisher opts out or in.
pub(super) fn opt_outs(exchange: &Exchange<'_>) -> Vec<(String, String)> {
    let of = |name: &'static str| {
        let values = exchange.headers(name);
        values.map(move |value| (name.to_owned(), value.to_owned()))
    };
    Seen::http_fields().flat_map(of).collect()
}

/// A partial file that is written.
#[derive(Debug)]
pub(super) struct Appending {
    file: File,
    path: PathBuf,
}

impl Appending {
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|e| Error::store(self.path.display(), e))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "transfers under way are files of this machine; only the mirror makes them part of the output"
)]
impl Partial {
    /// The file of the object `name` in the folder of transfers under way.
    pub(super) fn new(folder: &Path, name: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| Error::store(folder.display(), e))?;
        let stem = Digest::of(name.as_bytes()).short(32);
        Ok(Self {
            file: folder.join(format!("{stem}.part")),
            about: folder.join(format!("{stem}.json")),
        })
    }

    /// Where the bytes are.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Number of bytes that are there and what they are bytes of, if a transfer from `asked` can go on with them.
    /// All else is discarded.
    pub(super) fn resumable(&self, asked: &str) -> Result<Option<(u64, Origin)>> {
        let about = match std::fs::read(&self.about) {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::store(self.about.display(), error)),
        };
        let origin = serde_json::from_slice::<Origin>(&about).ok();
        let origin = origin.filter(|origin| {
            origin.asked == Digest::of(asked.as_bytes()) && origin.validator().is_some()
        });
        let bytes = std::fs::metadata(&self.file).map_or(0, |metadata| metadata.len());
        match origin {
            Some(origin) if bytes > 0 && origin.length.is_none_or(|length| bytes <= length) => {
                Ok(Some((bytes, origin)))
            }
            _ => {
                self.discard()?;
                Ok(None)
            }
        }
    }

    /// Opens the file to append from `offset` on; 0 begins anew.
    pub(super) fn open(&self, offset: u64, origin: &Origin) -> Result<Appending> {
        if offset == 0 {
            // Old bytes must never lie beside a new description.
            self.discard()?;
            let json = serde_json::to_vec(origin).map_err(|e| Error::internal(e.to_string()))?;
            std::fs::write(&self.about, json).map_err(|e| Error::store(self.about.display(), e))?;
        }
        let path = self.file.clone();
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|e| Error::store(path.display(), e))?;
        Ok(Appending { file, path })
    }

    /// Removes the file and what it says of itself.
    pub(super) fn discard(&self) -> Result<()> {
        for path in [&self.file, &self.about] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::store(path.display(), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the file back: digest, size, checksum, and whether it is the archive its name promises.
    pub(super) fn examine(
        &self,
        name: &str,
        checksum: Option<&Checksum>,
        sized: bool,
        watch: &dyn Watch,
    ) -> Result<Examined> {
        let place = |e: std::io::Error| Error::store(self.file.display(), e);
        let mut file = File::open(&self.file).map_err(place)?;
        file.sync_all().map_err(place)?;
        let mut examination = check::Examination::new(name, checksum, sized);
        let mut buffer = vec![0; 1 << 18];
        loop {
            watch.check()?;
            let bytes = file.read(&mut buffer).map_err(place)?;
            if bytes == 0 {
                break;
            }
            examination.update(buffer.get(..bytes).unwrap_or_default());
        }
        Ok(examination.finish())
    }
}
