"""The one inbox (H16): questions, problems reported in chat, alarms that bots post, things seen on a dashboard, mail.

Owns items, the messages heard about them, and the rooms that are watched; decides what opens an item and what joins
one, until when it must be answered in working time, and who is reminded. Leaves to others how a chat is read and
written (chat, connectors), what an earlier answer was (answers), and what becomes of a fault (issues). Start with
`rules/`, then `operations/hearing.py` and `operations/acting.py`.
"""
