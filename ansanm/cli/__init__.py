"""`ansanm`: what an operator or an analyst does, in one command.

Exit codes: 0 done, 1 it could not be done (and why), 2 the command was not understood.
"""

import os
import sys

from ansanm.cli.output import Failure, complain


def main(arguments: list[str] | None = None) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.utils import translation

    django.setup()
    with translation.override(language()):
        from ansanm.cli.parser import build

        options = build().parse_args(arguments)
        return run(options)


def run(options) -> int:
    from django.db import Error as DatabaseError
    from django.utils.translation import gettext as _

    from ansanm.territories.observations import StoreError

    try:
        return options.command(options) or 0
    except (Failure, StoreError) as error:
        complain(str(error))
    except DatabaseError as error:
        complain(
            _("La base de données ne répond pas ou n’est pas à jour : %(error)s\nLancez « make setup ».")
            % {"error": str(error).strip()}
        )
    except KeyboardInterrupt:
        complain(_("Arrêté."))
    except BrokenPipeError:
        # The reader (head, less) left: nothing more to say, and no trace of it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 1


def language() -> str:
    """The language of ANSANM_LANG, else of the terminal; French where it says nothing."""
    for name in ("ANSANM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, "").lower():
            return "en" if value.startswith("en") else "fr"
    return "fr"
