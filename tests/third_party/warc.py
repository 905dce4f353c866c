"""Reads WARC and ARC with warcio and with moisson, and compares record by record.

    python warc.py MOISSON [FOLDER...]

The folders are `data-samples/warc`, the fixtures of warcio where `MOISSON_CORPORA` names the real corpora, and those
given. Every record that warcio reads must be counted by moisson, and each that holds text (HTML or plain text, status
200) must be a document with the same address and date, or a fault in the ledger. Where warcio gives a file up, what it
read before counts.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import pyarrow.parquet
from warcio.archiveiterator import ArchiveIterator

# What sites say to crawlers: read as statements, by design no documents.
SITE_FILES = ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json")
TEXT = {"text/html", "application/xhtml+xml", "text/plain"}


def media_type(value: str | None) -> str:
    return (value or "").split(";")[0].strip().lower()


def body(record: object) -> bytes:
    """The body without its codings; nothing where warcio cannot take one off."""
    try:
        return record.content_stream().read()
    except Exception:  # noqa: BLE001
        return b""


def with_warcio(path: pathlib.Path) -> tuple[int, bool, set[tuple[str, str]]]:
    """Number of records, whether all were read, and address and date of those with text."""
    records, texts = 0, set()
    with path.open("rb") as stream:
        try:
            for record in ArchiveIterator(stream, arc2warc=True):
                records += 1
                if record.rec_type not in {"response", "resource", "conversion"}:
                    continue
                kind = media_type(record.rec_headers.get_header("Content-Type"))
                if record.http_headers is not None:
                    if record.http_headers.get_statuscode() != "200":
                        continue
                    kind = media_type(record.http_headers.get_header("Content-Type"))
                if kind not in TEXT or not body(record).strip():
                    continue
                address = record.rec_headers.get_header("WARC-Target-URI").strip("<>").replace(" ", "%20")
                if urllib.parse.urlsplit(address).path in SITE_FILES:
                    continue
                digits = "".join(c for c in record.rec_headers.get_header("WARC-Date") if c.isdigit())
                texts.add((address, digits[:14].ljust(14, "0")))
        except Exception as error:  # noqa: BLE001 - whatever it is that warcio does not read
            print(f"  warcio gives {path.name} up after {records} records: {str(error).split()[:6]}")
            return records, False, texts
    return records, True, texts


def with_moisson(program: str, files: list[pathlib.Path], out: pathlib.Path) -> None:
    sources = [
        f'[source.s{at}]\npath = {json.dumps(str(path))}\nreader = "warc"\nlanguage = "fra_Latn"\ntitle = "captures"\n'
        'acquisition = "bulk"\nlicence = { work = "etalab-2.0", reason = "a test" }\n'
        for at, path in enumerate(files)
    ]
    head = 'name = "warc"\ntitle = "warc"\ndescription = "captures"\ntier = "attribution"\naccept_assumed = true\n'
    alarm = "[alarm]\nrecords_min = 1000000\n"
    pipeline = out / "warc.toml"
    pipeline.write_text("\n".join([head, *sources, alarm]), "utf-8")
    command = [program, "run", str(pipeline), "--out", str(out / "out"), "--progress", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)


def rows(folder: pathlib.Path, columns: list[str]) -> list[dict]:
    found = []
    for path in sorted(folder.glob("*.parquet")):
        table = pyarrow.parquet.read_table(path)
        if set(columns) <= set(table.column_names):
            found += table.select(columns).to_pylist()
    return found


def main(program: str, folders: list[pathlib.Path]) -> None:
    files = [path for folder in folders for path in sorted(folder.iterdir()) if ".warc" in path.name or ".arc" in path.name or ".wet" in path.name]
    assert files, folders
    compared = 0
    with tempfile.TemporaryDirectory() as temporary:
        out = pathlib.Path(temporary)
        with_moisson(program, files, out)
        for at, path in enumerate(files):
            records, is_whole, texts = with_warcio(path)
            parts = out / "out/parts/documents" / f"s{at}"
            counted = sum(json.loads(part.read_text())["counts"].get("records", 0) for part in parts.glob("*.json"))
            assert counted >= records, f"{path.name}: moisson counts {counted} records, warcio {records}"
            documents = rows(parts, ["doc_id", "sequence"])
            found = {(row["doc_id"].split("/", 1)[1], str(row["sequence"])) for row in documents}
            faults = [row["reason"] for row in rows(out / "out/ledger" / f"s{at}", ["effect", "reason"]) if row["effect"] == "fault"]
            missing = texts - found
            assert len(missing) <= len(faults), f"{path.name}: not read and no fault: {missing}, {faults}"
            assert not missing or path.name in EXPECTED, f"{path.name}: {missing} are faults: {faults}"
            if is_whole:
                extra = {key for key in found - texts}
                assert not extra, f"{path.name}: warcio finds no text in {extra}"
            compared += len(texts)
            print(f"  {path.name}: {counted} records, {len(found)} documents, {len(faults)} faults")
    print(f"{len(files)} files, {compared} records with text in both")


# Files in which a text is a fault by design: a head without length, an end in the middle of a record.
EXPECTED = {"broken.warc"}


if __name__ == "__main__":
    given = [pathlib.Path(folder) for folder in sys.argv[2:]]
    corpora = os.environ.get("MOISSON_CORPORA")
    if corpora:
        given.append(pathlib.Path(corpora) / "warc-warcio")
    main(sys.argv[1], [pathlib.Path(__file__).parents[2] / "data-samples/warc", *given])
