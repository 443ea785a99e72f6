"""What people type to the hausmeister: `/hausmeister …`, or `!hausmeister …` where a chat has no slash commands.

Each room's commands stand in a module of their own, and are listed in `table`; `help` is made from the table.
"""
