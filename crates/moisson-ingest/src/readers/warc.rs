//! The `warc` reader: captures of the web (WARC, ARC) and their extracted text (WET).
//!
//! Follows ISO 28500:2017 (WARC 1.1) and the ARC 1.0 file format; see the domain notes, section 5.5.

use std::borrow::Cow;

use moisson_core::{Digest, Document, Fault, Key, Limits, Result, Sink, reason};
use moisson_rights::optout::Seen;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::html::{PageOptions, page};
use crate::warc::fields::{Fields, charset, licence_links, media_type};
use crate::warc::frame::{Format, Frame, Frames, State, arc_line};
use crate::warc::http::{Response, response};
use crate::warc::sites::{Sites, is_site_file};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "warc",
    version: 2,
    doc: "web captures: the main text of the pages in WARC and ARC, and the text of WET",
    about: About {
        source: "ISO 28500:2017 (WARC 1.1, https://iipc.github.io/warc-specifications/), ARC 1.0; WET as Common Crawl writes it",
        document: "a `response`, `resource` or `conversion` record that holds HTML or plain text; its key is its address, and of several captures the newest counts (`sequence` is `WARC-Date`)",
        text: "HTML: the main text, as the reader `html` finds it; plain text: as it stands. By design without text: robots.txt, tdmrep.json, ai.txt, \
               `request`, `metadata`, `warcinfo`, `revisit`, other media types, and answers whose status is not in `status`",
        fields: &[
            ("url", "`WARC-Target-URI`, spaces written `%20`"),
            (
                "title, published_on, modified_on",
                "the page, as the reader `html` finds them",
            ),
            (
                "language_declared",
                "`lang` of the page, `Content-Language`; of WET `WARC-Identified-Content-Language`",
            ),
            (
                "licence_declared",
                "`rel=license` of the page and of the HTTP field `Link`; several are all shown",
            ),
            (
                "warc_date, record_id, payload_digest, truncated",
                "`WARC-Date`, `WARC-Record-ID`, `WARC-Payload-Digest`, `WARC-Truncated`",
            ),
            ("status, content_type", "the HTTP answer"),
            (
                "optout",
                "address and date of the capture, opt-outs in its HTTP fields (`TDM-Reservation`, `TDM-Policy`, `X-Robots-Tag`, `Content-Usage`) and `meta`, and what robots.txt, tdmrep.json and ai.txt of its site say of it, where their captures stand before its own in the same file",
            ),
            (
                "canonical_url, description",
                "`link rel=canonical`, `meta name=description`",
            ),
        ],
        defects: &[
            (
                "`Content-Length` too small",
                "what lies before the next record belongs to the record",
            ),
            (
                "`Content-Length` too large",
                "the record ends where the next begins inside of it",
            ),
            (
                "no head, no length",
                "`extract/malformed-warc`; reading goes on at the next line `WARC/…`",
            ),
            (
                "a file cut short",
                "`extract/truncated`; what is before is kept",
            ),
            (
                "codings stated and not there (`chunked`, `gzip`), wrong chunk sizes",
                "the body is taken as it stands",
            ),
            (
                "`Content-Encoding: br`",
                "`extract/unreadable`, unless the body is text already",
            ),
            (
                "one gzip member around the whole file, or members that cut records",
                "read all the same",
            ),
            ("digests", "kept, not checked: they are SHA-1"),
        ],
    },
    extensions: &["warc", "wet", "arc"],
    build: |given| {
        let options: Options = options::parse(ENTRY.name, given)?;
        let page = PageOptions::new(options.select.as_deref(), &options.drop)?;
        Ok(Box::new(Warc {
            status: options.status,
            page,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Status codes of the answers that are read; others have no text by design.
    status: Vec<u16>,
    /// CSS selector of the main text of pages, instead of the search for it.
    select: Option<String>,
    /// CSS selectors of what is left out of pages.
    drop: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            status: vec![200],
            select: None,
            drop: Vec::new(),
        }
    }
}

struct Warc {
    status: Vec<u16>,
    page: PageOptions,
}

impl Reader for Warc {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, limits) = (member.uri, member.limits);
        let mut frames = Frames::new(member.bytes, limits.record_bytes_max);
        let mut is_empty = true;
        let mut sites = Sites::default();
        loop {
            match frames.next() {
                Err(error) => return record::failed(uri, frames.offset(), &error, sink),
                Ok(None) => break,
                Ok(Some(frame)) => {
                    is_empty = false;
                    // Also where the documents of a record are there already, what it says of its site is needed.
                    let is_new = sink.begin_record()?;
                    let bytes = frames.bytes();
                    if let Some(address) = site_file(&frame, bytes, limits, &mut sites)
                        && is_site_file(&address)
                    {
                        continue;
                    }
                    if is_new {
                        self.record(&frame, bytes, uri, limits, &sites, sink)?;
                    }
                }
            }
        }
        if is_empty {
            return record::empty(uri, sink);
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

/// What a record holds that may be read.
struct Capture<'a> {
    key: Key,
    url: Option<String>,
    date: String,
    record: Fields,
    http: Option<Response<'a>>,
    /// The block, without the head of an HTTP message.
    body: &'a [u8],
    media_type: String,
    charset: Option<String>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Text,
}

/// Reason and detail.
type Refusal = (&'static str, Option<String>);

impl Warc {
    fn record(
        &self,
        frame: &Frame,
        bytes: &[u8],
        uri: &str,
        limits: &Limits,
        sites: &Sites,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let fault = |(reason, detail): Refusal| Fault {
            reason,
            raw_uri: uri.to_owned(),
            raw_offset: Some(frame.offset),
            detail,
            ..Fault::default()
        };
        match &frame.state {
            State::Malformed(detail) => {
                return sink.fault(fault((
                    reason::EXTRACT_MALFORMED_WARC,
                    Some(detail.clone()),
                )));
            }
            State::Truncated if !self.is_body_whole(frame, bytes) => {
                return sink.fault(fault((reason::EXTRACT_TRUNCATED, None)));
            }
            State::TooLarge(size) => {
                if self.capture(frame, bytes).is_some() {
                    let (size, limit) = (Some(size.to_string()), limits.record_bytes_max);
                    return sink.fault(record::too_large(uri, Some(frame.offset), size, limit));
                }
                return Ok(());
            }
            State::Truncated | State::Whole => {}
        }
        let Some(capture) = self.capture(frame, bytes) else {
            return Ok(());
        };
        match self.document(&capture, uri, Digest::of(bytes), limits, sites) {
            Ok(document) => sink.document(document),
            Err(refusal) => sink.fault(fault(refusal)),
        }
    }

    /// True if a stream ends inside of a record only by the record's own length: the server's says that all is there.
    fn is_body_whole(&self, frame: &Frame, bytes: &[u8]) -> bool {
        let http = self.capture(frame, bytes).and_then(|capture| capture.http);
        http.is_some_and(|http| {
            let stated = http.fields.get("Content-Length");
            let stated = stated.and_then(|length| length.parse::<usize>().ok());
            stated.is_some_and(|length| length > 0 && length <= http.body.len())
        })
    }

    /// Returns what a record holds; `None` if it has no text by design.
    fn capture<'a>(&self, frame: &Frame, bytes: &'a [u8]) -> Option<Capture<'a>> {
        let (head, block) = bytes.split_at_checked(frame.head)?;
        let mut capture = match frame.format {
            Format::Warc => warc_capture(Fields::parse(head), block)?,
            Format::Arc => arc_capture(head, block)?,
        };
        if let Some(http) = &capture.http {
            if !http
                .status
                .is_some_and(|status| self.status.contains(&status))
            {
                return None;
            }
            if let Some(stated) = http.fields.get("Content-Type") {
                capture.media_type = media_type(&stated);
                capture.charset = charset(&stated).map(str::to_owned);
            } else if let Some(identified) = capture.record.get("WARC-Identified-Payload-Type") {
                capture.media_type = media_type(&identified);
            }
            capture.body = http.body;
        }
        capture.kind = match capture.media_type.as_str() {
            "text/html" | "application/xhtml+xml" => Kind::Html,
            "text/plain" => Kind::Text,
            "" | "no-type" if is_html(capture.body) => Kind::Html,
            _ => return None,
        };
        Some(capture)
    }

    fn document(
        &self,
        capture: &Capture<'_>,
        uri: &str,
        digest: Digest,
        limits: &Limits,
        sites: &Sites,
    ) -> Result<Document, Refusal> {
        let body = match &capture.http {
            Some(http) => http
                .decoded(limits.record_bytes_max)
                .map_err(|(reason, detail)| (reason, Some(detail)))?,
            None => Cow::Borrowed(capture.body),
        };
        let key = capture.key.clone();
        let mut document = Document::new(key, String::new(), uri.to_owned(), digest);
        document.url.clone_from(&capture.url);
        document.genre = Some("web".to_owned());
        document.sequence = sequence(&capture.date);
        metadata(&mut document, capture);
        let kind = capture.kind;
        let mut seen = seen(capture, sites);
        match kind {
            Kind::Text => plain(&mut document, capture, &body)?,
            Kind::Html => self.html(&mut document, capture, &body, limits.depth_max, &mut seen)?,
        }
        record::note_optout(&mut document, &seen);
        if document.text.trim().is_empty() {
            let detail = match kind {
                Kind::Html => "no text outside of menus",
                Kind::Text => "is blank",
            };
            return Err((reason::EXTRACT_EMPTY, Some(detail.to_owned())));
        }
        Ok(document)
    }

    fn html(
        &self,
        document: &mut Document,
        capture: &Capture<'_>,
        body: &[u8],
        depth_max: u32,
        seen: &mut Seen,
    ) -> Result<(), Refusal> {
        let declared = capture.charset.as_deref().or(encoding::declared(body));
        let text = encoding::decode(body, declared).text;
        let Some(page) = page(&text, &self.page, depth_max) else {
            let detail = format!("nests deeper than {depth_max} or has too many tags");
            return Err((reason::EXTRACT_MALFORMED_HTML, Some(detail)));
        };
        document.text = page.text;
        document.title = page.title;
        document.published_on = page.published;
        document.modified_on = page.modified;
        let http = |name| capture.http.as_ref().and_then(|http| http.fields.get(name));
        let stated = || http("Content-Language").map(Cow::into_owned);
        document.language_declared = page.lang.or_else(stated);
        let mut links = page.licence_links;
        for value in capture.http.iter().flat_map(|http| http.fields.all("Link")) {
            for link in licence_links(&value) {
                if !links.iter().any(|known| known == link) {
                    links.push(link.to_owned());
                }
            }
        }
        // Several licences are no licence that a gate could pass: all are shown to it.
        if !links.is_empty() {
            document.licence_declared = Some(links.join(" ; "));
        }
        for mark in page.optout.marks {
            seen.add(mark);
        }
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                document
                    .metadata
                    .insert(name.to_owned(), Value::from(value));
            }
        };
        put("canonical_url", page.canonical_url);
        put("description", page.description);
        Ok(())
    }
}

/// What is seen of opt-outs before the page is read: its address and date, the files of its site, its HTTP fields.
fn seen(capture: &Capture<'_>, sites: &Sites) -> Seen {
    let mut seen = Seen {
        address: capture.url.clone(),
        retrieved_at: timestamp(&capture.date),
        marks: capture
            .url
            .as_deref()
            .map_or_else(Vec::new, |url| sites.marks(url)),
    };
    if let Some(http) = &capture.http {
        for name in Seen::http_fields() {
            for value in http.fields.all(name) {
                seen.http_field(name, &value);
            }
        }
    }
    seen
}

/// Takes what a record says of its site, if it does; returns its address.
fn site_file(frame: &Frame, bytes: &[u8], limits: &Limits, sites: &mut Sites) -> Option<String> {
    let (head, block) = bytes.split_at_checked(frame.head)?;
    let capture = match frame.format {
        Format::Warc => warc_capture(Fields::parse(head), block)?,
        Format::Arc => arc_capture(head, block)?,
    };
    let address = capture.url?;
    if matches!(frame.state, State::Whole) && is_site_file(&address) {
        let date = timestamp(&capture.date).unwrap_or_default();
        match &capture.http {
            None => sites.add(&address, None, capture.body, &date),
            Some(http) => {
                // A body that cannot be unpacked says nothing.
                if let Ok(body) = http.decoded(limits.record_bytes_max) {
                    sites.add(&address, http.status, &body, &date);
                }
            }
        }
    }
    Some(address)
}

/// A date of either format as RFC 3339: that of ARC is `YYYYMMDDhhmmss`.
fn timestamp(date: &str) -> Option<String> {
    let date = date.trim();
    let is_digits = date.len() == 14 && date.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits {
        return (!date.is_empty()).then(|| date.to_owned());
    }
    let part = |from: usize, to: usize| date.get(from..to).unwrap_or_default();
    Some(format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    ))
}

fn plain(document: &mut Document, capture: &Capture<'_>, body: &[u8]) -> Result<(), Refusal> {
    let text = encoding::decode(body, capture.charset.as_deref()).text;
    if text.contains('\0') {
        let detail = "is called plain text and holds zero bytes".to_owned();
        return Err((reason::EXTRACT_NOT_UTF8, Some(detail)));
    }
    text.trim().clone_into(&mut document.text);
    let identified = capture.record.get("WARC-Identified-Content-Language");
    let http = capture.http.as_ref();
    document.language_declared = identified
        .or_else(|| http.and_then(|http| http.fields.get("Content-Language")))
        .map(Cow::into_owned);
    Ok(())
}

fn warc_capture(record: Fields, block: &[u8]) -> Option<Capture<'_>> {
    let kind = record.get("WARC-Type")?.to_ascii_lowercase();
    if !matches!(kind.as_str(), "response" | "resource" | "conversion") {
        return None;
    }
    let url = record.get("WARC-Target-URI").map(|target| address(&target));
    let id = record.get("WARC-Record-ID").map(Cow::into_owned);
    let key = url.clone().or(id).map_or(Key::Raw, Key::Declared);
    let stated = record.get("Content-Type").unwrap_or_default();
    let http = (kind == "response").then(|| response(block)).flatten();
    let capture = Capture {
        key,
        url,
        date: record.get("WARC-Date").unwrap_or_default().into_owned(),
        body: block,
        // Of a message the type of the record is `application/http`; its own is inside.
        media_type: match http {
            Some(_) => String::new(),
            None => media_type(&stated),
        },
        http,
        charset: charset(&stated).map(str::to_owned),
        kind: Kind::Text,
        record: Fields::default(),
    };
    Some(Capture { record, ..capture })
}

fn arc_capture<'a>(head: &[u8], block: &'a [u8]) -> Option<Capture<'a>> {
    let line = arc_line(head)?;
    if line.url.starts_with("filedesc:") {
        return None;
    }
    let url = address(line.url);
    Some(Capture {
        key: Key::Declared(url.clone()),
        url: Some(url),
        date: line.date.to_owned(),
        record: Fields::default(),
        http: response(block),
        body: block,
        media_type: media_type(line.media_type),
        charset: None,
        kind: Kind::Text,
    })
}

/// An address as it is written elsewhere: some crawlers put it in brackets, some leave spaces in it.
fn address(target: &str) -> String {
    let target = target.trim();
    let inner = target
        .strip_prefix('<')
        .and_then(|target| target.strip_suffix('>'));
    inner.unwrap_or(target).trim().replace(' ', "%20")
}

/// `YYYYMMDDhhmmss` of a date of either format; what it does not say is 0.
fn sequence(date: &str) -> i64 {
    let digits = date.bytes().filter(u8::is_ascii_digit).take(14);
    let (mut number, mut count) = (0_i64, 0);
    for digit in digits {
        number = number * 10 + i64::from(digit - b'0');
        count += 1;
    }
    if count == 0 {
        return 0;
    }
    number * 10_i64.pow(14 - count)
}

fn is_html(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|start| {
        body.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    })
}

fn metadata(document: &mut Document, capture: &Capture<'_>) {
    let mut put = |name: &str, value: Option<Cow<'_, str>>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            document
                .metadata
                .insert(name.to_owned(), Value::from(value.into_owned()));
        }
    };
    let record = |name| capture.record.get(name);
    put("warc_date", Some(Cow::Borrowed(&capture.date)));
    put("record_id", record("WARC-Record-ID"));
    put("payload_digest", record("WARC-Payload-Digest"));
    put("truncated", record("WARC-Truncated"));
    put("content_type", Some(Cow::Borrowed(&capture.media_type)));
    let Some(http) = &capture.http else {
        return;
    };
    if let Some(status) = http.status {
        document
            .metadata
            .insert("status".to_owned(), Value::from(status));
    }
}
