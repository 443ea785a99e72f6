"""Settings of the test suite: the product's own, on a throw-away database."""

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" in os.environ:
    # a worker inherits the folder of who started it; two of them would write over each other's files
    os.environ["HAUSMEISTER_DATA"] = tempfile.mkdtemp(prefix="hausmeister-test-")
os.environ.setdefault("HAUSMEISTER_DATA", tempfile.mkdtemp(prefix="hausmeister-test-"))
os.environ["HAUSMEISTER_SECRET_KEYS"] = "test-key-" + "k" * 60
# as the program itself does: on a busy machine the threads of BLAS wait for each other far longer than they work
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["HAUSMEISTER_BASE_URL"] = "http://testserver"
os.environ.setdefault("HAUSMEISTER_OUTGOING_ALLOW", "127.0.0.0/8")
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from hausmeister.settings import *  # noqa: F403

if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # a file, as in production: threads of one test share it, with its locks; in memory where the system has a place
    # for that, because a suite that waits for a disk is run less often
    _folder = tempfile.mkdtemp(prefix="hausmeister-test-db-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}  # noqa: F405
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# signing in is no subject of most tests; the real hasher has tests of its own
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# what browsers fetch is gathered and named by its content in tests/screens; elsewhere its plain names do
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
