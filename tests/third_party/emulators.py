"""Runs the quickstart into an emulator of Azure Blob Storage and a stand-in of Google Cloud Storage, on loopback.

    python emulators.py MOISSON OUT

OUT is the output of the quickstart on local files: content digests must be the same. Azurite comes from npm; where it
cannot be installed or started, a line says so and its part is passed over. No emulator of Google's service that is to be
had without containers speaks its XML interface, which moisson uses: gcs_server.py answers as its documentation says.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

AZURITE = "azurite@3"
# The account that Azurite documents; its key is no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
QUICKSTART = ["run", "pipelines/quickstart.toml", "--progress", "none"]


class Unavailable(Exception):
    """An emulator that is not to be had here."""


def run(program: str, *arguments: str, status: int = 0, **environment: str) -> dict:
    done = subprocess.run(
        [program, *arguments, "--format", "json"],
        capture_output=True, text=True, timeout=300, check=False, env=os.environ | environment,
    )
    assert done.returncode == status, (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout) if status == 0 else {"stderr": done.stderr}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command: list[str], port: int, log: pathlib.Path):
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    try:
        for _ in range(100):
            if process.poll() is not None:
                raise Unavailable(log.read_text(errors="replace")[-500:])
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            raise Unavailable("it does not listen")
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def install(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command[:3])}: {done.stderr.strip()[-300:]}")


def check(program: str, out: str, expected: str, secret: str, environment: dict[str, str]) -> None:
    """Publishes, publishes again, replaces, verifies, and runs two drivers at once."""
    first = run(program, *QUICKSTART, "--out", out, **environment)
    assert first["content_digest"] == expected, first
    assert run(program, *QUICKSTART, "--out", out, **environment)["unchanged"]
    # A changed plan replaces the release that is there: a write on the condition that nobody else did.
    again = run(program, *QUICKSTART, "--out", out, "--set", "shard.target_bytes=20000", **environment)
    assert not again["unchanged"] and again["published"], again
    report = run(program, "verify", out, "--deep", **environment)
    assert not report["problems"], report
    assert secret not in json.dumps([first, again])
    command = [program, *QUICKSTART, "--out", f"{out}-raced", "--format", "json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=os.environ | environment) for _ in range(2)]
    ended = [(process, *process.communicate(timeout=300)) for process in both]
    published = [json.loads(text) for process, text, _ in ended if process.returncode == 0]
    assert published and all(summary["content_digest"] == expected for summary in published), ended
    told = [errors for process, _, errors in ended if process.returncode != 0]
    assert all("another run" in errors and secret not in errors for errors in told), told


def azure(program: str, expected: str, work: pathlib.Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    install([npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(work), AZURITE])
    port = free_port()
    binary = work / "node_modules/.bin/azurite-blob"
    command = [str(binary), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(work / "blobs"),
               "--skipApiVersionCheck", "--silent"]
    url = f"http://127.0.0.1:{port}"
    environment = {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url}
    with server(command, port, work / "azurite.log"):
        create_container(url, "releases")
        check(program, "az://releases/quickstart", expected, KEY, environment)


def create_container(url: str, name: str) -> None:
    """Makes a container: a request signed with the account's shared key."""
    import base64
    import email.utils
    import hashlib
    import hmac

    date, version = email.utils.formatdate(usegmt=True), "2023-11-03"
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{version}\n{resource}"
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(f"{url}/{ACCOUNT}/{name}?restype=container", method="PUT", headers={
        "x-ms-date": date, "x-ms-version": version, "Authorization": f"SharedKey {ACCOUNT}:{signature}",
        "Content-Length": "0"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201


def google(program: str, expected: str, work: pathlib.Path) -> None:
    port = free_port()
    script = pathlib.Path(__file__).with_name("gcs_server.py")
    account = work / "account.json"
    secret = "a-key-that-is-not-to-be-told"
    account.write_text(json.dumps({"gcs_base_url": f"http://127.0.0.1:{port}", "disable_oauth": True,
                                   "client_email": "", "private_key": secret, "private_key_id": ""}))
    environment = {"GOOGLE_SERVICE_ACCOUNT": str(account), "GOOGLE_ALLOW_HTTP": "true"}
    with server([sys.executable, str(script), str(port)], port, work / "gcs.log"):
        check(program, "gs://releases/quickstart", expected, secret, environment)


def main(program: str, local: pathlib.Path) -> None:
    expected = run(program, *QUICKSTART, "--out", str(local))["content_digest"]
    for name, part in (("Azure (Azurite)", azure), ("Google (a stand-in of ours)", google)):
        with tempfile.TemporaryDirectory() as folder:
            try:
                part(program, expected, pathlib.Path(folder))
                print(f"{name}: the quickstart is the same as in a folder")
            except Unavailable as error:
                print(f"{name}: passed over, no emulator: {error}")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
