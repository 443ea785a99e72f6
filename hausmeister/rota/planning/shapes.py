"""Planning over the JSON API and the console: the shapes of drafts, differences, reasons and accounts."""

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planning.publishing import Preview, preview, what_changed
from hausmeister.rota.planning.rules.diff import by_person
from hausmeister.rota.planning.rules.horizon import Horizon
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.rules.terms import Goal, Terms
from hausmeister.rota.planning.why import Why


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class PlanIn(Body):
    """What the planner is asked for. Nothing is written to the rota before the plan is published."""

    first_week: date = Field(description="The Monday with which the plan begins; next Monday at the earliest.")
    weeks: int = Field(26, ge=1, le=52)
    seed: int = Field(1, ge=0, le=2**31 - 1, description="The same facts and seed give the same plan.")
    budget_s: int = Field(30, ge=1, le=120)
    tolerance_percent: int = Field(0, ge=0, le=10, description="By how much fairness may give way for comfort.")
    flavour: Flavour = Field(Flavour.FEWEST, description="How much of what is published may change.")


class BendIn(Body):
    """Which way out of an impossible plan is taken."""

    way: str = Field(min_length=1, max_length=40, description="The `id` of one of the plan's `ways_out`.")


class PublishIn(Body):
    """Which version of the draft was looked at."""

    version: int = Field(ge=1, le=2**31 - 1)


class TierOut(Schema):
    """One thing made as small as it could be. Without a proof, `bound` is what no plan can be under, where known."""

    name: str
    value: int
    bound: int | None
    proven: bool


class WayOutOut(Schema):
    """A way out of what is impossible; the cheapest is the one that bends least."""

    id: str
    words: str
    is_cheapest: bool


class DraftOut(Schema):
    """A question to the planner and what became of it. `inputs` names the facts it was made from."""

    id: int
    state: DraftState
    flavour: Flavour
    bundle: str
    first_week: date
    weeks: int
    seed: int
    budget_s: int
    tolerance_percent: int
    inputs: str
    version: int
    asked_at: datetime
    finished_at: datetime | None
    published_at: datetime | None
    problem: str
    tiers: list[TierOut]
    conflict: list[str]
    ways_out: list[WayOutOut]
    progress: dict[str, Any]

    @staticmethod
    def of(draft: Draft) -> "DraftOut":
        """Return `draft` as the API words it."""
        result = draft.result or {}
        return DraftOut(
            id=draft.pk,
            state=DraftState(draft.state),
            flavour=Flavour(draft.flavour),
            bundle=draft.bundle,
            first_week=draft.first_week,
            weeks=draft.weeks,
            seed=draft.seed,
            budget_s=draft.budget_s,
            tolerance_percent=draft.tolerance_percent,
            inputs=draft.inputs_hash,
            version=draft.version,
            asked_at=draft.asked_at,
            finished_at=draft.finished_at,
            published_at=draft.published_at,
            problem=draft.problem,
            tiers=[TierOut(**{key: one.get(key) for key in TierOut.model_fields}) for one in result.get("tiers", ())],
            conflict=list(result.get("conflict", ())),
            ways_out=[
                WayOutOut(id=one["id"], words=one["words"], is_cheapest=bool(one.get("is_cheapest")))
                for one in result.get("ways_out", ())
            ],
            progress=dict(draft.progress or {}),
        )


class DraftsOut(Schema):
    """Drafts of the key's team, the newest first."""

    items: list[DraftOut]


class ChangeOut(Schema):
    """One duty that changes hands. `firmness` says whether its week is frozen, published or tentative."""

    week: date
    role: str
    title: str
    before: str
    after: str
    cause: str
    firmness: str


class PersonChangesOut(Schema):
    """What becomes of one person's duties: added, removed, or moved from one week to another."""

    person: int
    name: str
    added: list[date]
    removed: list[date]
    moved: list[list[date]]


class CostOut(Schema):
    """The two costs of a plan; less is better. None where not every duty has somebody."""

    fair: int | None
    comfort: int | None


class DiffOut(Schema):
    """What publishing a draft would change now. A draft with anything in `changed_since` cannot be published."""

    draft: int
    version: int
    changes: list[ChangeOut]
    people: list[PersonChangesOut]
    before: CostOut
    after: CostOut
    changed_since: list[str]

    @staticmethod
    def of(draft: Draft, *, now: datetime, firm: Horizon) -> "DiffOut":
        """Return what publishing `draft` would change. Raises CannotPlan, PublishRefused."""
        found = preview(draft, now=now)
        instance, names = found.inputs.instance, found.inputs.names
        return DiffOut(
            draft=draft.pk,
            version=draft.version,
            changes=[
                ChangeOut(
                    week=instance.monday(one.slot.week), role=one.slot.role.value,
                    title=found.inputs.titles[one.slot.role.value], before=names.get(one.before or "", ""),
                    after=names.get(one.after or "", ""), cause=one.cause,
                    firmness=firm.of(instance.monday(one.slot.week)).value,
                )
                for one in found.changes
            ],
            people=_people(found),
            before=_cost(found, whole=len(found.inputs.stands.holders) == len(instance.slots), of_plan=False),
            after=_cost(found, whole=True, of_plan=True),
            changed_since=what_changed(draft, found.inputs),
        )  # fmt: skip


def _people(found: Preview) -> list[PersonChangesOut]:
    instance, names = found.inputs.instance, found.inputs.names
    told = []
    for key, moves in by_person(found.changes).items():
        one = PersonChangesOut(person=id_of(key), name=names.get(key, ""), added=[], removed=[], moved=[])
        for move in moves:
            if move.origin is not None and move.to is not None:
                one.moved.append([instance.monday(move.origin.week), instance.monday(move.to.week)])
            elif move.to is not None:
                one.added.append(instance.monday(move.to.week))
            elif move.origin is not None:
                one.removed.append(instance.monday(move.origin.week))
        told.append(one)
    return told


def _cost(found: Preview, *, whole: bool, of_plan: bool) -> CostOut:
    if not whole:
        return CostOut(fair=None, comfort=None)
    cost = costs(found.inputs.instance, found.plan if of_plan else found.inputs.stands)
    return CostOut(fair=cost.fair.total, comfort=cost.comfort.total)


class BarredOut(Schema):
    """Somebody who cannot have a duty, and the first hard fact against them."""

    name: str
    why: str


class PricedOut(Schema):
    """Somebody who could have it, with so many duties changed, and what that would cost."""

    name: str
    changes: int
    fair: int
    comfort: int
    words: str


class WhyOut(Schema):
    """Why a duty is with whom it is."""

    week: date
    title: str
    holder: str
    kept: str
    decided: list[str]
    barred: list[BarredOut]
    priced: list[PricedOut]

    @staticmethod
    def of(why: Why) -> "WhyOut":
        """Return `why` as the API words it."""
        told = why.reasons
        return WhyOut(
            week=why.week,
            title=why.title,
            holder=told.holder,
            kept=told.kept,
            decided=list(why.decided),
            barred=[BarredOut(name=one.name, why=one.why) for one in told.barred],
            priced=[
                PricedOut(name=one.name, changes=one.changes, fair=one.fair, comfort=one.comfort, words=one.words)
                for one in told.priced
            ],
        )


class GoalBody(Body):
    """An area to learn: so many weekday duties with somebody behind who knows it."""

    area: str = Field(max_length=60)
    times: int = Field(1, ge=1, le=12)


class TermsBody(Body):
    """On what terms a member shares the duties."""

    fte_percent: int = Field(100, ge=1, le=100)
    off_weekdays: list[int] = Field(default_factory=list, max_length=5, description="0 is Monday, 4 Friday.")
    country: str = Field("", max_length=2)
    subdivision: str = Field("", max_length=10)
    knows: list[str] = Field(default_factory=list, max_length=60)
    learns: list[GoalBody] = Field(default_factory=list, max_length=60)
    from_on: date | None = None
    until_on: date | None = None

    @staticmethod
    def of(terms: Terms) -> "TermsBody":
        """Return `terms` as the API words them."""
        return TermsBody(
            fte_percent=terms.fte_percent, off_weekdays=list(terms.off_weekdays), country=terms.country,
            subdivision=terms.subdivision, knows=list(terms.knows),
            learns=[GoalBody(area=goal.area, times=goal.times) for goal in terms.learns], from_on=terms.from_on,
            until_on=terms.until_on,
        )  # fmt: skip

    def terms(self) -> Terms:
        """Return what the body says."""
        return Terms(
            self.fte_percent, tuple(self.off_weekdays), self.country, self.subdivision, tuple(self.knows),
            tuple(Goal(one.area, one.times) for one in self.learns), self.from_on, self.until_on,
        )  # fmt: skip
