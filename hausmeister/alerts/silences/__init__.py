"""Silences: rules with an end under which new alerts are stored and call nobody; one that begins later is maintenance.

Owns the rules, who made them and why, and which alerts each covers. Leaves to others when a silenced page calls
(pager: its next step is the end of the silence) and what an alert is (alerts). Start with `rules.py`.
"""
