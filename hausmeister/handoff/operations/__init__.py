"""Writes of the hand-off: `watching.py` is what the engine does, `accepting.py` and `editing.py` what people do.

`drafting.py` writes what is open, `moving.py` gives it to the next person when the clock says so, `reporting.py` is
the weekly report.
"""
