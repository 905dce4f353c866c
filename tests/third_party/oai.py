"""Harvests an OAI-PMH repository served by other software and compares with what a client by others harvests.

    python oai.py MOISSON OUT

The server is that of the `oaipmh` package, the client to compare with is `oaipmh-scythe`. OUT is made anew.
"""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

from lxml import etree
from oaipmh_scythe import Scythe

OAI = "{http://www.openarchives.org/OAI/2.0/}"


def text(metadata) -> str:
    """Text of a record; the client leaves out the space between elements."""
    if metadata is None:
        return ""
    return " | ".join(part.strip() for part in metadata.itertext() if part.strip())


class Run:
    """A pipeline with one source, fetched into one output."""

    def __init__(self, program: str, out: pathlib.Path, base: str, fetch: str) -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        self.out = out / "out"
        pipeline = out / "pipeline.toml"
        pipeline.write_text(
            f'name = "oai"\ntier = "attribution"\n\n[source.x]\nat = "{base}/oai"\nreader = "oai"\n'
            f"fetch = {{ {fetch} }}\n"
        )
        self.command = [program, "fetch", str(pipeline), "--out", str(self.out)]

    def fetch(self) -> None:
        done = subprocess.run(self.command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (self.command, done.stdout, done.stderr)

    def pages(self) -> list[pathlib.Path]:
        pages = [path for path in self.out.rglob("*.xml") if path.parent.name == "x" and path.parent.parent.name == "data"]
        return sorted(pages, key=lambda path: path.name)

    def records(self) -> dict[str, tuple[str, bool, str]]:
        """Records of the mirror; of several versions the one on the last page."""
        records = {}
        for page in self.pages():
            for record in etree.parse(page).iter(OAI + "record"):
                header = record.find(OAI + "header")
                records[header.findtext(OAI + "identifier")] = (
                    header.findtext(OAI + "datestamp"),
                    header.get("status") == "deleted",
                    text(record.find(OAI + "metadata")),
                )
        return records


def expected(base: str, **arguments: str) -> dict[str, tuple[str, bool, str]]:
    """The same, as `oaipmh-scythe` harvests it."""
    records = {}
    with Scythe(f"{base}/oai") as client:
        for record in client.list_records(**arguments):
            metadata = text(record.xml.find(OAI + "metadata"))
            records[record.header.identifier] = (record.header.datestamp, record.deleted, metadata)
    asked(base)
    return records


def asked(base: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{base}/log") as answer:
        return json.load(answer)


def main(program: str, out: pathlib.Path) -> None:
    here = pathlib.Path(__file__).parent
    server = subprocess.Popen([sys.executable, str(here / "oai_server.py")], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{int(server.stdout.readline())}"

        # Everything, then nothing, then what changed.
        run = Run(program, out / "all", base, 'kind = "oai", metadata_prefix = "oai_dc"')
        run.fetch()
        verbs = [question["verb"] for question in asked(base)]
        assert verbs == ["Identify", "ListMetadataFormats"] + ["ListRecords"] * 4, verbs
        assert run.records() == expected(base), (run.records(), expected(base))
        pages = {page: page.read_bytes() for page in run.pages()}
        assert len(pages) == 4, pages
        run.fetch()
        questions = asked(base)
        assert [question["verb"] for question in questions] == ["Identify", "ListRecords"], questions
        assert "from" in questions[1] and "set" not in questions[1], questions
        assert {page: page.read_bytes() for page in run.pages()} == pages, "a second run keeps nothing"
        urllib.request.urlopen(f"{base}/change").close()
        run.fetch()
        assert len(asked(base)) == 2
        assert len(run.pages()) == 5, run.pages()
        assert run.records() == expected(base)

        # A set, in another format, and one by one.
        for name, records in (("set", ""), ("one by one", ', records = "get"')):
            fetch = f'kind = "oai", metadata_prefix = "oai_notice", sets = ["theses"]{records}'
            run = Run(program, out / name, base, fetch)
            run.fetch()
            assert "ListSets" in [question["verb"] for question in asked(base)]
            assert run.records() == expected(base, metadata_prefix="oai_notice", set_="theses"), name

        # Killed after the second page; the next run asks for nothing it has but that page.
        run = Run(program, out / "killed", base, 'kind = "oai", metadata_prefix = "oai_dc"')
        killed = subprocess.Popen(run.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        questions = []
        limit = time.monotonic() + 60
        while len([question for question in questions if question["verb"] == "ListRecords"]) < 2:
            questions += asked(base)
            assert time.monotonic() < limit and killed.poll() is None, questions
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        run.fetch()
        verbs = [question["verb"] for question in asked(base)]
        assert verbs in (["ListRecords"] * 3, ["ListRecords"] * 2), verbs
        assert run.records() == expected(base)
        print(f"{len(run.records())} records over OAI-PMH as oaipmh-scythe has them, one run of it killed and resumed")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
