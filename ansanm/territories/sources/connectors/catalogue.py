"""The connectors there are: importing a module registers its own."""

from ansanm.territories.sources.connectors import (
    cnaf,
    insee_census,
    insee_cog,
    insee_facilities,
    insee_grid,
    insee_incomes,
    insee_melodi,
    insee_melodi_census,
    outlines,
)

MODULES = (
    cnaf,
    insee_census,
    insee_cog,
    insee_facilities,
    insee_grid,
    insee_incomes,
    insee_melodi,
    insee_melodi_census,
    outlines,
)
