"""Makes the database of the bare stack and prints the key of a signed-in session."""

import os
from datetime import date, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.bare_stack.settings")

import django  # noqa: E402 - settings come first

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.bare_stack.models import Action  # noqa: E402
from benchmarks.session import key_for  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
Action.objects.bulk_create(
    Action(
        title=f"Ouvrir le lieu d’accueil enfants-parents numéro {index}",
        owner=f"Direction {index % 9}",
        starts_on=date(2022, 1, 1) + timedelta(days=index),
        ends_on=date(2025, 1, 1) + timedelta(days=index),
        amount=1234.56 * (index + 1),
        status=("idée", "prévue", "en cours", "faite")[index % 4],
    )
    for index in range(300)
)
print(key_for(User.objects.create_user("agent", password="bench")))
