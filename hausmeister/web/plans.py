"""A draft as its screen shows it: what changes for whom, week by week, fairness before and after, what is proven."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base.wall_time import monday_of
from hausmeister.base.words import listed
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Instance, Plan, Slot
from hausmeister.rota.planning import leave, snapshot
from hausmeister.rota.planning.publishing import Preview, preview, what_changed
from hausmeister.rota.planning.rules.accounts import Account, accounts
from hausmeister.rota.planning.rules.diff import Change, Moved, by_person
from hausmeister.rota.planning.rules.horizon import Firmness, Horizon
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.team import queries as team_queries
from hausmeister.web.plan_words import TIERS, flavour, state, week_words
from hausmeister.web.plancharts import WIDTHS, Chart, Deviation, Duty, Year, deviations, heat_map


@dataclass(frozen=True)
class Line:
    """One slot that changes hands."""

    slot: Slot
    title: str
    before: str
    after: str
    cause: str


@dataclass(frozen=True)
class Week:
    """The changes of one week, and how firm the week is."""

    monday: date
    firmness: Firmness
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ForPerson:
    """What changes for one person, in words."""

    name: str
    counts: str
    moves: tuple[str, ...]


@dataclass(frozen=True)
class Tier:
    """One thing the planner made as small as it could."""

    name: str
    value: int
    before: int | None
    proof: str
    is_proven: bool


@dataclass(frozen=True)
class Shown:
    """A draft with a plan, against what stands now."""

    sentence: str
    weeks: tuple[Week, ...]
    people: tuple[ForPerson, ...]
    tiers: tuple[Tier, ...]
    # (title, one chart a width)
    charts: tuple[tuple[str, tuple[Chart, ...]], ...]
    year: tuple[Chart, ...]
    accounts: tuple[tuple[Account, Account], ...]
    changed_since: tuple[str, ...]
    remarks: tuple[str, ...]
    tells: int


def shown(draft: Draft, *, now: datetime) -> Shown:
    """Return what the screen of `draft` shows. Raises CannotPlan, PublishRefused when it has no plan."""
    found = preview(draft, now=now)
    policy = team_queries.policy_of(draft.team_id)
    firm = snapshot.horizon_of(draft.team, policy, now=now)
    moved = by_person(found.changes)
    fresh = sum(one.before is None for one in found.changes)
    people = team_queries.people_by_id(id_of(key) for key in moved)
    instance, names = found.inputs.instance, found.inputs.names
    before, after = accounts(instance, found.inputs.stands), accounts(instance, found.plan)
    pairs = tuple(zip(before, after, strict=True))
    return Shown(
        sentence=sentence(len(found.changes) - fresh, fresh, len(moved)),
        weeks=tuple(_weeks(found, firm)),
        people=tuple(
            ForPerson(names.get(key, "?"), _counts(moves), tuple(_move(one, found) for one in moves))
            for key, moves in sorted(moved.items(), key=lambda pair: names.get(pair[0], ""))
        ),
        tiers=tuple(_tiers(draft, instance, found)),
        charts=tuple(fairness(pairs, found.inputs.titles)),
        year=year(instance, found.plan, names, found.inputs.titles, firm, today=now.astimezone(draft.team.zone).date()),
        accounts=pairs,
        changed_since=tuple(what_changed(draft, found.inputs)),
        remarks=tuple((draft.result or {}).get("remarks", ())),
        tells=sum(1 for key in moved if (one := people.get(id_of(key))) is not None and one.is_active),
    )


def sentence(duties: int, fresh: int, people: int) -> str:
    """Return in one sentence how much changes; `fresh` are duties that nobody has yet."""
    if not duties and not fresh:
        return _("Nothing changes: the plan is what stands already.")
    changed = ngettext("%(n)d duty changes", "%(n)d duties change", duties) % {"n": duties}
    given = ngettext("%(n)d that nobody has yet is given out", "%(n)d that nobody has yet are given out", fresh)
    told = [*([changed] if duties else []), *([given % {"n": fresh}] if fresh else [])]
    whom = ngettext("%(n)d person", "%(n)d people", people) % {"n": people}
    return _("%(what)s, for %(people)s.") % {"what": listed(told), "people": whom}


def _weeks(found: Preview, firm: Horizon) -> list[Week]:
    instance, names, titles = found.inputs.instance, found.inputs.names, found.inputs.titles
    by_week: dict[int, list[Change]] = {}
    for one in found.changes:
        by_week.setdefault(one.slot.week, []).append(one)
    return [
        Week(
            instance.monday(number),
            firm.of(instance.monday(number)),
            tuple(
                Line(
                    one.slot, titles[one.slot.role.value], names.get(one.before or "", ""),
                    names.get(one.after or "", ""), one.cause,
                )
                for one in some
            ),
        )
        for number, some in by_week.items()
    ]  # fmt: skip


def _counts(moves: Sequence[Moved]) -> str:
    """Return "2 new, 1 less, 3 moved", without what is none."""
    words = (("added", _("%(n)d new")), ("removed", _("%(n)d less")), ("moved", _("%(n)d moved")))
    told = [word % {"n": count} for kind, word in words if (count := sum(one.kind == kind for one in moves))]
    return ", ".join(told)


def _move(one: Moved, found: Preview) -> str:
    instance, titles = found.inputs.instance, found.inputs.titles
    facts = {
        "title": titles[one.slot.role.value], "cause": one.cause,
        "week": week_words(instance.monday(one.slot.week)),
        "was": week_words(instance.monday(one.origin.week)) if one.origin else "",
    }  # fmt: skip
    if one.kind == "moved":
        return _("%(title)s: %(week)s instead of %(was)s (%(cause)s)") % facts
    if one.kind == "removed":
        return _("%(title)s: not any more %(week)s (%(cause)s)") % facts
    return _("%(title)s: new %(week)s (%(cause)s)") % facts


# ---- what is proven ----


def _tiers(draft: Draft, instance: Instance, found: Preview) -> list[Tier]:
    result = draft.result or {}
    stands = costs(instance, found.inputs.stands)
    is_whole = len(found.inputs.stands.holders) == len(instance.slots)
    before = {"fair": stands.fair.total, "comfort": stands.comfort.total} if is_whole else {}
    return [
        Tier(
            str(TIERS.get(one["name"], one["name"])), one["value"], before.get(one["name"]), _proof(one),
            bool(one["proven"]),
        )
        for one in result.get("tiers", ())
    ]  # fmt: skip


def _proof(one: Mapping[str, Any]) -> str:
    if one["proven"]:
        return _("proven: no plan has less")
    if one.get("bound") is None:
        return _("nothing is proven")
    return _("best found; no plan has less than %(bound)d") % {"bound": one["bound"]}


# ---- charts ----


def fairness(
    pairs: Sequence[tuple[Account, Account]], titles: Mapping[str, str], *, is_single: bool = False
) -> list[tuple[str, tuple[Chart, ...]]]:  # fmt: skip
    """Return a chart for each kind of duty: deviations from fair shares before and after, or of one state alone."""
    kinds = (("D", titles["D"]), ("W", titles["W"]), ("B", _("Backstops")))
    found = []
    for kind, title in kinds:
        rows = [
            Deviation(one.name, before, None if is_single else after)
            for one, other in pairs
            if (before := one.entries[kind].deviation) is not None
            and (after := other.entries[kind].deviation) is not None
        ]
        found.append((title, tuple(deviations(title, rows, width=width) for width in WIDTHS)))
    return found


def year(
    instance: Instance, plan: Plan, names: Mapping[str, str], titles: Mapping[str, str], firm: Horizon, *, today: date
) -> tuple[Chart, ...]:
    """Return the heat-map of a plan, for each width."""
    drawn = Year(
        people=[one.called for one in sorted(instance.people, key=lambda one: (one.called.lower(), one.id))],
        first_week=instance.start,
        weeks=instance.weeks,
        duties=[
            Duty(names.get(who, "?"), instance.monday(slot.week), slot.role.value)
            for slot, who in plan.holders.items()
        ],
        away=_away(instance),
        titles=titles,
        this_week=monday_of(today),
        thaws_on=firm.thaws_on,
        tentative_on=firm.tentative_on,
    )  # fmt: skip
    return tuple(heat_map(drawn, width=width) for width in WIDTHS)


def _away(instance: Instance) -> list[tuple[str, date]]:
    """Return the weeks in which somebody is away from Monday to Friday."""
    found = []
    for number in range(instance.weeks):
        monday = instance.monday(number)
        friday = monday + timedelta(days=4)
        found += [
            (one.called, monday)
            for one in instance.people
            if any(span.starts_on <= monday and span.ends_on >= friday for span in one.away)
        ]
    return found


@dataclass(frozen=True)
class Column:
    """One plan of a comparison: what it costs to live with, and what it buys.

    `changes` are duties that somebody has and another one would have; `fresh` those that nobody has yet.
    """

    draft: Draft
    flavour: str
    state: tuple[str, str, str]
    changes: int | None
    people: int | None
    fair: int | None
    comfort: int | None
    worst: str
    proof: str
    problem: str
    # in a sentence, against the plan before it
    buys: str = ""
    fresh: int = 0


def column(draft: Draft, *, now: datetime) -> Column:
    """Return `draft` as one column of its comparison."""
    empty = Column(draft, flavour(draft), state(draft), None, None, None, None, "", "", draft.problem)
    if draft.state not in {DraftState.READY, DraftState.PUBLISHED}:
        return empty
    found = preview(draft, now=now)
    instance = found.inputs.instance
    cost = costs(instance, found.plan)
    told = accounts(instance, found.plan)
    spread = max(
        (max(some) - min(some) for kind in ("D", "W", "B")
         if (some := [value for one in told if (value := one.entries[kind].deviation) is not None])),
        default=0,
    )  # fmt: skip
    proofs = [one for one in (draft.result or {}).get("tiers", ()) if one["name"] == "fair"]
    moved = [one for one in found.changes if one.before is not None]
    return Column(
        draft, flavour(draft), state(draft), len(moved), len(by_person(moved)), cost.fair.total,
        cost.comfort.total, f"{spread / 10:.1f}", _proof(proofs[0]) if proofs else _("nothing is proven"), "",
        " ".join((draft.result or {}).get("remarks", ())), len(found.changes) - len(moved),
    )  # fmt: skip


def leave_changes(draft: Draft, *, now: datetime) -> list[str]:
    """Return in words what would have to change for the days away that `draft` asks about; [] is fine as it is."""
    return [
        _("%(title)s, %(week)s: %(after)s instead of %(before)s")
        % {"title": one.title, "week": week_words(one.week), "after": one.after, "before": one.before}
        for one in leave.moves(draft, now=now)
    ]
