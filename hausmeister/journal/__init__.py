"""Who did what, when and why; append only. Every timeline in the product is read from here.

Owns the table of entries. Knows no other room: a subject is text such as "page:4821", an actor is a kind, a
number and a name. Start with `operations.py`.
"""
