//! HTTP messages as crawlers keep them: heads of every kind, bodies whose codings are stated and often not there.

use std::borrow::Cow;
use std::io::Read;

use memchr::{memchr, memmem};
use moisson_core::reason;

use super::fields::Fields;

/// Longest head of a message.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// Most codings upon one another.
const CODINGS_MAX: usize = 3;

/// A response.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    /// Status code, where the line states one.
    pub(crate) status: Option<u16>,
    /// Its fields.
    pub(crate) fields: Fields,
    /// The body as it was sent.
    pub(crate) body: &'a [u8],
}

/// Why a body cannot be read: reason and detail.
pub(crate) type Refusal = (&'static str, String);

/// Reads a response; `None` if the block does not begin with a status line.
pub(crate) fn response(block: &[u8]) -> Option<Response<'_>> {
    let is_http = block
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"))
        || block.starts_with(b"ICY ");
    if !is_http {
        return None;
    }
    let (head, body) = split(block);
    let line_end = memchr(b'\n', head).unwrap_or(head.len());
    let line = head.get(..line_end).unwrap_or_default();
    let code = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .nth(1)
        .and_then(|code| std::str::from_utf8(code.trim_ascii()).ok());
    Some(Response {
        status: code.and_then(|code| code.parse().ok()),
        fields: Fields::parse(head.get(line_end..).unwrap_or_default()),
        body,
    })
}

/// Head and body of a message: a blank line is between them, its ends CR LF or LF.
fn split(block: &[u8]) -> (&[u8], &[u8]) {
    let limit = block.len().min(HEAD_BYTES_MAX);
    let window = block.get(..limit).unwrap_or_default();
    let mut line = 0;
    while let Some(end) = memchr(b'\n', window.get(line..).unwrap_or_default()) {
        let is_blank = matches!(window.get(line..line + end), Some(b"" | b"\r"));
        if is_blank {
            return (
                block.get(..line).unwrap_or_default(),
                block.get(line + end + 1..).unwrap_or_default(),
            );
        }
        line += end + 1;
    }
    (window, block.get(limit..).unwrap_or_default())
}

impl<'a> Response<'a> {
    /// Takes the transfer and content codings off the body, within `limit` bytes.
    ///
    /// A coding that is stated and not there is passed over: crawlers take it off and leave the field.
    ///
    /// # Errors
    /// A coding that is not read, or a body that is damaged or too large.
    pub(crate) fn decoded(&self, limit: u64) -> Result<Cow<'a, [u8]>, Refusal> {
        let is_chunked = self
            .fields
            .all("Transfer-Encoding")
            .any(|value| value.to_ascii_lowercase().contains("chunked"));
        let mut body = if is_chunked {
            dechunked(self.body)
        } else {
            Cow::Borrowed(self.body)
        };
        let stated: Vec<String> = self
            .fields
            .all("Content-Encoding")
            .map(|value| value.to_ascii_lowercase())
            .collect();
        let codings: Vec<&str> = stated
            .iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|coding| !matches!(*coding, "" | "identity" | "none" | "utf-8"))
            .collect();
        if codings.len() > CODINGS_MAX {
            let detail = format!("{} content codings upon one another", codings.len());
            return Err((reason::EXTRACT_MALFORMED_WARC, detail));
        }
        for coding in codings.iter().rev() {
            if let Some(inner) = uncoded(coding, &body, limit)? {
                body = Cow::Owned(inner);
            }
        }
        Ok(body)
    }
}

/// Takes one content coding off; `None` if it is not there.
fn uncoded(coding: &str, body: &[u8], limit: u64) -> Result<Option<Vec<u8>>, Refusal> {
    match coding {
        "gzip" | "x-gzip" if body.starts_with(&[0x1F, 0x8B]) => {
            inflated(flate2::read::MultiGzDecoder::new(body), limit).map(Some)
        }
        // Named so, it is zlib by the standard and raw deflate by old servers.
        "deflate" if is_zlib(body) => {
            inflated(flate2::read::ZlibDecoder::new(body), limit).map(Some)
        }
        "deflate" if !looks_like_text(body) => {
            inflated(flate2::read::DeflateDecoder::new(body), limit).map(Some)
        }
        "zstd" if body.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) => {
            let decoder = zstd::Decoder::with_buffer(body)
                .map_err(|error| (reason::EXTRACT_MALFORMED_WARC, error.to_string()))?;
            inflated(decoder, limit).map(Some)
        }
        _ if body.is_empty() || looks_like_text(body) => Ok(None),
        other => {
            let detail = format!("content coding `{other}` is not read");
            Err((reason::EXTRACT_UNREADABLE, detail))
        }
    }
}

fn is_zlib(body: &[u8]) -> bool {
    let (Some(first), Some(second)) = (body.first(), body.get(1)) else {
        return false;
    };
    first & 0x0F == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31)
}

fn inflated(decoder: impl Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    match decoder.take(limit.saturating_add(1)).read_to_end(&mut body) {
        Err(error) => {
            let is_short = error.kind() == std::io::ErrorKind::UnexpectedEof;
            let reason = if is_short {
                reason::EXTRACT_TRUNCATED
            } else {
                reason::EXTRACT_MALFORMED_WARC
            };
            Err((reason, format!("the body does not unpack: {error}")))
        }
        Ok(_) if body.len() as u64 > limit => Err((
            reason::EXTRACT_TOO_LARGE,
            format!("the body unpacks to more than {limit} bytes"),
        )),
        Ok(_) => Ok(body),
    }
}

/// True if the first bytes are those of a text: no coding leaves half a kilobyte without a control character.
fn looks_like_text(body: &[u8]) -> bool {
    let head = body.get(..body.len().min(512)).unwrap_or_default();
    let is_text = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    !head.is_empty()
        && head.iter().all(is_text)
        && head
            .utf8_chunks()
            .filter(|c| !c.invalid().is_empty())
            .count()
            <= head.len() / 16 + 1
}

/// Takes the chunks out of a body. One that does not begin with a chunk is left as it is, and from the first chunk
/// whose size is wrong on, the rest is taken as it stands.
fn dechunked(body: &[u8]) -> Cow<'_, [u8]> {
    let Some((size, mut at)) = chunk_size(body, 0) else {
        return Cow::Borrowed(body);
    };
    let mut out = Vec::with_capacity(body.len());
    let mut size = size;
    while size > 0 {
        let end = at.saturating_add(size).min(body.len());
        out.extend_from_slice(body.get(at..end).unwrap_or_default());
        let rest = body.get(end..).unwrap_or_default();
        let line_end = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => 0,
        };
        match chunk_size(body, end + line_end).filter(|_| line_end > 0) {
            Some((next, from)) => (size, at) = (next, from),
            None => {
                let tail = rest.get(line_end..).unwrap_or_default();
                let stop = memmem::find(tail, b"\r\n0\r\n").unwrap_or(tail.len());
                out.extend_from_slice(tail.get(..stop).unwrap_or_default());
                break;
            }
        }
    }
    Cow::Owned(out)
}

/// Size of the chunk at a place, and where its bytes begin.
fn chunk_size(body: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = body.get(at..)?;
    let window = rest.get(..rest.len().min(1024))?;
    let line_end = memchr(b'\n', window)?;
    let line = window.get(..line_end)?;
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let is_size = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let size = std::str::from_utf8(digits).ok().filter(|_| is_size)?;
    let size = usize::from_str_radix(size, 16).ok()?;
    Some((size, at + line_end + 1))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{dechunked, response};

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn chunks_as_a_table() {
        let check = |body: &str, expected: &str| {
            let found = dechunked(body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected, "{body:?}");
        };
        check("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", "Wikipedia");
        check("4;ext=1\nWiki\n0\n\n", "Wiki");
        check("<p>nu</p>", "<p>nu</p>"); // declared, and not there
        check("", "");
        check("4\r\nWikipedia\r\n0\r\n\r\n", "Wikipedia"); // a size too small
        check("FF\r\nWiki", "Wiki"); // a size too large
        check("0\r\n\r\n", "");
        check("FFFFFFFF\r\na", "a");
    }

    #[test]
    fn bodies_as_a_table() {
        let check = |head: &str, body: &[u8], expected: &str| {
            let mut block = head.replace('\n', "\r\n").into_bytes();
            block.extend_from_slice(b"\r\n\r\n");
            block.extend_from_slice(body);
            let found = match response(&block).unwrap().decoded(1000) {
                Ok(body) => String::from_utf8_lossy(&body).into_owned(),
                Err((reason, _)) => reason.to_owned(),
            };
            assert_eq!(found, expected, "{head}");
        };
        let packed = gzip(b"texte");
        check("HTTP/1.1 200 OK", b"texte", "texte");
        check("HTTP/1.1 200 OK\nContent-Encoding: gzip", &packed, "texte");
        check("HTTP/1.1 200 OK\nContent-Encoding: gzip", b"texte", "texte");
        check(
            "HTTP/1.1 200 OK\ncontent-encoding: gzip, gzip",
            &gzip(&packed),
            "texte",
        );
        check(
            "HTTP/1.1 200 OK\nContent-Encoding: br",
            b"\x1b\x04\x00\xf8",
            "extract/unreadable",
        );
        check(
            "HTTP/1.1 200 OK\nContent-Encoding: br",
            "<p>été</p>".as_bytes(),
            "<p>été</p>",
        );
        check(
            "HTTP/1.1 200 OK\nContent-Encoding: gzip",
            &packed[..packed.len() - 9],
            "extract/truncated",
        );
        check(
            "HTTP/1.1 200 OK\nContent-Encoding: gzip",
            &gzip(&[b'a'; 1001]),
            "extract/too-large",
        );
        check(
            "HTTP/1.1 200 OK\nContent-Encoding: a,b,c,d",
            b"x",
            "extract/malformed-warc",
        );
    }

    #[test]
    fn heads_as_a_table() {
        let check = |block: &[u8], status: Option<u16>, kind: Option<&str>, body: &[u8]| {
            let found = response(block).unwrap();
            assert_eq!(found.status, status);
            assert_eq!(found.fields.get("content-type").as_deref(), kind);
            assert_eq!(found.body, body);
        };
        check(
            b"HTTP/1.0 200 OK\nContent-Type: a/b\n\nx",
            Some(200),
            Some("a/b"),
            b"x",
        );
        check(b"HTTP/1.1 404\r\n\r\nx", Some(404), None, b"x");
        check(
            b"HTTP/1.1  301  Moved\r\nX: a\r\n\tb\r\nContent-Type: a/b;\r\n charset=c\r\n\r\n",
            Some(301),
            Some("a/b; charset=c"),
            b"",
        );
        check(b"HTTP/1.1 abc\r\nno colon\r\n\r\n", None, None, b"");
        check(
            b"HTTP/1.1 200 OK\r\nContent-Type: a/b",
            Some(200),
            Some("a/b"),
            b"",
        );
        assert!(response(b"<html>").is_none());
    }
}
