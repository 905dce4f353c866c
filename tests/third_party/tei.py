"""Compares the text of TEI documents with what lxml reads of the same files, word by word.

    python tei.py MOISSON DATA_SAMPLES [CORPORA]

A pipeline is written to a temporary folder and run with the `moisson` binary MOISSON; its `documents` are asked for with
`query`. Of each file lxml gives the words of `front` and `body` without what the reader leaves out; the order of words does
not count, loss and repetition do. CORPORA (or MOISSON_CORPORA) adds the novels of ELTeC.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from lxml import etree

# Left out by rule, written here on purpose and not read from moisson.
LEFT_OUT = {
    "teiHeader", "facsimile", "sourceDoc", "standOff", "fw", "figDesc", "graphic", "titlePage", "del", "sic", "abbr", "reg",
    "listPerson", "listPlace", "listOrg", "interpGrp", "back",
}
LEFT_OUT_DIVISIONS = {"titlepage", "toc", "contents", "index", "advert"}
# Of `choice` the first of these is read, or its first child.
CHOSEN = ("corr", "expan", "orig")
WHOLE_FILES = ("roman.xml", "comedie.xml", "lettre.xml", "parlement.xml")
F1_MIN = 0.99


def local(element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def is_left_out(element, inside_choice: bool) -> bool:
    name = local(element)
    if not name or (name == "desc" and local(element.getparent()) in {"gap", "figure"}):
        return True
    if name in {"sic", "abbr", "reg"}:
        return inside_choice
    if name == "ref":
        is_mark = not re.search(r"[^\W\d_]", "".join(element.itertext()))
        return element.get("type") == "bibr" or (is_mark and element.get("target", "").startswith("#"))
    if name == "div" and local(element.getparent()) in {"front", "back"}:
        return element.get("type") in LEFT_OUT_DIVISIONS
    return name in LEFT_OUT


def text(root) -> str:
    """Text of an element in document order; blocks end words, inline elements and broken lines do not."""
    inline = {"hi", "emph", "foreign", "c", "w", "seg", "add", "subst", "choice", "corr", "supplied", "unclear", "pb", "ex", "sup"}
    pieces: list[str] = []
    stack = [(root, False)]
    while stack:
        item, inside_choice = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        if is_left_out(item, inside_choice):
            if local(item) == "back":
                stack.extend((note, False) for note in item.iter("{*}note"))
            continue
        name = local(item)
        if name == "lb" and item.get("break") == "no" and pieces:
            pieces[-1] = pieces[-1].rstrip().removesuffix("-")
            continue
        edge = "" if name in inline else " "
        todo = [(edge, False), (item.text or "", False)]
        for child in item:
            todo.append((child, name == "choice"))
            # Of `choice` only the white space lies between; it is of no reading.
            todo.append(("" if name == "choice" else child.tail or "", False))
        todo.append((edge, False))
        stack.extend(reversed(todo))
    return "".join(pieces)


def words(value: str) -> collections.Counter:
    return collections.Counter(word.lower() for word in re.findall(r"[^\W_]+", value))


def f1(found: str, wanted: str) -> float:
    found, wanted = words(found), words(wanted)
    common = sum(min(count, wanted[word]) for word, count in found.items())
    return 2 * common / max(1, sum(found.values()) + sum(wanted.values()))


def run(program: str, *arguments: str):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def documents(program: str, folder: pathlib.Path) -> dict[str, str]:
    """Texts of the documents of a folder as moisson reads them, by the path of their file."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = pathlib.Path(scratch) / "tei.toml"
        plan.write_text(
            "name = 'tei'\ntier = 'attribution'\n"
            f"[source.tei]\npath = {json.dumps(str(folder))}\nreader = 'tei'\n"
        )
        out = f"{scratch}/out"
        run(program, "run", str(plan), "--out", out, "--progress", "none")
        answer = run(program, "query", out, "SELECT raw_uri, text FROM documents", "--format", "json")
        rows = [json.loads(line) for line in answer.splitlines()]
        return {row["raw_uri"]: row["text"] for row in rows}


def compare(program: str, folder: pathlib.Path, names) -> float:
    found = documents(program, folder)
    least = 1.0
    for name in names:
        root = etree.parse(folder / name).getroot()
        wanted = " ".join(text(part) for part in root.iter("{*}text"))
        score = f1(found[name], wanted)
        assert score >= F1_MIN, (name, score, words(found[name]) - words(wanted), words(wanted) - words(found[name]))
        least = min(least, score)
    return least


def main(program: str, samples: pathlib.Path, corpora: str | None) -> None:
    least = compare(program, samples / "tei", WHOLE_FILES)
    print(f"{len(WHOLE_FILES)} samples, least F1 {least:.4f}")
    if corpora:
        folder = pathlib.Path(corpora) / "eltec-fra" / "level1"
        names = sorted(path.name for path in folder.glob("*.xml"))
        least = compare(program, folder, names)
        print(f"{len(names)} novels, least F1 {least:.4f}")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else os.environ.get("MOISSON_CORPORA"))
