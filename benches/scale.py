"""What a run costs at 1, 10 and 100 TB of text, on 10 to 500 workers: a model of this code, calibrated by measured runs.

    python benches/scale.py                            print the tables of benches/scale.md
    python benches/scale.py --check benches/scale.md   compare them with those that stand there

Needs the standard library only. Every constant says where it is from: `measured` by benches/calibrate.py or
benches/candidates.py, `code` (a constant of the engine), or `assumed`.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TB, GB, MB, MIB = 1e12, 1e9, 1e6, 2**20

CONSTANTS = {
    # name: (value, unit, origin)
    # The corpora: pipelines/dev-corpora.toml, 360.4 MB raw, 120.6 MB of text, 59,822 documents.
    "raw": (2.99, "bytes of input a byte of text", "measured: dev-corpora"),
    "released": (0.879, "share of text that is released", "measured: dev-corpora"),
    "candidates": (0.140, "share of documents in a group after exact duplicates", "measured: dev-corpora"),
    # Bytes in the store.
    "documents": (0.2736, "bytes of documents tables a byte of text", "measured: dev-corpora"),
    "narrow": (135.0, "bytes of licence, language and quality tables a document", "measured: dev-corpora"),
    "signature": (100.7, "bytes of signature tables a document", "measured: dev-corpora"),
    "bands": (113.2, "bytes of bands tables a document, 14 rows", "measured: generated"),
    "decide": (4.4, "bytes of decide tables a document", "measured: dev-corpora"),
    "shingles": (0.344, "bytes of shingle sets a byte of all text", "measured: dev-corpora"),
    "scatter": (0.510, "bytes laid ready a byte of released text (LZ4)", "measured: dev-corpora"),
    "release": (0.321, "bytes of the release a byte of released text (zstd 3)", "measured: dev-corpora"),
    "ledger": (6.2, "bytes of ledger a document read", "measured: dev-corpora"),
    "shuffle": (16.2, "bytes of shuffle files a row of bands", "measured: 100 M documents"),
    "stream": (5000.0, "bytes that a blob of a few rows adds: an Arrow stream of the release's schema", "measured: pyarrow"),
    # CPU, in core-seconds of this machine (AMD EPYC).
    "read_cpu": (0.0921 / MB, "s a byte of text: read, normalise, annotate, write parts", "measured: dev-corpora"),
    "decide_cpu": (4.0e-6, "s a document: licence gate and rules", "measured: dev-corpora"),
    "bands_cpu": (1.0e-6, "s a document: bands", "measured: dev-corpora, rounded up"),
    "groups_cpu": (0.42e-6, "s a row of bands, both sides of the exchange", "measured: 60 M documents, partitions of 3 M rows"),
    "prove_cpu": (0.0045 / MB, "s a byte of text: shingles and comparisons", "measured: dev-corpora"),
    "shard_cpu": (0.0167 / MB, "s a byte of text: scatter and gather", "measured: dev-corpora"),
    "driver_cpu": (7.5e-6, "s a document on all threads of the driver: load, reconcile, ledger", "measured: generated, cluster"),
    "serial_cpu": (3.4e-6, "s a document on one thread of the driver: order of groups, lay out", "measured: generated"),
    # Memory of the driver: 667, 1,393 and 1,952 MB at its peak for 0.2, 0.8 and 1.6 M generated documents, 700 bytes each
    # between the last two; the columns of dev-corpora are 149 bytes longer (633 to 484).
    "driver_base": (0.83e9, "bytes of memory of a driver before its documents", "measured: generated, cluster"),
    "driver_document": (850.0, "bytes of memory of a driver a document", "measured: generated, cluster; dev-corpora"),
    "blob": (100.0, "bytes of memory of a blob in the driver's list: 40, its path, slack", "code: Blob in blobs.rs"),
    # Scheduling: a job of n empty tasks costs the scheduler a n + b n² (512: 0.72 s, 2,048: 7.36 s).
    "task_cpu": (0.68e-3, "s of the scheduler a task", "measured: jobs of 512 and 2,048 empty tasks"),
    "task_cpu_quadratic": (1.42e-6, "s of the scheduler a pair of tasks of one job", "measured: the same"),
    # Constants of the engine.
    "wave": (512, "units of one job", "code: WAVE in cluster/crew.rs"),
    "partitions": (1024, "partitions of the exchange, at most", "code: PARTITIONS in cluster/crew.rs"),
    "part_text": (64 * MIB, "bytes of text of a part", "code: limits.part_text_bytes"),
    "scatter_text": (128 * MIB, "bytes of text of a unit of scatter", "code: TEXT_BYTES_ELSEWHERE in scatter.rs"),
    "prove_text": (64 * MIB, "bytes of text of a unit of prove", "code: UNIT_TEXT_BYTES in prove.rs"),
    "shard_text": (0.7 * 256 * MIB, "bytes of text of a shard on average", "code: shard.target_bytes, cut in halves"),
    "documents_max": (2**32 - 1, "documents of a run", "code: u32 in corpus.rs"),
    "blob_reads": (32, "blobs a unit reads at once", "code: AT_ONCE in blobs.rs"),
    "waves": (1, "jobs of one stage at once", "code: Workers::map in cluster/crew.rs"),
    "sweeps": (10, "objects deleted at once; S3 takes 1,000 a request", "code: Store::delete_all, object_store"),
    "wave_listed": (0, "1 if a look lists the receipts of its own job only", "code: Watch in cluster/crew.rs"),
    "narrow_tables": (0, "1 if the narrow columns of a part lie in a table of their own", "code: narrow in corpus.rs"),
    # The cluster and its store.
    "slots": (8, "slots of a worker, of a core each", "assumed"),
    "network": (1 * GB, "bytes a second of a worker, and of the driver", "assumed"),
    "request": (0.03, "s a request of the store, whose total rate is not bounded", "assumed"),
    "page": (0.1, "s a page of 1,000 names", "assumed"),
    "driver_memory": (256e9, "bytes of memory of the driver's machine", "assumed"),
    "driver_threads": (16, "threads of the driver", "assumed"),
    "candidate_text": (0.25, "share of text that candidates hold", "assumed"),
}


# What a change of the code would make of them; see scale.md.
CHANGES = {
    "waves": 8, "wave_listed": 1, "narrow_tables": 1, "driver_document": 400.0,
}  # fmt: skip
changed: dict[str, float] = {}


def c(name: str) -> float:
    return changed.get(name, CONSTANTS[name][0])


@dataclass
class Stage:
    """What a stage moves and takes."""

    name: str
    units: float = 0
    read: float = 0
    written: float = 0
    shuffled: float = 0
    cpu: float = 0
    requests: float = 0
    # Requests that follow one another within a unit; those of all units are in `requests`.
    in_a_row: float = 0
    # Seconds of the driver alone, by what they go to.
    driver: dict[str, float] | None = None


@dataclass
class Corpus:
    """Text in bytes, of documents of a mean size."""

    text: float
    document: float

    @property
    def documents(self) -> float:
        return self.text / self.document

    @property
    def parts(self) -> float:
        return self.text / c("part_text")

    @property
    def writers(self) -> float:
        return self.text * c("released") / c("scatter_text")

    @property
    def readers(self) -> float:
        return self.text * c("released") / c("shard_text")

    @property
    def provers(self) -> float:
        return max(1, self.text * c("candidate_text") / c("prove_text"))


def cells(writers: float, readers: float, rows: float) -> float:
    """Blobs that are not empty where rows fall into writers times readers at random."""
    all_cells = writers * readers
    return all_cells * -math.expm1(-rows / all_cells)


def scatter_blobs(corpus: Corpus) -> float:
    return cells(corpus.writers, corpus.readers, corpus.documents * c("released"))


def shingle_blobs(corpus: Corpus) -> float:
    return cells(corpus.parts, corpus.provers, corpus.documents * c("candidates"))


# Requests of a unit on a cluster: its order written (1) and read as a table (3); its receipt asked for, its attempts
# listed, the attempt and the receipt written (4).
UNIT_REQUESTS = 8


def stages(corpus: Corpus) -> list[Stage]:
    n, text, parts = corpus.documents, corpus.text, corpus.parts
    documents, released = text * c("documents"), text * c("released")
    rows, threads, request = 14 * n, c("driver_threads"), c("request")
    narrow, blobs, sets = n * c("narrow"), scatter_blobs(corpus), shingle_blobs(corpus)
    # A tenth of a documents table is not text.
    looked_at = documents * (0.1 if c("narrow_tables") else 1)
    shards = corpus.readers

    def plain(name: str, own: float, **others: float) -> Stage:
        return Stage(name, units=parts, requests=parts * (UNIT_REQUESTS + own), in_a_row=4 + own, **others)

    work = 3 * (4 * parts + corpus.provers + corpus.writers + shards) + 2 * parts + corpus.writers
    return [
        # Parts and their manifests: documents (in pieces of 16 MiB), four families, sometimes faults.
        plain("read", 16, read=text * c("raw"), written=documents + narrow + n * c("signature"), cpu=text * c("read_cpu")),
        # The driver reads these tables whole, as their digests are of whole files.
        Stage(
            "load", read=looked_at + narrow, requests=8 * parts, driver={
                "network of the driver": (looked_at + narrow) / c("network"),
                "requests of the driver": 8 * parts * request / threads,
                "listing of parts": 3 * 14 * parts / 1000 * c("page"),
                "CPU of the driver": n * c("driver_cpu") / threads,
                "one thread of the driver": n * c("serial_cpu"),
            },
        ),
        plain("decide", 9, read=looked_at + narrow, written=n * c("decide"), cpu=n * c("decide_cpu")),
        plain("bands", 4, read=looked_at + n * c("signature"), written=n * c("bands"), cpu=n * c("bands_cpu")),
        Stage("groups", read=n * c("bands"), shuffled=rows * c("shuffle"), cpu=rows * c("groups_cpu"), requests=3 * parts),
        plain(
            "shingles", 2, read=documents, written=text * c("shingles"), cpu=text * c("prove_cpu") * 0.7,
        ),
        Stage(
            "prove", units=corpus.provers, read=text * c("shingles"), cpu=text * c("prove_cpu") * 0.3,
            requests=corpus.provers * UNIT_REQUESTS + sets, in_a_row=4 + sets / corpus.provers / c("blob_reads"),
        ),
        Stage(
            "scatter", units=corpus.writers, read=documents, written=released * c("scatter") + blobs * c("stream"),
            cpu=text * c("shard_cpu") * 0.4, requests=corpus.writers * (UNIT_REQUESTS + 8), in_a_row=12,
        ),
        Stage(
            "gather", units=shards, read=released * c("scatter") + blobs * c("stream"), written=released * c("release"),
            cpu=text * c("shard_cpu") * 0.6, requests=shards * (UNIT_REQUESTS + 9) + blobs, in_a_row=13 + blobs / shards / c("blob_reads"),
        ),
        Stage(
            "publish", written=n * c("ledger"), requests=parts + 2 * (parts + shards) + work, driver={
                "requests of the driver": parts * request / threads,
                "moves": 2 * (parts + shards) * request / threads,
                "deletions": work * request / c("sweeps"),
            },
        ),
    ]  # fmt: skip


def timed(stage: Stage, workers: int) -> dict[str, float]:
    """Seconds of a stage by what bounds it; their sum is its time."""
    if stage.driver is not None:
        return dict(stage.driver)
    slots = workers * c("slots")
    moved = stage.read + stage.written + 2 * stage.shuffled
    if not stage.units:
        at_once = min(slots, c("partitions"))
        cpu, network = stage.cpu / at_once, moved / (workers * c("network"))
        bound = "cores" if at_once == slots else "partitions"
        return {bound: cpu} if cpu >= network else {"network of workers": network}
    wave = min(c("wave"), stage.units)
    at_work = min(c("wave") * c("waves"), stage.units)
    at_once = min(slots, at_work)
    rounds = stage.units / at_work * math.ceil(at_work / at_once)
    cores = rounds * stage.cpu / stage.units
    network = rounds * moved / stage.units * math.ceil(at_once / workers) / c("network")
    short_of = "cores" if at_once == slots else "orders at once" if at_once < stage.units else "units"
    found = {"network of workers": network} if network > cores else {short_of: cores}
    found["requests in a row"] = rounds * stage.in_a_row * c("request")
    waves = stage.units / wave
    scheduler = waves * (wave * c("task_cpu") + wave**2 * c("task_cpu_quadratic"))
    if scheduler > sum(found.values()):
        found = {"scheduler": scheduler}
    found["orders of the driver"] = stage.units * c("request") / c("driver_threads")
    # Each look lists the receipts of all waves so far; the end of a job is seen after it.
    looks = waves if c("wave_listed") else waves * (waves + 1) / 2
    found["listing of receipts"] = looks * wave / 1000 * c("page")
    return found


def driver_memory(corpus: Corpus) -> dict[str, float]:
    return {
        "narrow columns": c("driver_base") + corpus.documents * c("driver_document"),
        "lists of blobs": (scatter_blobs(corpus) + shingle_blobs(corpus)) * c("blob"),
    }


TEXTS = (1 * TB, 10 * TB, 100 * TB)
DOCUMENTS = (2_700.0, 8_000.0)
WORKERS = (10, 50, 100, 500)


def short(value: float) -> str:
    """Two significant figures, with a prefix: `37 M`."""
    if value < 10:
        return f"{value:.2g}"
    if value < 1000:
        return f"{value:.0f}"
    for size, name in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.1f} {name}" if scaled < 10 else f"{scaled:.0f} {name}"
    return f"{value:.0f}"


def time_of(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 400 * 3600 else f"{seconds / 86400:.0f} d"


def table(head: list[str], rows: list[list[str]], text: int = 1) -> str:
    """A Markdown table; the first `text` columns are text."""
    align = [*["---"] * text, *["---:"] * (len(head) - text)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, align, *rows])


def constants() -> str:
    def value(number: float) -> str:
        if 0 < number < 0.01:
            return f"{number * 1e6:.3g} · 10⁻⁶"
        return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"

    rows = [[unit, origin, value(number)] for number, unit, origin in CONSTANTS.values()]
    return table(["what", "origin", "value"], rows, 2)


def moved(corpus: Corpus) -> str:
    rows = []
    total = Stage("all")
    for stage in stages(corpus):
        rows.append(
            [stage.name, short(stage.units) if stage.units else "", *map(short, (stage.read, stage.written, stage.shuffled)),
             short(stage.requests), short(stage.cpu / 3600) if stage.cpu else ""]  # fmt: skip
        )
        total.read += stage.read
        total.written += stage.written
        total.shuffled += stage.shuffled
        total.requests += stage.requests
        total.cpu += stage.cpu
    rows.append(["**all**", "", *map(short, (total.read, total.written, total.shuffled, total.requests, total.cpu / 3600))])
    return table(["stage", "units", "bytes read", "written", "shuffled", "requests", "core-hours"], rows)


def memory() -> str:
    rows = []
    for text in TEXTS:
        for document in DOCUMENTS:
            corpus = Corpus(text, document)
            parts = driver_memory(corpus)
            rows.append(
                [f"{text / TB:.0f} TB of {document / 1000:g} kB", short(corpus.documents), short(corpus.parts),
                 short(14 * corpus.parts), short(scatter_blobs(corpus)), short(shingle_blobs(corpus)),
                 short(parts["narrow columns"]), short(parts["lists of blobs"])]  # fmt: skip
            )
    head = ["text", "documents", "parts", "objects of parts", "blobs of scatter", "blobs of shingles", "driver: columns", "driver: blobs"]
    return table(head, rows)


def times(document: float) -> str:
    rows = []
    for text in TEXTS:
        corpus = Corpus(text, document)
        for workers in WORKERS:
            total, worst, of_worst = 0.0, ("", ""), 0.0
            row = []
            for stage in stages(corpus):
                found = timed(stage, workers)
                row.append(time_of(sum(found.values())))
                total += sum(found.values())
                for bound, seconds in found.items():
                    if seconds > of_worst:
                        of_worst, worst = seconds, (stage.name, bound)
            rows.append([f"{text / TB:.0f} TB, {workers}", *row, time_of(total), f"{worst[0]}: {worst[1]}"])
    names = [stage.name for stage in stages(Corpus(TB, document))]
    return table(["text, workers", *names, "all", "longest"], rows)


def reached(holds: Callable[[Corpus], bool], document: float) -> float:
    """Text, in bytes, from which on a condition holds for documents of a size; found by halving."""
    low, high = 9.0, 18.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(Corpus(10**middle, document)) else (middle, high)
    return 10**high


LIMITS = [
    ("lists of blobs fill the driver's memory",
     lambda corpus: driver_memory(corpus)["lists of blobs"] > c("driver_memory")),
    ("narrow columns fill the driver's memory",
     lambda corpus: driver_memory(corpus)["narrow columns"] > c("driver_memory")),
    ("a blob of scatter holds one document", lambda corpus: scatter_blobs(corpus) > 0.5 * corpus.documents),
    ("numbers of documents (`u32`) run out", lambda corpus: corpus.documents > c("documents_max")),
    ("the work area takes a day to delete",
     lambda corpus: stages(corpus)[-1].driver["deletions"] > 86400),
    ("a unit of gather makes 10,000 requests", lambda corpus: scatter_blobs(corpus) / corpus.readers > 1e4),
    ("the driver reads the documents tables for a day",
     lambda corpus: stages(corpus)[1].driver["network of the driver"] > 86400),
    ("a partition of the exchange has 500 M rows", lambda corpus: 14 * corpus.documents / c("partitions") > 500e6),
    ("listing receipts takes half the time of read, 500 workers",
     lambda corpus: timed(stages(corpus)[0], 500)["listing of receipts"] > sum(timed(stages(corpus)[0], 500).values()) / 2),
]  # fmt: skip


def terabytes(text: float) -> str:
    if text >= 1000 * TB:
        return "beyond 1,000 TB"
    return f"{text / TB:.0f} TB" if text >= 10 * TB else f"{text / TB:.1f} TB"


def limits() -> str:
    rows = []
    for what, holds in LIMITS:
        at = [reached(holds, document) for document in DOCUMENTS]
        changed.update(CHANGES)
        at += [reached(holds, document) for document in DOCUMENTS]
        changed.clear()
        rows.append((at[0], [what, *(terabytes(text) for text in at)]))
    head = ["from this much text on", *(f"{d / 1000:g} kB" for d in DOCUMENTS)]
    head += [f"{d / 1000:g} kB, changed" for d in DOCUMENTS]
    return table(head, [row for _, row in sorted(rows, key=lambda row: row[0])])


def blocks() -> dict[str, str]:
    """The tables of scale.md, by name."""
    found = {"constants": constants(), "limits": limits(), "memory": memory()}
    for text in TEXTS:
        found[f"moved-{text / TB:.0f}"] = moved(Corpus(text, DOCUMENTS[0]))
    for document in DOCUMENTS:
        found[f"times-{document / 1000:g}"] = times(document)
    changed.update(CHANGES)
    found["changed-8"] = times(DOCUMENTS[1])
    changed.clear()
    return found


def main(arguments: list[str]) -> int:
    if not arguments:
        for name, text in blocks().items():
            print(f"<!-- {name} -->\n{text}\n")
        return 0
    if len(arguments) != 2 or arguments[0] not in ("--check", "--write"):
        print(__doc__)
        return 2
    path = Path(arguments[1])
    page, wrong = path.read_text(), 0
    for name, text in blocks().items():
        begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        if begin not in page or end not in page:
            print(f"{path}: no table `{name}`")
            wrong += 1
            continue
        before, rest = page.split(begin, 1)
        stands, after = rest.split(end, 1)
        if stands != text:
            wrong += arguments[0] == "--check"
            if arguments[0] == "--check":
                print(f"{path}: table `{name}` is not what scale.py prints; renew it with --write")
            page = before + begin + text + end + after
    if arguments[0] == "--write":
        path.write_text(page)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
