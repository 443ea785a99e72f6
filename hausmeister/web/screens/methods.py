"""Contact methods and ladders: adding, proving by a code, switching off, removing."""

import re
from datetime import datetime
from typing import cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock, guard
from hausmeister.pager.operations import reaching
from hausmeister.team import operations as team_operations
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Capability, Channel, ListName
from hausmeister.web import limits
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Asked, Toast, back, first_ask, see
from hausmeister.web.forms import whole_number

_SLACK = re.compile(r"^[UW][A-Z0-9]{6,}$")
_MATRIX = re.compile(r"^@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.:\[\]-]{1,200}$")
_TOPIC = re.compile(r"^[A-Za-z0-9_-]{4,64}$")
# a request to an address of one's own choice, at the press of a button (S45)
TRIES_A_MINUTE = 6


def channels() -> list[tuple[str, str, str]]:
    """Return the channels that are set up here: name, label, what its address is."""
    mail = _("the address")
    if settings.HAUSMEISTER_EMAIL is None:
        mail = _("the address; no mail server is set up, so nothing sent there arrives")
    found = [
        (Channel.NTFY.value, _("ntfy, an app that rings"), _("the topic, or its whole URL")),
        (Channel.EMAIL.value, _("E-mail"), mail),
        (Channel.WEBHOOK.value, _("Webhook"), _("the URL that takes a signed POST")),
    ]
    if settings.HAUSMEISTER_SLACK_TOKEN:
        found.append((Channel.SLACK.value, _("Slack"), _("your member id, such as U024BE7LH")))
    if settings.HAUSMEISTER_MATRIX_TOKEN:
        found.append((Channel.MATRIX.value, _("Matrix"), _("your user id, such as @ana:example.org")))
    if settings.HAUSMEISTER_OPSGENIE_KEY:
        found.append((Channel.OPSGENIE.value, _("Opsgenie"), _("your user name there")))
    return found


class AddForm(forms.Form):
    """A channel and an address in it."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    address = forms.CharField(label=gettext_lazy("Address"), max_length=500)

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or nothing
        field = cast("forms.ChoiceField", self.fields["channel"])
        field.choices = [(name, label) for name, label, _what in channels()]

    def clean(self) -> dict[str, str]:
        """Return channel and address, the address as its channel needs it."""
        found = super().clean() or {}
        if {"channel", "address"} <= found.keys():
            try:
                found["address"] = fitting(Channel(found["channel"]), found["address"].strip())
            except ValidationError as problem:
                self.add_error("address", problem)
        return found


def fitting(channel: Channel, address: str) -> str:
    """Return `address` as `channel` needs it. Raises ValidationError with what is allowed."""
    if channel in {Channel.EMAIL, Channel.OPSGENIE}:
        validate_email(address)
        return address
    if channel is Channel.SLACK:
        if not _SLACK.match(address):
            raise ValidationError(
                _("A Slack member id begins with U or W, such as U024BE7LH. Your profile in Slack shows it.")
            )
        return address
    if channel is Channel.MATRIX:
        if not _MATRIX.match(address):
            raise ValidationError(_("A Matrix user id looks like @ana:example.org. Your client's settings show it."))
        return address
    if channel is Channel.NTFY and _TOPIC.match(address):
        return f"{settings.HAUSMEISTER_NTFY_URL}/{address}"
    try:
        guard.judge_typed(address)
    except (guard.Forbidden, guard.NoAnswer) as problem:
        raise ValidationError(str(problem)) from problem
    return address


def may_try(person: Person, *, now: datetime) -> bool:
    """Count one message that `person` has sent to themselves by hand; say whether it is not one too many."""
    return limits.take(f"reach {person.pk}", most=TRIES_A_MINUTE, now=now)


def too_many() -> Toast:
    """Return what to say when it was one too many."""
    return Toast(_("That was often enough for this minute. Wait a little, then try again."), is_problem=True)


@needs(Capability.OWN_PROFILE, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Store a way to reach me, and send its code."""
    now = clock.now()
    # before the form is read: reading it looks the address up
    if request.method == "POST" and not may_try(request.user, now=now):
        return see(request, back(request, "/profile#reach"), too_many())
    form = AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                method = team_operations.add_method(
                    request.user,
                    channel=Channel(form.cleaned_data["channel"]),
                    address=form.cleaned_data["address"],
                    by=team_operations.as_actor(request.user),
                    now=now,
                )
                team_operations.send_code(method, now=now)
        except IntegrityError:
            form.add_error("address", _("You have this one already."))
        else:
            said = _("A code is on its way by %(channel)s. Type it here within ten minutes.") % {
                "channel": method.label
            }
            return see(request, back(request, "/profile#reach"), Toast(said))
    # whoever came from the first run goes on there
    context = {"add": form, "channels": channels(), "next": back(request, "")}
    return render(request, "web/profile/add.html", context, status=422 if form.errors else 200)


def _mine(request: Request, method_id: int) -> ContactMethod:
    return fetch(ContactMethod.objects.filter(person=request.user).select_related("person"), pk=method_id)


@needs(Capability.OWN_PROFILE)
@require_POST
def send_code(request: Request, method_id: int) -> HttpResponse:
    """Send a fresh code to one of my contact methods."""
    method, now = _mine(request, method_id), clock.now()
    if not may_try(request.user, now=now):
        return see(request, back(request, "/profile#reach"), too_many())
    team_operations.send_code(method, now=now)
    said = _("A code is on its way by %(channel)s. Type it here within ten minutes.") % {"channel": method.label}
    return see(request, back(request, "/profile#reach"), Toast(said))


@needs(Capability.OWN_PROFILE)
@require_POST
def verify(request: Request, method_id: int) -> HttpResponse:
    """Count a contact method from now on, if the code is right."""
    method = _mine(request, method_id)
    now = clock.now()
    by = team_operations.as_actor(request.user)
    try:
        reaching.verify_method(method, code=request.POST.get("code", ""), by=by, now=now)
    except team_operations.WrongCode:
        left = team_operations.count_wrong_code(method)
        toast = Toast(_("This is not the code. Tries left: %(n)d.") % {"n": left}, is_problem=True)
    except team_operations.CodeIsVoid:
        toast = Toast(_("The code has run out. Have a new one sent."), is_problem=True)
    else:
        toast = Toast(_("Verified: you can be reached by %(channel)s.") % {"channel": method.label})
    return see(request, back(request, "/profile#reach"), toast)


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def switch(request: Request, method_id: int) -> HttpResponse:
    """Let one of my contact methods rest, or use it again."""
    method = _mine(request, method_id)
    on = request.POST.get("on") == "yes"
    reaching.switch_method(method, on=on, by=team_operations.as_actor(request.user), now=clock.now())
    said = _("%(channel)s is used again.") if on else _("%(channel)s is switched off: nothing is sent there.")
    return see(request, back(request, "/profile#reach"), Toast(said % {"channel": method.label}))


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def remove(request: Request, method_id: int) -> HttpResponse:
    """Remove one of my contact methods, with its rungs."""
    method = _mine(request, method_id)
    label = method.label
    question = Asked(
        _("Remove %(channel)s?") % {"channel": label},
        _("%(address)s is no longer used to reach you, and goes from your ladders.") % {"address": method.address},
        _("Remove it"),
        back(request, "/profile#reach"),
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    reaching.remove_method(method, by=team_operations.as_actor(request.user), now=clock.now())
    return see(request, back(request, "/profile#reach"), Toast(_("Removed: %(channel)s.") % {"channel": label}))


@needs(Capability.OWN_PROFILE)
@require_POST
def ladder(request: Request, list_name: str) -> HttpResponse:
    """Store one of my ladders: for each row so many minutes after the call, and which method."""
    if list_name not in set(ListName):
        return see(request, "/profile#ladders")
    rungs = []
    for after, method in zip(request.POST.getlist("after"), request.POST.getlist("method"), strict=False):
        minutes, number = whole_number(after), whole_number(method)
        if minutes is not None and number is not None and minutes <= 24 * 60:
            rungs.append((minutes * 60, number))
    by = team_operations.as_actor(request.user)
    try:
        reaching.set_ladder(request.user, ListName(list_name), rungs, by=by, now=clock.now())
    except ContactMethod.DoesNotExist:
        return see(
            request, "/profile#ladders", Toast(_("A rung can only use one of your own methods."), is_problem=True)
        )
    said = _("Stored.") if rungs else _("Stored. Without rungs every method is used at once.")
    return see(request, back(request, "/profile#ladders"), Toast(said))
