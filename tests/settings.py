"""Settings of the test suite: the product's own, on a throw-away database."""

import os
import tempfile

os.environ.setdefault("HAUSMEISTER_DATA", tempfile.mkdtemp(prefix="hausmeister-test-"))
os.environ["HAUSMEISTER_SECRET_KEYS"] = "test-key-" + "k" * 60
os.environ["HAUSMEISTER_BASE_URL"] = "http://testserver"
os.environ.setdefault("HAUSMEISTER_OUTGOING_ALLOW", "127.0.0.0/8")
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from hausmeister.settings import *  # noqa: F403

if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # a file, as in production: threads of one test share it, with its locks
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.mkdtemp(prefix='hausmeister-test-db-')}/test.sqlite3"}  # noqa: F405

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# signing in is no subject of most tests; the real hasher has tests of its own
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
