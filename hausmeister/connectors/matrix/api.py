"""Matrix's client-server API with one access token. Source: the specification, v1.11, "Client-Server API"."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from hausmeister.base import clock
from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.base.untrusted import one_line
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import NotDelivered, Refused, TryLater

FAR_SIDE = "Matrix"
SERVICE = "matrix"
POLL_S = 8.0
LIMITS = Limits(connect_s=5.0, total_s=POLL_S + 20.0, read_bytes=16 * 1024 * 1024)
_CREDENTIALS = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"})
_JUDGED = frozenset({400, 401, 403, 404, 409, 413, 429})


class MatrixSaysNo(Refused):
    """The homeserver refused, with the code it gave."""

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.code = code

    @property
    def is_about_us(self) -> bool:
        """Whether the token opens nothing any more."""
        return self.code in _CREDENTIALS


class MatrixApi:
    """Speaks to one homeserver as the bot that `token` belongs to."""

    def __init__(self, client: Client, *, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read. Raises TryLater or MatrixSaysNo."""
        return self._call("GET", path, None, query)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write what has a name of its own: a second time changes nothing. Raises TryLater or MatrixSaysNo."""
        return self._call("PUT", path, body, {})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do something. Raises TryLater or MatrixSaysNo."""
        return self._call("POST", path, body, {})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]) -> dict[str, Any]:
        target = f"{self._url}/_matrix/client/v3/{path}" + (f"?{urlencode(query)}" if query else "")
        answer = over_http.exchange(
            self._client,
            method,
            target,
            far_side=FAR_SIDE,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            body=msgspec.json.encode(body) if body is not None else b"",
            good=_JUDGED,
        )
        said = over_http.object_of(answer)
        if not 200 <= answer.status < 300:
            raise _failure(answer, said or {})
        if said is None:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as a homeserver does")
        return said


def _failure(answer: Answer, said: Mapping[str, Any]) -> NotDelivered:
    code = one_line(str(said.get("errcode") or "no code"), 60)
    if answer.status == 429 or code == "M_LIMIT_EXCEEDED":
        wait = said.get("retry_after_ms")
        wait_s = float(wait) / 1000 if isinstance(wait, int | float) else None
        header_s = over_http.retry_after_s(answer.headers.get("retry-after", ""), now=clock.now())
        return TryLater(f"{FAR_SIDE} answered 429", retry_after_s=wait_s if wait_s is not None else header_s)
    advice = {
        "M_FORBIDDEN": ": invite the bot into the room, and let it write there",
        "M_NOT_FOUND": ": check the room's name",
    }.get(code, ": set HAUSMEISTER_MATRIX_TOKEN to a valid access token" if code in _CREDENTIALS else "")
    return MatrixSaysNo(f"{FAR_SIDE} answered {answer.status} {code}{advice}.", code=code)


def part(text: str) -> str:
    """Return `text` as one part of a path."""
    return quote(text, safe="")
