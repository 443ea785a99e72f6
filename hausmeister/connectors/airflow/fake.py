"""An Airflow that minds each call: version 2 with a name and password, or 3 with a token that may run out."""

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

USER, PASSWORD = "hausmeister", "its-password"
_MOST = 100


@dataclass
class FakeDag:
    """A DAG with its tasks and its runs as the API writes them, the newest run first."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    # run → its task instances
    instances: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class FakeAirflow(FarSide):
    """Shapes as recorded from 3.3.2, and for 2 as its OpenAPI description 2.10 has them."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.dags: dict[str, FakeDag] = {}
        self.token = "token-1"  # noqa: S105 - of the fake # nosec B105
        super().__init__()

    @property
    def _is_new(self) -> bool:
        return self.version.startswith("3.")

    def answer(self, received: Received) -> Reply:
        """Answer as this version does. Raises Unexpected for what it would not understand."""
        split = urlsplit(received.target)
        if self._is_new and split.path == "/auth/token":
            return self._new_token(received)
        prefix = "/api/v2" if self._is_new else "/api/v1"
        if not split.path.startswith(f"{prefix}/"):
            return json_reply(404, {"detail": "Not Found"})
        path = split.path.removeprefix(f"{prefix}/")
        if path == "version":
            return json_reply(200, {"version": self.version, "git_version": None})
        if received.headers.get("authorization") != self._good_header():
            return json_reply(401, {"detail": "Unauthorized"})
        if received.method != "GET":
            raise Unexpected(f"{received.method} {received.target}")
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        return self._get([unquote(part) for part in path.split("/")], asked, received)

    def _good_header(self) -> str:
        if self._is_new:
            return f"Bearer {self.token}"
        return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def _new_token(self, received: Received) -> Reply:
        if received.method != "POST" or received.json != {"username": USER, "password": PASSWORD}:
            return json_reply(401, {"detail": "Invalid credentials"})
        return json_reply(201, {"access_token": self.token})

    def _get(self, parts: list[str], asked: dict[str, str], received: Received) -> Reply:
        if parts == ["dags"]:
            return _page("dags", [{"dag_id": name, "is_paused": False} for name in self.dags], asked)
        if len(parts) < 3 or parts[0] != "dags":
            raise Unexpected(received.target)
        dag = self.dags.get(parts[1])
        if dag is None:
            return json_reply(404, {"detail": "DAG not found"})
        match parts[2:]:
            case ["tasks"]:
                return json_reply(200, {"tasks": dag.tasks, "total_entries": len(dag.tasks)})
            case ["dagRuns"] if asked.get("order_by") == "-start_date":
                return _page("dag_runs", dag.runs, asked)
            case ["dagRuns", run, "taskInstances"]:
                return _page("task_instances", dag.instances.get(run, []), asked)
            case ["dagRuns", _, "taskInstances", *_, "tries"]:
                return json_reply(404, {"detail": "Not Found"})
        raise Unexpected(received.target)


def _page(key: str, rows: list[dict[str, Any]], asked: dict[str, str]) -> Reply:
    first, most = int(asked.get("offset", "0")), min(int(asked.get("limit", _MOST)), _MOST)
    return json_reply(200, {key: rows[first : first + most], "total_entries": len(rows)})
