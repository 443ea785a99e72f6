"""Every screen, on a phone and at a desk, light and dark: axe finds nothing, the policy blocks nothing, nothing
sticks out; and a picture of each is written, to be looked at."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.screens.conftest import OUT, Product, Visitors

pytestmark = [pytest.mark.slow, pytest.mark.counterpart("chromium")]

AXE = Axe()
# the width at which a desk is magnified four times, and the narrowest phone
NARROW = 320

# who, where, status
SCREENS = [
    ("", "/sign-in", 200),
    ("", "/password/reset", 200),
    ("", "/offline", 200),
    ("", "/invitation/nonsense", 410),
    ("", "{ada}", 200),
    ("", "/p/nonsense", 410),
    ("gil", "/styleguide", 200),
    ("gil", "/welcome/phone", 200),
    ("gil", "/welcome/team", 200),
    ("gil", "/welcome/source", 200),
    ("imani", "/", 200),
    ("imani", "/rota", 200),
    ("imani", "/alerts", 403),
    ("mirela", "/", 200),
    ("mirela", "/alerts", 200),
    ("mirela", "/people?team=data-infra", 200),
    ("mirela", "/rota/override?team=data-infra", 200),
    ("mirela", "/people/invite?team=data-infra", 200),
    ("mirela", "/people/4", 200),
    ("mirela", "/policy/edit?team=data-infra", 200),
    ("gil", "/welcome/test", 200),
    ("mirela", "/settings/integrations", 200),
    ("mirela", "/settings/integrations/alertmanager", 200),
    ("mirela", "/settings/integrations/chat", 200),
    ("mirela", "/rota/plan?team=data-infra", 200),
    ("mirela", "/rota/plan/{plan}", 200),
    ("mirela", "/rota/plan/{working}", 200),
    ("mirela", "/rota/plan/{impossible}", 200),
    ("mirela", "/rota/plan/compare/{bundle}", 200),
    ("mirela", "/rota/plan/{plan}/why?week=0&role=D", 200),
    ("mirela", "/people/{ada_member}/planning", 200),
    ("ada", "/rota/ledger", 200),
    ("ada", "/familiarity", 200),
    ("ada", "/familiarity?by=person", 200),
    ("ada", "/rota/load?person={ada_key}&kind=D", 200),
    ("ada", "/rota/why?week=2026-12-14&role=W", 200),
    ("ada", "/profile/wishes", 200),
    ("ada", "/leave/answers/{question}", 200),
    ("ada", "/", 200),
    ("ada", "/pages/{burning}", 200),
    ("ada", "/pages/{acked}", 200),
    ("ada", "/pages/{soft}", 200),
    ("ada", "/pages/new", 200),
    ("ada", "/alerts", 200),
    ("ada", "/alerts?show=closed", 200),
    ("ada", "/alerts?find=nothing+like+it", 200),
    ("ada", "/alerts?show=quiet", 200),
    ("ada", "/alerts/silences?team=data-infra", 200),
    ("noor", "/alerts/silences", 200),
    ("ada", "/alerts/silences/new?page={burning}", 200),
    ("ada", "/alerts/silences/{silence}", 200),
    ("ada", "/pages/{silenced}", 200),
    ("ada", "/triage", 200),
    ("ada", "/triage?show=closed", 200),
    ("ada", "/triage?show=mine", 200),
    ("ada", "/triage/{item}", 200),
    ("ada", "/triage/{seen}", 200),
    ("mirela", "/triage/{answered}", 200),
    ("ada", "/triage/new", 200),
    ("ada", "/triage/recurring", 200),
    ("ada", "/triage/recurring/{recurring}", 200),
    ("imani", "/triage", 403),
    ("ada", "/rota", 200),
    ("ada", "/rota?view=month", 200),
    ("ada", "/rota?view=mine", 200),
    ("mirela", "/rota?zone=Asia/Tokyo", 200),
    ("mirela", "/rota?view=month", 200),
    ("mirela", "/rota?view=quarter", 200),
    ("ada", "/rota?view=quarter&who=mine&zone=Nowhere", 200),
    ("ada", "/rota/schedules?team=data-infra", 200),
    ("ada", "/rota/schedules/hausmeister?team=data-infra", 200),
    ("imani", "/rota/schedules/support?team=data-infra", 200),
    ("mirela", "/rota/schedules/support?team=data-infra", 200),
    ("mirela", "/rota/schedules/support/override?team=data-infra", 200),
    ("mirela", "/rota/new-schedule?team=data-infra", 200),
    ("mirela", "/rota/schedules/support/layer?team=data-infra", 200),
    ("ada", "/rota/swap?team=data-infra&{turn}", 200),
    ("ada", "/rota/cover?team=data-infra&{turn}", 200),
    ("ada", "/rota/asks", 200),
    ("ada", "/rota/asks/{ask}", 200),
    ("mirela", "/rota/asks/{ask}", 200),
    ("ada", "/issues?team=data-infra", 200),
    ("ada", "/issues?show=closed", 200),
    ("ada", "/issues/new", 200),
    ("ada", "/issues/{issue}", 200),
    ("ada", "/issues/{issue}/priority?to=P4", 200),
    ("ada", "/issues/{issue}/hand-over", 200),
    ("ada", "/issues/{issue}/edit", 200),
    ("noor", "/issues", 200),
    ("noor", "/issues/{urgent}", 200),
    ("mirela", "/incidents", 200),
    ("mirela", "/incidents/{incident}", 200),
    ("ada", "/incidents/new", 200),
    ("ada", "/incidents", 200),
    ("ada", "/incidents/{past_incident}", 200),
    ("ada", "/incidents/{past_incident}/review", 200),
    ("ada", "/incidents/{past_incident}/review/paper", 200),
    ("mirela", "/incidents/{incident}/update?to=clients", 200),
    ("mirela", "/incidents/{incident}/over", 200),
    ("ada", "/logbook", 200),
    ("ada", "/handoff?team=data-infra", 200),
    ("bo", "/handoff", 200),
    ("mirela", "/handoff/{past_handoff}", 200),
    ("ada", "/handoff/archive", 200),
    ("ada", "/handoff/archive?q=nothing+like+it", 200),
    ("ada", "/handoff/report/{report}", 200),
    ("noor", "/handoff", 200),
    ("ada", "/runs?team=data-infra", 200),
    ("ada", "/runs/2026-11-24?team=data-infra", 200),
    ("ada", "/runs/2026-11-25?team=data-infra", 200),
    ("ada", "/leave", 200),
    ("ada", "/people", 200),
    ("ada", "/profile", 200),
    ("ada", "/profile/calendars", 200),
    ("mirela", "/rota/import?team=data-infra", 200),
    ("ada", "/policy", 200),
    ("ada", "/more", 200),
    ("ada", "/no/such/screen", 404),
]


@pytest.mark.parametrize(("who", "path", "status"), SCREENS)
def test_a_screen_is_as_it_should_be(product: Product, kept: Visitors, who: str, path: str, status: int) -> None:
    address = path.format(**product.told, **product.told["links"])
    for width, first, second in ((390, "dark", "light"), (1280, "light", "dark")):
        page = kept.tab(who, width)
        page.emulate_media(color_scheme=first)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844 if width < 900 else 800})
        answer = page.goto(product.base + address)
        assert answer is not None
        assert answer.status == status
        picture(page, who, path, width, first)
        assert found_by_axe(page) == []
        page.emulate_media(color_scheme=second)  # type: ignore[arg-type]
        picture(page, who, path, width, second)
        assert found_by_axe(page, rules=["color-contrast"]) == []
        assert sticks_out(page) == 0
        page.set_viewport_size({"width": NARROW, "height": 844})
        assert sticks_out(page) == 0, f"at {NARROW} px"
        assert page.evaluate("window.blocked") == []
        assert page.evaluate("window.broken") == []


def found_by_axe(page: Page, *, rules: list[str] | None = None) -> list[str]:
    """Return what axe has to say, a line for each finding."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    if page.evaluate("typeof window.axe") == "undefined":
        AXE.run(page, options={"runOnly": {"type": "rule", "values": ["html-has-lang"]}})
    found = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]
    ]


def sticks_out(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, who: str, path: str, width: int, theme: str) -> None:
    """Write a picture of the whole screen."""
    OUT.mkdir(exist_ok=True)
    name = path.strip("/").translate(str.maketrans("/?&=+{}", "_______")) or "now"
    page.screenshot(path=OUT / f"{name}_{who or 'stranger'}_{width}_{theme}.png", full_page=True)
