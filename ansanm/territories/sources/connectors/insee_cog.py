"""COG: the movements of communes, which bring codes of any year to today's geography.

Only mergers and changes of code are followed. A restored commune (21) takes part of another's land:
which part of an older figure is its own, nobody knows.
"""

import re
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import etalab_decoupage, passage
from ansanm.territories.sources.connectors import Connector, register
from ansanm.territories.sources.connectors.insee_columns import published
from ansanm.territories.sources.connectors.reading import COMMUNE, code, table

REQUIRED = ("MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP")
# Merger (31), commune nouvelle (32), association (33), change of département (41), of code (50).
FOLLOWED = {"31", "32", "33", "41", "50"}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def ingest(path: Path, vintage: str, progress) -> Report:
    """Read v_mvt_commune_AAAA.csv and keep the last place of each code."""
    report, place = Report(), etalab_decoupage.geography()
    last: dict[str, tuple[str, str]] = {}
    for line in table(path, report, required=REQUIRED):
        kind = line["mod"].strip()
        if kind not in FOLLOWED or line["typecom_av"] != "COM" or line["typecom_ap"] != "COM":
            continue
        before, after, day = code(line["com_av"]), code(line["com_ap"]), line["date_eff"].strip()
        if not COMMUNE.fullmatch(before) or not COMMUNE.fullmatch(after):
            report.reject("bad_code", example=line.example())
        elif not DATE.fullmatch(day):
            report.reject("bad_period", example=line.example())
        elif before != after and day >= last.get(before, ("", ""))[0]:
            last[before] = (day, after)
    found = {before: after for before, (_on, after) in last.items()}
    if not found:
        raise StoreError(_("%(name)s n’a aucun mouvement de commune.") % {"name": path.name})
    # The package knows recent movements: where both speak they must say the same.
    for before, today in place.merged.items():
        if before in found and (other := passage.follow(before, place.communes, found)) not in (today, None):
            report.reject("conflicting", example=f"{before} : {today} / {other}")
            del found[before]
    report.n_kept = len(found)
    report.changed = passage.keep(found)
    return report


register(
    Connector(
        dataset="insee_cog_movements",
        group="insee",
        url=lambda since: published("8377162/v_mvt_commune_2025.csv"),
        ingest=ingest,
    )
)
