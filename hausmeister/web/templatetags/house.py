"""Components and words for templates; loaded everywhere (`builtins` in settings).

Each tag returns escaped text or renders a partial from `web/components/`; nothing is marked safe by hand.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from hausmeister.base import clock, words
from hausmeister.base.markdown import Block
from hausmeister.base.priority import Priority
from hausmeister.handoff.models import Handoff
from hausmeister.handoff.rules.states import ThingKind
from hausmeister.incidents.models import Incident
from hausmeister.pager.models import Page, PageState
from hausmeister.rota import queries as rota
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.web import answers, slots, states, when
from hausmeister.web.turns import Turn
from hausmeister.web.weekline import WeekLine, week_line

register = template.Library()


# ---- icons ----


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    return cast("SafeString", lucide(name, size=size, stroke_width="1.75", aria_hidden="true", focusable="false"))


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """Draw an icon. It stands beside words, so readers that speak skip it."""
    return _icon(name, size)


# ---- texts ----


@register.inclusion_tag("web/components/markdown.html")
def markdown(blocks: list[Block], level: int = 3) -> dict[str, Any]:
    """Draw blocks of Markdown; their headings become headings of `level`, deeper ones bold words."""
    return {"blocks": blocks, "level": level}


# ---- badges ----


@register.inclusion_tag("web/components/priority.html")
def priority(rank: int) -> dict[str, Any]:
    """Draw the priority badge: four bars, number and word."""
    return {"rank": Priority(rank), "bars": [(place, place <= rank) for place in (1, 2, 3, 4)]}


@register.inclusion_tag("web/components/state.html")
def state(page: Page) -> dict[str, Any]:
    """Draw the badge of what a page is now: icon, word, colour."""
    return {"shown": states.of_page(page, now=clock.now(), zone=_zone())}


@register.inclusion_tag("web/components/severity.html")
def severity(incident: Incident) -> dict[str, Any]:
    """Draw the badge of an incident's level: a square, its name and its word; never in a priority's colour."""
    return {"label": incident.label}


@register.inclusion_tag("web/components/state.html")
def incident_state(incident: Incident) -> dict[str, Any]:
    """Draw the badge of what an incident is now."""
    return {"shown": states.of_incident(incident)}


@register.inclusion_tag("web/components/state.html")
def handoff_state(handoff: Handoff) -> dict[str, Any]:
    """Draw the badge of where a hand-off stands."""
    return {"shown": states.of_handoff(handoff)}


@register.filter
def handoff_heading(kind: str) -> str:
    """Write what stands above the things of one kind in a hand-off."""
    return states.heading_of(ThingKind(kind))


@register.inclusion_tag("web/components/state.html")
def badge(word: str, tone: str = "quiet", icon_name: str = "") -> dict[str, Any]:
    """Draw a plain badge."""
    return {"shown": states.Shown(str(word), tone, icon_name)}


@register.inclusion_tag("web/components/state.html")
def shown(badge_of: states.Shown) -> dict[str, Any]:
    """Draw a badge that a screen has worked out."""
    return {"shown": badge_of}


@register.inclusion_tag("web/components/avatar.html")
def avatar(person: Person | None, away: bool = False) -> dict[str, Any]:
    """Draw initials on the person's colour edge."""
    if person is None:
        return {"initials": "–", "tone": 0, "away": True}
    return {"initials": person.initials, "tone": tone(person), "away": away}


@register.filter
def tone(person: Person | None) -> int:
    """Return the number of the person's colour, 1 to 6; always the same for one person."""
    return (person.pk - 1) % 6 + 1 if person is not None else 0


# ---- times ----


def _zone() -> ZoneInfo:
    return timezone.get_current_timezone()


def _time(moment: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(timespec="seconds"), text)


@register.filter
def at(moment: datetime | None) -> str:
    """Write when: "19:08", "Wed 19:08", "25 Nov 19:08"."""
    return _time(moment, when.at(moment, now=clock.now(), zone=_zone())) if moment else ""


@register.filter
def at_second(moment: datetime | None) -> str:
    """Write when, with seconds: for plans and timelines."""
    return _time(moment, when.at(moment, now=clock.now(), zone=_zone(), seconds=True)) if moment else ""


@register.filter
def until(moment: datetime | None) -> str:
    """Write an end: "today 19:08", "Fri 17:00"."""
    return _time(moment, when.until(moment, now=clock.now(), zone=_zone())) if moment else ""


@register.filter
def long_until(moment: datetime | None) -> str:
    """Write an end with the day in full: "Friday 17:00"."""
    return _time(moment, when.long_until(moment, now=clock.now(), zone=_zone())) if moment else ""


@register.filter
def ago(moment: datetime | None) -> str:
    """Write "4 min ago"; the browser keeps it true. Nothing beyond 24 hours."""
    text = when.ago(moment, now=clock.now()) if moment else ""
    if not moment or not text:
        return ""
    return format_html('<span data-ago="{}">{}</span>', int(moment.timestamp()), text)


@register.filter
def age(moment: datetime | None) -> str:
    """Write how long ago in one rough word: "4 min", "11 days", "2 months"; for what lies about."""
    return _time(moment, when.age(moment, now=clock.now())) if moment else ""


@register.filter
def left(moment: datetime | None) -> str:
    """Write how much time is left; the browser keeps it true."""
    if not moment:
        return ""
    return format_html('<span data-left="{}">{}</span>', int(moment.timestamp()), when.left(moment, now=clock.now()))


@register.filter
def day(value: date | None) -> str:
    """Write a day: "25 Nov"."""
    return when.short_date(value, today=clock.now().astimezone(_zone()).date()) if value else ""


@register.filter
def duration(value: timedelta) -> str:
    """Write a length of time: 40 s, 4 min, 2 h 05."""
    return words.duration(value)


@register.simple_tag
def as_of() -> SafeString:
    """Write when this screen was drawn: "as of 19:12"."""
    now = clock.now()
    return format_html(
        '<span class="as-of">{}</span>', _("as of %(clock)s") % {"clock": when.at(now, now=now, zone=_zone())}
    )


@register.simple_tag
def printed() -> str:
    """Write the foot of a sheet of paper: "Hausmeister, as of Fri 27 Nov 2026 16:58, Berlin"."""
    zone = _zone()
    facts = {
        "when": formatted(clock.now().astimezone(zone), "D j M Y H:i"),
        "place": zone.key.rpartition("/")[2].replace("_", " "),
    }
    return _("Hausmeister, as of %(when)s, %(place)s") % facts


@register.simple_tag
def drawn() -> int:
    """Return when this screen was drawn, in seconds: by it the browser's clock is set right for ages."""
    return int(clock.now().timestamp())


@register.simple_tag
def zone_name() -> str:
    """Return the name of the zone in which this screen writes times."""
    return _zone().key


# ---- counts and addresses ----


@register.filter
def counted(number: int) -> str:
    """Write a count; it stops at 999+."""
    return when.count(number)


@register.simple_tag(takes_context=True)
def address(context: Context, **changed: Any) -> str:
    """Return this screen's address with some of its parameters changed; an empty one is taken out."""
    request = cast("HttpRequest", context["request"])
    query: QueryDict = request.GET.copy()
    for name, value in changed.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    query.pop("page", None) if "page" not in changed else None
    return f"{request.path}?{urlencode(query, doseq=True)}" if query else request.path


@register.filter
def is_firing(page: Page) -> bool:
    """Say whether the page calls somebody now."""
    return page.state is PageState.FIRING


@register.simple_tag
def house_week() -> WeekLine | None:
    """Return the week line of the first team, for screens before the sign-in. None while there is no team."""
    team = Team.objects.order_by("id").first()
    if team is None:
        return None
    duties = rota.weekly_duties(team_queries.policy_of(team.pk))
    return week_line(duties, of=team.zone, zone=team.zone, now=clock.now())


@register.filter
def clock_second(moment: datetime) -> SafeString:
    """Write the time of day alone, under a heading that names the day."""
    return _time(moment, moment.astimezone(_zone()).strftime("%H:%M:%S"))


@register.filter
def of(found: dict[int, Any], key: int) -> Any:
    """Return what a dictionary holds for `key`, nothing where it holds nothing."""
    return found.get(key, ())


@register.simple_tag
def span_of_days(starts_on: date, ends_on: date) -> str:
    """Write a span of days: "4–8 Jan"."""
    return when.span(starts_on, ends_on, today=clock.now().astimezone(_zone()).date())


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = tuple(
    (name.replace("macOS", "Mac OS"), name) for name in ("iPhone", "iPad", "Android", "Windows", "macOS", "Linux")
)


@register.filter
def browser(user_agent: str) -> str:
    """Name a browser and its system as people know them: "Firefox, Linux"."""
    names = [next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, names)) or user_agent[:60]


@register.simple_tag(takes_context=True)
def here(context: Context) -> str:
    """Return the address of the screen that people look at, also in a fragment that htmx put into it."""
    return answers.screen_of(cast("HttpRequest", context["request"]))


@register.simple_tag(takes_context=True)
def here_with(context: Context, **changed: Any) -> str:
    """Return the address of the screen that people look at with some parameters changed, also in a fragment."""
    path, _, asked = answers.screen_of(cast("HttpRequest", context["request"])).partition("?")
    query = QueryDict(asked, mutable=True)
    query.pop("page", None)
    for name, value in changed.items():
        query[name] = str(value)
    return f"{path}?{query.urlencode()}"


@register.simple_tag
def stretch_asked(team: str, stretch: Any) -> str:
    """Return the query that fills the form for an override with a stretch."""
    span = {"from": stretch.starts_at.isoformat(), "until": stretch.ends_at.isoformat()}
    return urlencode({"team": team, **span})


@register.simple_tag
def turn_asked(turn: Turn) -> str:
    """Return the query that fills the form for an override with a turn, from now on."""
    return slots.asked(turn, now=clock.now())


@register.simple_tag
def days_asked(starts_at: datetime, ends_at: datetime) -> str:
    """Return the query that fills the form for an override with a day, from now on."""
    begins = max(starts_at, clock.now())
    return urlencode({"from": begins.isoformat(timespec="seconds"), "until": ends_at.isoformat(timespec="seconds")})


@register.filter
def weekday_at(moment: datetime) -> SafeString:
    """Write a moment by its weekday, under a heading that names the week: "Wed 09:00"."""
    return _time(moment, formatted(moment.astimezone(_zone()), "D H:i"))
