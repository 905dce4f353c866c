"""The candidates stage at scale: who shares a band value with whom, of generated signatures, on a cluster of processes.

    python benches/candidates.py MOISSON DRIVER --folder DIR --documents N [--files 200] [--workers 4] [--memory 2GiB]

Needs numpy and pyarrow. `DRIVER` is what `cargo bench --no-run --bench candidates` names. Generates the tables of the bands stage
(`key`, `item`; 14 rows a document) once per folder, starts a scheduler and workers, runs the exchange, and checks the
answer against what was planted: of every hundred documents one belongs to a template of a thousand, five to pairs that
share all bands, and the others share none. Prints one JSON object; exits with 1 if the answer is wrong.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cluster import Cluster, folder_bytes, sampled

BANDS = 14
PAIRED = (11, 31, 51, 71, 91)
TEMPLATE = 7
TEMPLATE_SIZE = 1000


def mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64, a bijection."""
    values = values.astype(np.uint64, copy=True)
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


class Planted:
    """Which documents share their bands; `documents` is a multiple of 100,000."""

    def __init__(self, documents: int) -> None:
        if documents % (100 * TEMPLATE_SIZE):
            raise SystemExit(f"--documents must be a multiple of {100 * TEMPLATE_SIZE}")
        self.documents = documents
        self.templates = documents // 100 // TEMPLATE_SIZE
        self.pairs = documents // 100 * len(PAIRED) // 2

    def cluster(self, item: np.ndarray) -> np.ndarray:
        """A number for each set of documents that share their bands."""
        item = item.astype(np.uint64)
        hundred, place = item // np.uint64(100), (item % np.uint64(100)).astype(np.int64)
        cluster = item + np.uint64(1 << 40)
        is_template = place == TEMPLATE
        cluster[is_template] = hundred[is_template] % np.uint64(self.templates) + np.uint64(2 << 40)
        for number, paired in enumerate(PAIRED):
            rows = place == paired
            pair = hundred[rows] * np.uint64(len(PAIRED)) + np.uint64(number)
            cluster[rows] = pair % np.uint64(self.pairs) + np.uint64(3 << 40)
        return cluster

    def answer(self) -> dict:
        """Groups, members, sizes, and the fingerprint that the driver computes too."""
        hundreds = np.arange(self.documents // 100, dtype=np.uint64)
        total = np.uint64(0)
        with np.errstate(over="ignore"):
            members = mix(hundreds * np.uint64(100) + np.uint64(TEMPLATE))
            sums = np.zeros(self.templates, np.uint64)
            for start in range(0, len(members), self.templates):
                sums += members[start : start + self.templates]
            total += mix(sums).sum(dtype=np.uint64)
            items = (hundreds[:, None] * np.uint64(100) + np.array(PAIRED, np.uint64)[None, :]).ravel()
            hashes = mix(items)
            total += mix(hashes[: self.pairs] + hashes[self.pairs :]).sum(dtype=np.uint64)
            total *= np.uint64(BANDS)
        return {
            "groups": BANDS * (self.templates + self.pairs),
            "members": BANDS * (self.templates * TEMPLATE_SIZE + self.pairs * 2),
            "sizes": {"2": BANDS * self.pairs, str(TEMPLATE_SIZE): BANDS * self.templates},
            "fingerprint": str(total),
        }


def generate(planted: Planted, folder: Path, files: int) -> float:
    """Writes the tables of the bands stage; returns seconds."""
    began = time.perf_counter()
    schema = pa.schema([pa.field("key", pa.uint64(), False), pa.field("item", pa.uint32(), False)])
    folder.mkdir(parents=True, exist_ok=True)
    bounds = np.linspace(0, planted.documents, files + 1).astype(np.int64)
    for number in range(files):
        path = folder / f"{number:05}.parquet"
        if path.exists():
            continue
        items = np.arange(bounds[number], bounds[number + 1], dtype=np.uint32)
        clusters = planted.cluster(items)
        with np.errstate(over="ignore"):
            bands = np.arange(BANDS, dtype=np.uint64)
            keys = mix((clusters[:, None] * np.uint64(16) + bands[None, :]).ravel())
        table = pa.table([pa.array(keys), pa.array(np.repeat(items, BANDS))], schema=schema)
        pq.write_table(
            table, folder / "unfinished", compression="zstd", compression_level=1, use_dictionary=False,
            write_statistics=False,
        )  # fmt: skip
        (folder / "unfinished").rename(path)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("moisson")
    parser.add_argument("driver")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=100_000_000)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--memory", default="2GiB")
    parser.add_argument("--partitions", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--plan", help="SQL over `keys` instead of the plan of a run")
    parser.add_argument("--generate-only", action="store_true")
    arguments = parser.parse_args()

    planted = Planted(arguments.documents)
    tables = arguments.folder / f"bands-{arguments.documents}"
    generated = generate(planted, tables, arguments.files)
    result = {
        "documents": arguments.documents, "rows": arguments.documents * BANDS, "files": arguments.files,
        "input_bytes": folder_bytes(tables), "generate_seconds": generated, "partitions": arguments.partitions,
        "workers": arguments.workers, "memory": arguments.memory,
    }  # fmt: skip
    if arguments.generate_only:
        print(json.dumps(result, indent=1))
        return
    with Cluster(
        arguments.moisson, arguments.folder, str(arguments.folder), arguments.workers, arguments.memory
    ) as cluster:
        command = [arguments.driver, cluster.url, str(tables), str(arguments.partitions)]
        command += [arguments.plan] if arguments.plan else []
        out, seconds, sampler, code = sampled(cluster, command, every=2.0, limit=arguments.minutes * 60)
    answer = json.loads(out) if out.strip() else {}
    result |= {
        "exit": code, "seconds": seconds, "cpu_seconds": sampler.cpu, "memory_peak": sampler.memory,
        "scratch_peak": sampler.largest, "answer": answer,
    }  # fmt: skip
    expected = planted.answer()
    result["right"] = all(answer.get(name) == value for name, value in expected.items())
    if not result["right"]:
        result["expected"] = expected
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["right"] else 1)


if __name__ == "__main__":
    main()
