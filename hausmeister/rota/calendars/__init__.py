"""The rota in other people's calendars, and other people's calendars in the rota.

Out: secret feeds, one for each person and device (`feeds.py`), each a *subject* drawn by `sheets.py` from the one
resolver and kept as written by `serving.py`. In: calendars that are read now and then (`imports.py` for what is done
with them, `fetching.py` for getting them, `reader.py` for reading them in a process of their own). What is pure
stands in `rota/rules/calendars`.
"""
