"""Compares the words of ALTO pages as moisson reads them with those that alto-tools extracts.

    python alto.py MOISSON

Reads the sample in data-samples/alto, and the pages below MOISSON_CORPORA where that is set. alto-tools writes each
`String` as it stands, whether it is a part of a broken word or not, with a space after it; so its words are compared
after the parts of broken words, and strings that no `SP` parts, are put together. Margins are read too, as alto-tools
does. Agreement is that of multisets of words, at least 0.98 on each page.
"""

import collections
import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

from alto_tools import alto_tools

AGREEMENT_MIN = 0.98
# A namespace alto-tools knows, for pages that have none.
NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
MARKS = "-\u2010\u00ac\u00ad="


def words(text: str) -> collections.Counter:
    return collections.Counter(re.findall(r"[^\W_]+", text.replace("\u00ad", "").lower()))


def run(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments, "--format", "json"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def read(program: str, folder: pathlib.Path) -> dict[str, str]:
    """Texts by the place of their file, as moisson reads a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        pipeline = pathlib.Path(scratch) / "alto.toml"
        pipeline.write_text(
            f"name = 'alto'\ntier = 'attribution'\n[alarm]\nshare_max = 1.0\n[source.alto]\npath = '{folder}'\nreader = 'alto'\n"
            "options = { margins = true }\n"
        )
        out = f"{scratch}/out"
        run(program, "run", str(pipeline), "--out", out, "--progress", "none")
        rows = run(program, "query", out, "SELECT raw_uri, text FROM documents")
    return {row["raw_uri"]: row["text"] for row in map(json.loads, rows.splitlines())}


def tree_of(path: pathlib.Path) -> ET.Element | None:
    """An ALTO file in a namespace that alto-tools knows, decoded as UTF-8; None if it is no ALTO file."""
    text = path.read_text("utf-8")
    try:
        root = ET.fromstring(re.sub(r"<\?xml.*?\?>", "", text, count=1))
    except ET.ParseError:
        return None
    if root.tag.rsplit("}")[-1] != "alto":
        return None
    for element in root.iter():
        element.tag = f"{{{NAMESPACE}}}{element.tag.rsplit('}')[-1]}"
    return root


def runs(root: ET.Element):
    """Strings that are one word, as (strings, the word): those that no SP parts, and the parts of broken words."""
    name = lambda tag: f"{{{NAMESPACE}}}{tag}"  # noqa: E731
    has_spaces = root.find(f".//{name('SP')}") is not None
    parts, pieces = [], []
    is_broken = False
    for line in root.iter(name("TextLine")):
        is_first, has_gap = True, False
        for element in line:
            if element.tag == name("SP"):
                has_gap = True
            elif element.tag == name("HYP"):
                is_broken = True
            elif element.tag == name("String"):
                content = element.get("CONTENT", "")
                if is_first and is_broken and parts:
                    left = pieces.pop()
                    whole = parts[-1].get("SUBS_CONTENT") or element.get("SUBS_CONTENT")
                    seam = "" if content[:1].islower() or left.isupper() else "-"
                    parts.append(element)
                    pieces.append(whole or left.rstrip(MARKS) + seam + content)
                elif not is_first and has_spaces and not has_gap:
                    parts.append(element)
                    pieces.append(content)
                else:
                    yield [part.get("CONTENT", "") for part in parts], "".join(pieces)
                    parts, pieces = [element], [content]
                is_first, has_gap, is_broken = False, False, False
        if parts and not is_broken:
            last = parts[-1]
            is_broken = last.get("SUBS_TYPE") == "HypPart1" or bool(re.search(rf"\w[{MARKS}]$", last.get("CONTENT", "")))
    yield [part.get("CONTENT", "") for part in parts], "".join(pieces)


def expected(root: ET.Element) -> collections.Counter:
    """Words that alto-tools writes, those of one word put together."""
    found_runs = [run for run in runs(root) if len(run[0]) > 1]
    for string in root.iter(f"{{{NAMESPACE}}}String"):
        # With these, alto-tools 0.1.0 writes the first part twice and the second never.
        string.attrib.pop("SUBS_TYPE", None)
        string.attrib.pop("SUBS_CONTENT", None)
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        alto_tools.alto_text(ET.ElementTree(root), NAMESPACE)
    found = words(written.getvalue())
    for strings, whole in found_runs:
        parts = sum(map(words, strings), collections.Counter())
        assert all(found[word] >= count for word, count in parts.items()), (strings, whole)
        found = found - parts + words(whole)
    return found


def compare(folder: pathlib.Path, texts: dict[str, str]) -> tuple[int, float]:
    """Number of pages compared and the lowest agreement."""
    pages, lowest = 0, 1.0
    for path in sorted(folder.rglob("*.xml")):
        root = tree_of(path)
        if root is None:
            continue
        truth = expected(root)
        place = str(path.relative_to(folder))
        found = words(texts.get(place, ""))
        if not truth:
            assert not found, f"{place}: moisson has words where there are none"
            continue
        agreement = 2 * (found & truth).total() / (found.total() + truth.total())
        assert agreement >= AGREEMENT_MIN, (place, agreement, found - truth, truth - found)
        pages, lowest = pages + 1, min(lowest, agreement)
    return pages, lowest


def main(program: str) -> None:
    folders = [pathlib.Path("data-samples/alto")]
    if corpora := os.environ.get("MOISSON_CORPORA"):
        folders += [pathlib.Path(corpora) / name for name in ("bnf-europeana-alto", "lectaurep", "tapuscorpus")]
    for folder in folders:
        pages, lowest = compare(folder.resolve(), read(program, folder.resolve()))
        assert pages, f"{folder} has no page"
        print(f"{folder.name}: {pages} pages, agreement with alto-tools at least {lowest:.4f}")


if __name__ == "__main__":
    main(sys.argv[1])
