"""What GitHub's noes mean for us.

Source: "Rate limits for the REST API". At a limit it answers 403 or 429, with `retry-after` in seconds (the secondary
limit) or with `x-ratelimit-remaining: 0` and `x-ratelimit-reset` in seconds since 1970; without either, a minute.
"""

from datetime import datetime

from hausmeister.base.outgoing import Answer
from hausmeister.issues.tracker import Gone
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import NotDelivered, Refused, TryLater

# these are judged here; anything else is what it is for every connector
JUDGED = frozenset({401, 403, 404, 410, 422, 429})
A_MINUTE_S = 60.0
LONGEST_S = 3600.0

_ADVICE = "put a good token into HAUSMEISTER_GITHUB_TOKEN"


class NotThere(Refused):
    """404: it does not exist, or our token may not see it."""


def failure(answer: Answer, *, now: datetime) -> NotDelivered:
    """Return what an answer with a status of JUDGED means."""
    status = answer.status
    limit = _limit(answer, now=now)
    if limit is not None:
        return limit
    if status == 401:
        return Refused(f"GitHub says 401: it does not know our token (revoked or expired); {_ADVICE}.")
    if status == 403:
        return Refused(
            "GitHub says 403: our token may not do this; give it issues, and for documents contents and pull"
            " requests: read and write."
        )
    if status == 404:
        return NotThere("GitHub says 404: there is no such repository or issue, or our token may not see it.")
    if status == 410:
        return Gone("GitHub says 410: the issue was deleted, or issues are switched off there.")
    return Refused("GitHub says 422: it does not accept what was sent.")


def _limit(answer: Answer, *, now: datetime) -> TryLater | None:
    """Return when a limit lets us ask again, None when the answer is no limit."""
    headers = answer.headers
    if answer.status not in {403, 429}:
        return None
    after_s = over_http.retry_after_s(headers.get("retry-after", ""), now=now)
    if after_s is not None:
        return TryLater("GitHub says: secondary rate limit", retry_after_s=min(after_s, LONGEST_S))
    if headers.get("x-ratelimit-remaining", "") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        left_s = float(reset[:12]) - now.timestamp() if reset.isascii() and reset.isdecimal() else A_MINUTE_S
        return TryLater("GitHub says: rate limit used up", retry_after_s=min(max(left_s, 1.0), LONGEST_S))
    said = (over_http.object_of(answer) or {}).get("message")
    if answer.status == 429 or (isinstance(said, str) and "rate limit" in said.lower()):
        return TryLater("GitHub says: rate limit", retry_after_s=A_MINUTE_S)
    return None
