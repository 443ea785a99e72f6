"""What an exchange over HTTP means for a message, the same for every connector that speaks it.

408, 425, 429, 5xx and a lost line: later. A redirect and any other 4xx: refused. What an answer of 2xx is worth
is for the connector to say, from what the far side documents.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from hausmeister.base import clock
from hausmeister.base.guard import Forbidden, NoAnswer
from hausmeister.base.outgoing import Answer, Client
from hausmeister.outbox.delivery import Refused, TryLater

_LATER = {408, 425, 429}
# these say that the message was not taken; after any other 5xx nobody knows
_NOT_TAKEN = {408, 425, 429, 501, 503, 505, 507}


def exchange(
    client: Client,
    method: str,
    url: str,
    *,
    far_side: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    good: frozenset[int] = frozenset(),
) -> Answer:
    """Send one request and return its answer of 2xx, or of a status in `good`, which the caller judges itself.

    `far_side` names the other end in sentences.
    Raises TryLater or Refused. Their texts hold a status and fixed words, nothing of the answer and no address.
    """
    try:
        answer = client.request(method, url, headers=headers, body=body)
    except Forbidden as error:
        raise Refused(f"{far_side}: {error}") from error
    except NoAnswer as error:
        raise TryLater(f"{far_side}: {error}", maybe_delivered=error.maybe_sent) from error
    if answer.status not in good:
        check(answer, far_side=far_side)
    return answer


def check(answer: Answer, *, far_side: str) -> None:
    """Return if `answer` is a 2xx. Raises TryLater or Refused otherwise."""
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Refused(f"{far_side} answered {status}, a redirect; store the address it leads to.")
    if status in _LATER or status >= 500:
        raise TryLater(
            f"{far_side} answered {status}",
            retry_after_s=retry_after_s(answer.headers.get("retry-after", ""), now=clock.now()),
            maybe_delivered=status not in _NOT_TAKEN,
        )
    if status < 200:
        raise TryLater(f"{far_side} answered {status}", maybe_delivered=True)
    raise Refused(f"{far_side} answered {status}")


def retry_after_s(value: str, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, None when it says nothing.

    Either seconds or an HTTP date (RFC 9110, 10.2.3); a date that is over means now.
    """
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def object_of(answer: Answer) -> dict[str, Any] | None:
    """Return the answer's body when it is one whole JSON object, else None."""
    body = _read(answer)
    return body if isinstance(body, dict) else None


def list_of(answer: Answer) -> list[Any] | None:
    """Return the answer's body when it is one whole JSON list, else None."""
    body = _read(answer)
    return body if isinstance(body, list) else None


def _read(answer: Answer) -> Any:
    if not answer.is_whole:
        return None
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
