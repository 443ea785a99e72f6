"""Reading silences, and what one would cover."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count

from hausmeister.alerts.models import Alert
from hausmeister.alerts.silences import covering
from hausmeister.alerts.silences.models import Silence, SilenceQuerySet
from hausmeister.alerts.silences.rules import LABEL, Condition, Facts, How, Rule, fits
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability

LATELY = timedelta(days=7)
# of the alerts of the last days, so many of the newest are looked at
SEEN_MOST = 2_000
OVER_MOST = 30


def visible_to(person: Person) -> SilenceQuerySet:
    """Return the silences that `person` may see; another team's do not exist for them (S30)."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    return Silence.objects.all() if teams is None else Silence.objects.filter(team_id__in=teams)


@dataclass(frozen=True)
class Seen:
    """The alerts of the last seven days, the newest first; `is_all` is false where there were too many to look at."""

    facts: Sequence[Facts]
    titles: Sequence[str]
    open_pages: Sequence[int]
    is_all: bool


def seen_lately(context: TeamContext, *, now: datetime) -> Seen:
    """Return what the team's sources sent in the last seven days, and the open page of each that is open."""
    areas = context.policy.familiarity.areas
    found = Alert.objects.filter(team_id=context.team.pk, first_seen_at__gt=now - LATELY)
    rows = list(found.select_related("source").defer("details", "links").order_by("-id")[: SEEN_MOST + 1])
    kept = rows[:SEEN_MOST]
    return Seen(
        facts=[covering.facts_of(one, areas) for one in kept],
        titles=[one.title for one in kept],
        open_pages=[0 if one.closed_at else one.page_id for one in kept],
        is_all=len(rows) <= SEEN_MOST,
    )


@dataclass(frozen=True)
class Preview:
    """What a silence would have covered: of so many alerts `looked_at`, and which open pages are alike.

    `urgent` fit but are P4, which the rule leaves alone. The open pages go on calling: a silence changes nothing for
    what calls already.
    """

    alerts: int
    looked_at: int
    is_all: bool
    titles: tuple[str, ...]
    pages: tuple[Page, ...]
    urgent: int


def preview(context: TeamContext, rule: Rule, *, now: datetime) -> Preview:
    """Return what `rule` would cover of the alerts of the last seven days, and the open pages that are like it."""
    seen = seen_lately(context, now=now)
    hits = [index for index, one in enumerate(seen.facts) if fits(rule, one)]
    all_of_it = replace(rule, covers_p4=True)
    numbers = sorted({seen.open_pages[index] for index in hits} - {0})
    return Preview(
        alerts=len(hits),
        looked_at=len(seen.facts),
        is_all=seen.is_all,
        titles=tuple(dict.fromkeys(seen.titles[index] for index in hits))[:5],
        pages=tuple(Page.objects.open().filter(pk__in=numbers).worst_first()[:10]),
        urgent=sum(fits(all_of_it, one) for one in seen.facts) - len(hits),
    )


def silenced_by(silences: Sequence[Silence]) -> dict[int, int]:
    """Return how many alerts are open under each silence, by the silence's id; those with none are left out."""
    rows = Alert.objects.open().filter(silence__in=silences, page__silenced_until__isnull=False)
    return dict(rows.values("silence_id").annotate(n=Count("id")).values_list("silence_id", "n").order_by("silence_id"))


def of_team(team: Team) -> SilenceQuerySet:
    """Return the team's silences."""
    return Silence.objects.filter(team=team)


def of_page(page: Page) -> Silence | None:
    """Return the silence under which the page's first alert came in, None when there was none."""
    alert = Alert.objects.filter(page=page, silence__isnull=False).select_related("silence").order_by("id").first()
    return alert.silence if alert is not None else None


def label_names(team: Team) -> list[str]:
    """Return the names of the labels that the team's newest alerts carry, by name."""
    rows = Alert.objects.filter(team=team).order_by("-id").values_list("labels", flat=True)[:200]
    return sorted({str(name) for labels in rows for name in labels})[:60]


@dataclass(frozen=True)
class Brief:
    """The silences in a line: how many hold and until when the last, how many are planned and when the next is."""

    number: int
    until: datetime | None
    planned: int
    next_starts_at: datetime | None
    next_ends_at: datetime | None


def brief(person: Person, *, now: datetime) -> Brief:
    """Return the silences of the person's teams in a line."""
    ahead = list(visible_to(person).ahead(now).values_list("starts_at", "ends_at"))
    active = [ends_at for starts_at, ends_at in ahead if starts_at <= now]
    planned = sorted((starts_at, ends_at) for starts_at, ends_at in ahead if starts_at > now)
    return Brief(
        number=len(active),
        until=max(active, default=None),
        planned=len(planned),
        next_starts_at=planned[0][0] if planned else None,
        next_ends_at=planned[0][1] if planned else None,
    )


def on_label(team: Team, label: str, value: str, *, now: datetime) -> list[Silence]:
    """Return the team's silences that hold or are planned for alerts whose label `label` is `value`."""
    condition = Condition(f"{LABEL}{label}", How.IS, value)
    return [one for one in of_team(team).ahead(now) if condition in one.asked]
