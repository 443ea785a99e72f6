"""The inbox in a browser: keys alone, the item beside the list, a draft that stays, two who look at once."""

import pytest
from playwright.sync_api import expect

from tests.screens.conftest import Product, Visitors

pytestmark = [pytest.mark.slow, pytest.mark.counterpart("chromium")]


def test_the_inbox_is_worked_through_by_keys_alone(product: Product, visitors: Visitors) -> None:
    item = product.told["item"]
    ada = visitors.page("ada", "/triage", width=1280)
    expect(ada.locator(".pane #item")).to_contain_text("Kafka lag on s1")
    for _ in range(6):
        ada.keyboard.press("j")
        if ada.evaluate("document.activeElement.closest('.rowline')?.id") == f"item-{item}":
            break
    expect(ada.locator(".pane #item")).to_contain_text("it is only the s1 shard")
    ada.keyboard.press("t")
    expect(ada.locator(f"#item-{item}")).to_contain_text("Ada Okafor has it")
    expect(ada.locator(".toast")).to_contain_text("You have it. The thread is told.")
    assert ada.evaluate("document.activeElement.id") == f"title-{item}"
    ada.keyboard.press("u")
    expect(ada.locator(".toast")).to_contain_text("Taken back.")
    expect(ada.locator(f"#item-{item}")).not_to_contain_text("has it")
    ada.locator(f"#title-{item}").focus()
    ada.keyboard.press("p")
    # the stream may have drawn the row before the answer came, which brings the toast
    expect(ada.locator(".toast")).to_contain_text("It is a service issue now.")
    ada.keyboard.press("u")
    expect(ada.locator(".toast")).to_contain_text("Taken back.")
    expect(ada.locator(f"#item-{item} .badges")).not_to_contain_text("service issue")


def test_a_draft_stays_while_one_looks_elsewhere_and_is_sent_from_beside_the_list(
    product: Product, visitors: Visitors
) -> None:
    item = product.told["item"]
    ada = visitors.page("ada", "/triage", width=1280)
    expect(ada.locator(".pane #item")).to_contain_text("Kafka lag on s1")
    ada.locator(f"#title-{item}").focus()
    expect(ada.locator(".pane textarea")).to_be_visible()
    ada.keyboard.press("w")
    expect(ada.locator(".pane textarea")).to_be_focused()
    ada.keyboard.type("Run backfill, then tell me: t p n")
    ada.keyboard.press("Escape")
    ada.locator("#items .title").first.focus()
    ada.wait_for_timeout(300)
    expect(ada.locator(".pane textarea")).to_have_value("Run backfill, then tell me: t p n")
    ada.get_by_role("button", name="Answer in the thread").click()
    expect(ada.locator(".toast")).to_contain_text("Sent to the asker.")
    expect(ada.locator(".pane #item")).to_contain_text("Run backfill, then tell me: t p n")
    mirela = visitors.page("mirela", f"/triage/{item}", width=390)
    expect(mirela.get_by_role("button", name="Answered", exact=True)).to_have_count(0)
    expect(mirela.locator("#item")).to_contain_text("answered")


def test_what_somebody_else_does_appears_in_the_list(product: Product, visitors: Visitors) -> None:
    seen = product.told["seen"]
    ada = visitors.page("ada", "/triage", width=1280)
    ada.wait_for_timeout(500)
    mirela = visitors.page("mirela", f"/triage/{seen}", width=390)
    mirela.get_by_role("button", name="Take it").click()
    expect(mirela.locator("#item")).to_contain_text("Mirela Sand has it")
    expect(ada.locator(f"#item-{seen}")).to_contain_text("Mirela Sand has it")
    mirela.get_by_role("button", name="Give it back").click()
    expect(ada.locator(f"#item-{seen}")).not_to_contain_text("has it")


def test_the_inbox_works_without_a_script(product: Product, visitors: Visitors) -> None:
    context = visitors.context("ada", width=1280, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{product.base}/triage")
    row = page.locator(f"#item-{product.told['seen']}")
    row.get_by_role("button", name="Take it").click()
    expect(page.locator(f"#item-{product.told['seen']}")).to_contain_text("Ada Okafor has it")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#item-{product.told['seen']}")).not_to_contain_text("has it")
