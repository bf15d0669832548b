"""The connectors there are: importing a module registers its own."""

from ansanm.territories.sources.connectors import insee_incomes

MODULES = (insee_incomes,)
