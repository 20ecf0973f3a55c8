"""A Spark cluster on this machine, one master and two workers, from the package `pyspark`."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.find_spark_home import _find_spark_home  # pyright: ignore[reportMissingImports]

WORKERS = 2
_LONGEST_START = 60

# Of minutes with small heaps, collecting large ones and checking known classes takes a tenth.
_JAVA = "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
# For a few hundred people: to compile each query would take longer than to run it.
_SMALL = {
    "spark.sql.shuffle.partitions": WORKERS,
    "spark.sql.adaptive.enabled": "false",
    # Of small tables one task reads all files.
    "spark.sql.files.minPartitionNum": 1,
    "spark.sql.files.maxPartitionBytes": "2m",
    "spark.sql.files.openCostInBytes": "64k",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Nobody looks at the plans, and each is written down.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.debug.maxToStringFields": 1,
    "spark.driver.extraJavaOptions": _JAVA,
    "spark.executor.extraJavaOptions": _JAVA,
}


@contextmanager
def local_cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start the cluster; give the environment in which `flic` finds it, and end it afterwards.

    `folder` is empty. Tables stand below it, and so does what master and workers say. The catalogue is that
    of the session: another process knows nothing of the tables.
    """
    master = f"spark://127.0.0.1:{_free_port()}"
    environment = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_DAEMON_JAVA_OPTS": f"{_JAVA} -XX:TieredStopAtLevel=1",
    }
    defaults = {
        "spark.master": master,
        "spark.driver.memory": "3g",
        "spark.executor.memory": "1g",
        "spark.cores.max": WORKERS,
        "spark.sql.warehouse.dir": folder / "tables",
        "spark.sql.catalogImplementation": "in-memory",
        **_SMALL,
    }
    (folder / "conf").mkdir(parents=True)
    (folder / "conf/spark-defaults.conf").write_text(
        "".join(f"{name} {value}\n" for name, value in defaults.items())
    )
    own = ["--host", "127.0.0.1", "--webui-port", "0"]
    started: list[subprocess.Popen[bytes]] = []

    def start(role: str, words: str, log: Path, *arguments: str) -> None:
        started.append(_started(role, environment, log, *own, *arguments))
        _wait_for(log, words, started[-1])

    try:
        port = master.rpartition(":")[2]
        start("Master", "I have been elected leader", folder / "master.log", "--port", port)
        for number in range(WORKERS):
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}"))
            log = folder / f"worker{number}.log"
            start("Worker", "Successfully registered with master", log, *size, master)
        yield environment
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _started(role: str, environment: dict[str, str], log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    program = Path(_find_spark_home(), "bin", "spark-class")
    with log.open("wb") as words:
        return subprocess.Popen(
            [str(program), f"org.apache.spark.deploy.{role.lower()}.{role}", *arguments],
            env=os.environ | environment,
            stdout=words,
            stderr=words,
        )


def _wait_for(log: Path, words: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _LONGEST_START
    while words not in log.read_text():
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < until, log.read_text()[-2000:]
        time.sleep(0.2)
