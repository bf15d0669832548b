"""A throw-away PostgreSQL from the distribution's own packages, for the tests.

PostgreSQL refuses to run as root: under root (containers, CI) it runs as the `postgres` account
that its package makes.
"""

import getpass
import glob
import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PLACES = ["/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"]


def find_binaries():
    """Return the folder of initdb and pg_ctl, or None."""
    for pattern in PLACES:
        for folder in sorted(glob.glob(pattern), reverse=True):
            if Path(folder, "initdb").exists() and Path(folder, "pg_ctl").exists():
                return Path(folder)
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running(binaries):
    """Yield the DATABASE_URL of a fresh server that ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="ansanm-pg-"))
    as_owner = []
    owner = getpass.getuser()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_owner = ["runuser", "-u", "postgres", "--"]
        owner = "postgres"
    data, port = folder / "data", free_port()

    def call(*command):
        subprocess.run([*as_owner, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    call(binaries / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    call(binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql://{owner}@127.0.0.1:{port}/postgres"
    finally:
        call(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
