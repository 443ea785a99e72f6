"""What buttons and forms do: an act's name, what it carries, who pressed it; an operation; a sentence back.

Each room's acts stand in a module of their own, and are listed in `table`.
"""
