"""Settings of the tests: a data directory of their own, no demonstration, a quick hasher."""

import os
from pathlib import Path

os.environ["ANSANM_HOME"] = str(Path(__file__).resolve().parent.parent / "var/test")
os.environ["ANSANM_DEMO"] = "0"

from config.settings import *  # noqa: E402, F403 (the environment above must be set first)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
