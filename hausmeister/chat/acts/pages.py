"""Acts on pages: the operations of the web's buttons, answered in a sentence."""

from django.db import transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.rules import TITLE_MOST
from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.untrusted import cut, one_line
from hausmeister.chat import accounts, page_buttons
from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.shapes import Answer, Call, Field, Form, said
from hausmeister.outbox.chat import Link, Words
from hausmeister.pager import links
from hausmeister.pager import queries as pager
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, testing, waking
from hausmeister.pager.rules.words import clock_time
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Source, Team
from hausmeister.team.rules import Capability, Role

SOURCE = "people"
SNOOZES = (
    ("in 30m", "30 min"),
    ("in 1h", "1 h"),
    ("in 4h", "4 h"),
    ("tomorrow 9:00", "9:00 tomorrow"),
)
# whom a page calls unless somebody is chosen; a choice in a form must not be empty
WHOEVER = "duty"
REASONS = (("done", "Done"), ("mended", "Mended"), ("false alarm", "False alarm"))


def page_of(call: Call, value: str) -> Page:
    """Return the page that `value` names ("12", or "12:3" with how far it had climbed). Raises CannotDo.

    A page of a team that is not theirs does not exist for them (S30).
    """
    number = value.partition(":")[0].lstrip("#")
    page = None
    if number.isascii() and number.isdecimal() and len(number) < 19:
        page = pager.visible_to(call.person).select_related("team", "acked_by").filter(pk=int(number)).first()
    if page is None:
        raise CannotDo(f"There is no page {one_line(number, 20) or 'without a number'} that you can see.")
    permissions.check(call.person, Capability.ACT_ON_PAGES, team_id=page.team_id)
    return page


def link_words(page: Page) -> Words:
    """Return one line about a page, with its buttons."""
    state = f"acknowledged by {page.acked_by.name}" if page.acked_by else page.state.value
    return Words(
        headline=f"{page.rank.label}, {state}: {page.title}",
        notes=(f"Page {page.pk}, {page.source or page.team.name}",),
        links=(Link(f"Page {page.pk}", links.page_url(page.pk)),),
        buttons=page_buttons.of_page(page),
    )


def acknowledge(call: Call) -> Answer:
    """Take the page."""
    page = page_of(call, call.asked.value)
    done = acting.acknowledge(page.pk, by=call.person, now=call.asked.now, via=call.via)
    if done.was_mine_before:
        return said(f"You have page {page.pk} already.")
    return said(f"You have page {page.pk}. Nobody else is called.")


def unacknowledge(call: Call) -> Answer:
    """Give the page back."""
    page = page_of(call, call.asked.value)
    acting.unacknowledge(page.pk, by=call.person, now=call.asked.now, via=call.via)
    return said(f"Page {page.pk} is given back: it calls again from the top.")


def escalate(call: Call) -> Answer:
    """Call for help, and stay on it."""
    page = page_of(call, call.asked.value)
    seen = call.asked.value.partition(":")[2]
    acting.escalate(
        page.pk, by=call.person, now=call.asked.now, via=call.via, seen_steps=int(seen) if seen.isdecimal() else None
    )
    return said(f"Page {page.pk} is escalated. You stay on it, and the others are called now.")


def snooze(call: Call) -> Answer:
    """Silence the page for a while."""
    page = page_of(call, call.asked.value)
    until = read_moment(call.asked.given.get("for", ""), now=call.asked.now, zone=call.person.zone)
    acting.snooze(page.pk, by=call.person, until=until, now=call.asked.now, via=call.via)
    return said(f"Page {page.pk} is silent until {clock_time(until, zone=call.person.zone, now=call.asked.now)}.")


def wake(call: Call) -> Answer:
    """End a snooze."""
    page = page_of(call, call.asked.value)
    waking.end_snooze(page.pk, by=call.person, now=call.asked.now, via=call.via)
    return said(f"The snooze of page {page.pk} is over: it calls now.")


def close(call: Call) -> Answer:
    """End the page and every alert on it."""
    page = page_of(call, call.asked.value)
    given = call.asked.given
    reason = one_line(given.get("other", "") or given.get("reason", ""), 200) or "done"
    by = team_operations.as_actor(call.person)
    alerts.close_page(page.pk, by=by, person=call.person, reason=reason, now=call.asked.now, via=call.via)
    return said(f"Page {page.pk} is closed: {reason}.")


def note(call: Call) -> Answer:
    """Write into the timeline."""
    page = page_of(call, call.asked.value)
    text = cut(call.asked.given.get("text", "").strip(), 4000)
    if not text:
        raise CannotDo("A note needs some words.")
    acting.note(page.pk, by=call.person, text=text, now=call.asked.now)
    return said(f"Noted on page {page.pk}.")


def hand(call: Call) -> Answer:
    """Hand the page to somebody else of the team."""
    page = page_of(call, call.asked.value)
    to = _member(page.team, call.asked.given.get("to", ""))
    acting.reassign(page.pk, to=to, by=call.person, now=call.asked.now, via=call.via)
    return said(f"Page {page.pk} is handed to {to.name}, who is called now.")


def _member(team: Team, number: str) -> Person:
    for one in team_queries.members(team.pk):
        if str(one.person_id) == number:
            return one.person
    raise CannotDo(f"Choose somebody of {team.name}.")


def new(call: Call) -> Answer:
    """Page somebody: whoever is on duty, or one person of the team."""
    given = call.asked.given
    teams = accounts.teams_of(call.person, Capability.ACT_ON_PAGES)
    team = next((one for one in teams if str(one.pk) == given.get("team", "")), None) or next(iter(teams), None)
    title = one_line(given.get("title", ""), TITLE_MOST)
    if team is None:
        raise CannotDo("You are a responder of no team, so there is nobody whom you could page from here.")
    if not title:
        raise CannotDo("Say in one line what is wrong: it is what they read on the lock screen.")
    page = _open(call, team, title)
    kind = "It rings now." if page.is_hard else "It can wait for working hours."
    return Answer(Words(f"Page {page.pk} is open: {page.title}. {kind}", buttons=page_buttons.of_page(page)))


@transaction.atomic
def _open(call: Call, team: Team, title: str) -> Page:
    given, now = call.asked.given, call.asked.now
    source, _made = Source.objects.get_or_create(team=team, name=SOURCE, defaults={"created_at": now})
    taken = alerts.page_somebody(
        source,
        title=title,
        text=given.get("text", ""),
        is_hard=given.get("how", "hard") != "soft",
        by=team_operations.as_actor(call.person),
        key=f"{call.person.pk}:{call.asked.key}"[:200],
        now=now,
    )
    if taken.page_id is None:
        raise CannotDo("Nobody was paged: the alert was taken, and no page came of it.")
    if given.get("to", WHOEVER) not in {"", WHOEVER}:
        acting.reassign(taken.page_id, to=_member(team, given["to"]), by=call.person, now=now, via=call.via)
    return Page.objects.select_related("team", "acked_by").get(pk=taken.page_id)


def test(call: Call) -> Answer:
    """Call whoever asks as a real page would, and nobody else."""
    teams = accounts.teams_of(call.person, Capability.ACT_ON_PAGES)
    if not teams:
        raise CannotDo("You are a responder of no team, so no page would ever call you.")
    by = team_operations.as_actor(call.person)
    page = testing.send_test_page(call.person, team=teams[0], by=by, now=call.asked.now)
    return said(f"Test page {page.pk} calls you now, by your important list, and nobody else.")


# ---- forms ----


def snooze_form(call: Call) -> Form:
    """Ask for how long."""
    page = page_of(call, call.asked.value)
    fields = (Field("for", "Silent until", choices=SNOOZES, initial="in 1h"),)
    return Form(
        f"Snooze page {page.pk}", page_buttons.SNOOZE, str(page.pk), fields, "Snooze", f"snooze {page.pk} in 1h"
    )


def close_form(call: Call) -> Form:
    """Ask why it is over."""
    page = page_of(call, call.asked.value)
    fields = (
        Field("reason", "Because it is", choices=REASONS, initial="done"),
        Field("other", "Or in your words", is_needed=False, most=200),
    )
    return Form(f"Close page {page.pk}", page_buttons.CLOSE, str(page.pk), fields, "Close", f"close {page.pk} mended")


def note_form(call: Call) -> Form:
    """Ask for the note."""
    page = page_of(call, call.asked.value)
    fields = (Field("text", "Note", is_long=True, most=3000),)
    return Form(f"Note on page {page.pk}", page_buttons.NOTE, str(page.pk), fields, "Add", f"note {page.pk} your words")


def hand_form(call: Call) -> Form:
    """Ask to whom."""
    page = page_of(call, call.asked.value)
    fields = (Field("to", "Hand it to", choices=_responders(page.team, but=call.person)),)
    if not fields[0].choices:
        raise CannotDo(f"There is nobody else in {page.team.name} who could take it.")
    return Form(f"Hand over page {page.pk}", page_buttons.HAND, str(page.pk), fields, "Call them", "")


def new_form(call: Call) -> Form:
    """Ask what is wrong, and how urgent it is."""
    teams = accounts.teams_of(call.person, Capability.ACT_ON_PAGES)
    if not teams:
        raise CannotDo("You are a responder of no team, so there is nobody whom you could page from here.")
    choices = tuple((str(team.pk), one_line(team.name, 70)) for team in teams[:90])
    given = call.asked.given
    # with several teams the people to choose from depend on the team, and a form cannot change while it is filled in
    people = ((WHOEVER, "Whoever is on duty"), *_responders(teams[0], but=call.person)) if len(teams) == 1 else ()
    fields = (
        Field("team", "Team", choices=choices, initial=choices[0][0]),
        *((Field("to", "Whom", choices=people, initial=WHOEVER),) if people else ()),
        Field("title", "What is wrong", initial=given.get("title", ""), most=TITLE_MOST,
              hint="One line: it is what they read on the lock screen."),
        Field("text", "More", is_long=True, is_needed=False, initial=given.get("text", ""), most=3000),
        Field("how", "How urgent", initial="hard", choices=(
            ("hard", "Now: it rings at any hour (P3 high)"), ("soft", "In working hours (P2 medium)"))),
    )  # fmt: skip
    return Form("Page somebody", page_buttons.NEW, call.asked.key, fields, "Page", "page what is wrong")


def _responders(team: Team, *, but: Person) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(one.person_id), one_line(one.person.name, 70))
        for one in team_queries.members(team.pk)
        if one.role != Role.VIEWER and one.person_id != but.pk
    )[:90]


def problem(error: Exception) -> str:
    """Return the sentence for a problem that people can expect, "" for any other."""
    if isinstance(error, acting.PageAlreadyTaken | acting.NobodyToAsk | acting.PageIsClosed | NoMoment):
        return str(error)
    if isinstance(error, acting.NotAcknowledged):
        return "Nobody has this page, so it cannot be given back."
    if isinstance(error, waking.NotSnoozed):
        return "This page is neither snoozed nor silenced any more."
    if isinstance(error, acting.BadSnooze):
        return "Snooze it until a time within the next seven days."
    return ""


ACTS = (
    Act(page_buttons.ACKNOWLEDGE, acknowledge),
    Act(page_buttons.UNACKNOWLEDGE, unacknowledge),
    Act(page_buttons.ESCALATE, escalate),
    Act(page_buttons.SNOOZE, snooze, snooze_form),
    Act(page_buttons.WAKE, wake),
    Act(page_buttons.CLOSE, close, close_form),
    Act(page_buttons.NOTE, note, note_form),
    Act(page_buttons.HAND, hand, hand_form),
    Act(page_buttons.NEW, new, new_form),
    Act(page_buttons.TEST, test),
)
