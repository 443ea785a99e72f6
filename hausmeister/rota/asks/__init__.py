"""Swaps and cover: a turn changes hands between plans because people agree.

`board.py` reads what stands and asks the planner who could; `asking.py` asks, `answering.py` agrees, declines and
withdraws, `tending.py` is the engine's part. Nothing changes hands that the independent checker refuses at that moment.
"""
