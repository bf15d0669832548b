"""A long import, done by the worker: what was shown on the page, or nothing."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.accounts.models import User
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions.models import Convention
from ansanm.conventions.plan import importing, uploads
from ansanm.conventions.plan.reading import drafts, source
from ansanm.jobs.registry import handler

KIND = "plan.import"


class CannotImport(Exception):
    """Told to who waits, on the page of the job."""

    is_in_words = True


@handler(KIND)
def import_plan(progress, *, token: str, convention: int, user: int) -> dict:
    by = User.objects.get(pk=user)
    with override(by.language or "fr"):
        return _import(progress, token, Convention.objects.get(pk=convention), by)


def _import(progress, token, convention, by) -> dict:
    if not has_permission(by, Permission.PLAN_EDIT, convention):
        raise CannotImport(_("Vous n’écrivez plus le plan de cette convention. Rien n’a été enregistré."))
    content, shown = uploads.load(token), uploads.load_choices(token)
    if content is None or shown is None:
        raise CannotImport(_("Le fichier a été effacé : choisissez-le de nouveau. Rien n’a été enregistré."))
    progress(0, 3, _("lecture"))
    plan = drafts.understand(source.read(shown["name"], content), shown["mapping"])
    progress(1, 3, _("comparaison avec le plan"))
    reading = importing.understand(plan, convention=convention, by=by, choices=shown["choices"])
    if reading.errors or reading.fingerprint != shown["shown"]:
        raise CannotImport(
            _("Le plan a changé depuis que vous avez relu l’import : recommencez. Rien n’a été enregistré.")
        )
    # The last place where stopping leaves nothing: what follows is one transaction.
    progress(2, 3, _("écriture de %(n)s fiches") % {"n": reading.n_to_save})
    try:
        bulk = importing.save(reading, convention=convention, by=by)
    except importing.Changed as changed:
        raise CannotImport(
            _("Le plan a changé depuis que vous avez relu l’import : recommencez. Rien n’a été enregistré.")
        ) from changed
    uploads.drop(token)
    progress(3, 3, "")
    return {
        "n_saved": len(bulk.versions),
        "url": reverse("plan_import_done", args=[convention.slug, bulk.pk]),
    }
