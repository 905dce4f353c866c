//! EPUB 2 and 3: the package, its spine, and the text of its documents.
//!
//! [`archive`] takes members out of the zip within bounds, [`package`] reads the container and the package document,
//! [`content`] turns a document of the spine into text.

mod archive;
mod content;
mod package;
#[cfg(test)]
mod tests;

use moisson_core::{Limits, reason};

use archive::Archive;
pub(crate) use package::Metadata;

/// Reason code and detail of a book that is not read.
pub(crate) type Refusal = (&'static str, Option<String>);

/// A document of the spine that has text.
#[derive(Debug)]
pub(crate) struct Chapter {
    /// Its name in the archive.
    pub(crate) path: String,
    /// Title it gives itself.
    pub(crate) title: Option<String>,
    /// Plain text.
    pub(crate) text: String,
}

/// What was read from a book.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// What the package says of it.
    pub(crate) metadata: Metadata,
    /// Its text in reading order.
    pub(crate) chapters: Vec<Chapter>,
    /// Documents of the spine that are missing or cannot be read.
    pub(crate) unreadable: usize,
    /// Why the package was not followed, where all documents were read by name instead.
    pub(crate) without_package: Option<String>,
}

/// Reads a book.
///
/// # Errors
/// It is no zip, it is encrypted, or it asks for too much.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Book, Refusal> {
    let mut archive = Archive::open(bytes, limits)?;
    let mut book = Book::default();
    let paths = match package::read(&mut archive, limits.depth_max)? {
        Ok(package) => {
            refuse_encrypted(&mut archive, &package.spine, limits.depth_max)?;
            book.metadata = package.metadata;
            package.spine
        }
        Err(detail) => {
            let paths = archive.documents();
            refuse_encrypted(&mut archive, &paths, limits.depth_max)?;
            book.without_package = Some(detail);
            paths
        }
    };
    let mut text_bytes = 0;
    for path in paths {
        let Some(bytes) = archive.read(&path)? else {
            book.unreadable += 1;
            continue;
        };
        match content::read(&bytes, limits.depth_max) {
            None => book.unreadable += 1,
            Some((_, text)) if text.is_empty() => {}
            Some((title, text)) => {
                text_bytes += text.len() as u64;
                book.chapters.push(Chapter { path, title, text });
            }
        }
        if text_bytes > limits.record_bytes_max {
            let detail = format!("its text is larger than {} bytes", limits.record_bytes_max);
            return Err((reason::EXTRACT_TOO_LARGE, Some(detail)));
        }
    }
    Ok(book)
}

/// Refuses a book whose text is encrypted; obfuscated fonts are no matter.
fn refuse_encrypted(
    archive: &mut Archive<'_>,
    paths: &[String],
    depth_max: u32,
) -> Result<(), Refusal> {
    let encrypted = package::encrypted(archive, depth_max)?;
    match paths.iter().find(|path| encrypted.contains(*path)) {
        Some(path) => {
            let detail = format!("`{path}` is encrypted");
            Err((reason::EXTRACT_MALFORMED_ARCHIVE, Some(detail)))
        }
        None => Ok(()),
    }
}
