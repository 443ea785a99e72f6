"""What people do with an incident. Each act is one operation; the answer says what is true now, in one sentence."""

from collections.abc import Callable
from datetime import datetime

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hausmeister.base import clock
from hausmeister.base.untrusted import cut
from hausmeister.incidents.models import TEXT_MOST, FollowUp, Incident
from hausmeister.incidents.operations import (
    changing,
    closing,
    levels,
    opening,
    pulling,
    recording,
    reviewing,
    roles,
    updating,
)
from hausmeister.incidents.operations.roles import holder_of
from hausmeister.incidents.rules.kinds import Post
from hausmeister.pager.operations.acting import NobodyToAsk
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, View, check, fetch, needs
from hausmeister.web.answers import Toast, fragment, see
from hausmeister.web.forms import whole_number
from hausmeister.web.screens import incidents


class NothingChosen(Exception):
    """A form came without what it is about, or with what is no more; the text says what to choose."""


Act = Callable[[Request, Incident, datetime], Toast]

PROBLEMS = (
    changing.IncidentIsOver, changing.IncidentIsClosed, changing.NotOfTheTeam, roles.PostMoved, roles.NotYours,
    roles.OfferIsVoid, closing.ReviewIsMissing, closing.StillRunning, opening.UnknownLevel, opening.NoTitle,
    pulling.UnknownSquad, recording.NothingToAdd, recording.NoSuchPage, reviewing.NoFollowUp, reviewing.NoTracker,
    NobodyToAsk, NothingChosen,
)  # fmt: skip


def act(perform: Act, *, part: str = "") -> View[[int]]:
    """Make a view of `perform`: known problems become a toast; htmx gets the part that changed, a browser all of it."""

    @needs(Capability.ACT_ON_INCIDENTS)
    @require_POST
    def view(request: Request, incident_id: int) -> HttpResponse:
        incident, now = incidents.visible(request.user, incident_id), clock.now()
        check(request.user, Capability.ACT_ON_INCIDENTS, incident.team)
        try:
            toast = perform(request, incident, now)
        except PROBLEMS as problem:
            toast = Toast(str(problem), is_problem=True)
        if part and request.htmx and request.htmx.target == f"incident-{part}":
            incident = incidents.visible(request.user, incident_id)
            context = incidents.part_context(request, incident, part, now=now)
            return fragment(request, f"web/incident/{part}.html", context, toast)
        return see(request, f"/incidents/{incident_id}", toast)

    view.__name__ = perform.__name__
    view.__doc__ = perform.__doc__
    return view


def _note(request: Request, incident: Incident, now: datetime) -> Toast:
    """Write into the timeline."""
    recording.note(incident.pk, cut(request.POST.get("text", ""), TEXT_MOST), by=request.user, now=now)
    return Toast(_("Noted."))


def _tick(request: Request, incident: Incident, now: datetime) -> Toast:
    """Tick one line of the procedure, or take the tick back."""
    done = request.POST.get("done") == "yes"
    step = whole_number(request.POST.get("step", "")) or 0
    if not incident.steps.filter(pk=step, is_current=True).exists():
        raise NothingChosen(_("This line is not part of the procedure any more: the severity changed."))
    levels.tick(incident.pk, step, done=done, by=request.user, now=now)
    return Toast(_("Ticked.") if done else _("The tick is taken back."))


note = act(_note, part="timeline")
tick = act(_tick, part="steps")


def _post(request: Request) -> Post:
    given = request.POST.get("post", "")
    if given not in set(Post):
        raise NothingChosen(_("Choose point or comms."))
    return Post(given)


def _somebody(request: Request, incident: Incident) -> Person:
    members = Person.objects.filter(memberships__team=incident.team, memberships__left_on=None)
    found = members.filter(pk=whole_number(request.POST.get("to", "")) or 0).first()
    if found is None:
        raise NothingChosen(_("Choose somebody of the team."))
    return found


@act
def hand_over(request: Request, incident: Incident, now: datetime) -> Toast:
    """Ask somebody to be point or comms, or, as point or lead, give it to them at once."""
    post, to = _post(request), _somebody(request, incident)
    if request.POST.get("how") == "ask":
        roles.offer(incident.pk, post, to=to, by=request.user, now=now)
        asked = _("%(name)s is asked to be %(post)s. Nothing changes before they accept.")
        return Toast(asked % {"name": to.name, "post": post.value})
    seen = whole_number(request.POST.get("seen", ""))
    roles.assign(incident.pk, post, to=to, by=request.user, seen=seen, now=now)
    return Toast(_("%(name)s is %(post)s now.") % {"name": to.name, "post": post.value})


@act
def take_comms(request: Request, incident: Incident, now: datetime) -> Toast:
    """Take comms while nobody has it."""
    holder = holder_of(incident, Post.COMMS)
    if holder is not None and holder.pk != request.user.pk:
        raise roles.PostMoved(incident, Post.COMMS)
    seen = holder.pk if holder else None
    roles.assign(incident.pk, Post.COMMS, to=request.user, by=request.user, seen=seen, now=now)
    return Toast(_("You are comms now."))


@needs(Capability.ACT_ON_INCIDENTS)
@require_POST
def answer(request: Request, offer_id: int) -> HttpResponse:
    """Accept or decline what one is asked to take."""
    asked = incidents.offer_visible(request.user, offer_id)
    check(request.user, Capability.ACT_ON_INCIDENTS, asked.incident.team)
    accepts = request.POST.get("answer") == "yes"
    try:
        if accepts:
            roles.accept(asked.pk, by=request.user, now=clock.now())
        else:
            roles.decline(asked.pk, by=request.user, now=clock.now())
    except PROBLEMS as problem:
        toast = Toast(str(problem), is_problem=True)
    else:
        said = _("You are %(post)s now.") if accepts else _("Declined. Nothing changes hands.")
        toast = Toast(said % {"post": asked.post})
    return see(request, f"/incidents/{asked.incident_id}", toast)


@act
def level(request: Request, incident: Incident, now: datetime) -> Toast:
    """Change how severe it is; procedure and timers follow."""
    changed = levels.change_level(incident.pk, request.POST.get("level", ""), by=request.user, now=now)
    return Toast(_("It is %(level)s now; the procedure follows.") % {"level": changed.label})


@act
def rename(request: Request, incident: Incident, now: datetime) -> Toast:
    """Change the short description."""
    levels.rename(incident.pk, request.POST.get("title", ""), by=request.user, now=now)
    return Toast(_("Renamed; topic and message follow."))


@act
def squad(request: Request, incident: Incident, now: datetime) -> Toast:
    """Page another squad's on-call by their address."""
    name = request.POST.get("squad", "")
    what, key = request.POST.get("what", ""), request.POST.get("key", "")[:40]
    pulling.call_squad(incident.pk, name, what, by=request.user, now=now, key=key)
    return Toast(_("%(squad)s is called by mail; they answer to you or in the crash channel.") % {"squad": name})


@act
def page(request: Request, incident: Incident, now: datetime) -> Toast:
    """Page somebody of the team for the incident."""
    to = _somebody(request, incident)
    pulling.page_person(incident.pk, to, by=request.user, now=now)
    return Toast(_("%(name)s is paged now.") % {"name": to.name})


@act
def link_page(request: Request, incident: Incident, now: datetime) -> Toast:
    """Make a page part of the incident."""
    recording.link_page(incident.pk, whole_number(request.POST.get("page", "")) or 0, by=request.user, now=now)
    return Toast(_("The page belongs to the incident now."))


@act
def tell_again(request: Request, incident: Incident, now: datetime) -> Toast:
    """Send once more what could not be delivered."""
    updating.tell_again(incident.pk, by=request.user, now=now)
    return Toast(_("Sent once more."))


@act
def reopen(request: Request, incident: Incident, now: datetime) -> Toast:
    """Take the all clear back."""
    closing.reopen(incident.pk, by=request.user, now=now)
    return Toast(_("It is running again; the topic is red."))


@act
def close(request: Request, incident: Incident, now: datetime) -> Toast:
    """Close an incident that is over."""
    closing.close(incident.pk, by=request.user, now=now)
    return Toast(_("Closed. It is in the log book."))


@act
def follow_up(request: Request, incident: Incident, now: datetime) -> Toast:
    """Note what is to be done, and by whom."""
    given = request.POST.get("to", "")
    owner = _somebody(request, incident) if given else None
    reviewing.add_follow_up(incident.pk, request.POST.get("text", ""), owner=owner, by=request.user, now=now)
    return Toast(_("Noted as a follow-up."))


@needs(Capability.ACT_ON_INCIDENTS)
@require_POST
def follow_up_act(request: Request, follow_up_id: int, verb: str) -> HttpResponse:
    """Finish a follow-up, take that back, or make an issue of it."""
    if verb not in {"done", "undone", "issue"}:
        raise Http404
    teams = permissions.team_ids(request.user, Capability.ACT_ON_INCIDENTS)
    everything = FollowUp.objects.all()
    found = fetch(everything if teams is None else everything.filter(team_id__in=teams), pk=follow_up_id)
    try:
        if verb == "issue":
            reviewing.make_issue(found.pk, by=request.user, now=clock.now())
            toast = Toast(_("It is an issue now."))
        else:
            reviewing.finish(found.pk, done=verb == "done", by=request.user, now=clock.now())
            toast = Toast(_("Done.") if verb == "done" else _("It is to be done again."))
    except PROBLEMS as problem:
        toast = Toast(str(problem), is_problem=True)
    return see(request, f"/incidents/{found.incident_id}#tasks" if found.incident_id else "/logbook", toast)
