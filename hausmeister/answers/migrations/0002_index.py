"""The index that passages are found by: FTS5 tables on SQLite, a table with a text-search vector on PostgreSQL."""

from django.db import migrations

SQLITE = [
    # words are stored as their stems already; porter costs nothing and meets what was not stemmed
    "CREATE VIRTUAL TABLE answers_words USING fts5(team, stems, tokenize=\"porter unicode61 tokenchars '_.-/$#+:@'\")",
    "CREATE VIRTUAL TABLE answers_names USING fts5(names, tokenize='trigram')",
]
POSTGRESQL = [
    """CREATE TABLE answers_words (
        passage_id bigint PRIMARY KEY, team_id bigint NOT NULL, words tsvector NOT NULL, names text NOT NULL
    )""",
    "CREATE INDEX answers_words_found ON answers_words USING gin (words)",
]


def make(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE answers_words")
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE answers_names")


class Migration(migrations.Migration):
    dependencies = [("answers", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
