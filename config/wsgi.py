"""The web application, ready for its first visitor: what a page needs is read before one asks."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Reading the addresses imports every view: a second of the first page otherwise.
_ = get_resolver().url_patterns
