"""The way in for GitHub's webhooks: what people do there with our issues reaches us at once.

The signature is checked over the bytes as they came, before anything is read. Without a secret configured the path does
not exist. Every proper event is answered with 200, also one that does not concern us: GitHub sends none of them again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hausmeister.answers.operations import offering
from hausmeister.base import clock, signing
from hausmeister.connectors.github import wire
from hausmeister.issues.operations import arriving, mirroring
from hausmeister.issues.rules.mirror import Remote
from hausmeister.team.rules import Capability

TRACKER = "github"
SIGNATURE = "X-Hub-Signature-256"


# no cookie authorises anything here: the signature does
@csrf_exempt
def events(request: HttpRequest) -> HttpResponse:
    """Take one event."""
    secret = settings.HAUSMEISTER_GITHUB_WEBHOOK_SECRET
    if not secret:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    raw = request.body
    if not signing.same(request.headers.get(SIGNATURE, ""), f"sha256={signing.hmac_sha256_hex(secret, raw)}"):
        return JsonResponse(
            {"code": "bad_signature", "message": f"{SIGNATURE} must be the body's signature under our secret."},
            status=401,
        )
    body = _read(raw, request.headers.get("Content-Type", ""))
    if body is None:
        return JsonResponse({"code": "malformed_body", "message": "The body must be one JSON object."}, status=400)
    now = clock.now()
    kind = request.headers.get("X-GitHub-Event", "")
    # by its content alone: the number of the call is not signed, so a call that was caught could come again under
    # another one. Two true calls that we act on never have the same content: each carries its moment
    key = f"body:{signing.sha256_hex(raw.decode('latin-1'))}"
    done = arriving.once(TRACKER, key, lambda: take(kind, body, now=now), now=now)
    result = "repeated" if done is None else "taken" if done else "ignored"
    return JsonResponse({"result": result})


def _read(raw: bytes, content_type: str) -> Mapping[str, Any] | None:
    """Return the event, which GitHub sends as JSON or as a form with one field."""
    if content_type.lower().startswith("application/x-www-form-urlencoded"):
        raw = (parse_qs(raw.decode("utf-8", "replace")).get("payload") or [""])[0].encode()
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def take(kind: str, body: Mapping[str, Any], *, now: datetime) -> bool:
    """Do what the event says to our issue; return whether it concerned one."""
    repository = wire.repository_of(body)
    by = wire.login(body.get("sender"))
    if kind == "pull_request":
        pull = wire.pull(body.get("pull_request"))
        return pull is not None and offering.take(TRACKER, repository, pull, now=now)
    remote = wire.issue(body.get("issue"), repository=repository, by=by)
    if remote is None or not repository:
        return False
    if kind == "issues":
        return _take_issue(str(body.get("action", "")), remote, body, now=now)
    if kind == "issue_comment" and body.get("action") == "created":
        return _take_comment(remote, body, now=now)
    return False


def _take_issue(action: str, remote: Remote, body: Mapping[str, Any], *, now: datetime) -> bool:
    if action == "deleted":
        return mirroring.take_deletion(TRACKER, remote.repository, remote.number, by=remote.by, now=now)
    if action == "transferred":
        moved = _moved_to(body, by=remote.by)
        if moved is not None:
            return mirroring.take_transfer(TRACKER, remote.repository, remote.number, moved, now=now)
        return mirroring.take_deletion(TRACKER, remote.repository, remote.number, by=remote.by, now=now)
    return mirroring.take(TRACKER, remote, now=now, is_current=False) is not None


def _moved_to(body: Mapping[str, Any], *, by: str) -> Remote | None:
    changes = body.get("changes")
    if not isinstance(changes, Mapping):
        return None
    place = changes.get("new_repository")
    name = place.get("full_name") if isinstance(place, Mapping) else None
    return (
        wire.issue(changes.get("new_issue"), repository=name, by=by)
        if isinstance(name, str) and name.isprintable()
        else None
    )


def _take_comment(remote: Remote, body: Mapping[str, Any], *, now: datetime) -> bool:
    comment = body.get("comment")
    text = comment.get("body") if isinstance(comment, Mapping) else None
    if not isinstance(text, str) or "<!-- hausmeister:comment:" in text:
        return False
    said_at = wire.moment(comment.get("created_at")) if isinstance(comment, Mapping) else None
    if said_at is not None and said_at < now - arriving.KEPT:
        # we remember calls for so long: an older one may be a call that was caught, and nobody sends it so late
        return False
    return mirroring.take_comment(TRACKER, remote.repository, remote.number, text=text, by=remote.by, now=now)


# what the house's list of open doors reads (S28)
events.capability = Capability.PUBLIC  # type: ignore[attr-defined]

urlpatterns = [path("in/github", events, name="github_events")]
