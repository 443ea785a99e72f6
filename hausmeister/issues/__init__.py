"""Service issues (H10 to H12): what is wrong with our own services, how bad, who works on it.

It owns issues, their mirror, the calls for help of a P4, and how trackers are spoken to (`tracker.py`); which tracker
that is, only `wiring` knows. Pages are the pager's; an incident, a question or an alert is linked by its name alone
("incident:4"), so that upper rooms can hang on to an issue. Start with `operations/working.py`.
"""
