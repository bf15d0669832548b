"""Counts the database queries of pages, each on a process that remembers nothing; prints JSON."""

import json
import sys

import django


def main():
    django.setup()
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from ansanm.territories import diagnosis
    from ansanm.territories.models import Territory

    client, counted = Client(headers={"host": "127.0.0.1"}), {}
    for path in sys.argv[1:]:
        cache.clear()
        diagnosis._diagnose.cache_clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code}.")
        counted[path] = len(captured)
    communes = list(Territory.objects.current().filter(level="commune").order_by("code"))
    spread = communes[:: max(1, len(communes) // 48)]
    json.dump({"queries": counted, "villages": [one.get_absolute_url() for one in spread]}, sys.stdout)


if __name__ == "__main__":
    main()
