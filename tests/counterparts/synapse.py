"""Synapse, a Matrix homeserver that none of us wrote: on loopback, with SQLite, in a folder of its own.

It has an environment of its own (`tests/counterparts/environments`), because it pins much of what we use.
"""

import hashlib
import hmac
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hausmeister.base.guard import NoAnswer
from hausmeister.base.outgoing import Client
from tests.counterparts import registry

PYTHON = registry.environment_of("synapse") / "bin" / "python"
HOW_TO_GET = registry.BY_NAME["synapse"].how_to_get
SECRET = "shared-registration-secret"
UP_WITHIN_S = 60.0


@dataclass
class Member:
    """Somebody on the homeserver, who does things there as any client would."""

    url: str
    id: str
    token: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        raw = json.dumps(body).encode() if body is not None else b""
        answer = Client().request(method, f"{self.url}/_matrix/client/v3/{path}", headers=headers, body=raw)
        found: dict[str, Any] = json.loads(answer.body)
        assert answer.status == 200, found
        return found

    def say(self, room: str, text: str, number: int = 0, **content: Any) -> str:
        """Say something; return its event id."""
        txn = f"{number or time.monotonic_ns()}"
        body = {"msgtype": "m.text", "body": text, **content}
        return str(self.call("PUT", f"rooms/{room}/send/m.room.message/{txn}", body)["event_id"])

    def sign(self, room: str, event: str, key: str) -> None:
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}
        self.call("PUT", f"rooms/{room}/send/m.reaction/{time.monotonic_ns()}", relation)

    def history(self, room: str) -> list[dict[str, Any]]:
        """Return the messages of a room, oldest first."""
        chunk = self.call("GET", f"rooms/{room}/messages?dir=b&limit=100")["chunk"]
        return [one for one in reversed(chunk) if one["type"] == "m.room.message"]


@dataclass
class Homeserver:
    """A running Synapse."""

    url: str

    def member(self, name: str) -> Member:
        """Register somebody; return them, signed in."""
        path = f"{self.url}/_synapse/admin/v1/register"
        nonce = json.loads(Client().request("GET", path).body)["nonce"]
        mac = hmac.new(SECRET.encode(), f"{nonce}\0{name}\0{name}-password\0notadmin".encode(), hashlib.sha1)
        body = {"nonce": nonce, "username": name, "password": f"{name}-password", "admin": False,
                "displayname": name.title(), "mac": mac.hexdigest()}  # fmt: skip
        made = json.loads(Client().request("POST", path, body=json.dumps(body).encode()).body)
        return Member(self.url, made["user_id"], made["access_token"])


@contextmanager
def homeserver(folder: Path) -> Iterator[Homeserver]:
    """Run a Synapse until the block ends; `folder` takes its files."""
    assert PYTHON.exists(), f"Synapse is not installed: {HOW_TO_GET}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "homeserver.yaml"
    config.write_text(json.dumps(_config(folder, port)))
    command = [PYTHON, "-m", "synapse.app.homeserver", "--config-path", config]
    subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, cwd=folder)
    with (folder / "log.txt").open("wb") as log:
        program = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}", program, folder)
        yield Homeserver(f"http://127.0.0.1:{port}")
    finally:
        program.terminate()
        program.wait(20)


def _config(folder: Path, port: int) -> dict[str, Any]:
    freely = {"per_second": 1000, "burst_count": 1000}
    return {
        "server_name": "test", "report_stats": False, "pid_file": str(folder / "pid"), "trusted_key_servers": [],
        "signing_key_path": str(folder / "signing.key"), "media_store_path": str(folder / "media"),
        "registration_shared_secret": SECRET, "macaroon_secret_key": "m", "form_secret": "f",
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "listeners": [{"port": port, "type": "http", "bind_addresses": ["127.0.0.1"],
                       "resources": [{"names": ["client"]}]}],
        "rc_message": freely, "rc_registration": freely, "rc_joins": {"local": freely, "remote": freely},
        "rc_invites": {"per_room": freely, "per_user": freely, "per_issuer": freely},
        "rc_login": {"address": freely, "account": freely, "failed_attempts": freely},
        "rc_room_creation": freely, "rc_joins_per_room": freely,
        # a story begins from the same mark as the one before it
        "caches": {"sync_response_cache_duration": 0},
    }  # fmt: skip


def _wait_until_up(url: str, program: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < end:
        assert program.poll() is None, (folder / "log.txt").read_text()[-3000:]
        try:
            if Client().request("GET", f"{url}/health").status == 200:
                return
        except NoAnswer:
            time.sleep(0.1)
    raise AssertionError(f"Synapse did not start: {(folder / 'log.txt').read_text()[-3000:]}")
