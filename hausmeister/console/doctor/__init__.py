"""`hausmeister doctor`: what is wrong with this deployment, in plain words.

`findings.py` says what a finding is; `ground.py` looks at settings, data folder, database and clock, `outside.py` at
mail server and channels, `duty.py` at engine, rota and people; `command.py` prints.
"""
