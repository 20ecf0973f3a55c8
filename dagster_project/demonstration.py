"""The demonstration on one machine: synthetic exports, keys of its own, and the programs that serve it.

Nothing here runs in production: there the dashboards are a service of another user (docs/data_lead_guide.md).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from dagster_project.ingestion.pseudonyms import demo_key
from dagster_project.settings import ROOT, FlicError, Settings, demo_key_path

DASHBOARDS = ROOT / "dashboards" / "streamlit_app.py"
EXAMPLE_INBOX = ROOT / "tests" / "example_inbox"
SECONDS_TO_ANSWER = 120
# Which example exports have been put into the inbox; its presence marks a demonstration's data folder.
MARKER = "demo_exports_taken.json"
# In whose name its releases are approved.
NOBODY = "demonstration, nobody"


@dataclass(frozen=True)
class Ports:
    """Loopback ports of the two things a person opens."""

    dashboards: int
    dagster: int


def require_free(ports: Ports) -> None:
    """Raise `FlicError` when something on this machine already listens on one of them."""
    for name, port, option in (
        ("the dashboards", ports.dashboards, "DASHBOARDS_PORT"),
        ("Dagster", ports.dagster, "DAGSTER_PORT"),
    ):
        with socket.socket() as probe:
            # Without it, a port whose last connections are still winding down would look taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise FlicError(
                    f"port {port} for {name} is taken by another program: stop it, or choose another port,"
                    f" for example `make demo {option}={port + 100}`"
                ) from None


def make_keys(settings: Settings) -> Settings:
    """Settings with both keys; those that the environment does not give are made here, and it says so."""
    for key, purpose in ((settings.pseudonym_key, "pseudonym"), (settings.rounding_key, "rounding")):
        if not key:
            path = demo_key_path(settings.data_dir, purpose)
            demo_key(path)
            print(f"Made a demonstration {purpose} key in {path}; real data need a key of your own.")
    return Settings.from_environment()


def require_own_folder(settings: Settings) -> None:
    """Raise `FlicError` when the data folder holds loads that the demonstration did not make."""
    if (settings.landing / "loads").exists() and not (settings.data_dir / MARKER).exists():
        raise FlicError(
            f"{settings.data_dir} holds data of your own: the demonstration would mix synthetic people among"
            " them. Give it another folder: FLIC_DATA_DIR=/some/other/folder make demo"
        )


def fill_inbox(settings: Settings) -> None:
    """Copy the example exports that the demonstration has not put into the inbox before."""
    taken = settings.data_dir / MARKER
    seen = set(json.loads(taken.read_text())) if taken.exists() else set()
    exports = [path for path in sorted(EXAMPLE_INBOX.iterdir()) if path.suffix in {".csv", ".xlsx"}]
    new = [path for path in exports if path.name not in seen]
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for path in new:
        shutil.copyfile(path, settings.inbox / path.name)
    taken.write_text(json.dumps([path.name for path in exports]))
    if new:
        print(f"{len(new)} synthetic example exports put into {settings.inbox}", flush=True)


def serve(settings: Settings, ports: Ports) -> None:
    """Run the dashboards and Dagster until interrupted; `FlicError` when one of them ends by itself."""
    logs = logs_of(settings)
    dagster = os.environ | {
        "DAGSTER_HOME": str(settings.dagster_home),
        "FLIC_DATA_DIR": str(settings.data_dir),
    }
    module = ["-m", "dagster_project.definitions"]
    running: list[subprocess.Popen[bytes]] = []
    stop_when_told()
    try:
        command = _streamlit(DASHBOARDS, ports.dashboards)
        dashboards = _start(command, _dashboards_environment(settings), logs / "dashboards.log")
        running.append(dashboards)
        webserver = ["dagster_webserver", "--host", "127.0.0.1", "--port", str(ports.dagster), *module]
        running.append(_start(webserver, dagster, logs / "dagster.log"))
        running.append(_start(["dagster._daemon", "run", *module], dagster, logs / "dagster_daemon.log"))
        _wait_for("the dashboards", f"http://127.0.0.1:{ports.dashboards}/_stcore/health", dashboards, logs)
        print(f"\nDashboards  http://127.0.0.1:{ports.dashboards}", flush=True)
        _wait_for("Dagster", f"http://127.0.0.1:{ports.dagster}/server_info", running[1], logs)
        print(f"Dagster     http://127.0.0.1:{ports.dagster}\n")
        print("What to try next")
        print("  Read the page 'This quarter', then choose another period: the address keeps your choice.")
        print("  See the review's own day:")
        print('    .venv/bin/flic refresh --as-at 2015-05-31 --approve-by "your name", then open')
        print(f"    http://127.0.0.1:{ports.dashboards}/?period=2015-05-31; without --as-at it goes back.")
        print(f"  Drop a file into {settings.inbox}: Dagster starts a refresh within a minute.")
        print("  Ask what is served: .venv/bin/flic status")
        print("The data are synthetic. Stop with Ctrl-C.", flush=True)
        while all(program.poll() is None for program in running):
            time.sleep(1)
        raise FlicError(f"one of the programs ended by itself; its words are in {logs}")
    except KeyboardInterrupt:
        print("Stopping ...", flush=True)
    finally:
        _stop(running)
    print("Stopped. The data stay; `make demo` starts again without a new refresh.")


def logs_of(settings: Settings) -> Path:
    """Where the programs write what they have to say; made on first use."""
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return logs


@contextmanager
def served_alone(name: str, script: Path, settings: Settings, folder: Path = ROOT) -> Iterator[str]:
    """A Streamlit script, served as the demonstration serves the dashboards, on a free port of this machine.

    Gives `host:port`. `folder` holds the settings of Streamlit. Raises `FlicError` where it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logs = logs_of(settings)
    log = logs / f"{name.replace(' ', '_')}.log"
    program = _start(_streamlit(script, port), _dashboards_environment(settings), log, folder)
    try:
        _wait_for(name, f"http://127.0.0.1:{port}/_stcore/health", program, logs)
        yield f"127.0.0.1:{port}"
    finally:
        _stop([program])


def stop_when_told() -> None:
    """Let both signals end the programs that were started too, and not this one alone."""

    def interrupt(signal_number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # SIGINT by name too: a shell that starts the demonstration with & passes it on as ignored.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)


def _streamlit(script: Path, port: int) -> list[str]:
    address = ["--server.port", str(port), "--server.address", "127.0.0.1"]
    quiet = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    return ["streamlit", "run", str(script), *address, *quiet]


def _dashboards_environment(settings: Settings) -> dict[str, str]:
    """The dashboards get the served folder and nothing of the restricted zone, which they could read here:
    all of it belongs to one user."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLIC_")}
    return own | {
        "FLIC_PUBLICATIONS_DIR": str(settings.publications_dir),
        "FLIC_ALLOW_RESTRICTED_ZONE": "1",
        "FLIC_WITHOUT_LOGIN": "1",
    }


def _start(
    module: list[str], environment: dict[str, str], log: Path, folder: Path = ROOT
) -> "subprocess.Popen[bytes]":
    with log.open("ab") as words:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment,
            cwd=folder,
            stdout=words,
            stderr=words,
            # Dagster's programs have children; a group of their own lets us stop them together.
            start_new_session=os.name == "posix",
        )


def _stop(programs: list["subprocess.Popen[bytes]"]) -> None:
    for program in programs:
        if program.poll() is None:
            if os.name == "posix":
                os.killpg(program.pid, signal.SIGTERM)
            else:
                program.terminate()
    for program in programs:
        try:
            program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()


def _wait_for(name: str, address: str, program: "subprocess.Popen[bytes]", logs: Path) -> None:
    print(f"Starting {name} ...", flush=True)
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline and program.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.3)
    raise FlicError(f"{name} did not start; the reason is in {logs}")
