"""Storing what comes in, and closing what is over. One transaction for a whole batch of signals."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from hausmeister.alerts.models import Alert
from hausmeister.alerts.rules import TEXT_MOST, TITLE_MOST, Action, Signal, Urgency, urgency
from hausmeister.alerts.silences import covering
from hausmeister.alerts.silences.rules import Covered, Facts
from hausmeister.base import bulk, database, wake
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal.rules import ENGINE, Actor
from hausmeister.pager import queries as pager_queries
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, silencing
from hausmeister.pager.operations.opening import PageDraft, open_pages
from hausmeister.pager.rules import storm
from hausmeister.team.models import Person, Source


@dataclass(frozen=True, slots=True)
class Incoming:
    """A signal and who sent it: the source that its key speaks for.

    With `any_source` the signal may close or edit an alert of another source of the team (scope alerts:all).
    """

    signal: Signal
    source_id: int
    source_name: str
    team_id: int
    any_source: bool = False


class Happened(StrEnum):
    """What became of a signal."""

    OPENED = "opened"
    COUNTED = "counted"
    CLOSED = "closed"
    CHANGED = "changed"
    # closing or editing what is not open: nothing to do, and that is fine
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to one signal: what became of it, and the alert and page it belongs to."""

    happened: Happened
    alert_id: int | None = None
    page_id: int | None = None


Key = tuple[int, str]


@transaction.atomic
def receive(incoming: Sequence[Incoming], *, now: datetime) -> list[Taken]:
    """Store a batch of signals, in their order, and open the pages they call for; answer each.

    Everything of the batch is in one transaction: alert, page, messages, journal. Raises what the database
    raises; then nothing of the batch is stored.
    """
    answers: list[Taken | None] = [None] * len(incoming)
    contexts: dict[int, TeamContext] = {}
    for wave in _waves(incoming):
        signals = [incoming[index] for index in wave]
        known = _open_alerts(signals)
        for index, answer in zip(wave, _receive_wave(signals, known, contexts, now), strict=True):
            answers[index] = answer
    return [answer for answer in answers if answer is not None]


def _waves(incoming: Sequence[Incoming]) -> Iterable[list[int]]:
    """Yield the indexes of `incoming` in runs whose order does not matter: repeated firing, or each key once."""
    wave: list[int] = []
    actions: dict[Key, Action] = {}
    for index, one in enumerate(incoming):
        # by team, not by source: a key for all alerts may close what another source has just opened
        key = (one.team_id, one.signal.key)
        if actions.get(key, Action.FIRE) is not Action.FIRE or (
            key in actions and one.signal.action is not Action.FIRE
        ):
            yield wave
            wave, actions = [], {}
        wave.append(index)
        actions[key] = one.signal.action
    if wave:
        yield wave


# a storm reads the same alerts again and again: their texts and labels stay where they are
_KNOWN_COLUMNS = ("id", "team_id", "source_id", "page_id", "key", "priority", "is_hard")


def _open_alerts(signals: Sequence[Incoming]) -> dict[Key, Alert]:
    """Return the open alerts that `signals` are about, by source and key, locked on PostgreSQL."""
    wide = [one for one in signals if one.any_source and one.signal.action is not Action.FIRE]
    asked = {(one.source_id, one.signal.key) for one in signals}
    if wide:
        asked |= _of_the_whole_team(wide)
    found = bulk.ids(Alert, by=("source_id", "key"), keys=sorted(asked), unset="closed_at")
    known = {(alert.source_id, alert.key): alert for alert in _locked(found)} if found else {}
    for one in wide:
        elsewhere = [a for a in known.values() if a.key == one.signal.key and a.team_id == one.team_id]
        if elsewhere:
            known.setdefault((one.source_id, one.signal.key), elsewhere[0])
    return known


def _locked(ids: Sequence[int]) -> Iterable[Alert]:
    """Return those of the alerts that are open now, locked on PostgreSQL.

    In the order of ids, so that two nodes with the same keys never wait for each other crosswise.
    """
    rows = Alert.objects.open().filter(pk__in=ids).only(*_KNOWN_COLUMNS).order_by("id")
    return rows.select_for_update() if connection.vendor == "postgresql" else rows


def _of_the_whole_team(wide: Sequence[Incoming]) -> set[Key]:
    """Return the keys of `wide` with every source of their teams."""
    sources: dict[int, list[int]] = {}
    for team_id, source_id in Source.objects.filter(team_id__in={one.team_id for one in wide}).values_list(
        "team_id", "id"
    ):
        sources.setdefault(team_id, []).append(source_id)
    return {(source_id, one.signal.key) for one in wide for source_id in sources.get(one.team_id, ())}


def _receive_wave(
    signals: Sequence[Incoming], known: dict[Key, Alert], contexts: dict[int, TeamContext], now: datetime
) -> list[Taken]:
    fresh: dict[Key, list[Incoming]] = {}
    repeated: dict[Key, list[Incoming]] = {}
    others: list[Incoming] = []
    for one in signals:
        key = (one.source_id, one.signal.key)
        if one.signal.action is not Action.FIRE:
            others.append(one)
        else:
            (repeated if key in known else fresh).setdefault(key, []).append(one)
    taken: dict[Key, Taken] = {}
    taken.update(_open_all(list(fresh.values()), contexts, now))
    _count(repeated, known, contexts, now)
    for key in repeated:
        taken[key] = Taken(Happened.COUNTED, known[key].pk, known[key].page_id)
    taken.update(_close_or_edit(others, known, now))
    seen: set[Key] = set()
    answers = []
    for one in signals:
        key = (one.source_id, one.signal.key)
        answer = taken[key]
        # the second of two equal keys in one batch found the first one there
        again = key in seen and answer.happened is Happened.OPENED
        answers.append(Taken(Happened.COUNTED, answer.alert_id, answer.page_id) if again else answer)
        seen.add(key)
    return answers


# ---- new alerts ----

_ALERT_COLUMNS = (
    "id", "team_id", "source_id", "page_id", "key", "title", "text", "severity", "priority", "is_hard", "origin",
    "labels", "links", "details", "count", "first_seen_at", "last_seen_at", "close_reason", "silence_id",
)  # fmt: skip


@dataclass
class _New:
    """A new alert on its way: the signals that carried its key in this batch, and how urgent it is."""

    signals: list[Incoming]
    urgency: Urgency
    covered: Covered | None = None
    page_id: int = 0

    @property
    def first(self) -> Incoming:
        return self.signals[0]

    @property
    def silent_until(self) -> datetime | None:
        return self.covered.until if self.covered else None

    @property
    def storm_key(self) -> tuple[int, bool, str]:
        """What gathers together: one source, hard or soft, and what begins to call at the same moment."""
        return self.first.source_id, self.urgency.is_hard, self.covered.until.isoformat() if self.covered else ""


def _open_all(groups: list[list[Incoming]], contexts: dict[int, TeamContext], now: datetime) -> dict[Key, Taken]:
    if not groups:
        return {}
    by_team: dict[int, list[_New]] = {}
    for group in groups:
        context = _context(group[0].team_id, contexts, now)
        how = urgency(group[0].signal, source=group[0].source_name, policy=context.policy)
        by_team.setdefault(group[0].team_id, []).append(_New(group, how))
    for team_id, news in sorted(by_team.items()):
        _cover(contexts[team_id], news, now)
    plans = [_plan_pages(contexts[team_id], news, now) for team_id, news in sorted(by_team.items())]
    with bulk.together():
        for plan in plans:
            plan.open(now)
        return _store([new for news in by_team.values() for new in news], now)


def _cover(context: TeamContext, news: list[_New], now: datetime) -> None:
    """Mark those of `news` that a silence covers. What a person asks for, no silence covers."""
    maybe = [new for new in news if new.first.signal.is_hard is None] if covering.standing(context) else []
    facts = [_facts(new.first, new.urgency.priority, context) for new in maybe]
    for new, covered in zip(maybe, covering.cover(context, facts, now=now), strict=True):
        new.covered = covered


def _facts(one: Incoming, priority: Priority, context: TeamContext) -> Facts:
    signal = one.signal
    return Facts(
        source=one.source_name,
        title=signal.title,
        priority=priority,
        text=signal.text,
        severity=signal.severity,
        where=signal.origin,
        labels=signal.labels,
        areas=context.policy.familiarity.areas,
    )


def _context(team_id: int, contexts: dict[int, TeamContext], now: datetime) -> TeamContext:
    if team_id not in contexts:
        contexts[team_id] = TeamContext.load(team_id, at=now)
    return contexts[team_id]


@dataclass
class _Plan:
    """The pages that a team's new alerts call for; each has the alerts that will be on it."""

    context: TeamContext
    drafts: list[PageDraft] = field(default_factory=list)
    owners: list[list[_New]] = field(default_factory=list)

    def add(self, draft: PageDraft, news: list[_New]) -> None:
        self.drafts.append(draft)
        self.owners.append(news)

    def open(self, now: datetime) -> None:
        for page_id, owner in zip(open_pages(self.context, self.drafts, now=now), self.owners, strict=True):
            for new in owner:
                new.page_id = page_id


def _plan_pages(context: TeamContext, news: list[_New], now: datetime) -> _Plan:
    """Plan for each new alert a page of its own, or a place in its source's storm (see `pager.rules.storm`)."""
    by_source: dict[tuple[int, bool, str], list[_New]] = {}
    for new in news:
        by_source.setdefault(new.storm_key, []).append(new)
    plan = _Plan(context)
    for _, group in sorted(by_source.items()):
        own = _own_pages(context, group, now=now)
        for new in group[:own]:
            plan.add(_draft(new), [new])
        rest = group[own:]
        if rest and not _join_storm(rest, now):
            plan.add(_storm_draft(rest), rest)
    return plan


def _own_pages(context: TeamContext, group: list[_New], *, now: datetime) -> int:
    """Return how many of `group`, all of one storm key, get a page of their own.

    What is silent until one moment begins to call at that moment, all at once: it is counted as if it came then.
    """
    limits, source_key = context.policy.pager, _source_key(group[0].first.source_id)
    is_hard, until = group[0].urgency.is_hard, group[0].silent_until
    if not limits.storm_pages:
        return len(group)
    if pager_queries.open_storm(source_key, is_hard=is_hard, silenced_until=until) is not None:
        return 0
    if until is not None:
        alike = pager_queries.silenced_alike(source_key, is_hard=is_hard, until=until, most=limits.storm_pages)
        return storm.split(len(group), recent=alike, storm_pages=limits.storm_pages)
    recent = pager_queries.opened_since(
        source_key, is_hard=is_hard, since=now - limits.storm_within, most=limits.storm_pages
    )
    return storm.split(len(group), recent=recent, storm_pages=limits.storm_pages)


def _source_key(source_id: int) -> str:
    return f"source:{source_id}"


def _by(one: Incoming) -> Actor:
    return Actor("source", one.source_id, one.source_name)


def _draft(new: _New) -> PageDraft:
    signal = new.first.signal
    return PageDraft(
        title=signal.title,
        text=cut(signal.text, 1000),
        priority=new.urgency.priority,
        is_hard=new.urgency.is_hard,
        ladder=new.urgency.ladder,
        source=_shown_source(new.first),
        source_key=_source_key(new.first.source_id),
        by=_by(new.first),
        silenced_until=new.silent_until,
        facts=({"rule": new.urgency.rule} if new.urgency.rule else {}) | _silence_told(new),
    )


def _silence_told(new: _New) -> dict[str, Any]:
    if new.covered is None:
        return {}
    rule = new.covered.rule
    return {"silence": rule.id, "silenced_by": rule.by, "silenced_because": rule.reason}


def _shown_source(one: Incoming) -> str:
    if one.signal.origin and one.signal.origin != one.source_name:
        return one_line(f"{one.source_name}, {one.signal.origin}", 100)
    return one.source_name


def _storm_draft(news: list[_New]) -> PageDraft:
    worst = max(news, key=lambda new: new.urgency.priority)
    titles = [new.first.signal.title for new in news]
    return PageDraft(
        title=one_line(storm.title(worst.first.source_name, titles), TITLE_MOST),
        text=cut("\n".join(titles), 1000),
        priority=worst.urgency.priority,
        is_hard=worst.urgency.is_hard,
        ladder=worst.urgency.ladder,
        source=worst.first.source_name,
        source_key=_source_key(worst.first.source_id),
        by=_by(worst.first),
        is_storm=True,
        silenced_until=worst.silent_until,
        facts={"storm": True, "alerts": len(news)} | _silence_told(worst),
    )


def _join_storm(news: list[_New], now: datetime) -> bool:
    """Put `news` on their source's storm page, if one is open that nobody has taken; say whether it was.

    A storm that somebody took collects no more: what comes after it calls again.
    """
    page = pager_queries.open_storm(
        _source_key(news[0].first.source_id), is_hard=news[0].urgency.is_hard, silenced_until=news[0].silent_until
    )
    if page is None:
        return False
    worst = max(new.urgency.priority for new in news)
    if worst > page.priority:
        acting.make_harder(
            page, priority=worst, is_hard=page.is_hard, now=now, by=_by(news[0].first), stays_silenced=True
        )
    for new in news:
        new.page_id = page.pk
    return True


def _store(news: list[_New], now: datetime) -> dict[Key, Taken]:
    ids = bulk.reserve_ids(Alert, len(news))
    rows = []
    taken: dict[Key, Taken] = {}
    for alert_id, new in zip(ids, news, strict=True):
        one, signal = new.first, new.first.signal
        rows.append((
            alert_id, one.team_id, one.source_id, new.page_id, signal.key, signal.title, signal.text, signal.severity,
            int(new.urgency.priority), new.urgency.is_hard, signal.origin, dict(signal.labels),
            [{"href": href, "text": text} for href, text in signal.links], dict(signal.details), len(new.signals),
            now, now, "", new.covered.rule.id if new.covered else None,
        ))  # fmt: skip
        taken[one.source_id, signal.key] = Taken(Happened.OPENED, alert_id, new.page_id)
    bulk.insert(Alert, _ALERT_COLUMNS, rows)
    return taken


# ---- repetitions ----


def _count(
    repeated: dict[Key, list[Incoming]],
    known: dict[Key, Alert],
    contexts: dict[int, TeamContext],
    now: datetime,
) -> None:
    rows = [(known[key].pk, len(signals), now) for key, signals in repeated.items()]
    bulk.update(Alert, add=("count",), replace=("last_seen_at",), rows=rows)
    # in the order of the pages, which may be locked here: two nodes must not wait for each other crosswise
    for key, signals in sorted(repeated.items(), key=lambda item: known[item[0]].page_id):
        alert, one = known[key], signals[-1]
        how = urgency(one.signal, source=one.source_name, policy=_context(one.team_id, contexts, now).policy)
        if how.priority > alert.priority or (how.is_hard and not alert.is_hard):
            _raise_alert(alert, how, one, contexts[one.team_id], now)


def _raise_alert(alert: Alert, how: Urgency, one: Incoming, context: TeamContext, now: datetime) -> None:
    """Make a known alert more urgent. Its page follows, and rings if it only waited or is not covered any more."""
    priority, is_hard = max(alert.priority, int(how.priority)), alert.is_hard or how.is_hard
    Alert.objects.filter(pk=alert.pk).update(priority=priority, is_hard=is_hard)
    silent_until = covering.page_silent_until(alert.page_id, context, now=now)
    page = acting.lock(alert.page_id)
    if priority > page.priority or (is_hard and not page.is_hard):
        is_silent = page.silenced_until is not None
        acting.make_harder(page, priority=priority, is_hard=is_hard, now=now, by=_by(one), stays_silenced=is_silent)
        wake.soon()
    if page.silenced_until is not None and silencing.keep_silent_until(page.pk, silent_until or now, now=now):
        wake.soon()


# ---- the end of alerts ----


def _close_or_edit(others: Sequence[Incoming], known: dict[Key, Alert], now: datetime) -> dict[Key, Taken]:
    taken: dict[Key, Taken] = {}
    over: list[tuple[Alert, Incoming]] = []
    for one in others:
        key = (one.source_id, one.signal.key)
        alert = known.get(key)
        if alert is None:
            taken[key] = Taken(Happened.UNKNOWN)
        elif one.signal.action is Action.RESOLVE:
            over.append((alert, one))
            taken[key] = Taken(Happened.CLOSED, alert.pk, alert.page_id)
        else:
            _edit(alert, one.signal)
            taken[key] = Taken(Happened.CHANGED, alert.pk, alert.page_id)
    _say_over(over, now)
    return taken


def _edit(alert: Alert, signal: Signal) -> None:
    """Change title or text of an alert; the page of a single alert is named after it."""
    if signal.action is Action.SET_TITLE:
        Alert.objects.filter(pk=alert.pk).update(title=signal.title)
        Page.objects.filter(pk=alert.page_id, is_storm=False).update(title=signal.title, version=F("version") + 1)
    else:
        Alert.objects.filter(pk=alert.pk).update(text=signal.text[:TEXT_MOST])
        Page.objects.filter(pk=alert.page_id, is_storm=False).update(
            text=cut(signal.text, 1000), version=F("version") + 1
        )


def _say_over(over: list[tuple[Alert, Incoming]], now: datetime) -> None:
    """Close alerts whose source says that they are over, and the pages that have no open alert left."""
    if not over:
        return
    reason = "over, says the source"
    Alert.objects.filter(pk__in=[alert.pk for alert, _ in over]).update(closed_at=now, close_reason=reason)
    for page_id, one in sorted({alert.page_id: one for alert, one in over}.items()):
        # with the page locked nobody can put another alert on it between this question and the closing
        acting.lock(page_id)
        if not Alert.objects.open().filter(page_id=page_id).exists():
            acting.close(page_id, by=_by(one), person=None, reason=reason, now=now)


@database.tried_again
@transaction.atomic
def close_page(page_id: int, *, by: Actor, person: Person | None, reason: str, now: datetime, via: str = "") -> Page:
    """Close a page and every alert on it, which frees their keys. Raises PageIsClosed."""
    # alerts before pages, as the intake locks them, so that the two never wait for each other crosswise
    list(Alert.objects.open().filter(page_id=page_id).order_by("id").select_for_update().values_list("id"))
    page = acting.close(page_id, by=by, person=person, reason=reason, now=now, via=via)
    Alert.objects.open().filter(page_id=page_id).update(closed_at=now, close_reason=reason[:200])
    return page


def expire(*, now: datetime) -> int:
    """Close pages older than their team's greatest age, visibly, each by itself; return how many.

    What still fires then opens a new page with its next signal.
    """
    expired = 0
    for page_id, age in pager_queries.too_old(now=now):
        with suppress(acting.PageIsClosed):  # somebody closed it a moment before
            close_page(page_id, by=ENGINE, person=None, reason=f"expired: nobody closed it for {age}", now=now)
            expired += 1
    return expired


@transaction.atomic
def page_somebody(source: Source, *, title: str, text: str, is_hard: bool, by: Actor, key: str, now: datetime) -> Taken:
    """Open a page because a person asks for one. It goes the way of every alert, and no rule makes it softer."""
    signal = Signal(
        Action.FIRE,
        key=key,
        title=one_line(title, TITLE_MOST),
        text=cut(text, TEXT_MOST),
        priority=Priority.P3 if is_hard else Priority.P2,
        details={"asked by": by.name},
        is_hard=is_hard,
    )
    return receive([Incoming(signal, source.pk, source.name, source.team_id)], now=now)[0]


def as_dict(taken: Taken) -> dict[str, Any]:
    """Return the answer as our API words it."""
    return {"result": taken.happened.value, "alert": taken.alert_id, "page": taken.page_id}
