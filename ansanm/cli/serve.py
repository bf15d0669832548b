"""The web server and the worker, started and stopped together."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from ansanm.cli.output import Failure, say
from ansanm.jobs.worker import Worker

STARTING_SECONDS = 60
STOPPING_SECONDS = 10


def serve(options) -> int:
    check_database()
    check_port(options.host, options.port)
    # The children ask for no database of ours: an open SQLite handle must not cross a fork.
    connection.close()
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", options.host]
    server += ["--port", str(options.port), "--workers", str(options.workers), "--log-level", "warning"]
    # Python threads beyond the cores only wait for one another; the default is hundreds.
    server += ["--blocking-threads", "4"]
    server += ["--respawn-failed-workers", "--workers-kill-timeout", str(STOPPING_SECONDS)]
    commands = [[*server, "config.wsgi:application"]]
    if not options.no_worker:
        commands.append([sys.executable, "-m", "ansanm.cli", "worker"])
    return run_together(commands, options.host, options.port)


def check_database() -> None:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Failure(
            _("La base de données n’est pas à jour (%(n)s migrations à faire) : lancez « make setup ».")
            % {"n": len(waiting)}
        )


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server does: a port left in TIME_WAIT by the last one is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Failure(
                _("Le port %(port)s est réservé au système. Essayez : ansanm serve --port 8000")
                % {"port": port}
            ) from error
        except (OSError, OverflowError) as error:
            raise Failure(
                _(
                    "Le port %(port)s de %(host)s n’est pas libre : un autre programme, ou Ansanm déjà "
                    "lancé, l’occupe.\nEssayez : make run PORT=%(next)s (ou ansanm serve --port %(next)s)"
                )
                % {"port": port, "host": host, "next": port + 1 if port < 65_000 else 8000}
            ) from error


def run_together(commands: list[list[str]], host: str, port: int) -> int:
    """Run the commands until one ends or we are asked to stop; none outlives this call."""
    stopping = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stopping.append(number))
    # Own sessions: Ctrl-C reaches us alone, and we tell them once, in order.
    children = [
        subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent) for command in commands
    ]
    announced = False
    started = time.monotonic()
    try:
        while not stopping and all(child.poll() is None for child in children):
            if not announced and answers(host, port):
                announced = True
                announce(host, port)
            if not announced and time.monotonic() - started > STARTING_SECONDS:
                raise Failure(_("Le serveur ne répond pas après %(n)s s.") % {"n": STARTING_SECONDS})
            time.sleep(0.1)
    finally:
        stop(children)
    if stopping:
        say(_("Arrêté."))
        return 0
    ended = next(child for child in children if child.returncode is not None)
    raise Failure(
        _("Un programme s’est arrêté (code %(code)s) ; les autres ont été arrêtés aussi.")
        % {"code": ended.returncode}
    )


def die_with_parent() -> None:
    """Ask Linux to end this process if `serve` is killed: an orphan server would hold the port."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(host: str, port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1" if host in {"0.0.0.0", "::"} else host, port, timeout=5)
    try:
        # A file: it needs no database, and no host name to be allowed.
        asked.request("GET", settings.STATIC_URL + "ui/icon.svg", headers={"Host": "localhost"})
        asked.getresponse()
    except OSError:
        return False
    else:
        return True
    finally:
        asked.close()


def announce(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    say(_("Ansanm répond sur http://%(host)s:%(port)s (Ctrl-C pour arrêter)") % {"host": shown, "port": port})
    if settings.DEMO:
        from ansanm.pages.demonstration import accounts

        for account in accounts():
            say("  {email}  {password}  {role}".format_map({"role": "", **account}))


def stop(children: list[subprocess.Popen]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    limit = time.monotonic() + STOPPING_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            # Its whole session: the processes of the server would outlive it and hold the port.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def worker(options) -> int:
    one = Worker()
    if options.once:
        while one.run_one():
            pass
        return 0
    one.listen_to_signals()
    one.run()
    return 0
