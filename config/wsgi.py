"""The web application, ready for its first visitor: what a page needs is read before one asks."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Reading the addresses imports every view: a second of the first page otherwise. Those of the API import
# what they call when called: a quarter of a second of its first answer.
_ = get_resolver().url_patterns
import_module("ansanm.territories.api")
