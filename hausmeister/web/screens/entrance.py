"""Ways in and out: signing out, accepting an invitation."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.answers import see


@needs(Capability.OWN_PROFILE)
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End the session, here and in the browser: what a worker kept for reading offline goes as well."""
    get_adapter().logout(request)
    answer = see(request, settings.LOGIN_URL)
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer
