"""Serves a small OAI-PMH repository with the server of the `oaipmh` package (the maintained successor of pyoai).

    python oai_server.py

Prints its port on the first line of stdout. `/oai` speaks the protocol: pages of three, two sets, two formats, deleted
records, datestamps to the second. `/log` tells and forgets the questions asked, `/change` changes three records now.
"""

import datetime
import http.server
import json
import threading
import urllib.parse

from lxml import etree
from oaipmh import common, error, metadata, server

PAGE = 3
EPOCH = datetime.datetime(2025, 1, 1)
FORMATS = [
    ("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"),
    ("oai_notice", "http://archives.example/notice.xsd", "http://archives.example/notice"),
]
SETS = [("actes", "Actes & délibérations", None), ("theses", "Thèses", None)]


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)


def notice(element, record_metadata) -> None:
    """Writes a second format, so that prefixes matter."""
    root = etree.SubElement(element, "{http://archives.example/notice}notice")
    root.text = record_metadata.getMap()["title"][0]


class Repository:
    """Records by identifier: datestamp, set, deleted, text. What the package asks of a batching server."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.lock = threading.Lock()
        self.records = {}
        for number in range(1, 11):
            stamp = EPOCH + datetime.timedelta(days=number, hours=number)
            deleted = number in (4, 9)
            self.put(number, stamp, deleted, f"Délibération n° {number} <portant> règlement & tarifs")

    def put(self, number: int, stamp: datetime.datetime, deleted: bool, text: str) -> None:
        setspec = SETS[number % 2][0]
        self.records[f"oai:archives.example:{number}/é"] = (stamp, setspec, deleted, text)

    def change(self) -> None:
        with self.lock:
            self.put(2, now(), False, "Délibération n° 2, modifiée")
            self.put(5, now(), True, "")
            self.put(11, now(), False, "Délibération n° 11, nouvelle")

    def record(self, identifier: str):
        stamp, setspec, deleted, text = self.records[identifier]
        header = common.Header(None, identifier, stamp, [setspec], deleted)
        fields = {"title": [text], "description": [text * 3], "language": ["fr"], "identifier": [identifier]}
        return header, common.Metadata(None, fields), None

    # The verbs, in the spelling of the package.

    def identify(self):
        granularity = "YYYY-MM-DDThh:mm:ssZ"
        return common.Identify(
            "Archives d'exemple", self.base, "2.0", ["a@archives.example"], EPOCH, "persistent", granularity, ["identity"]
        )

    def listMetadataFormats(self, identifier=None):  # noqa: N802
        if identifier is not None and identifier not in self.records:
            raise error.IdDoesNotExistError(identifier)
        return FORMATS

    def listSets(self, cursor=0, batch_size=10):  # noqa: N802
        return SETS[cursor : cursor + batch_size]

    def getRecord(self, metadataPrefix, identifier):  # noqa: N802, N803
        self.check(metadataPrefix)
        if identifier not in self.records:
            raise error.IdDoesNotExistError(identifier)
        return self.record(identifier)

    def listRecords(self, metadataPrefix, set=None, from_=None, until=None, cursor=0, batch_size=10):  # noqa: N802, N803
        self.check(metadataPrefix)
        with self.lock:
            found = [
                identifier
                for identifier, (stamp, setspec, _, _) in self.records.items()
                if (set is None or setspec == set)
                and (from_ is None or stamp >= from_)
                and (until is None or stamp <= until)
            ]
            return [self.record(identifier) for identifier in found[cursor : cursor + batch_size]]

    def listIdentifiers(self, **arguments):  # noqa: N802
        return [header for header, _, _ in self.listRecords(**arguments)]

    @staticmethod
    def check(prefix: str) -> None:
        if prefix not in [name for name, _, _ in FORMATS]:
            raise error.CannotDisseminateFormatError(prefix)


def main() -> None:
    log = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            url = urllib.parse.urlsplit(self.path)
            if url.path == "/oai":
                query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
                log.append(dict(query))
                body, kind = oai.handleRequest(query), "text/xml; charset=utf-8"
            elif url.path == "/log":
                body, kind = json.dumps(log).encode(), "application/json"
                log.clear()
            elif url.path == "/change":
                repository.change()
                body, kind = b"{}", "application/json"
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    repository = Repository(f"http://127.0.0.1:{web.server_port}/oai")
    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", server.oai_dc_writer)
    registry.registerWriter("oai_notice", notice)
    oai = server.BatchingServer(repository, registry, resumption_batch_size=PAGE)
    print(web.server_port, flush=True)
    web.serve_forever()


if __name__ == "__main__":
    main()
