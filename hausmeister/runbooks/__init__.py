"""Runbooks: Markdown of the team's own, whose headings are the texts of its alerts (L5).

Owns what was read of the folders that the policy names, and which section belongs to an alert. Leaves to others
what an alert is (alerts), and who shows the section (connectors, web). Start with `rules/matching.py`.
"""
