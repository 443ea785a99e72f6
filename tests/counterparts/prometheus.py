"""Debian's Prometheus, its Alertmanager and the blackbox exporter, with the samples that we ship in deploy/.

Every address of a sample is replaced by a free port of the test; nothing else of it is changed.
"""

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT, free_port

SAMPLES = ROOT / "deploy" / "prometheus"


@dataclass(frozen=True)
class Receiver:
    """Where Alertmanager sends its groups, and the key it shows."""

    url: str
    key: str


class Port:
    """The port that is watched: dead until it is opened."""

    def __init__(self) -> None:
        self.number = free_port()
        self._server: socket.socket | None = None

    def open(self) -> None:
        """Come back to life."""
        self._server = socket.create_server(("127.0.0.1", self.number))

    def close(self) -> None:
        """Die."""
        if self._server is not None:
            self._server.close()
            self._server = None


@contextmanager
def chain(folder: Path, *, watches: Port, receivers: Sequence[Receiver]) -> Iterator[None]:
    """Run the whole chain until the block ends."""
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "blackbox")}
    _write_samples(folder, watches, receivers, ports)
    with ExitStack() as stack:
        for command, port in (_blackbox(folder, ports), _alertmanager(folder, ports), _prometheus(folder, ports)):
            stack.enter_context(_running(command, folder, port))
        yield


def _write_samples(folder: Path, watches: Port, receivers: Sequence[Receiver], ports: dict[str, int]) -> None:
    for sample in SAMPLES.glob("*.yml"):
        text = sample.read_text(encoding="utf-8")
        text = text.replace("127.0.0.1:5555", f"127.0.0.1:{watches.number}")
        text = text.replace("127.0.0.1:9093", f"127.0.0.1:{ports['alertmanager']}")
        text = text.replace("127.0.0.1:9115", f"127.0.0.1:{ports['blackbox']}")
        if sample.name == "alertmanager.yml":
            text = _with_receivers(text, receivers)
        (folder / sample.name).write_text(text, encoding="utf-8")


def _with_receivers(text: str, receivers: Sequence[Receiver]) -> str:
    """Return the sample with its one webhook repeated for each receiver."""
    head, webhook = text.split("    webhook_configs:\n")
    entries = [webhook.replace("http://127.0.0.1:8000", one.url).replace("YOUR-API-KEY", one.key) for one in receivers]
    return head + "    webhook_configs:\n" + "".join(entries)


def _blackbox(folder: Path, ports: dict[str, int]) -> tuple[list[str], int]:
    port = ports["blackbox"]
    listen = f"--web.listen-address=127.0.0.1:{port}"
    return ["prometheus-blackbox-exporter", f"--config.file={folder / 'blackbox.yml'}", listen], port


def _alertmanager(folder: Path, ports: dict[str, int]) -> tuple[list[str], int]:
    port = ports["alertmanager"]
    options = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return ["prometheus-alertmanager", *options], port


def _prometheus(folder: Path, ports: dict[str, int]) -> tuple[list[str], int]:
    port = ports["prometheus"]
    options = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    return ["prometheus", *options], port


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    program = shutil.which(command[0])
    assert program is not None, f"{command[0]} is not installed: apt-get install {command[0]}"
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log, cwd=folder)
    try:
        _wait_until_ready(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        assert process.poll() is None, "it ended at its start"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("it is not ready")
