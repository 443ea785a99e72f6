"""The documentation says what is so: settings, policy, commands, codes, links."""

import re
import tomllib

import click
import pytest

from hausmeister import settings
from hausmeister.console.group import commands
from hausmeister.team.policy import reading
from tests.house.documents import ROOT, anchors, files, links, pages, table_rows

SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def documented_settings():
    return {row[0].strip("`"): row for row in table_rows(SETTINGS)}


def test_the_settings_page_has_every_name_that_is_read_and_no_other():
    assert set(documented_settings()) == set(settings.ENVIRONMENT.asked)


@pytest.mark.parametrize("name", sorted(settings.ENVIRONMENT.asked))
def test_a_setting_is_documented_with_its_default_and_its_meaning(name):
    row = documented_settings()[name]
    assert len(row) == 3
    assert row[1].strip("`") == settings.ENVIRONMENT.asked[name]
    assert len(row[2]) > 10


def _key_paths(table, before=""):
    for name, value in table.items():
        path = f"{before}{name}"
        if isinstance(value, dict):
            yield from _key_paths(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for key in value[0]:
                yield f"{path}.{key}"
        else:
            yield path


# what a team names as it likes: the page shows the shape once
_OWN_NAMES = {
    "duties": "NAME", "ladders": "NAME", "priorities": "P4", "alerts.severity": "WORD",
    "familiarity.areas": "NAME",
}  # fmt: skip


def _as_documented(path):
    for table, name in _OWN_NAMES.items():
        if path.startswith(f"{table}."):
            rest = path.removeprefix(f"{table}.").split(".", 1)[1:]
            return ".".join([table, name, *rest])
    return path


def test_the_policy_page_explains_every_key_of_the_policy_that_ships():
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    documented = {row[0].strip("`") for row in table_rows(page)}
    shipped = tomllib.loads(reading.DEFAULT_FILE.read_text(encoding="utf-8"))
    wanted = {_as_documented(path) for path in _key_paths(shipped)}
    assert wanted - documented == set()


def _commands(group, before=""):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{before}{name}"
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")


def test_the_console_page_has_every_command_and_no_other():
    page = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^### `hausmeister ([a-z ]+?)(?: [A-Z\[-].*)?`$", page, re.MULTILINE))
    groups = {
        "handoff", "incident", "report",
        "alert", "heartbeat", "policy", "key", "schedule", "issue", "calendar", "calendar feed", "calendar import",
        "triage", "familiarity",
        "questions", "runbook", "probe", "silence",
    }  # fmt: skip
    assert documented == set(_commands(commands)) - groups


def test_every_problem_code_of_the_api_is_documented():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = {row[1].strip("`") for row in table_rows(page) if row[0].isdecimal()}
    raised = set()
    for path in (ROOT / "hausmeister").rglob("*.py"):
        raised |= set(re.findall(r'Problem\(\s*\d+,\s*"([a-z_]+)"', path.read_text(encoding="utf-8")))
        raised |= set(re.findall(r'Problem\(error\.status_code,\s*"([a-z_]+)"', path.read_text(encoding="utf-8")))
    assert raised == documented


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in links(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), f"{target}: no such heading"


def test_every_page_of_documentation_is_reached_from_its_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target.partition("#")[0]).resolve() for target in links(index)}
    missing = [
        page for page in (ROOT / "docs").rglob("*.md") if page.resolve() not in linked and page.name != "README.md"
    ]
    assert missing == []


def test_no_page_and_no_sample_names_a_setting_that_is_not_there():
    known = set(settings.ENVIRONMENT.asked)
    for path in [*pages(), *(one for one in files() if one.parts[-2] == "deploy" or one.name == "Containerfile")]:
        named = set(re.findall(r"\bHAUSMEISTER_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
        assert named - known == set(), path.relative_to(ROOT)
