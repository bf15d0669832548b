"""Bodies and members brought as a sheet: seen first, then all of them or none."""

from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.governance import members_import, overlap_sheets
from ansanm.conventions.governance.pages import page
from ansanm.conventions.models import Body, Mandate
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_xlsx
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached

SALT = "conventions.bodies_import"
ONE_DAY = 24 * 3600


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request, slug):
    if request.method != "POST":
        return page(request, "bodies_import.html", view="bodies_overlap")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        table = members_import.read_table(file.name, file.read(MAX_BYTES + 1))
        reading = members_import.understand(table, request.convention)
    except UnreadableSheet as problem:
        return refused(request, str(problem))
    return preview(request, table, reading)


def refused(request, problem):
    return page(request, "bodies_import.html", view="bodies_overlap", problem=problem, status=422)


def preview(request, table, reading, *, changed=False):
    # As for declared figures: the table travels in the page, signed, and leaves nothing behind.
    ticket = {
        "table": table,
        "shown": reading.shown,
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    return page(
        request,
        "bodies_preview.html",
        view="bodies_overlap",
        reading=reading,
        changed=changed,
        ticket="" if reading.errors else signing.dumps(ticket, salt=SALT, compress=True),
        status=409 if changed else 422 if reading.errors else 200,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def keep(request, slug):
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        ticket = None
    if not ticket or (ticket["convention"], ticket["user"]) != (request.convention.pk, request.user.pk):
        messages.error(
            request,
            _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect("bodies_import", slug)
    try:
        reading = members_import.save(
            ticket["table"], ticket["shown"], convention=request.convention, by=request.user
        )
    except StaleVersion:
        again = members_import.understand(ticket["table"], request.convention)
        return preview(request, ticket["table"], again, changed=True)
    except members_import.LineRefused as problem:
        return refused(
            request,
            _("Ligne %(number)s\u00a0: %(message)s Rien n’a été enregistré.")
            % {"number": problem.number, "message": problem.message},
        )
    n = len(reading.bodies)
    messages.success(
        request,
        ngettext("%(n)s instance enregistrée.", "%(n)s instances enregistrées.", n) % {"n": n},
    )
    return redirect("bodies_overlap", slug)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_safe
def template(request, slug):
    def listed(name, title, rows):
        return Sheet(str(name), [Column(str(title), 60)], [[str(one)] for one in rows])

    places = Sheet(
        str(_("Lieux")),
        [Column(str(_("Code")), 14), Column(str(_("Nom")), 60)],
        [[one.code, one.name] for one in request.convention.declarable().values()],
    )
    book = Workbook(
        title=_("Instances et membres – %(convention)s") % {"convention": request.convention},
        subject=_("Instances du territoire, de la convention et des autres dispositifs"),
        author="Ansanm",
        produced_on=timezone.localdate(),
        readme_name=_("Lisez-moi"),
        readme=[
            (
                _("Remplir"),
                _("Une ligne par instance et par membre, dans la dernière feuille\u202f; gardez les titres."),
            ),
            (
                _("Instance"),
                _("Ce qui vaut pour l’instance s’écrit sur une de ses lignes, ou sur toutes, pareil."),
            ),
            (
                _("Voix"),
                _(
                    "«\u00a0oui\u00a0» ou «\u00a0non\u00a0»\u202f; vide, les invités et le secrétariat n’en "
                    "ont pas."
                ),
            ),
            (_("Durée"), _("En minutes, ou «\u00a01 h 30\u00a0».")),
            (_("Listes"), _("Plusieurs thématiques ou quartiers se séparent par un point-virgule.")),
            (_("Quartiers"), _("Codes ou noms\u202f; vide, l’instance est de tout le territoire.")),
            (_("Personne"), _("Vide pour un siège vacant\u202f; l’organisme suffit alors.")),
            (
                _("Enregistrer"),
                _("Tout le fichier ou rien. Un import ajoute et corrige, il ne retire personne."),
            ),
        ],
        sheets=[
            listed(_("Types"), _("Type"), Body.Kind.labels),
            listed(_("Rôles"), _("Rôle"), Mandate.Role.labels),
            listed(_("Thématiques"), _("Thématique"), request.convention.themes.all()),
            places,
            Sheet(str(_("Instances et membres")), overlap_sheets.columns(), [], frozen_columns=1),
        ],
    )
    return attached(write_xlsx(book), f"{slug}-instances-modele.xlsx")
