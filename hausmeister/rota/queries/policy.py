"""What a policy names that only the rota knows: schedules."""

from hausmeister.rota.models import Schedule
from hausmeister.rota.queries import schedules
from hausmeister.team.models import Team
from hausmeister.team.policy import reading, toml_table
from hausmeister.team.policy.shape import Policy
from hausmeister.team.policy.toml_table import Problem


def schedules_named(policy: Policy) -> list[str]:
    """Return the short names of the schedules that the policy's ladders call."""
    return schedules.named_in(step.call for ladder in policy.ladders.values() for step in ladder.steps)


def unknown_schedules(team: Team, *, text: str, file: str) -> list[Problem]:
    """Return a problem for each step that calls a schedule which `team` does not have.

    Raises BadPolicy where the text is no policy at all.
    """
    policy = reading.read(text, file=file)
    if not schedules_named(policy):
        return []
    known = sorted(Schedule.objects.filter(team=team).values_list("slug", flat=True))
    allowed = "a schedule of the team: " + ", ".join(known) if known else "left out: the team has no schedules"
    document = toml_table.parse(text, file=file)
    return [
        Problem(
            file,
            document.line_of(f"ladders.{ladder.name}.steps[{place}].call"),
            f"ladders.{ladder.name}.steps[{place}].call",
            repr(step.call),
            allowed,
        )
        for ladder in policy.ladders.values()
        for place, step in enumerate(ladder.steps)
        if set(schedules.named_in([step.call])) - set(known)
    ]
