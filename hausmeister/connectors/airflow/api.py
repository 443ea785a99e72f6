"""Asking an Airflow. Which generation it is, it says itself, and again whenever it may have been upgraded.

Sources: the OpenAPI descriptions of Airflow 2.10 (/api/v1) and 3.3 (/api/v2), and a 3.3.2 that was asked.
"""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.connectors.airflow import wire
from hausmeister.monitoring.runs.rules.states import RunSaid, TaskSaid, TaskShape
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Refused, TryLater

FAR_SIDE = "Airflow"
LIMITS = Limits(connect_s=5.0, total_s=20.0, read_bytes=8 * 1024 * 1024)
# Airflow gives at most 100 of anything at once, unless its own limit is raised
A_PAGE = 100
MOST_PAGES = 100
MOST_RUNS = 10
_JUDGED = frozenset({400, 401, 403, 404, 405, 410, 422})


class NotThere(Exception):
    """Airflow has no such thing: a DAG that was taken out, a run that was deleted."""


class NotAirflow(TryLater):
    """Something answered at the address, but not as Airflow does."""


class Airflow:
    """Speaks to the Airflow at `url`; without `user` it asks for a token as anybody."""

    def __init__(self, client: Client, *, url: str, user: str = "", password: str = "") -> None:
        self._client = client
        self.url = url
        self._user, self._password = user, password
        self._prefix = ""
        self._token = ""

    def version(self) -> str:
        """Return the version, and from now on speak as it does. Raises TryLater or Refused."""
        for prefix in sorted(("/api/v2", "/api/v1"), key=lambda one: one != self._prefix):
            answer = self._exchange("GET", f"{prefix}/version")
            said = over_http.object_of(answer) if answer.status == 200 else None
            if said is not None and isinstance(said.get("version"), str):
                if prefix != self._prefix:
                    self._prefix, self._token = prefix, ""
                return str(said["version"])[:60]
            if answer.status in {401, 403}:
                raise _failure(answer)
        raise NotAirflow("what answers is no Airflow: neither /api/v2/version nor /api/v1/version is there")

    def dags(self, patterns: Sequence[str]) -> list[str]:
        """Return the DAGs that any of `patterns` (globs) means, by name. Raises TryLater or Refused."""
        if not any(set(one) & set("*?[") for one in patterns):
            return sorted(set(patterns))
        names = [str(one.get("dag_id", "")) for one in self._all("dags", {}, "dags") if isinstance(one, dict)]
        return sorted({name for name in names if name and any(fnmatchcase(name, one) for one in patterns)})

    def runs(self, dag: str, *, at: datetime) -> list[RunSaid]:
        """Return the newest runs of a DAG, newest first. Raises NotThere, TryLater or Refused."""
        query = urlencode({"order_by": "-start_date", "limit": MOST_RUNS})
        answer = self._get(f"dags/{_part(dag)}/dagRuns?{query}")
        link = f"{self.url}/dags/{_part(dag)}"
        found = [wire.run(one, at=at, web=link) for one in _list(answer, "dag_runs")]
        return [one for one in found if one is not None and one.dag == dag]

    def shape(self, dag: str) -> dict[str, TaskShape]:
        """Return what a DAG looks like. Raises NotThere, TryLater or Refused."""
        return wire.shape(_list(self._get(f"dags/{_part(dag)}/tasks"), "tasks"))

    def tasks(self, dag: str, run: str, *, since: datetime | None, at: datetime) -> list[TaskSaid]:
        """Return how the tasks of a run stand; only those that changed `since`, where that is given.

        Raises NotThere, TryLater or Refused.
        """
        query = {"updated_at_gte": since.strftime("%Y-%m-%dT%H:%M:%SZ")} if since else {}
        address = f"dags/{_part(dag)}/dagRuns/{_part(run)}/taskInstances"
        found = [wire.task(one, at=at) for one in self._all(address, query, "task_instances")]
        return [one for one in found if one is not None]

    def tries(self, dag: str, run: str, task: str, place: int, *, at: datetime) -> list[TaskSaid]:
        """Return every try of one task. Raises NotThere (Airflow before 2.10 has no such list), TryLater or Refused."""
        mapped = f"/{place}" if place >= 0 else ""
        answer = self._get(f"dags/{_part(dag)}/dagRuns/{_part(run)}/taskInstances/{_part(task)}{mapped}/tries")
        found = [wire.task(one, at=at) for one in _list(answer, "task_instances")]
        return [one for one in found if one is not None]

    # ---- the wire ----

    def _all(self, address: str, query: dict[str, Any], key: str) -> Iterator[Any]:
        """Yield every row, page after page, up to a bound that no list of ours should reach."""
        for page in range(MOST_PAGES):
            asked = urlencode({**query, "limit": A_PAGE, "offset": page * A_PAGE})
            rows = _list(self._get(f"{address}?{asked}"), key)
            yield from rows
            if len(rows) < A_PAGE:
                return

    def _get(self, address: str) -> Answer:
        if not self._prefix:
            self.version()
        answer = self._authorized(address)
        if answer.status == 401 and self._prefix == "/api/v2":
            # a token lives for a day; after an upgrade, or with a new key over there, ours is worth nothing
            self._token = ""
            answer = self._authorized(address)
        if answer.status in {404, 410}:
            raise NotThere(address)
        if answer.status in _JUDGED:
            raise _failure(answer)
        return answer

    def _authorized(self, address: str) -> Answer:
        if self._prefix == "/api/v1":
            pair = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
            named = f"Basic {pair}"
        else:
            self._token = self._token or self._new_token()
            named = f"Bearer {self._token}"
        return self._exchange("GET", f"{self._prefix}/{address}", headers={"Authorization": named})

    def _new_token(self) -> str:
        if self._user:
            body = msgspec.json.encode({"username": self._user, "password": self._password})
            answer = self._exchange("POST", "/auth/token", headers={"Content-Type": "application/json"}, body=body)
        else:
            answer = self._exchange("GET", "/auth/token")
        if answer.status in _JUDGED:
            raise _failure(answer)
        said = over_http.object_of(answer) or {}
        token = said.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token:
            raise NotAirflow("Airflow's /auth/token gave no token")
        return token

    def _exchange(self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        return over_http.exchange(
            self._client, method, f"{self.url}{path}", far_side=FAR_SIDE, headers=headers, body=body, good=_JUDGED
        )


def _part(name: str) -> str:
    return quote(name, safe="")


def _list(answer: Answer, key: str) -> list[Any]:
    said = over_http.object_of(answer)
    rows = said.get(key) if said else None
    if not isinstance(rows, list):
        raise NotAirflow(f"Airflow answered {answer.status}, but without {key}")
    return rows


def _failure(answer: Answer) -> Refused:
    if answer.status == 401:
        return Refused(
            "Airflow says 401: it does not know us; put a good name and password into HAUSMEISTER_AIRFLOW_USER and"
            " HAUSMEISTER_AIRFLOW_PASSWORD."
        )
    if answer.status == 403:
        return Refused("Airflow says 403: our account may not read this; give it a role that may read DAGs and runs.")
    return Refused(f"Airflow says {answer.status}: it does not understand what we ask.")
