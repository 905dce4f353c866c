"""Times the stages of a run, from its progress events, and prints a Markdown table.

    python benches/stages.py MOISSON PIPELINE [ARGUMENT…]

Runs `MOISSON run PIPELINE ARGUMENT…` three times on one thread into fresh outputs and takes the median of each stage, so
that bytes a second are bytes a core-second.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time


def once(arguments: list[str]) -> tuple[dict[str, float], dict]:
    with tempfile.TemporaryDirectory() as out:
        process = subprocess.Popen(
            [*arguments, "--out", out, "--threads", "1", "--progress", "json", "--format", "json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started = time.perf_counter()
        marks = [("plan", started)]
        for line in process.stderr:
            event = json.loads(line)
            if event["event"] == "step":
                marks.append((event["step"], time.perf_counter()))
            elif event["event"] == "done":
                marks.append((f"after {event['step']}", time.perf_counter()))
        summary = json.load(process.stdout)
        process.wait()
        marks.append(("end", time.perf_counter()))
    stages = {name: after - at for (name, at), (_, after) in zip(marks, marks[1:], strict=False)}
    return stages | {"whole run": marks[-1][1] - started}, summary


def main(program: str, pipeline: str, *arguments: str) -> None:
    runs = [once([program, "run", pipeline, *arguments]) for _ in range(3)]
    summary = runs[0][1]
    raw, text = summary["raw_bytes"] / 1e6, summary["text_bytes_in"] / 1e6
    names = {
        "plan": "plan: list and digest the inputs",
        "read": "read: extract, normalise, annotate, write parts",
        "after read": "load, reconcile, decide, group signatures",
        "prove": "prove: shingle sets of candidates, comparisons",
        "after prove": "lay out the shards",
        "shard": "shard: move text, write Parquet",
        "after shard": "ledger, card, publish",
        "whole run": "whole run",
    }
    print(f"{raw:.0f} MB raw, {text:.0f} MB of text, {summary['read']} records\n")
    print("| stage | s | MB raw per core-second | MB of text per core-second |\n| --- | ---: | ---: | ---: |")
    for key, name in names.items():
        seconds = statistics.median(stages.get(key, 0.0) for stages, _ in runs)
        rate = (lambda size: f"{size / seconds:.0f}") if seconds > 0.005 else (lambda _: "")
        print(f"| {name} | {seconds:.2f} | {rate(raw)} | {rate(text)} |")
    print(f"\npeak memory {max(s['peak_memory_bytes'] for _, s in runs) >> 20} MiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
