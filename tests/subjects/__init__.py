"""Examples of addresses by subject: each module says EXAMPLES (url name -> function of the cast -> its
arguments) and NO_PAGE (names that no GET of the cast turns into a page)."""

from importlib import import_module
from pkgutil import iter_modules

MODULES = [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)]
EXAMPLES = {name: function for module in MODULES for name, function in module.EXAMPLES.items()}
NO_PAGE = {name for module in MODULES for name in module.NO_PAGE}
