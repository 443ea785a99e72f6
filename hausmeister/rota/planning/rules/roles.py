"""Between the planner's four roles and the duties of a policy.

The planner shares out weeks of two duties: D, the first of the week, and W, the one that follows it, each with a
backstop, BD and BW.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hausmeister.rota.rules.slots import Post, WeeklyDuty

ROLES = ("D", "W", "BD", "BW")


class CannotPlan(Exception):
    """The planner does not know weeks like this team's; the text says what it does know."""


@dataclass(frozen=True)
class Roles:
    """Which duty and post each role stands for."""

    first: WeeklyDuty
    second: WeeklyDuty

    def duty(self, role: str) -> WeeklyDuty:
        """Return the duty that `role` takes or backs."""
        return self.first if role in {"D", "BD"} else self.second

    @staticmethod
    def post(role: str) -> Post:
        """Return the post that `role` holds."""
        return Post.BACKSTOP if role.startswith("B") else Post.PRIMARY

    def role(self, duty: str, post: str) -> str | None:
        """Return the role of a turn, None for a duty that the policy no longer has."""
        letter = {self.first.name: "D", self.second.name: "W"}.get(duty)
        return None if letter is None else f"B{letter}" if post == Post.BACKSTOP else letter


def roles_of(duties: Sequence[WeeklyDuty]) -> Roles:
    """Return the roles of a policy's duties. Raises CannotPlan unless there are two, one after the other."""
    in_order = sorted(duties, key=lambda duty: (duty.starts_day, duty.starts))
    if len(in_order) != 2:
        raise CannotPlan(
            f"The planner shares out weeks of two duties; this policy has {len(in_order)}. The simple rotation goes on."
        )
    first, second = in_order
    if (first.ends_day, first.ends) < (first.starts_day, first.starts):
        raise CannotPlan("The planner needs a first duty that begins and ends within one week, Monday to Sunday.")
    return Roles(first, second)
