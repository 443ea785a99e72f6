"""Django's SQLite backend with one addition: writers of this process queue fairly instead of polling."""
