"""What people see: base template, navigation, tokens, components, sign-in, live updates.

Owns no tables. Screens of a single room are drawn here from that room's queries. Start with `urls.py`.
"""
