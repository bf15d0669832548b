"""Settings of the tests: a data directory of their own, a quick hasher."""

import os
from pathlib import Path

os.environ["ANSANM_HOME"] = str(Path(__file__).resolve().parent.parent / "var/test")
os.environ["ANSANM_DEMO"] = "1"  # a real instance would ask each officer for a second factor

from config.settings import *  # noqa: E402, F403 (the environment above must be set first)

# The tests ask for hundreds of files in a minute; those of the limits set their own.
DOCUMENTS_PER_MINUTE = FILES_PER_MINUTE = 10_000

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405 (from the settings above)
    # A file: threads that write at once do not share a database in memory.
    # One for each process: two runs at once must not empty each other's tables.
    DATABASES["default"]["TEST"] = {"NAME": HOME / f"test-{os.getpid()}.sqlite3"}  # noqa: F405
# WhiteNoise warns of a folder that is not there, and in the tests a warning is an error.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
