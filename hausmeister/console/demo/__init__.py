"""The demo: two teams, and a week behind them that looks lived in.

`cast.py` says who they are, `week.py` what happened to them, relative to now; `replay.py` lets it happen through
the same operations and the same engine as in earnest; `loading.py` puts it into an empty database.
"""
