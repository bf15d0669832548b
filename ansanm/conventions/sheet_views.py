"""Import of several figures (seen first, then all or none) and export of those declared."""

from django.contrib import messages
from django.core import signing
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions import figures_sheet
from ansanm.conventions.figure_filters import FigureFilter
from ansanm.conventions.views import context_of, find
from ansanm.territories.variables import variables
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

SALT = "conventions.figures_import"
# Another salt: what was refused must not pass for what may be saved.
MARKED_SALT = "conventions.figures_import.marked"
ONE_DAY = 24 * 3600


@requires(Permission.FIGURE_DECLARE, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request, slug):
    if request.method != "POST":
        return render(request, "conventions/import.html", context_of(request))
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        table = figures_sheet.read_table(file.name, file.read(MAX_BYTES + 1))
        reading = figures_sheet.understand(table, convention=request.convention, by=request.user)
    except UnreadableSheet as problem:
        return render(
            request, "conventions/import.html", context_of(request, problem=str(problem)), status=422
        )
    return preview(request, table, reading)


def preview(request, table, reading, *, changed=False):
    # The table travels in the page, signed, rather than in the base: an import left half-way
    # leaves nothing behind.
    ticket = {
        "table": table,
        "shown": reading.fingerprint,
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    signed = signing.dumps(ticket, salt=MARKED_SALT if reading.errors else SALT, compress=True)
    return render(
        request,
        "conventions/import_preview.html",
        context_of(
            request,
            reading=reading,
            changed=changed,
            n_new=reading.n("new"),
            n_corrected=reading.n("corrected"),
            n_unchanged=reading.n("unchanged"),
            ticket="" if reading.errors else signed,
            marked_ticket=signed if reading.errors else "",
        ),
        status=409 if changed else 422 if reading.errors else 200,
    )


def ticket_of(request, salt) -> dict | None:
    """What the page carried, if we signed it for this person and this convention."""
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=salt, max_age=ONE_DAY)
    except signing.BadSignature:
        return None
    mine = ticket["convention"] == request.convention.pk and ticket["user"] == request.user.pk
    return ticket if mine else None


def expired(request):
    messages.error(
        request, _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré.")
    )
    return redirect("figures_import", request.convention.slug)


@requires(Permission.FIGURE_DECLARE, on=find)
@require_POST
def marked(request, slug):
    """The file that was sent, each line with what to mend on it."""
    ticket = ticket_of(request, MARKED_SALT)
    if ticket is None:
        return expired(request)
    reading = figures_sheet.understand(ticket["table"], convention=request.convention, by=request.user)
    sheet = figures_sheet.marked(ticket["table"], reading)
    return attached(workbook(request, [sheet]), f"{slug}-a-corriger.xlsx")


@requires(Permission.FIGURE_DECLARE, on=find)
@require_POST
def keep(request, slug):
    ticket = ticket_of(request, SALT)
    if ticket is None:
        return expired(request)
    reading = figures_sheet.understand(ticket["table"], convention=request.convention, by=request.user)
    if reading.fingerprint != ticket["shown"]:
        return preview(request, ticket["table"], reading, changed=True)
    try:
        n_saved = figures_sheet.save(reading, convention=request.convention, by=request.user)
    except StaleVersion:
        reading = figures_sheet.understand(ticket["table"], convention=request.convention, by=request.user)
        return preview(request, ticket["table"], reading, changed=True)
    messages.success(
        request,
        ngettext("%(n)s chiffre enregistré.", "%(n)s chiffres enregistrés.", n_saved) % {"n": n_saved},
    )
    return redirect("convention_figures", slug)


@requires(Permission.FIGURE_DECLARE, on=find)
@require_safe
def template(request, slug):
    names = Sheet(
        str(_("Données")),
        [Column(str(_("Donnée")), 60), Column(str(_("Unité")), 18)],
        [[str(variable), variable.unit] for variable in variables().values()],
    )
    places = Sheet(
        str(_("Territoires")),
        [Column(str(_("Code")), 14), Column(str(_("Nom")), 60), Column(str(_("Nature")), 30)],
        [
            [one.code, one.name, str(one.get_level_display())]
            for one in request.convention.declarable().values()
        ],
    )
    book = workbook(request, [names, places, figures_sheet.sheet_of([])])
    return attached(book, f"{slug}-modele.xlsx")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def export(request, slug, format):
    sheet = figures_sheet.sheet_of(FigureFilter(request.GET, request.convention.figures()).found())
    match format:
        case "csv":
            return attached(write_csv(sheet), f"{slug}-chiffres.csv")
        case "xlsx":
            return attached(workbook(request, [sheet]), f"{slug}-chiffres.xlsx")
    raise Http404


def workbook(request, sheets) -> bytes:
    readme = [
        (
            _("Remplir"),
            _("Une ligne par chiffre, dans la dernière feuille ; gardez les titres des colonnes."),
        ),
        (
            _("Territoire"),
            _("Code INSEE, code SIREN de l’intercommunalité, code de l’IRIS, du QPV ou de la zone, ou nom."),
        ),
        (_("Période"), _("« 2021 », « décembre 2021 » ou « 3 décembre 2021 ».")),
        (_("Valeur"), _("« 20 500 », « 35,2 % » ou « 430 M€ ».")),
        (_("Rendre"), _("Ce fichier se relit tel quel : une ligne inchangée ne change rien.")),
        (
            _("Secret"),
            _("Les effectifs si petits qu’on reconnaîtrait quelqu’un ne sortent dans aucun fichier."),
        ),
    ]
    return write_xlsx(
        Workbook(
            title=_("Chiffres déclarés – %(convention)s") % {"convention": request.convention},
            subject=_("Chiffres donnés par les partenaires, avec leur source"),
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=readme,
            sheets=sheets,
        )
    )
