"""What a process costs, and a server to measure: everything on loopback, everything ended with us."""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ANSANM_HOME", ROOT / "var")).resolve()
TICKS = os.sysconf("SC_CLK_TCK")
FIRST_PORT = int(os.environ.get("ANSANM_BENCH_PORT", "8150"))


@dataclass(frozen=True)
class Cost:
    wall: float  # seconds
    cpu: float  # seconds, children included
    peak: float  # MB resident
    output: str


# A child is said to have held at least what its parent did when it was started: this parent holds little.
LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[2:])
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump([code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss], open(sys.argv[1], "w"))
"""


def run(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run to the end and say what it cost; a failure shows what the command said."""
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as errors,
        tempfile.NamedTemporaryFile("r") as costs,
    ):
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, costs.name, *command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=out,
            stderr=errors,
            check=True,
        )
        code, wall, cpu, peak = json.load(costs)
        out.seek(0)
        errors.seek(0)
        if code:
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{errors.read()[-2000:]}")
        return Cost(wall, cpu, megabytes(peak), out.read())


def megabytes(maxrss: int) -> float:
    # Linux counts kB, macOS bytes.
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def own_peak() -> float:
    """Return the MB resident of this process at most; on Linux since it began, and not its parent's.

    `ru_maxrss` of a child starts from what its parent held when it was forked.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


@contextlib.contextmanager
def own_home():
    """A copy of the instance that may be written to: the same data, another database."""
    database = HOME / "ansanm.sqlite3"
    if not database.exists() or not (HOME / "observations").exists():
        raise SystemExit(f"{HOME} holds no data: run « make setup » first.")
    folder = Path(tempfile.mkdtemp(prefix="ansanm-bench-"))
    try:
        for name in ("observations", "static"):
            if (HOME / name).exists():
                (folder / name).symlink_to(HOME / name)
        with sqlite3.connect(database) as source, sqlite3.connect(folder / "ansanm.sqlite3") as target:
            source.backup(target)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise SystemExit(f"No free port from {FIRST_PORT}.")


@dataclass(frozen=True)
class Server:
    port: int
    group: int

    def cpu(self) -> float:
        """Seconds of processor that the server and its workers have used."""
        return sum(ticks for ticks, _ in self._processes()) / TICKS

    def resident(self) -> float:
        """MB, each worker with its copy of shared pages."""
        return sum(pages for _, pages in self._processes()) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _processes(self):
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                # After the name: state, parent, group…; user and system ticks are fields 14 and 15.
                if int(fields[2]) == self.group:
                    yield int(fields[11]) + int(fields[12]), int(fields[21])


@contextlib.contextmanager
def serving(application: str, environment: dict[str, str]):
    """The server of `ansanm serve`, with two workers, for any application."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "--blocking-threads", "4", "--log-level", "warning"]
    child = subprocess.Popen(
        [*command, application], cwd=ROOT, env={**os.environ, **environment}, start_new_session=True
    )
    try:
        limit = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if child.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{application} did not start on port {port}.")
            time.sleep(0.1)
        yield Server(port, child.pid)
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
