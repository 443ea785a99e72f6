"""Signing in: what django-allauth asks of us. Sign-up is closed; people come by invitation (S17)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hausmeister.base import clock
from hausmeister.base.log import mask
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.team import operations as team
from hausmeister.team.models import Person
from hausmeister.web.answers import Toast, see

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
CONFIRMED_AT = "confirmed_at"
FRESH_FOR = timedelta(minutes=15)


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth is untyped
    """Address and password, in the words of the house."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["login"], _("E-mail"))
        _worded(self.fields["password"], _("Password"))


class ForgottenForm(ResetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    """The address to which a link is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["email"], _("E-mail"))


def _worded(field: Any, label: Any) -> None:
    """Give a field of allauth our label, and nothing that repeats it."""
    field.label, field.help_text = label, ""
    field.widget.attrs.pop("placeholder", None)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Our answers to allauth's questions."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-mail address and password do not belong together."),
        "too_many_login_attempts": _("Too many wrong passwords. Wait five minutes, then try again."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Say no: people come by invitation."""
        return False

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: the screens say what happened themselves."""

    def is_safe_url(self, url: str | None) -> bool:
        """Say whether `url` leads back to us: the configured host and nothing else (S23)."""
        host = settings.HAUSMEISTER_BASE_URL.partition("://")[2]
        return url_has_allowed_host_and_scheme(url, allowed_hosts={host}, require_https=settings.IS_HTTPS)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of a reset mail, made from the configured address, never from Host (S15)."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.HAUSMEISTER_BASE_URL}{path.replace('UID-KEY', key)}"

    def send_password_reset_mail(self, user: Person, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Send the link with which a new password is chosen."""
        text = gettext(
            "Somebody, most likely you, asked for a new password at Hausmeister. Choose it here:\n\n%(link)s\n\n"
            "The link works once, for three days. If it was not you, there is nothing to do."
        ) % {"link": context["password_reset_url"]}
        send_mail(gettext("Hausmeister: choose a new password"), text, None, [email])

    def login(self, request: HttpRequest, user: Person) -> None:
        """Begin the session of `user`, and tell the journal."""
        super().login(request, user)
        now = clock.now()
        request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now.timestamp()
        confirm(request, now=now)
        _tell(user, "person.signed_in", now, request)

    def logout(self, request: HttpRequest) -> None:
        """End the session, on the server as well."""
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        super().logout(request)

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:  # noqa: ARG002
        """Say that the account has ended, to the one who knows its password."""
        return see(request, settings.LOGIN_URL, Toast(gettext("This account has ended."), is_problem=True))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Tell the journal that somebody failed to sign in; of the address only what can be recognised."""
        address = mask(str(credentials.get("email", "")))
        actor = Actor("stranger", None, address[:200])
        facts = {"address": str(request.META.get("REMOTE_ADDR", ""))}
        journal.record(Fact(clock.now(), "person.sign_in_failed", "sign-in", actor, None, facts))

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Say whether this is the password of `user`, and remember when it was typed."""
        is_right = bool(self.authenticate(context.request, email=user.email, password=password) == user)
        if is_right:
            confirm(context.request, now=clock.now())
        return is_right

    def set_password(self, user: Person, password: str) -> None:
        """Store a new password; every other session of the person ends with it."""
        super().set_password(user, password)
        _tell(user, "person.password_set", clock.now(), context.request)


def confirm(request: HttpRequest, *, now: datetime) -> None:
    """Remember that the person has just typed their password."""
    request.session[CONFIRMED_AT] = now.timestamp()


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Say whether the person typed their password within the last quarter of an hour (S22)."""
    confirmed_s = request.session.get(CONFIRMED_AT, 0)
    return now - datetime.fromtimestamp(confirmed_s, UTC) < FRESH_FOR


def note_use(request: HttpRequest) -> None:
    """Remember when this session was last used, for the list of one's sessions."""
    UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=clock.now())


def _tell(person: Person, verb: str, now: datetime, request: HttpRequest) -> None:
    facts = {"address": str(request.META.get("REMOTE_ADDR", ""))}
    journal.record(Fact(now, verb, f"person:{person.pk}", team.as_actor(person), None, facts))
