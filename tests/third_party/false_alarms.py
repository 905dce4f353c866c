"""What moisson marks as personal data in the real corpora, by genre and class, a million characters.

    python false_alarms.py MOISSON OUT [--check PAGE] [--samples N]

OUT is the output of `pipelines/dev-corpora.toml`. Law and debates hold hardly any personal data, so that nearly all that is
marked there is a false alarm; `docs/personal-data.md` says which hits were found true by eye. `--check` compares the table
with the one of PAGE. `--samples` prints hits with their context, digits as 9 and letters of the hit as x.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys

GENRES = ("law", "debate", "agreement", "service-sheet", "book")
SPAN = re.compile(r"\{start: (\d+), end: (\d+), class: ([a-z-]+)\}")
BEGIN, END = "<!-- real corpora: begin -->\n", "<!-- real corpora: end -->"


def query(program: str, out: str, sql: str) -> list[dict]:
    command = [program, "--format", "json", "query", out, sql]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in answer.splitlines()]


def masked(text: bytes, start: int, end: int) -> str:
    before = text[max(0, start - 60) : start].decode(errors="ignore")
    after = text[end : end + 30].decode(errors="ignore")
    hit = re.sub(r"[^\W\d_]", "x", text[start:end].decode())
    return re.sub(r"\d", "9", re.sub(r"\s+", " ", f"{before}[{hit}]{after}"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("out")
    parser.add_argument("--check", type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=0)
    given = parser.parse_args()
    if not pathlib.Path(given.out, "release").is_dir():
        print(f"skipped: {given.out} holds no release of the real corpora")
        return

    sql = "SELECT genre, sum(character_length(text)) AS n FROM documents GROUP BY genre"
    characters = {row["genre"]: row["n"] for row in query(given.program, given.out, sql)}
    sql = (
        "SELECT d.doc_id, d.genre, d.text, a.pii_spans FROM documents d JOIN annotations a ON a.doc_id = d.doc_id "
        "WHERE a.pii_total > 0 ORDER BY d.doc_id"
    )
    hits, samples = collections.Counter(), collections.defaultdict(list)
    for row in query(given.program, given.out, sql):
        text = row["text"].encode()
        for start, end, klass in SPAN.findall(row["pii_spans"]):
            hits[row["genre"], klass] += 1
            samples[row["genre"], klass].append((row["doc_id"], masked(text, int(start), int(end))))

    there = [genre for genre in GENRES if characters.get(genre)]
    table = "| class | " + " | ".join(f"{genre} ({characters[genre] / 1e6:.1f} M)" for genre in there) + " |\n"
    table += "| --- |" + " ---: |" * len(there) + "\n"
    for klass in sorted({klass for _, klass in hits}):
        cells = []
        for genre in there:
            count = hits[genre, klass]
            cells.append(f"{count} ({count / characters[genre] * 1e6:.2f})" if count else "0")
        table += f"| `{klass}` | " + " | ".join(cells) + " |\n"
    print(table)

    rng = random.Random(0)
    for (genre, klass), found in sorted(samples.items()):
        for doc_id, sample in rng.sample(found, min(given.samples, len(found))):
            print(f"{genre}\t{klass}\t{doc_id}\t{sample}")

    if given.check:
        there = given.check.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
        if there != table:
            sys.exit(f"the table of {given.check} differs: review the hits with --samples, then put this one there")
        print("false alarms: as documented")


if __name__ == "__main__":
    main()
