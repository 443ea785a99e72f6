"""Ways in and out: signing out, accepting an invitation, and what a phone keeps under More."""

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock, signing
from hausmeister.team import operations as team
from hausmeister.team.models import Invitation, Person
from hausmeister.team.rules import Capability
from hausmeister.web import limits
from hausmeister.web.access import Request, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import ZoneField
from hausmeister.web.screens import errors

TRIES_A_MINUTE = 20


@needs(Capability.OWN_PROFILE)
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End the session, here and in the browser: what a worker kept for reading offline goes as well."""
    get_adapter().logout(request)
    answer = see(request, settings.LOGIN_URL)
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@needs(Capability.OWN_PROFILE)
@require_safe
def more(request: Request) -> HttpResponse:
    """Show the entries that a phone's bar has no room for."""
    return render(request, "web/more.html")


class PasswordForm(forms.Form):
    """A password for a new account, and the clock its person lives by."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("At least 12 characters; the longer, the better."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=128,
    )
    zone_name = ZoneField(
        label=gettext_lazy("Your time zone"),
        help_text=gettext_lazy("Such as Europe/Berlin. Every time you read is in it."),
        max_length=60,
    )

    def clean_password(self) -> str:
        """Return the password. Raises ValidationError for one that is short or common."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


@needs(Capability.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; a POST makes the account and signs its person in."""
    now = clock.now()
    address = str(request.META.get("REMOTE_ADDR", ""))
    waiting = Invitation.objects.filter(token_hash=signing.sha256_hex(token), used_at=None, expires_at__gt=now)
    found = waiting.select_related("team").first()
    known = Person.objects.filter(email__iexact=found.email).first() if found else None
    if found is None or (known is not None and not known.is_active):
        if not limits.take(f"invitation {address}", most=TRIES_A_MINUTE, now=now):
            return errors.too_many(request)
        return render(request, "web/people/no_invitation.html", status=410)
    has_account = known is not None and known.has_usable_password()
    form = PasswordForm(request.POST or None, initial={"zone_name": found.team.zone_name})
    if request.method == "POST" and (has_account or form.is_valid()):
        return _accept(request, token, form, has_account=has_account)
    context = {"invitation": found, "form": form, "has_account": has_account}
    return render(request, "web/people/invitation.html", context, status=422 if form.errors else 200)


def _accept(request: HttpRequest, token: str, form: PasswordForm, *, has_account: bool) -> HttpResponse:
    password = "" if has_account else form.cleaned_data["password"]
    zone_name = "" if has_account else form.cleaned_data["zone_name"]
    try:
        person = team.accept_invitation(token, password=password, zone_name=zone_name, now=clock.now())
    except team.TokenIsVoid:
        return render(request, "web/people/no_invitation.html", status=410)
    except team.AccountIsThere:
        # two invitations at once: this one is good still, and is now for somebody who has an account
        return see(request, request.path)
    if has_account:
        # the link proves the address, not that it is they who hold it: their password still does
        return see(request, settings.LOGIN_URL, Toast(_("You are in. Sign in with your password.")))
    get_adapter().login(request, person)
    return see(request, "/profile", Toast(_("Welcome. Set up how you are reached, then send yourself a test page.")))
