"""What only a browser can show: live updates, keys, life without scripts, links left alone, budgets."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.screens.conftest import Product, Visitors
from tests.screens.story import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.counterpart("chromium")]


def row(page: Page, page_id: int) -> "object":
    return page.locator(f"#row-{page_id}")


def scrolled(page: Page) -> None:
    """Wait until the screen has moved: a browser scrolls when it finds time.

    `wait_for_function` evaluates a string inside the page, which our policy forbids.
    """
    for _ in range(200):
        if page.evaluate("window.scrollY") > 100:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the wheel moved nothing")


# ---- live ----


def test_a_new_page_arrives_and_its_acknowledgement_elsewhere_does_too(product: Product, visitors: Visitors) -> None:
    ada = visitors.page("ada", "/")
    expect(ada.locator("html")).to_have_class(re.compile("scripted"))
    ada.wait_for_timeout(500)
    page_id = product.fire("Live: the index lags", severity="critical")
    expect(ada.locator(f"#row-{page_id}")).to_be_visible()
    expect(ada.locator("#alarm")).to_have_text("New page: P4 very high, Live: the index lags")
    expect(ada).to_have_title(re.compile(r"^\d+ firing · "))
    assert "firing" in (ada.locator("#favicon").get_attribute("href") or "")
    mirela = visitors.page("mirela", f"/pages/{page_id}")
    mirela.locator("#do-acknowledge").click()
    expect(mirela.locator("#page")).to_contain_text("Mirela Sand has it since")
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("Mirela Sand has it since")
    product.resolve("Live: the index lags")
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("closed")


def test_two_tabs_share_one_stream(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada")
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if "/events?" in request.url else None)
    one, other = context.new_page(), context.new_page()
    for tab in (one, other):
        tab.goto(product.base + "/")
    one.wait_for_timeout(500)
    page_id = product.fire("Live: for two tabs", severity="critical")
    for tab in (one, other):
        expect(tab.locator(f"#row-{page_id}")).to_be_visible()
    assert len(streams) == 1
    one.close()
    product.resolve("Live: for two tabs")
    # the row says that it is closed, or is gone with the next drawing of its list
    expect(other.locator(f"#row-{page_id}").get_by_text("firing", exact=True)).to_have_count(0)
    assert len(streams) == 2, "the other tab takes over"


def test_nothing_moves_under_a_finger(product: Product, visitors: Visitors) -> None:
    ada = visitors.page("ada", "/", width=390)
    ada.wait_for_timeout(500)
    ada.mouse.wheel(0, 300)
    scrolled(ada)
    first = ada.locator(f"#row-{product.told['acked']}")
    before = first.bounding_box()
    page_id = product.fire("Live: a P3 for later", severity="error")
    expect(ada.locator("#needs .fresh")).to_be_visible()
    assert ada.locator(f"#row-{page_id}").count() == 0
    assert before is not None
    product.resolve("Live: a P3 for later")


def test_the_worst_enters_at_once_in_its_slot(product: Product, visitors: Visitors) -> None:
    ada = visitors.page("ada", "/", width=390)
    ada.wait_for_timeout(500)
    ada.mouse.wheel(0, 300)
    scrolled(ada)
    page_id = product.fire("Live: a P4 now", severity="critical")
    expect(ada.locator(f".slot #row-{page_id}")).to_be_attached()
    product.resolve("Live: a P4 now")


def test_a_stream_that_falls_silent_is_said_to_have_stopped(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada")
    context.route("**/events?*", lambda route: route.abort())
    page = context.new_page()
    page.clock.install()
    page.goto(product.base + "/")
    page.clock.fast_forward(50_000)
    expect(page.locator("#live-state")).to_have_text(re.compile(r"Live stopped \d\d:\d\d, trying again"))
    assert "lost" in (page.locator("#favicon").get_attribute("href") or "")


# ---- acts ----


def test_acknowledging_in_a_row_keeps_the_focus_and_can_be_undone(product: Product, visitors: Visitors) -> None:
    page_id = product.fire("Act: in a row", severity="critical")
    ada = visitors.page("ada", "/")
    ada.locator(f"#row-{page_id}").get_by_role("button", name="Acknowledge").click()
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("acknowledged by you")
    expect(ada.locator(".toast")).to_contain_text("You have it since")
    expect(ada.locator(f"#row-{page_id} .actions button")).to_be_focused()
    expect(ada.locator("#say")).to_contain_text("You have it since")
    ada.locator(".toast").get_by_role("button", name="Undo").click()
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("firing")
    product.resolve("Act: in a row")


def test_what_is_not_stored_is_said_and_the_button_comes_back(product: Product, visitors: Visitors) -> None:
    page_id = product.fire("Act: the line is cut", severity="critical")
    context = visitors.context("ada")
    page = context.new_page()
    page.goto(f"{product.base}/pages/{page_id}")
    context.route("**/acknowledge", lambda route: route.abort())
    page.locator("#do-acknowledge").click()
    expect(page.locator(".toast")).to_contain_text("Not stored. Try again, or answer on your phone.")
    expect(page.locator("#page")).to_contain_text("firing")
    assert page.locator("#do-acknowledge").get_attribute("aria-disabled") is None
    context.unroute("**/acknowledge")
    page.locator("#do-acknowledge").click()
    expect(page.locator("#page")).to_contain_text("has it since")
    product.resolve("Act: the line is cut")


def test_many_are_chosen_and_acknowledged(product: Product, visitors: Visitors) -> None:
    titles = ("Many: one", "Many: two")
    for title in titles:
        product.fire(title, severity="error")
    ada = visitors.page("ada", "/alerts?find=Many")
    expect(ada.locator(".bulk")).to_be_hidden()
    ada.get_by_label("Choose all on this screen").check()
    ada.locator(".bulk").get_by_role("button", name="Acknowledge").click()
    expect(ada.locator(".toast")).to_contain_text("2 acknowledged.")
    assert ada.url.endswith("/alerts?find=Many")
    for title in titles:
        product.resolve(title)


# ---- without scripts ----


def test_without_scripts_everything_reads_and_acts(product: Product, visitors: Visitors) -> None:
    page_id = product.fire("Plain: no script", severity="critical")
    ada = visitors.page("ada", "/", java_script_enabled=False, width=390)
    expect(ada.get_by_role("link", name="Refresh")).to_be_visible()
    ada.locator(f"#row-{page_id}").get_by_role("button", name="Acknowledge").click()
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("acknowledged by you")
    expect(ada.locator(".toast")).to_contain_text("You have it since")
    ada.locator(f"#row-{page_id} .title").click()
    ada.locator("#menu-more summary").click()
    ada.locator("#menu-more").get_by_role("button", name="1 h").click()
    expect(ada.locator("#page")).to_contain_text("snoozed until")
    ada.locator("#note").fill("by hand, without a script")
    ada.get_by_role("button", name="Add").click()
    expect(ada.locator("#page")).to_contain_text("by hand, without a script")
    ada.goto(product.base + "/alerts?find=Plain")
    ada.get_by_label("Choose Plain: no script").check()
    ada.locator(".bulk").get_by_role("button", name="Close").click()
    expect(ada.locator(".toast")).to_contain_text("1 closed.")


# ---- what does not fit, what lapses, what is cut off ----


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_names_without_a_space_break_and_nothing_sticks_out(product: Product, visitors: Visitors, width: int) -> None:
    title = f"Long: task_failed_{'x' * 150}"
    page_id = product.fire(
        title,
        severity="critical",
        source="y" * 99,
        text="z" * 400,
        labels={"a_long_name_that_goes_on_and_on": "v" * 99},
    )
    page = visitors.page("ada", width=width)
    for path in ("/", "/alerts?find=Long", f"/pages/{page_id}"):
        page.goto(product.base + path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, path
    product.resolve(title)


def test_a_sign_in_that_has_lapsed_keeps_what_was_typed(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada", width=390)
    page = context.new_page()
    page.goto(f"{product.base}/pages/{product.told['acked']}")
    page.fill("#note", "half a sentence")
    for cookie in context.cookies():
        if "session" in str(cookie.get("name")):
            context.clear_cookies(name=str(cookie.get("name")))
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/sign-in**")
    page.fill("[name=login]", "ada@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    expect(page.locator("#note")).to_have_value("half a sentence")
    expect(page.locator(".toast")).to_contain_text("What you typed is still here")
    visitors.sessions.pop("ada")


def test_a_copy_that_was_kept_for_offline_says_so(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada", width=390)
    page = context.new_page()
    page.goto(product.base + "/")
    expect(page.locator(".kept")).to_be_hidden()
    page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.reload()
    context.set_offline(True)
    page.reload()
    expect(page.locator(".kept")).to_contain_text("this is a kept copy, as of")
    expect(page.locator("main")).to_contain_text("You are on call")
    page.goto(product.base + "/people")
    expect(page.locator("h1")).to_contain_text("Offline")


# ---- keys ----


def test_keys_choose_rows_of_the_list_and_act_on_them(product: Product, visitors: Visitors) -> None:
    product.fire("Rows: by keys", severity="critical")
    ada = visitors.page("ada", "/alerts?find=Rows")
    ada.keyboard.press("j")
    expect(ada.get_by_role("link", name="Rows: by keys")).to_be_focused()
    ada.keyboard.press("x")
    expect(ada.locator(".bulk")).to_contain_text("1 chosen")
    ada.keyboard.press("a")
    expect(ada.locator(".toast")).to_contain_text("1 acknowledged.")
    product.resolve("Rows: by keys")


def test_an_issue_is_moved_on_the_board_by_the_keys_and_moved_back(product: Product, visitors: Visitors) -> None:
    ada = visitors.page("ada", "/issues?team=data-infra")
    title = "Rename the serving cluster's alarms"
    low, medium = ada.locator(".column").nth(3), ada.locator(".column").nth(2)
    for _ in range(20):
        ada.keyboard.press("j")
        if ada.evaluate("document.activeElement.textContent") == title:
            break
    ada.keyboard.press("2")
    expect(medium).to_contain_text(title)
    expect(ada.locator(".toast")).to_contain_text("is P2 medium now.")
    ada.keyboard.press("u")
    expect(low).to_contain_text(title)
    # what is half typed on an issue's own screen is not taken away by what others do
    ada.get_by_role("link", name="Riemann leaks memory on s1").click()
    ada.get_by_placeholder("Write a note").fill("half a no")
    ada.evaluate("htmx.trigger(document.getElementById('issue'), 'live')")
    ada.wait_for_load_state("networkidle")
    expect(ada.get_by_placeholder("Write a note")).to_have_value("half a no")


def test_the_keyboard_alone_suffices(product: Product, visitors: Visitors) -> None:
    page_id = product.fire("Keys: take me", severity="critical")
    ada = visitors.page("ada", "/")
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("link", name="Skip to the content")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.locator("#main")).to_be_focused()
    ada.keyboard.press("?")
    expect(ada.locator("#keys")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.locator("#keys")).to_be_hidden()
    for _ in range(20):
        ada.keyboard.press("j")
        if ada.evaluate("document.activeElement.closest('.rowline')?.id") == f"row-{page_id}":
            break
    ada.keyboard.press("a")
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("acknowledged by you")
    # the stream may have drawn the row before the answer came, which brings the toast
    expect(ada.locator(".toast")).to_contain_text("You have it since")
    ada.keyboard.press("u")
    expect(ada.locator(f"#row-{page_id}")).to_contain_text("firing")
    ada.keyboard.press("g")
    ada.keyboard.press("r")
    ada.wait_for_url("**/rota")
    ada.keyboard.press("/")
    ada.wait_for_url("**/alerts**")
    product.resolve("Keys: take me")


def test_letters_typed_into_a_field_act_on_nothing(product: Product, visitors: Visitors) -> None:
    page = visitors.page("ada", f"/pages/{product.told['burning']}")
    page.keyboard.press("w")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("ace")
    expect(page.locator("#note")).to_have_value("ace")
    expect(page.locator("#page")).to_contain_text("firing")


def test_focus_is_always_seen_and_never_under_the_bar(product: Product, visitors: Visitors) -> None:
    page = visitors.page("ada", f"/pages/{product.told['acked']}", width=390)
    for _ in range(14):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
              const one = document.activeElement, box = one.getBoundingClientRect();
              if (one === document.body || one.closest('.bar, .sheet')) return '';
              const bar = document.querySelector('.bar').getBoundingClientRect();
              return box.top >= bar.top || box.bottom <= 0 ? one.outerHTML : '';
            }"""
        )
        assert hidden == ""


# ---- the signed link ----


def test_s10_a_link_left_alone_in_a_browser_acknowledges_nothing(product: Product, visitors: Visitors) -> None:
    page = visitors.page("", product.told["links"]["ada"], width=390)
    page.wait_for_timeout(5_000)
    expect(page.get_by_role("button", name="Acknowledge as Ada Okafor")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Acknowledge as Ada Okafor")).to_be_visible()
    assert page.context.cookies() == []


def test_the_link_works_without_a_script_and_is_one_request(product: Product, visitors: Visitors) -> None:
    context = visitors.context("", width=390, java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(product.base + product.told["links"]["bo"])
    assert len(asked) == 1
    button = page.get_by_role("button", name="Acknowledge as Bo Lindqvist")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 56
    assert box["y"] + box["height"] < 844, "the one button that matters stands on the first screen"
    assert "snoozed" not in page.content()


# ---- budgets ----


@pytest.mark.parametrize(
    ("path", "kilobytes"), [("/", 90), ("/pages/{burning}", 90), ("/alerts", 120), ("/rota", 120), ("/triage", 120)]
)
def test_a_cold_screen_stays_within_its_bytes_and_six_requests(
    product: Product, visitors: Visitors, path: str, kilobytes: int
) -> None:
    context = visitors.context("ada", width=390)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received: dict[str, int] = {}
    asked: list[str] = []

    def note(event: dict[str, Any]) -> None:
        # the story's clock stands still: its changes of this very second look new to a screen, which asks once more
        url = event["request"]["url"]
        if "HX-Request" not in event["request"]["headers"] and not url.endswith("/pulse"):
            asked.append(url)

    session.on("Network.requestWillBeSent", note)
    session.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    page.goto(product.base + path.format(**product.told))
    page.wait_for_timeout(1_500)
    # Chromium draws some of its own buttons from data in itself
    asked = [url for url in asked if not url.startswith("data:")]
    assert len(asked) <= 6, asked
    assert sum(received.values()) <= kilobytes * 1024
    assert all(url.startswith(product.base) for url in asked)


def test_the_layout_does_not_shift(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada", width=390)
    context.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(one) => { if (!one.hadRecentInput) window.shift += one.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page = context.new_page()
    page.goto(product.base + "/")
    page.wait_for_timeout(800)
    assert page.evaluate("window.shift") <= 0.02


# ---- on a phone a row's cells stand below each other, each with its label ----

# the labels that are wider than the room before the value, in the font they are drawn with
TOO_WIDE = """() => [...document.querySelectorAll(".table td[data-label]")].filter((cell) => {
  const label = getComputedStyle(cell, "::before"), pen = document.createElement("canvas").getContext("2d");
  pen.font = `${label.fontWeight} ${label.fontSize} ${label.fontFamily}`;
  return pen.measureText(cell.dataset.label).width > parseFloat(getComputedStyle(cell).paddingInlineStart) - 4;
}).map((cell) => cell.dataset.label)"""


def test_the_labels_of_three_plans_do_not_run_into_their_numbers_on_a_phone(
    product: Product, visitors: Visitors
) -> None:
    page = visitors.page("mirela", "/rota/plan/compare/{bundle}".format(**product.told), width=390)
    assert page.locator(".table td[data-label]").count() > 3
    assert page.evaluate(TOO_WIDE) == []


# ---- the rota: details of a turn, and dragging ----


def turn_of(page: Page, words: str) -> Locator:
    """Return a turn in the picture by the words that it is read out with."""
    return page.locator(f'.lanes a[aria-label^="{words}"]').first


def test_a_turn_tells_its_details_under_the_pointer_and_they_can_be_dismissed(
    product: Product, visitors: Visitors
) -> None:
    page = visitors.page("mirela", "/rota?team=data-infra")
    link = turn_of(page, "Ada Okafor, Mon 11:00")
    link.hover()
    details = page.locator(".turn:popover-open")
    expect(details).to_contain_text("Ada Okafor Hausmeister")
    expect(details).to_contain_text("Mirela Sand")
    details.hover()
    page.wait_for_timeout(900)
    expect(details).to_be_visible()
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)


def test_a_rota_that_changes_after_its_details_were_placed_blocks_nothing(product: Product, visitors: Visitors) -> None:
    page = visitors.page("mirela", "/rota?team=data-infra")
    turn_of(page, "Ada Okafor, Mon 11:00").hover()
    details = page.locator(".turn:popover-open")
    expect(details).to_have_attribute("style", re.compile("left"))
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    page.locator("#rota").evaluate("(one) => { one.dataset.old = 'yes'; }")
    page.evaluate("htmx.trigger('#rota', 'live')")
    expect(page.locator("#rota[data-old]")).to_have_count(0)
    page.wait_for_timeout(200)
    assert page.evaluate("window.blocked") == []


def test_a_turn_is_opened_by_keys_and_the_focus_comes_back(product: Product, visitors: Visitors) -> None:
    page = visitors.page("mirela", "/rota?team=data-infra")
    link = turn_of(page, "Eero Mäki, Mon 7 Dec")
    link.focus()
    page.keyboard.press("Enter")
    details = page.locator(".turn:popover-open")
    expect(details).to_be_focused()
    page.keyboard.press("Tab")
    expect(details.get_by_role("link", name="Why them?")).to_be_focused()
    # what changed meanwhile waits until they are closed, and leaves the focus where it was
    page.evaluate("htmx.trigger('#rota', 'live')")
    page.wait_for_timeout(1_000)
    expect(details).to_have_count(1)
    link.evaluate("(one) => { one.dataset.old = 'yes'; }")
    details.get_by_role("link", name="Close").click()
    expect(details).to_have_count(0)
    expect(page.locator(".lanes [data-old]")).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    details.get_by_role("link", name="Give it to somebody else").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("2026-12-07T11:00")
    expect(page.get_by_label("To", exact=True)).to_have_value("2026-12-11T17:00")


def test_without_scripts_a_tap_opens_the_details_and_back_closes_them(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada", width=390, java_script_enabled=False)
    page = context.new_page()
    page.goto(product.base + "/rota")
    page.locator(".weeks").get_by_role("link", name="Eero Mäki").first.click()
    details = page.locator(".turn:target")
    expect(details).to_be_visible()
    expect(details).to_contain_text("Override by Mirela Sand")
    page.go_back()
    expect(page.locator(".turn:target")).to_have_count(0)


def test_dragging_a_turn_opens_the_form_and_writes_nothing(product: Product, visitors: Visitors) -> None:
    page = visitors.page("mirela", "/rota?team=data-infra")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    drag(page, turn_of(page, "Eero Mäki, Mon 7 Dec"), turn_of(page, "Bo Lindqvist, Mon 14 Dec"))
    page.wait_for_url("**/rota/override?**")
    assert page.get_by_label("Who takes it").locator("option:checked").inner_text() == "Eero Mäki"
    expect(page.get_by_label("From", exact=True)).to_have_value("2026-12-14T11:00")
    expect(page.get_by_label("on duty")).to_be_checked()
    assert posts == []
    page.goto(product.base + "/rota?team=data-infra&view=month&from=2026-12-01")
    drag(page, page.locator('td[data-says="Tue 8 Dec"] .backstop a'), page.locator('td[data-says="Thu 17 Dec"]'))
    page.wait_for_url("**/rota/override?**")
    assert page.get_by_label("Who takes it").locator("option:checked").inner_text() == "Mirela Sand"
    expect(page.get_by_label("To", exact=True)).to_have_value("2026-12-18T00:00")
    expect(page.get_by_label("backstop")).to_be_checked()
    assert posts == []


def test_who_may_not_change_the_rota_drags_nothing(product: Product, visitors: Visitors) -> None:
    page = visitors.page("ada", "/rota")
    drag(page, turn_of(page, "Eero Mäki, Mon 7 Dec"), turn_of(page, "Bo Lindqvist, Mon 14 Dec"))
    page.wait_for_timeout(300)
    assert page.url.endswith("/rota")


def drag(page: Page, one: Locator, other: Locator) -> None:
    """Press on the left part of `one`, and let go over the middle of `other`."""
    start, end = one.bounding_box(), other.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 15, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 8, steps=5)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=5)
    page.mouse.up()


def test_a_month_is_printed_on_one_sheet_without_anything_to_press(product: Product, visitors: Visitors) -> None:
    page = visitors.page("mirela", "/rota?team=data-infra&view=month&from=2026-12-01")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    page.emulate_media(media="print")
    for gone in (".nav", ".tabs", ".button", ".clocks", ".turn"):
        assert not any(one.is_visible() for one in page.locator(gone).all()), gone
    expect(page.locator(".paper-foot")).to_have_text(re.compile("Hausmeister, as of Wed 25 Nov 2026 .*, Berlin"))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_log_book_holds_a_failure_whose_name_never_breaks(product: Product, visitors: Visitors, width: int) -> None:
    title = f"task_failed_{'y' * 150}"
    product.fire(title)
    product.resolve(title)
    page = visitors.page("ada", "/logbook", width=width)
    expect(page.locator(".logbook")).to_contain_text(title[:40])
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
