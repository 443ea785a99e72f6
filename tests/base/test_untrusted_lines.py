"""Text from outside in several lines, and cut to a number of bytes."""

import pytest

from hausmeister.base.untrusted import CUT_MARK, cut_bytes, lines


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("tab\tstays, \x00NUL \x07bell \x1b[31mred goes", "tab\tstays, \ufffdNUL  bell  [31mred goes"),
        ("invoice\u202egpj.exe \u2066x\u2069", "invoice gpj.exe  x"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("\n\n  \n", ""),
        ("family 👩‍👩‍👧 stays", "family 👩‍👩‍👧 stays"),
    ],
)
def test_s42_lines_keep_their_lines_and_lose_what_controls_a_screen(given, kept):
    assert lines(given, 100) == kept


@pytest.mark.parametrize("most", [20, 21, 22, 23, 24])
def test_no_character_is_cut_in_half(most):
    cut = cut_bytes("äöü🚨" * 20, most)
    assert len(cut.encode()) <= most
    assert cut.endswith(CUT_MARK)
    assert "\ufffd" not in cut


def test_what_fits_is_not_marked():
    assert cut_bytes("äöü", 6) == "äöü"
