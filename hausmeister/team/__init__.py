"""People and teams: who they are, what they may do, how they are reached, how experienced, when away.

Owns people (the accounts), memberships with roles and experience, contact methods, each person's own ladders,
leave, senders with their API keys, and each team's policy. Leaves to others who is on duty (rota) and when
somebody is called (pager). Start with `permissions.py` and `policy/shape.py`.
"""
