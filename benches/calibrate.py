"""Measures what scale.py holds as constants: what a run costs a document, a byte, a unit.

    python benches/calibrate.py MOISSON DRIVER --folder DIR --corpora DIR [--only NAME…]

Needs numpy and pyarrow. `DRIVER` is what `cargo bench --no-run --bench candidates` names. Prints one JSON object:

- `embedded`: CPU seconds of each step of `pipelines/dev-corpora.toml` on one thread, bytes and files of every table.
- `cluster`: the same on a scheduler and workers on this machine: CPU and memory of each process, bytes and objects of the
  work area by folder.
- `driver`: peak memory of the driver of a cluster for generated corpora of two sizes, and of an embedded run.
- `tasks`: seconds a job of 512 and of 2,048 empty tasks takes on four workers of one slot.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cluster import Cluster, cpu_seconds, memory_bytes, sampled

PIPELINE = Path(__file__).parent.parent / "pipelines" / "dev-corpora.toml"

WORDS = (
    "le demandeur notifie sa décision à la commission dans un délai de trente jours à compter du premier mars et transmet "
    "le dossier complet aux personnes mentionnées à l'article précédent qui rend un avis motivé sur les conditions "
    "d'application fixées par le conseil municipal pour chaque établissement public concerné par cette mesure annuelle"
).split()


def tables(folder: Path) -> dict[str, dict[str, int]]:
    """Files and bytes of each folder below `folder`."""
    found: dict[str, dict[str, int]] = {}
    for root, _, files in os.walk(folder):
        below = Path(root).relative_to(folder).parts
        name = "/".join(below[:2] if below[:1] and below[0] in ("orders", "receipts", "attempts") else below[:1]) or "."
        entry = found.setdefault(name, {"files": 0, "bytes": 0})
        for file in files:
            try:
                entry["bytes"] += os.stat(os.path.join(root, file)).st_size
                entry["files"] += 1
            except FileNotFoundError:
                pass
    return {name: entry for name, entry in sorted(found.items()) if entry["files"]}


def steps(command: list[str]) -> dict:
    """Runs with progress events; returns CPU and wall seconds of each step and the summary."""
    process = subprocess.Popen(
        [*command, "--progress", "json", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    began = time.perf_counter()
    marks = [("plan", 0.0, 0.0)]
    memory = 0
    for line in process.stderr:
        event = json.loads(line)
        memory = max(memory, memory_bytes(process.pid))
        if event["event"] == "step":
            marks.append((event["step"], cpu_seconds(process.pid), time.perf_counter() - began))
        elif event["event"] == "done":
            marks.append((f"after {event['step']}", cpu_seconds(process.pid), time.perf_counter() - began))
    summary = json.load(process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    marks.append(("end", usage.ru_utime + usage.ru_stime, time.perf_counter() - began))
    cpu: dict[str, float] = {}
    for (name, before, _), (_, after, _) in zip(marks, marks[1:], strict=False):
        cpu[name] = cpu.get(name, 0.0) + after - before
    return {"cpu_seconds": cpu, "seconds": marks[-1][2], "memory_peak": memory, "exit": status, "summary": summary}


class Work(threading.Thread):
    """Looks at the work area of an output while it is there; remembers the most there was in each folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.most, self.over = folder, {}, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.2):
            for name, entry in tables(self.folder).items():
                known = self.most.setdefault(name, {"files": 0, "bytes": 0})
                for what in known:
                    known[what] = max(known[what], entry[what])


def on_cluster(moisson: str, folder: Path, stores: str, pipeline: list[str], workers: int) -> dict:
    """Runs a pipeline on a cluster of processes."""
    out = folder / "out"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    with Cluster(moisson, folder, stores, workers, "2GiB") as cluster:
        work = Work(out / "work")
        work.start()
        command = [moisson, "run", *pipeline, "--out", str(out), "--cluster", cluster.url, "--memory", "2GiB"]
        text, seconds, sampler, code = sampled(
            cluster, [*command, "--progress", "none", "--format", "json"], every=0.2
        )
        work.over.set()
        work.join()
    return {
        "exit": code, "seconds": seconds, "cpu_seconds": sampler.cpu, "memory_peak": sampler.memory,
        "scratch_peak": sampler.largest, "work": work.most, "parts": tables(out / "parts"),
        "summary": brief(json.loads(text)),
    }  # fmt: skip


def brief(summary: dict) -> dict:
    """The plain numbers of a summary."""
    return {name: value for name, value in summary.items() if isinstance(value, (int, float))}


def generate(folder: Path, documents: int, text_bytes: int, files: int) -> None:
    """JSON Lines: of ten documents one is a near copy of another, with one word in fifty replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(documents)
    length = text_bytes // 6
    kept: list[list[str]] = []
    for number in range(files):
        with open(folder / f"{number:04}.jsonl", "w") as file:
            for document in range(documents * number // files, documents * (number + 1) // files):
                if document % 10 == 9 and kept:
                    words = list(pick.choice(kept))
                    for _ in range(max(1, length // 100)):
                        words[pick.randrange(len(words))] = pick.choice(WORDS)
                else:
                    words = pick.choices(WORDS, k=length - length // 8)
                    for _ in range(length // 8):
                        words.insert(pick.randrange(len(words)), str(pick.randrange(10**6)))
                    if len(kept) < 1000 or pick.random() < 0.01:
                        kept.append(words)
                        kept = kept[-2000:]
                text = " ".join(words).capitalize() + "."
                file.write(json.dumps({"id": f"documents/2026/{document:09}", "text": text}, ensure_ascii=False) + "\n")


def pipeline(folder: Path, corpus: Path) -> str:
    path = folder / f"{corpus.name}.toml"
    path.write_text(
        f"""name = "{corpus.name}"
tier = "attribution"
accept_assumed = true
[source.generated]
path = "{corpus}/*.jsonl"
reader = "jsonl"
options = {{ id = "id", text = "text" }}
genre = "law"
language = "fra_Latn"
producer = "nobody"
title = "Generated documents"
url = "https://example.org/"
licence = {{ work = "etalab-2.0", reason = "invented" }}
"""
    )
    return str(path)


def drivers(moisson: str, folder: Path, sizes: list[int]) -> list[dict]:
    found = []
    for documents in sizes:
        corpus = folder / f"generated-{documents}"
        if not corpus.exists():
            generate(corpus, documents, 600, max(4, documents // 25_000))
        run = on_cluster(moisson, folder, str(folder), [pipeline(folder, corpus)], 2)
        subprocess.run(["rm", "-rf", str(folder / "out")], check=True)
        local = steps([moisson, "run", pipeline(folder, corpus), "--out", str(folder / "out"), "--threads", "2", "--memory", "3GiB"])
        local["summary"] = brief(local["summary"])
        subprocess.run(["rm", "-rf", str(folder / "out"), str(corpus)], check=True)
        found.append({"documents": documents, "cluster": run, "embedded": local})
    return found


def tasks(moisson: str, driver: str, folder: Path, numbers: list[int]) -> list[dict]:
    """Jobs of tables of one row each: what is left is the scheduler's and the workers' own time."""
    found = []
    schema = pa.schema([pa.field("key", pa.uint64(), False), pa.field("item", pa.uint32(), False)])
    with Cluster(moisson, folder, str(folder), 4, "2GiB") as cluster:
        for number in numbers:
            files = folder / f"tasks-{number}"
            files.mkdir(exist_ok=True)
            for at in range(number):
                table = pa.table([pa.array(np.array([at], np.uint64)), pa.array(np.array([at], np.uint32))], schema=schema)
                pq.write_table(table, files / f"{at:032}.parquet")
            before = cpu_seconds(cluster.pids()["scheduler"])
            out, seconds, sampler, code = sampled(cluster, [driver, cluster.url, str(files), str(number), "SELECT item FROM keys"], every=0.2)
            found.append({
                "tasks": number, "exit": code, "seconds": json.loads(out)["query_seconds"],
                "scheduler_cpu_seconds": cpu_seconds(cluster.pids()["scheduler"]) - before,
                "scheduler_memory": sampler.memory["scheduler"], "cpu_seconds": sampler.cpu, "rows": json.loads(out)["rows"],
            })  # fmt: skip
            subprocess.run(["rm", "-rf", str(files)], check=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("moisson")
    parser.add_argument("driver")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[200_000, 800_000])
    parser.add_argument("--only", nargs="*", default=["embedded", "cluster", "driver", "tasks"])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    real = [str(PIPELINE), "--set", f"corpora={arguments.corpora}"]
    result = {}
    if "embedded" in arguments.only:
        out = arguments.folder / "embedded"
        subprocess.run(["rm", "-rf", str(out)], check=True)
        run = steps([arguments.moisson, "run", *real, "--out", str(out), "--threads", "1", "--memory", "1400MiB"])
        result["embedded"] = run | {"summary": brief(run["summary"]), "parts": tables(out / "parts"), "out": tables(out)}
        subprocess.run(["rm", "-rf", str(out)], check=True)
    if "cluster" in arguments.only:
        common = os.path.commonpath([arguments.folder.resolve(), arguments.corpora.resolve()])
        result["cluster"] = on_cluster(arguments.moisson, arguments.folder, common, real, 2)
        subprocess.run(["rm", "-rf", str(arguments.folder / "out")], check=True)
    if "driver" in arguments.only:
        result["driver"] = drivers(arguments.moisson, arguments.folder, arguments.sizes)
    if "tasks" in arguments.only:
        result["tasks"] = tasks(arguments.moisson, arguments.driver, arguments.folder, [512, 2048])
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
