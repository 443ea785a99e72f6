"""What drafts are called and said to be: states, flavours, what they bend, how far they are, why there is none."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning.rules.states import DraftState, Flavour

TIERS = {
    "changes": gettext_lazy("Changed duties"),
    "weighted_changes": gettext_lazy("Changed duties, the next weeks counted double"),
    "fair": gettext_lazy("Fairness"),
    "comfort": gettext_lazy("Comfort"),
}


def week_words(monday: date) -> str:
    """Return a week as a sentence names it: "in the week of 4 Jan"."""
    return _("in the week of %(day)s") % {"day": formatted(monday, "j M")}


FLAVOURS = {
    Flavour.FEWEST: gettext_lazy("fewest changes"),
    Flavour.FEW: gettext_lazy("a few more changes"),
    Flavour.FREE: gettext_lazy("free"),
}
_STATES = {
    DraftState.ASKED: (gettext_lazy("waits for the planner"), "wait", "hourglass"),
    DraftState.SOLVING: (gettext_lazy("is being planned"), "wait", "hourglass"),
    DraftState.READY: (gettext_lazy("ready"), "ok", "check"),
    DraftState.IMPOSSIBLE: (gettext_lazy("no such plan exists"), "p3", "triangle-alert"),
    DraftState.FAILED: (gettext_lazy("the planner failed"), "p4", "circle-alert"),
    DraftState.PUBLISHED: (gettext_lazy("published"), "ok", "check"),
    DraftState.DISCARDED: (gettext_lazy("discarded"), "quiet", "x"),
}


def state(draft: Draft) -> tuple[str, str, str]:
    """Return word, tone and icon of what a draft is now."""
    word, tone, icon = _STATES[DraftState(draft.state)]
    return str(word), tone, icon


def flavour(draft: Draft) -> str:
    """Return in words how much of what is published the draft may change."""
    return str(FLAVOURS[Flavour(draft.flavour)])


def bends(draft: Draft) -> list[str]:
    """Return in sentences which rules the draft bends, and which absences it imagines otherwise."""
    names = draft.inputs["names"]
    start = draft.first_week
    told = []
    for one in draft.bends:
        if one["kind"] == "gap":
            told.append(
                ngettext(
                    "Only %(n)d free week lies between two duties of one person.",
                    "Only %(n)d free weeks lie between two duties of one person.",
                    one["min_gap"] - 1,
                )
                % {"n": max(0, one["min_gap"] - 1)}
            )
        elif one["kind"] == "waive":
            facts = {"rule": _RULES[one["rule"]], "week": week_words(start + timedelta(weeks=one["week"]))}
            who = names.get(one.get("person") or "", "")
            text = _("%(rule)s: not kept %(week)s") % facts
            told.append(f"{text}, {who}." if who else f"{text}.")
        elif one["kind"] == "agreed":
            facts = {
                "duty": draft.inputs["titles"][one["role"]],
                "week": week_words(start + timedelta(weeks=one["week"])),
            }
            told.append(_("%(duty)s %(week)s may change hands, though it was swapped or covered by agreement.") % facts)
        elif one["kind"] == "absence":
            told.append(_("As if %(name)s moved days away that are entered.") % {"name": one.get("name", "")})
        else:
            facts = {"name": one.get("name", ""), "from": one["from"], "to": one["to"]}
            told.append(_("As if %(name)s were away from %(from)s to %(to)s.") % facts)
    return told


_RULES = {
    "R2": gettext_lazy("Being there"),
    "R3": gettext_lazy("Days away"),
    "R4": gettext_lazy("One duty a week"),
    "R5": gettext_lazy("A backstop with more experience"),
    "R6": gettext_lazy("Free weeks between duties"),
    "R7": gettext_lazy("Frozen weeks"),
}


@dataclass(frozen=True)
class WayOut:
    """A button that asks again with one rule bent."""

    id: str
    words: str
    is_cheapest: bool


@dataclass(frozen=True)
class Conflict:
    """Why no plan exists: facts that cannot all be true, and the ways out."""

    facts: tuple[str, ...]
    ways_out: tuple[WayOut, ...]


def conflict(draft: Draft) -> Conflict:
    """Return what an impossible draft knows of the reasons."""
    result = draft.result or {}
    return Conflict(
        tuple(result.get("conflict", ())),
        tuple(WayOut(one["id"], one["words"], bool(one.get("is_cheapest"))) for one in result.get("ways_out", ())),
    )


@dataclass(frozen=True)
class Progress:
    """How far the planner is with a draft."""

    words: str
    seconds: int
    budget_s: int


def progress(draft: Draft, *, now: datetime) -> Progress:
    """Return how far the planner is, in words."""
    told = draft.progress or {}
    seconds = max(0, int((now - draft.asked_at).total_seconds()))
    if draft.state == DraftState.ASKED:
        words = _("Waits for the planner.")
    elif not told:
        words = _("The planner begins.")
    else:
        facts = {"tier": str(TIERS.get(told.get("tier", ""), _("a plan"))).lower(), "value": told.get("value")}
        words = _("Works on %(tier)s.") % facts
        if told.get("value") is not None:
            words = _("Works on %(tier)s; the best so far costs %(value)s.") % facts
    return Progress(words, seconds, draft.budget_s)
