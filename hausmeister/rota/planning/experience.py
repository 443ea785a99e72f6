"""What somebody's experience rests on: duties served, areas known, and the level that a lead has set."""

from dataclasses import dataclass
from datetime import datetime

from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.terms import suggested_level
from hausmeister.rota.queries import turns_served
from hausmeister.team.models import Membership


@dataclass(frozen=True)
class Standing:
    """Duties ended so far, overrides counted for who served; the areas known; the level set and the one suggested."""

    level: int
    weekdays: int
    weekends: int
    backstops: int
    areas: int
    suggested: int

    @property
    def served(self) -> int:
        """Every duty that counts."""
        return self.weekdays + self.weekends + self.backstops


def standing_of(member: Membership, *, now: datetime) -> Standing:
    """Return what the experience of `member` rests on, by the rule that docs/planning.md writes down."""
    areas = len(snapshot.terms_of([member])[member.pk].knows)
    mine = [
        turn for turn in turns_served(member.team)
        if turn.person_id == member.person_id and turn.slot.ends_at <= now
    ]  # fmt: skip
    counts = {"D": 0, "W": 0, "B": 0}
    try:
        roles = snapshot.roles_of_team(snapshot.policy_in_force(member.team))
    except CannotPlan:
        counts["D"] = len(mine)
    else:
        for turn in mine:
            role = roles.role(turn.slot.duty, turn.post) or "D"
            counts["B" if role.startswith("B") else role] += 1
    return Standing(
        member.experience, counts["D"], counts["W"], counts["B"], areas,
        suggested_level(duties_served=sum(counts.values()), areas_known=areas),
    )  # fmt: skip
