"""Measures what it costs to forget 10 of 1,000,000 documents.

    python benches/forget.py MOISSON [--folder DIR] [--documents N] [--forget N]

Writes invented documents of one line each (one in ten a near copy), runs a pipeline over them, forgets some, and runs the
same forget on half as many documents. Prints one JSON object: seconds of the run and of the forget, files and bytes that
the forget wrote, and how many shards it touched of how many. On Linux, as it reads /proc.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import tempfile
import time
from pathlib import Path

WORDS = (
    "le demandeur notifie sa décision à la commission dans un délai de trente jours à compter du premier mars et transmet "
    "le dossier complet aux personnes mentionnées à l'article précédent qui rend un avis motivé sur les conditions "
    "d'application fixées par le conseil municipal pour chaque établissement public concerné par cette mesure annuelle"
).split()

PIPELINE = """name = "forget"
tier = "attribution"
accept_assumed = true
[source.s]
path = "{folder}/in-*.jsonl"
reader = "jsonl"
options = {{ id = "id", text = "text" }}
licence = {{ work = "etalab-2.0", reason = "invented" }}
[alarm]
share_max = 1.0
[limits]
part_text_bytes = 4194304
[shard]
target_bytes = 4194304
"""


def generate(folder: Path, documents: int) -> None:
    """Files of 50,000 documents each."""
    chance = random.Random(1)
    before = ""
    for first in range(0, documents, 50_000):
        with open(folder / f"in-{first:09}.jsonl", "w", encoding="utf-8") as file:
            for number in range(first, min(first + 50_000, documents)):
                text = " ".join(chance.choices(WORDS, k=30)) + f" {number}."
                if number % 10 == 9:
                    text = before + " Fin."
                else:
                    before = text
                file.write(json.dumps({"id": f"d{number}", "text": text}, ensure_ascii=False) + "\n")


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode-independent state of every file: time of change and size."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            stat = os.stat(os.path.join(root, name))
            found[os.path.relpath(os.path.join(root, name), folder)] = (stat.st_mtime_ns, stat.st_size)
    return found


def timed(command: list[str]) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and stdout of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu, done.stdout


def measure(moisson: str, folder: Path, documents: int, forgotten: int) -> dict:
    """One corpus: a run, a forget."""
    folder.mkdir(parents=True)
    generate(folder, documents)
    (folder / "p.toml").write_text(PIPELINE.format(folder=folder), encoding="utf-8")
    out = str(folder / "out")
    run = timed([moisson, "run", str(folder / "p.toml"), "--out", out, "--progress", "none", "--format", "json"])
    before = files(folder / "out")
    ids = [f"s/d{number * (documents // forgotten) + 3}" for number in range(forgotten)]
    command = [moisson, "forget", out, "--who", "bench", "--why", "bench", "--format", "json", "--ids", *ids]
    forget = timed(command)
    after = files(folder / "out")
    written = [size for path, (stamp, size) in after.items() if before.get(path) != (stamp, size)]
    [proof] = json.loads(forget[2])
    verify = timed([moisson, "verify", out, "--deep"])
    shards = [path for path in before if path.startswith("release/data/")]
    touched = [path for path in shards if path not in after]
    return {
        "documents": documents,
        "forgotten": forgotten,
        "by": proof["by"],
        "run_seconds": round(run[0], 2),
        "run_cpu_seconds": round(run[1], 2),
        "forget_seconds": round(forget[0], 2),
        "forget_cpu_seconds": round(forget[1], 2),
        "verify_seconds": round(verify[0], 2),
        "shards": len(shards),
        "shards_touched": len(touched),
        "shard_bytes": sum(before[path][1] for path in shards),
        "shard_bytes_touched": sum(before[path][1] for path in touched),
        "output_bytes": sum(size for _, size in before.values()),
        "written_bytes": sum(written),
        "written_files": len(written),
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("moisson")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--forget", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        sizes = (arguments.documents // 2, arguments.documents)
        found = [measure(arguments.moisson, Path(folder) / str(n), n, arguments.forget) for n in sizes]
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
