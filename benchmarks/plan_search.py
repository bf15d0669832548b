"""Finding an action among 20,000, against SQLite's own full-text search (FTS5, trigrams); prints JSON."""

import json
import random
import sqlite3
import statistics
import sys
import time
from datetime import timedelta

from benchmarks.drawing_and_search import slipped, timed
from benchmarks.machine import own_home, run
from benchmarks.table import Table, ratio

N_ACTIONS, N_CONVENTIONS, N_TYPED = 20_000, 400, 200
# What actions of a CTG are about: each text draws from these, so that a word is held by many.
VERBS = "développer créer soutenir accompagner renforcer animer ouvrir coordonner évaluer informer former"
THINGS = (
    "crèche ludothèque relais petite enfance centre social épicerie solidaire médiation numérique "
    "permanence accueil périscolaire parentalité logement indécence insertion jeunesse mobilité handicap "
    "famille monoparentale restauration scolaire vacances lecture santé bénévolat guichet itinérant"
)
PLACES = "Chaudron Moufia Domenjod Montagne Bretagne Bellepierre Butor Vauban Camélias Providence Source"


def measure() -> list[Table]:
    with own_home() as home:
        ours = {"ANSANM_HOME": str(home), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        found = json.loads(run([sys.executable, "-m", "benchmarks.plan_search"], ours).output)
    return [
        Table(
            f"Searching {N_ACTIONS:,} actions of {N_CONVENTIONS} conventions, {N_TYPED} questions",
            ["", "median ms", "p95 ms", "p95 × FTS5", "with a slip, the right one in the first 25"],
            [
                [
                    name,
                    f"{one['median']:.2f}",
                    f"{one['p95']:.2f}",
                    ratio(one["p95"], found["rows"]["SQLite FTS5 (trigram)"]["p95"]),
                    f"{one['right']} / {N_TYPED}" if one["right"] is not None else "–",
                ]
                for name, one in found["rows"].items()
            ],
            "Two words each. The page: the whole answer of `/conventions/actions/` to somebody with a role "
            "on every convention, signed in, rights, rows and template included (asked: p95 under 150 ms). "
            "FTS5: the two words as a query of trigrams, ranked by bm25, no right checked. Reading the "
            f"index whole: {found['build_ms']:.0f} ms, once per process; after a change: "
            f"{found['renew_ms']:.0f} ms.",
        )
    ]


def texts(chance):
    verbs, things, places = VERBS.split(), THINGS.split(), PLACES.split()
    for number in range(N_ACTIONS):
        # A name of its own, to be looked for.
        own = "".join(chance.choice("bcdfgjlmnprstv") + chance.choice("aeiou") for _ in range(4))
        title = f"{chance.choice(verbs).capitalize()} {chance.choice(things)} {own} {chance.choice(places)}"
        body = " ".join(chance.choice(things) for _ in range(60))
        yield number, title, body, f"{own} {chance.choice(title.split()[1:2])}"


def fill():
    from django.utils import timezone

    from ansanm.accounts.models import User
    from ansanm.conventions.models import Action, Convention, ConventionRole
    from ansanm.territories.names import search_key

    chance = random.Random(7)
    user = User.objects.filter(is_active=True).order_by("pk").first()
    conventions = Convention.objects.bulk_create(
        Convention(name=f"CTG {n}", slug=f"banc-{n}") for n in range(N_CONVENTIONS)
    )
    ConventionRole.objects.bulk_create(
        ConventionRole(convention=one, user=user, role="caf_adviser") for one in conventions
    )
    rows = list(texts(chance))
    made = Action.objects.bulk_create(
        [
            Action(
                convention=conventions[number % N_CONVENTIONS],
                title=title,
                description=body,
                position=number,
                search_text=search_key(f"{title} {body}"),
            )
            for number, title, body, _query in rows
        ],
        batch_size=500,
    )
    # Written over the years, not in the minute before the question.
    Action.objects.update(updated_at=timezone.now() - timedelta(days=30))
    asked = chance.sample(range(N_ACTIONS), N_TYPED)
    queries = [(rows[at][3], made[at]) for at in asked]
    return user, made, queries, [slipped(search_key(text), chance) for text, _action in queries]


def main():
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from ansanm.conventions.models import Action
    from ansanm.conventions.plan import search
    from ansanm.territories.names import search_key

    # The client speaks to the server under this name; nothing listens.
    settings.ALLOWED_HOSTS.append("testserver")
    user, made, queries, slips = fill()
    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    address = reverse("actions")
    started = time.perf_counter()
    search.current()
    build_ms = 1000 * (time.perf_counter() - started)
    client.get(address, {"q": "centre"})
    Action.objects.filter(pk=made[0].pk).update(updated_at=timezone.now())
    started = time.perf_counter()
    search.current()
    renew_ms = 1000 * (time.perf_counter() - started)

    asked = [text for text, _action in queries]
    pages, answers = timed(lambda text: client.get(address, {"q": text}), asked)
    assert all(one.status_code == 200 for one in answers)
    mine = {one.convention_id for one in made}
    index, _found = timed(lambda text: search.find(text, mine), asked)
    slow, found = timed(lambda text: search.find(text, mine)[:25], slips)

    peer = sqlite3.connect(":memory:")
    peer.execute("CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='trigram')")
    peer.executemany(
        "INSERT INTO texts(rowid, title, body) VALUES (?, ?, ?)",
        # Folded as ours are: `remove_diacritics` came to this tokenizer with SQLite 3.45.
        [(one.pk, search_key(one.title), search_key(one.description)) for one in made],
    )

    def ask(text):
        words = " ".join(f'"{word}"' for word in search_key(text).split() if len(word) > 2)
        query = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 25"
        return [row[0] for row in peer.execute(query, [words])] if words else []

    theirs, _found = timed(ask, asked)
    _times, peer_found = timed(ask, slips)

    def row(times, answers=None):
        right = None
        if answers is not None:
            right = sum(action.pk in one for one, (_text, action) in zip(answers, queries, strict=True))
        return {
            "median": statistics.median(times),
            "p95": statistics.quantiles(times, n=20)[-1],
            "right": right,
        }

    rows = {
        "Ansanm, the page": row(pages),
        "Ansanm, the index alone": row(index),
        "Ansanm, the index, one slip in each question": row(slow, found),
        "SQLite FTS5 (trigram)": row(theirs, peer_found),
    }
    print(json.dumps({"rows": rows, "build_ms": build_ms, "renew_ms": renew_ms}))


if __name__ == "__main__":
    main()
