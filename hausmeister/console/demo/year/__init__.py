"""A year in the life of one team: what `hausmeister demo --year` loads.

`cast.py` says who they are and when they come and go, `weather.py` what goes wrong, `asking.py` what clients ask,
`absences.py` who is away: all of it pure, drawn from one seed, relative to now. `living.py` lets people act on it
and `loading.py` puts it into an empty database, through the same operations and the same engine as in earnest.
"""
