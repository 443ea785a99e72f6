"""What people do in the team's chat, whichever chat that is: commands, buttons, the home screen, posts on duty.

Owns: who a member of a chat is (`accounts`), what a command answers (`commands`), what a button does (`acts`), the
home screen (`home`), what is posted when the duty changes and who is in which user group (`posts`), and how the
line to the chat stands (`line`). Leaves to others: what is said in a room's own matters (they put `Words` into the
outbox), questions (`triage`), and every chat's own shapes (`connectors`). Begin with `shapes`.
"""
