"""Answers the part of the XML interface of Google Cloud Storage that moisson uses, from memory.

    python gcs_server.py PORT

Written from the documentation (cloud.google.com/storage/docs/xml-api): objects have a generation; a write with
`x-goog-if-generation-match` happens only over that generation, 0 being none; listings have pages. One bucket: `releases`.
"""

import email.utils
import hashlib
import http.server
import sys
import threading
import urllib.parse
from xml.sax.saxutils import escape

PAGE = 25


class Shelf:
    lock = threading.Lock()
    objects: dict[str, tuple[bytes, int]] = {}
    uploads: dict[str, dict[int, bytes]] = {}
    generation = 1000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def parsed(self) -> tuple[str, dict[str, str], bytes]:
        url = urllib.parse.urlsplit(self.path)
        bucket, _, key = url.path.lstrip("/").partition("/")
        assert bucket == "releases", self.path
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return urllib.parse.unquote(key), query, body

    def store(self, key: str, body: bytes) -> dict[str, str]:
        Shelf.generation += 1
        Shelf.objects[key] = (body, Shelf.generation)
        return {"ETag": etag(body), "x_goog_generation": str(Shelf.generation)}

    def do_PUT(self) -> None:
        key, query, body = self.parsed()
        with Shelf.lock:
            if "uploadId" in query:
                Shelf.uploads[query["uploadId"]][int(query["partNumber"])] = body
                return self.answer(200, ETag=etag(body))
            expected = self.headers.get("x-goog-if-generation-match")
            if expected is not None and int(expected) != Shelf.objects.get(key, (b"", 0))[1]:
                return self.fail(412, "PreconditionFailed")
            source = self.headers.get("x-goog-copy-source")
            if source is None:
                return self.answer(200, **self.store(key, body))
            found = Shelf.objects.get(urllib.parse.unquote(source).removeprefix("releases/"))
            if found is None:
                return self.fail(404, "NoSuchKey")
            return self.answer(200, b"<CopyObjectResult></CopyObjectResult>", **self.store(key, found[0]))

    def do_POST(self) -> None:
        key, query, _ = self.parsed()
        with Shelf.lock:
            if "uploads" in query:
                name = f"u{len(Shelf.uploads)}"
                Shelf.uploads[name] = {}
                body = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
                return self.answer(200, body.encode())
            parts = Shelf.uploads.pop(query["uploadId"])
            headers = self.store(key, b"".join(parts[number] for number in sorted(parts)))
            tag = escape(headers["ETag"])
            body = f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>"
            return self.answer(200, body.encode(), **headers)

    def do_DELETE(self) -> None:
        key, query, _ = self.parsed()
        with Shelf.lock:
            if "uploadId" in query:
                Shelf.uploads.pop(query["uploadId"], None)
                return self.answer(204)
            if Shelf.objects.pop(key, None) is None:
                return self.fail(404, "NoSuchKey")
            return self.answer(204)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        key, query, _ = self.parsed()
        with Shelf.lock:
            if not key:
                return self.list(query)
            found = Shelf.objects.get(key)
        if found is None:
            return self.fail(404, "NoSuchKey")
        body, generation = found
        headers = {"ETag": etag(body), "x_goog_generation": str(generation), "Last_Modified": MOMENT}
        wanted = self.headers.get("Range")
        if wanted is None:
            return self.answer(200, body, **headers)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(body) - int(last))
        stop = min(int(last) + 1, len(body)) if first and last else len(body)
        headers["Content_Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
        return self.answer(206, body[start:stop], **headers)

    def list(self, query: dict[str, str]) -> None:
        after = max(query.get("continuation-token", ""), query.get("start-after", ""))
        keys = sorted(k for k in Shelf.objects if k.startswith(query.get("prefix", "")) and k > after)
        page, rest = keys[:PAGE], keys[PAGE:]
        contents = "".join(
            f"<Contents><Key>{escape(k)}</Key><Size>{len(Shelf.objects[k][0])}</Size>"
            f"<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{etag(Shelf.objects[k][0])}</ETag></Contents>"
            for k in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
        self.answer(200, f"<ListBucketResult>{contents}{token}</ListBucketResult>".encode())


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


MOMENT = email.utils.formatdate(1767225600, usegmt=True)

if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
