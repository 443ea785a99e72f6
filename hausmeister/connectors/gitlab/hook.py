"""The way in for GitLab's webhooks. GitLab signs nothing: its secret token comes along in a header.

Without a secret configured the path does not exist. Every proper event is answered with 200, also one that does not
concern us.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hausmeister.answers.operations import offering
from hausmeister.base import clock, signing
from hausmeister.connectors.gitlab import wire
from hausmeister.issues.operations import arriving, mirroring
from hausmeister.issues.rules.mirror import number_of
from hausmeister.team.rules import Capability

TRACKER = "gitlab"
TOKEN = "X-Gitlab-Token"  # noqa: S105 - the name of a header


# no cookie authorises anything here: the token does
@csrf_exempt
def events(request: HttpRequest) -> HttpResponse:
    """Take one event."""
    secret = settings.HAUSMEISTER_GITLAB_WEBHOOK_SECRET
    if not secret:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not signing.same(request.headers.get(TOKEN, ""), secret):
        return JsonResponse({"code": "bad_token", "message": f"{TOKEN} must hold our secret."}, status=401)
    raw = request.body
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return JsonResponse({"code": "malformed_body", "message": "The body must be one JSON object."}, status=400)
    now = clock.now()
    # by its content alone: whoever sends it again gives it whatever number they like
    key = f"body:{signing.sha256_hex(raw.decode('latin-1'))}"
    done = arriving.once(TRACKER, key, lambda: take(body, now=now), now=now)
    return JsonResponse({"result": "repeated" if done is None else "taken" if done else "ignored"})


def take(body: Mapping[str, Any], *, now: datetime) -> bool:
    """Do what the event says to our issue; return whether it concerned one."""
    if body.get("object_kind") == "issue":
        remote = wire.event(body)
        return remote is not None and mirroring.take(TRACKER, remote, now=now, is_current=False) is not None
    if body.get("object_kind") == "merge_request":
        return _take_merge_request(body, now=now)
    if body.get("object_kind") == "note":
        return _take_note(body, now=now)
    return False


def _take_merge_request(body: Mapping[str, Any], *, now: datetime) -> bool:
    found, project = wire.pull(body.get("object_attributes")), body.get("project")
    place = project.get("path_with_namespace") if isinstance(project, Mapping) else None
    return (
        found is not None
        and isinstance(place, str)
        and place.isprintable()
        and offering.take(TRACKER, place, found, now=now)
    )


def _take_note(body: Mapping[str, Any], *, now: datetime) -> bool:
    note, issue, project = body.get("object_attributes"), body.get("issue"), body.get("project")
    user = body.get("user")
    if not (isinstance(note, Mapping) and isinstance(issue, Mapping) and isinstance(project, Mapping)):
        return False
    text, number, place = note.get("note"), number_of(issue.get("iid")), project.get("path_with_namespace")
    if not isinstance(text, str) or number is None or not isinstance(place, str) or not place.isprintable():
        return False
    # what the program itself writes there, and what GitLab writes of each change
    if "<!-- hausmeister:comment:" in text or note.get("system") is True:
        return False
    by = user.get("username") if isinstance(user, Mapping) else ""
    return mirroring.take_comment(TRACKER, place, number, text=text, by=str(by or ""), now=now)


# what the house's list of open doors reads (S28)
events.capability = Capability.PUBLIC  # type: ignore[attr-defined]

urlpatterns = [path("in/gitlab", events, name="gitlab_events")]
