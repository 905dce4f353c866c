"""A scheduler and workers on this machine as processes of their own, and what each process costs."""

import os
import re
import subprocess
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICKS


def memory_bytes(pid: int, name: str = "VmHWM") -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(match[1]) << 10 if match else 0


def folder_bytes(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except FileNotFoundError:
                pass
    return total


class Sampler(threading.Thread):
    """Samples processes and folders until it is stopped: the last CPU time and highest memory of each process, the
    largest size of each folder."""

    def __init__(self, processes: dict[str, int], folders: dict[str, Path], every: float = 1.0) -> None:
        super().__init__(daemon=True)
        self.processes, self.folders, self.every = processes, folders, every
        self.cpu: dict[str, float] = {}
        self.memory: dict[str, int] = {}
        self.largest: dict[str, int] = {}
        self.over = threading.Event()

    def look(self) -> None:
        for name, pid in list(self.processes.items()):
            try:
                self.cpu[name] = cpu_seconds(pid)
                self.memory[name] = max(self.memory.get(name, 0), memory_bytes(pid))
            except (FileNotFoundError, ProcessLookupError):
                continue
        for name, folder in self.folders.items():
            self.largest[name] = max(self.largest.get(name, 0), folder_bytes(folder))

    def run(self) -> None:
        while not self.over.wait(self.every):
            self.look()

    def stop(self) -> None:
        self.look()
        self.over.set()
        self.join()


class Cluster:
    """`with Cluster(moisson, folder, store, …) as cluster`: a scheduler and workers on loopback."""

    def __init__(self, moisson: str, folder: Path, store: str, workers: int, memory: str, slots: int = 1) -> None:
        self.moisson, self.folder, self.store = moisson, folder, store
        self.number, self.memory, self.slots = workers, memory, slots
        self.started: dict[str, subprocess.Popen] = {}
        self.url = ""

    def start(self, name: str, *arguments: str) -> str:
        """Starts a process and returns the line with which it says that it is ready."""
        with open(self.folder / f"{name}.log", "w") as log:
            process = subprocess.Popen([self.moisson, *arguments], stdout=subprocess.PIPE, stderr=log, text=True)
        self.started[name] = process
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} did not start: {(self.folder / f'{name}.log').read_text()}")
        return line

    def scratch(self, name: str) -> Path:
        return self.folder / f"scratch-{name}"

    def __enter__(self) -> "Cluster":
        line = self.start("scheduler", "scheduler", "--port", "0", "--worker-timeout", "30")
        self.url = re.search(r"df://\S+", line)[0]
        for number in range(self.number):
            name = f"worker-{number}"
            self.scratch(name).mkdir(parents=True, exist_ok=True)
            self.start(
                name, "worker", "--scheduler", self.url, "--store", self.store, "--slots", str(self.slots),
                "--memory", self.memory, "--port", "0", "--scratch", str(self.scratch(name)),
            )  # fmt: skip
        return self

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.started.items()}

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.started.values()):
            process.terminate()
        for process in self.started.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def sampled(
    cluster: Cluster, command: list[str], every: float = 1.0, limit: float | None = None, **options: object
) -> tuple[str, float, Sampler, int]:
    """Runs a command beside a cluster, for `limit` seconds at most; returns its standard output, seconds, what was
    sampled, its exit code."""
    folders = {}
    for name in cluster.started:
        if name != "scheduler":
            folders[f"{name}"] = cluster.scratch(name)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    sampler = Sampler({**cluster.pids(), "driver": process.pid}, folders, every)
    before = {name: cpu_seconds(pid) for name, pid in cluster.pids().items()}
    sampler.start()
    try:
        out, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    seconds = time.perf_counter() - began
    sampler.stop()
    for name, cpu in before.items():
        sampler.cpu[name] = sampler.cpu.get(name, cpu) - cpu
    return out, seconds, sampler, process.returncode
