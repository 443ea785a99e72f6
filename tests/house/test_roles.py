"""Every route with every role, compared with the tables of docs/roles.md (S28, S29).

With WRITE_DOCS=1 in the environment the tables are written instead: look at what changed before it is committed.
"""

import os
import re

import pytest

from hausmeister.team.rules import ALLOWED, Capability, Role
from tests import builders
from tests.house import routes
from tests.house.documents import ROOT, table_rows

PAGE = ROOT / "docs" / "roles.md"


def block(name):
    """Return the part of the page between its two marks."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    assert found, f"docs/roles.md has no marks for {name}"
    return found[1]


def compare(name, head, rows):
    """Fail unless the table called `name` holds exactly `rows`; write it where that was asked for."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
    if os.environ.get("WRITE_DOCS"):
        text = PAGE.read_text(encoding="utf-8")
        marks = (f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->")
        PAGE.write_text(text.replace(marks[0] + block(name) + marks[1], marks[0] + table + marks[1]), encoding="utf-8")
        return
    documented = {row[0]: row[1:] for row in table_rows(block(name))}
    found = {row[0]: list(row[1:]) for row in rows}
    assert found == documented, "docs/roles.md differs; look at each line, then: WRITE_DOCS=1 ./test -k test_roles"


def test_each_role_may_what_the_page_says():
    rows = [
        [capability.value, *("yes" if capability in ALLOWED[role] else "no" for role in reversed(Role))]
        for capability in Capability
        if capability not in {Capability.PUBLIC, Capability.OWN_PROFILE, Capability.ADMINISTER}
    ]
    compare("capabilities", ["May", *(role.value for role in reversed(Role))], rows)


def test_every_route_says_which_capability_it_needs_s28():
    silent = [screen.pattern for screen in routes.screens() if not isinstance(screen.capability, Capability)]
    assert silent == []


def test_every_operation_of_the_api_with_every_kind_of_key_s29(world, trio):
    page = world.fire("Disk full", severity="critical")
    world.tick()
    world.forget()
    routes.planned(trio.team, world.now, person=trio.carla)
    routes.asked(trio.team, trio.ana, world.now)
    other = builders.trio(slug="streaming")
    callers = {}
    for column, (scopes, own_source, own_team) in routes.KEYS.items():
        team = trio if own_team else other
        key = builders.new_key(team.team, source="prometheus" if own_source else "another", scopes=scopes)
        callers[column] = builders.Caller(key if scopes else "", team.carla.email)
    values = routes.api_values(world, trio, page)
    rows = [
        [f"`{operation}`", *(routes.api_outcome(operation, caller, values) for caller in callers.values())]
        for operation in routes.api_operations()
    ]
    compare("keys", ["Operation", *routes.KEYS], rows)


@pytest.mark.slow
def test_every_screen_with_every_role_s29(world, trio):
    cast = routes.cast(world, trio)
    rows = []
    for screen in routes.screens():
        outcomes = [routes.screen_outcome(screen, person, cast.values) for person in cast.people.values()]
        rows.append([f"`{screen.pattern}`", screen.capability.value if screen.capability else "?", *outcomes])
    world.tick()
    world.forget()
    compare("screens", ["Route", "Needs", *routes.ROLES], rows)
