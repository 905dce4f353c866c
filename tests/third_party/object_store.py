"""Runs the quickstart from an S3 server to an S3 server, on this machine's loopback, and compares with a local run.

    python object_store.py MOISSON OUT

OUT is the output of the quickstart on local files: content digests must be the same. Leases of other drivers, two drivers
at once, listings of more than one page and unfinished uploads are looked at too. A file over http with a server that
knows no ranges is read as well, and mirrored into an output on S3. Needs moto[server] and boto3.
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from moto.server import ThreadedMotoServer


SECRET = "a-secret-that-must-be-nowhere"


def end(program: str, *arguments: str) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [program, *arguments, "--format", "json"], capture_output=True, text=True, timeout=300, check=False
    )
    assert SECRET not in done.stdout + done.stderr, arguments
    return done


def run(program: str, *arguments: str) -> dict:
    done = end(program, *arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout)


def leases(program: str, client, pipeline: list[str], expected: str) -> None:
    """The lease of another driver is kept while it is renewed, and taken over when it is not."""
    out, key = "s3://releases/leased", "leased/.driver"
    driver = {"host": "elsewhere", "pid": 4711, "run": "r", "since": 0, "renewed_at": int(time.time()), "renewals": 0}
    client.put_object(Bucket="releases", Key=key, Body=json.dumps(driver))
    refused = end(program, *pipeline, "--out", out)
    assert refused.returncode == 2 and "process 4711 on `elsewhere`" in refused.stderr, refused
    client.put_object(Bucket="releases", Key=key, Body=json.dumps(driver | {"renewed_at": int(time.time()) - 120}))
    assert run(program, *pipeline, "--out", out)["content_digest"] == expected
    left = client.list_objects_v2(Bucket="releases", Prefix=key)
    assert left["KeyCount"] == 0, left


def two_at_once(program: str, pipeline: list[str], expected: str) -> None:
    """Of two drivers one publishes; the other is told, or finds everything done."""
    command = [program, *pipeline, "--out", "s3://releases/raced", "--format", "json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process, *process.communicate(timeout=300)) for process in both]
    published = [json.loads(out) for process, out, _ in ended if process.returncode == 0]
    assert published and all(summary["content_digest"] == expected for summary in published), ended
    told = [errors for process, _, errors in ended if process.returncode != 0]
    assert all("another run" in errors for errors in told), told
    assert not run(program, "verify", "s3://releases/raced", "--deep")["problems"]


def many_files(program: str, client) -> None:
    """A listing of more than one page is read to its end."""
    for number in range(1050):
        body = f'{{"id": "{number}", "text": "texte {number}", "licence": "etalab-2.0"}}\n'
        client.put_object(Bucket="samples", Key=f"many/{number}.jsonl", Body=body)
    with tempfile.TemporaryDirectory() as folder:
        toml = pathlib.Path(folder) / "many.toml"
        toml.write_text(
            "name = 'many'\ntier = 'attribution'\n[source.s]\npath = 's3://samples/many/'\nreader = 'jsonl'\n"
            "options = { id = 'id', text = 'text', licence = 'licence' }\n[alarm]\nshare_max = 1.0\n"
        )
        read = run(program, "run", str(toml), "--out", f"{folder}/out", "--progress", "none")["read"]
    assert read == 1050, read


def main(program: str, local: pathlib.Path) -> None:
    s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3.start()
    host, port = s3.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    os.environ |= {
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="samples")
    client.create_bucket(Bucket="releases")
    samples = pathlib.Path("data-samples")
    for path in samples.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), "samples", str(path.relative_to(samples)))

    pipeline = ["run", "pipelines/quickstart.toml", "--set", "data=s3://samples", "--progress", "none"]
    first = run(program, *pipeline, "--out", "s3://releases/quickstart")
    assert first["content_digest"] == run(program, "run", "pipelines/quickstart.toml", "--out", str(local),
                                          "--progress", "none")["content_digest"]
    assert run(program, *pipeline, "--out", "s3://releases/quickstart")["unchanged"]
    report = run(program, "verify", "s3://releases/quickstart", "--deep")
    assert not report["problems"], report
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="releases")["Contents"]]
    assert "quickstart/release/manifest.json" in keys
    assert not [key for key in keys if key.startswith("quickstart/staged/")], keys
    leases(program, client, pipeline, first["content_digest"])
    two_at_once(program, pipeline, first["content_digest"])
    many_files(program, client)

    # SimpleHTTPRequestHandler answers no ranges: the file is copied to scratch first.
    handler = lambda *a: http.server.SimpleHTTPRequestHandler(*a, directory=str(samples / "jsonl"))  # noqa: E731
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        toml = pathlib.Path(folder) / "http.toml"
        toml.write_text(
            "name = 'http'\ntier = 'attribution'\n[source.decisions]\n"
            f"path = 'http://127.0.0.1:{server.server_port}/decisions.jsonl.gz'\nreader = 'jsonl'\n"
            "options = { id = 'id', text = 'texte', licence = 'licence' }\n"
        )
        over_http = run(program, "run", str(toml), "--out", f"{folder}/out", "--progress", "none")
        assert over_http["released"] > 10, over_http

        # The same file mirrored into an output on S3: fetched once, confirmed the second time, read from the mirror.
        toml.write_text(toml.read_text().replace("path =", "at =") + "[fetch]\ninterval_ms = 0\n")
        for expected in ({"fetched": 1, "unchanged": 0}, {"fetched": 0, "unchanged": 1}):
            fetched = run(program, "fetch", str(toml), "--out", "s3://releases/mirrored", "--progress", "none")
            summary = fetched["sources"]["decisions"]
            assert {key: summary[key] for key in expected} == expected, fetched
        mirrored = run(program, "run", str(toml), "--offline", "--out", "s3://releases/mirrored", "--progress", "none")
        assert mirrored["released"] == over_http["released"], mirrored
    server.shutdown()

    for entry in client.list_objects_v2(Bucket="releases")["Contents"]:
        body = client.get_object(Bucket="releases", Key=entry["Key"])["Body"].read()
        assert SECRET.encode() not in body, entry["Key"]
    assert not client.list_multipart_uploads(Bucket="releases").get("Uploads")
    s3.stop()
    print(f"{first['released']} documents from and to S3, {over_http['released']} over http")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
