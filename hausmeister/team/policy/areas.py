"""Reading what a policy says of the areas of the platform. Policies without the table have the usual areas."""

from datetime import timedelta

from hausmeister.team.policy.shape import FamiliarityRule
from hausmeister.team.policy.toml_table import Table

MOST_AREAS = 200
LONGEST_AREA = 60
LONGEST_PATTERN = 100
MOST_PATTERNS = 50
_DAY = timedelta(days=1)


def familiarity(root: Table) -> FamiliarityRule:
    """Take the table [familiarity]."""
    usual = FamiliarityRule()
    if not root.has("familiarity"):
        return usual
    table = root.table("familiarity")
    rule = FamiliarityRule(
        half_life=table.length("half_life", least=7 * _DAY, most=1000 * _DAY)
        if table.has("half_life")
        else usual.half_life,
        areas=_areas(table.table("areas")) if table.has("areas") else usual.areas,
    )
    table.done(("half_life", "areas"))
    return rule


def _areas(table: Table) -> dict[str, tuple[str, ...]]:
    found = {name: table.texts(name) for name in table.names()}
    if len(found) > MOST_AREAS:
        table.complain(next(iter(found)), f"one of {len(found)} areas", f"one of at most {MOST_AREAS}")
    for name, patterns in found.items():
        if not name.strip() or len(name) > LONGEST_AREA:
            table.complain(name, f"a name of {len(name)} characters", f"a name of 1 to {LONGEST_AREA}")
        bad = [one for one in patterns if len(one) > LONGEST_PATTERN or not one.replace("*", "").strip()]
        if bad or len(patterns) > MOST_PATTERNS:
            came = repr(bad[0][:40]) if bad else f"{len(patterns)} words"
            table.complain(name, came, f"at most {MOST_PATTERNS} words of at most {LONGEST_PATTERN} characters")
    return found
