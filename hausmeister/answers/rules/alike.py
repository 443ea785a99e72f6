"""Words that people use for one another when they ask: written by hand, plain English and the trade's own.

Each line is a group. A word of a question also finds the others of its group, with less weight.
"""

from functools import cache

from hausmeister.answers.rules.stems import stem

WEIGHT = 0.5

_GROUPS = """
delete remove erase drop purge discard
create make add new generate
change modify edit alter adjust update
mail email message inbox
doc docs document documentation documents
file document attachment
picture photo image screenshot
movie video film clip
show display view see
hide invisible conceal suppress
find search locate lookup
stop disable off deactivate prevent avoid block
start enable activate on begin launch
limit restrict constrain confine filter narrow
copy duplicate clone replicate
backup archive save export download snapshot
restore recover undelete undo revert rollback
move transfer migrate relocate shift
share send forward give
sort order arrange rank
permission right access privilege grant role
allow permit permitted grant
password credential secret login
login signin sign log authenticate
account user profile
sheet spreadsheet excel table
table relation dataset
column field attribute
folder directory path dir
site website page webpage web
app application program tool software
computer machine pc laptop device desktop
phone mobile device smartphone
friend contact people person
link url address hyperlink
error exception failure fail crash problem bug
slow slowly latency lag performance hang stuck
fast quick speed
big large huge size
space storage disk quota capacity
key shortcut hotkey
list overview
time date schedule timer hour
delay postpone defer later wait
late delay behind lag stale
repeat recurring recur repeatedly
auto automatic automatically
notify notification alert alarm inform reminder
alert page alarm incident
safe secure security protect
private privacy confidential
hidden private invisible
upload import load ingest
import load read
export extract dump
merge combine join unite
split divide separate partition
number digit count amount
text word string
color colour highlight
language locale translation
job task run dag pipeline workflow
rerun backfill retry replay restart
cluster node server host machine shard
database db warehouse
query sql statement select
install setup set configure
setting option preference config configuration
version release upgrade
duplicate double twice repeated
missing absent lost gone disappear vanish
empty blank null
wrong incorrect bad broken
fix repair solve resolve
cost price money pay bill expensive
free gratis
commercial business company profit
rename name title
label tag category
comment note remark annotation
reply answer respond response
post publish tweet
follow subscribe
unsubscribe unfollow
people colleague coworker team
owner responsible maintainer
map location route
point place position
destination waypoint stop
reference citation bibliography cite
book catalog library
format style layout
code source snippet program
test check verify validate
print printer
"""


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _GROUPS.split("\n"):
        group = {stem(word) for word in line.split()}
        for word in group:
            found.setdefault(word, set()).update(group - {word})
    return {word: frozenset(others) for word, others in found.items()}


def others(term: str) -> frozenset[str]:
    """Return the stems that may stand for `term`."""
    return _table().get(term, frozenset())
