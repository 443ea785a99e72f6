"""The look of the house is kept true by looking: one place for colours and sizes, ratios, nothing inline, budgets."""

import gzip
import re
from itertools import product
from pathlib import Path

import pytest

from hausmeister.web import assets

WEB = Path(assets.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STYLES = sorted((WEB / "static" / "web" / "css").glob("*.css"))
SCRIPTS = sorted((WEB / "static" / "web" / "js").glob("*.js"))
DRAWINGS = sorted((WEB / "static" / "web").glob("*.svg"))
PYTHON = sorted(WEB.rglob("*.py"))
TOKENS = (WEB / "static" / "web" / "css" / "tokens.css").read_text(encoding="utf-8")

HEX = re.compile(r"#[0-9A-Fa-f]{3,8}\b(?![\w-])")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# ---- one place for colours and sizes ----


def test_colours_stand_in_the_tokens_alone():
    for path in [*STYLES, *TEMPLATES, *SCRIPTS]:
        if path.name != "tokens.css":
            text = re.sub(r'href="#[^"]*"|url\(#[^)]*\)|"#[\w-]+"|hx-target="[^"]*"|[?&\w/}]#[\w{]', "", read(path))
            found = [colour for colour in HEX.findall(text) if re.search(r"\d", colour) or len(colour) in {4, 7}]
            assert not found, f"{path.name} has colours of its own: {found}"
        if path.suffix == ".css" and path.name != "tokens.css":
            assert not re.search(r"\b(rgba?|hsla?|oklch)\(", read(path)), path.name


def test_the_icons_of_the_browser_use_colours_of_the_tokens():
    known = {colour.upper() for colour in HEX.findall(TOKENS)}
    for path in DRAWINGS:
        assert {colour.upper() for colour in HEX.findall(read(path))} <= known, path.name


def test_sizes_of_type_stand_in_the_tokens_alone():
    for path in STYLES:
        if path.name != "tokens.css":
            for value in re.findall(r"font-size:\s*([^;}]+)", read(path)):
                assert value.strip().startswith("var(--f-"), f"{path.name}: font-size {value}"
            assert not re.search(r"\bfont:(?!\s*inherit)", read(path)), path.name


def test_every_token_that_is_used_exists():
    defined = set(re.findall(r"(--[\w-]+):", TOKENS)) | {"--edge"}
    for path in STYLES:
        used = set(re.findall(r"var\((--[\w-]+)", read(path)))
        assert used <= defined, f"{path.name} uses {used - defined}"


# ---- ratios, calculated anew (UI, section 4) ----


def block(start: str) -> dict[str, str]:
    begin = TOKENS.index(start)
    body = TOKENS[TOKENS.index("{", begin) + 1 : TOKENS.index("}", begin)]
    return {name: value.strip() for name, value in re.findall(r"(--[\w-]+):\s*([^;]+);", body)}


LIGHT = block("  :root {")
DARK = block('  :root[data-theme="dark"] {')


def test_the_dark_theme_is_the_same_whoever_chose_it():
    by_system = block('    :root:not([data-theme="light"]) {')
    assert by_system == {name: value for name, value in DARK.items() if name != "color-scheme"}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("--ground", "--surface", "--sunken")
TEXTS = ("--text", "--quiet", "--accent", "--p4", "--p3", "--p2", "--p1", "--ok", "--wait")
SOFT = ("--p4", "--p3", "--p2", "--p1", "--ok", "--wait", "--accent")


@pytest.mark.parametrize(("theme", "name", "ground"), list(product(("light", "dark"), TEXTS, GROUNDS)))
def test_text_is_legible_on_every_ground(theme, name, ground):
    tokens = LIGHT if theme == "light" else DARK
    assert ratio(tokens[name], tokens[ground]) >= 4.5


@pytest.mark.parametrize(("theme", "name"), list(product(("light", "dark"), SOFT)))
def test_text_is_legible_on_its_own_soft_fill_and_ink_too(theme, name):
    tokens = LIGHT if theme == "light" else DARK
    assert ratio(tokens[name], tokens[f"{name}-soft"]) >= 4.5
    assert ratio(tokens["--text"], tokens[f"{name}-soft"]) >= 4.5
    assert ratio(tokens["--quiet"], tokens[f"{name}-soft"]) >= 4.5


@pytest.mark.parametrize(
    ("theme", "fill"), list(product(("light", "dark"), ("--p4", "--p3", "--p2", "--ok", "--wait")))
)
def test_text_on_a_solid_fill_is_legible(theme, fill):
    tokens = LIGHT if theme == "light" else DARK
    assert ratio(tokens["--on-strong"], tokens[fill]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_and_edges_can_be_told_from_what_is_around_them(theme):
    tokens = LIGHT if theme == "light" else DARK
    assert ratio(tokens["--on-accent"], tokens["--accent"]) >= 4.5
    assert ratio(tokens["--on-accent"], tokens["--accent-hover"]) >= 4.5
    for ground in GROUNDS:
        assert ratio(tokens["--control"], tokens[ground]) >= 3
        for number in range(1, 7):
            assert ratio(tokens[f"--c{number}"], tokens[ground]) >= 3


STATED = [
    ("light", "--text", 13.3),
    ("light", "--quiet", 5.6),
    ("light", "--p4", 5.4),
    ("dark", "--accent", 8.2),
    ("dark", "--p3", 9.1),
]


@pytest.mark.parametrize(("theme", "name", "value"), STATED)
def test_the_ratios_are_those_that_the_design_states(theme, name, value):
    tokens = LIGHT if theme == "light" else DARK
    worst = min(ratio(tokens[name], tokens[ground]) for ground in GROUNDS)
    assert worst == pytest.approx(value, abs=0.06)


# ---- nothing that the policy of the browser would block, nothing marked safe (S24, S25) ----

FORBIDDEN = {
    r"\|\s*safe\b": "marks text safe",
    r"autoescape\s+off": "switches escaping off",
    r"\bhx-on": "has a handler in an attribute",
    r"\son\w+\s*=": "has a handler in an attribute",
    r"<script(?![^>]*\bsrc=)": "has a script of its own",
    r"\sstyle\s*=": "has a style of its own",
    r"javascript:": "has a script for an address",
    r"\bhx-boost": "hides ordinary navigation from the browser",
    r"https?://(?!www\.w3\.org)": "names another host",
    r"<(img|iframe|embed|object)\b": "embeds something",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_does_what_is_forbidden(path):
    text = read(path)
    if path.parent.name != "link":
        assert "<style" not in text, "has a style sheet of its own"
    for pattern, what in FORBIDDEN.items():
        found = re.search(pattern, text)
        assert found is None, f"{path.name} {what}: {found.group() if found else ''}"


def test_no_module_marks_text_safe():
    for path in PYTHON:
        for line in read(path).splitlines():
            assert "mark_safe" not in line, path.name
            assert not re.search(r"SafeString\(", line), path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_posts_carries_the_token_against_forgery(path):
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", read(path), re.DOTALL):
        if path.parent.name == "link":
            # no cookie gives these forms any right; their address does
            assert "csrf_token" not in form
        else:
            assert "{% csrf_token %}" in form, form[:120]


def test_every_form_names_its_method_and_where_it_goes():
    for path in TEMPLATES:
        for tag in re.findall(r"<form[^>]*>", read(path)):
            assert 'method="dialog"' in tag or "action=" in tag or path.parent.name == "link" or "method" in tag, tag


def test_scripts_use_no_eval_and_no_markup_from_text():
    for path in SCRIPTS:
        for forbidden in ("eval(", "innerHTML", "insertAdjacentHTML", "document.write", "new Function", "outerHTML ="):
            assert forbidden not in read(path), path.name


def test_links_to_elsewhere_give_nothing_away():
    for path in TEMPLATES:
        for tag in re.findall(r'<a [^>]*href="\{\{ href \}\}"[^>]*>', read(path)):
            assert 'rel="noopener noreferrer nofollow"' in tag


# ---- budgets (UI, section 8) ----


def compressed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def test_the_style_sheet_stays_within_fourteen_kilobytes():
    assert compressed(assets.style_sheet()) <= 14 * 1024


def test_our_script_stays_within_twelve_kilobytes_and_the_stream_within_four():
    assert compressed(assets.script()) <= 12 * 1024
    assert len(assets.without_comments(read(WEB / "static" / "web" / "js" / "live.js"))) <= 4 * 1024


def test_nothing_in_the_layout_knows_left_from_right():
    for path in STYLES:
        found = re.search(r"(margin|padding|border)-(left|right|top|bottom)\b|text-align:\s*(left|right)", read(path))
        assert found is None, f"{path.name}: {found.group() if found else ''}; use inline and block sides"
