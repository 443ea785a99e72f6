"""What every room stands on: clock, chance, environment, working time, ids, log, signatures, outgoing connections.

Owns no tables and knows no room. Leaves every decision of the trade to the rooms above. Start with `clock.py`.
"""
