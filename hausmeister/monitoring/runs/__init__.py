"""DAG runs: what each task does, whether the run keeps its service levels, and how likely that is before the hour.

Owns runs and their tasks as schedulers tell them, and the levels of the policy day by day. Leaves to others how
they are heard of (connectors/airflow, connectors/openlineage) and what becomes of an alert (alerts). Start with
`rules/states.py`, then `rules/levels.py` and `judging.py`.
"""
