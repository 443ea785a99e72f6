"""What the weeks cost: load per person, response times, noise, questions, limits of on-call health. Reads only.

Owns the figures and how they are counted; has no tables. Leaves the facts to the rooms below, charts and screens to
`web`. People are listed by name and never sorted by a figure. Start with `rules/load.py`, then `queries.py`.
"""
