"""Reads the metrics of a run with the parsers of prometheus_client.

    python metrics.py MOISSON PIPELINE

The file of a whole run is read as the text format that node_exporter reads, and what is served while a run works as
OpenMetrics. Every family must have a type and a help text, every counter must end in `_total`, and the numbers must agree
with the manifest.
"""

import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as classic

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def check(families: list) -> dict:
    """Samples by name and labels, of families that are all described."""
    samples = {}
    for family in families:
        assert family.type in {"counter", "gauge", "info"}, f"{family.name} is {family.type}"
        assert family.documentation, f"{family.name} has no help"
        for sample in family.samples:
            assert family.type != "counter" or sample.name.endswith("_total"), sample
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"{key} twice"
            samples[key] = sample.value
    return samples


def whole_run(program: str, pipeline: str, folder: pathlib.Path) -> None:
    out, file = folder / "out", folder / "moisson.prom"
    command = [program, "run", pipeline, "--offline", "--out", out, "--progress", "none", "--metrics-file", file]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    samples = check(list(classic(file.read_text())))
    manifest = json.loads((out / "release" / "manifest.json").read_text())
    made = samples["moisson_parts_total", (("result", "made"), ("stage", "read"))]
    assert made == len(manifest["parts"]), (made, len(manifest["parts"]))
    assert samples["moisson_released_rows", ()] == manifest["totals"]["released"]
    assert samples["moisson_run_state", (("state", "published"),)] == 1
    print(f"  {len(samples)} samples of a whole run, as text")


class Held(http.server.BaseHTTPRequestHandler):
    """A publisher that answers once it is let go."""

    go = threading.Event()

    def do_GET(self) -> None:
        self.go.wait(60)
        body = b'{"id": "a", "text": "Le texte."}\n'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def while_it_works(program: str, folder: pathlib.Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Held)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipeline = folder / "p.toml"
    pipeline.write_text(
        f"""name = "held"
tier = "attribution"
accept_assumed = true
[source.s]
at = "http://127.0.0.1:{server.server_port}/s.jsonl"
reader = "jsonl"
options = {{ id = "id", text = "text" }}
licence = {{ work = "etalab-2.0", reason = "a test" }}
"""
    )
    command = [program, "run", pipeline, "--out", folder / "held", "--progress", "json", "--metrics", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            event = json.loads(line)
            if event["event"] == "metrics":
                address = event["address"]
            if event["event"] == "step":
                break
        request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": OPEN_METRICS})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Type"].startswith("application/openmetrics-text"), answer.headers
            samples = check(list(open_metrics(answer.read().decode())))
        with urllib.request.urlopen(f"http://{address}/metrics") as answer:
            assert len(check(list(classic(answer.read().decode())))) == len(samples)
        assert samples["moisson_run_state", (("state", "running"),)] == 1
        Held.go.set()
        run.stderr.read()
    server.shutdown()
    print(f"  {len(samples)} samples while a run works, as OpenMetrics")


def main() -> None:
    program, pipeline = sys.argv[1:]
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        whole_run(program, pipeline, pathlib.Path(folder))
        while_it_works(program, pathlib.Path(folder))
    print("metrics: ok")


if __name__ == "__main__":
    main()
