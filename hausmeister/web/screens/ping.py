"""The address that a heartbeat is sent to. Its secret end is all that it asks for; GET, HEAD, POST and PUT do."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hausmeister.base import clock
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.rules.heartbeats import kind_of
from hausmeister.team.rules import Capability
from hausmeister.web.access import needs

_TEXT_BYTES = 4_000


# no cookie authorises anything here: the token does
@csrf_exempt
@needs(Capability.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST", "PUT"])
def ping(request: HttpRequest, token: str, word: str = "") -> HttpResponse:
    """Take one ping; 200 says that it is stored. `word` is "", "start", "fail" or an exit code."""
    found = Heartbeat.objects.alive().filter(token=token).first()
    if found is None:
        return _plain("There is no heartbeat at this address.\n", 404)
    kind = kind_of(word)
    if kind is None:
        return _plain(
            f"{word[:20]!r} is nothing that a heartbeat says: start, fail, or an exit code of 0 to 255.\n", 400
        )
    text = request.read(_TEXT_BYTES).decode("utf-8", "replace") if request.method in {"POST", "PUT"} else ""
    heartbeats.ping(found, kind[0], exit_code=kind[1], text=text, now=clock.now())
    return _plain("OK\n", 200)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", status=status, headers={"Cache-Control": "no-store"}
    )
