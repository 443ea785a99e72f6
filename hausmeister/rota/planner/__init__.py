"""The planner: who takes which duty, a year ahead, fairly, with a backstop who outranks.

Owns the values a plan is made from and judged by, the two costs, the checker, the model and the child process
that solves it. Pure: values in, plan out; no table, no Django, no clock but the one it is handed. Only
`solving/` imports OR-Tools, and only the child process imports `solving/`. Start with `instance.py`, then
`costs.py`; docs/planner.md explains the whole.
"""
