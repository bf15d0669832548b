"""A sheet of rows: type one, take the equipment of the convention, bring a file, in two steps."""

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
from ansanm.conventions.finance import circuits, sheets, territories
from ansanm.conventions.finance.frame import framed
from ansanm.conventions.finance.sheet_forms import main_city
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import Workbook, write_xlsx
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached

SPECS = {circuits.SPEC.kind: circuits.SPEC, territories.SPEC.kind: territories.SPEC}
SALT = "funding-sheet-import"
ONE_DAY = 24 * 3600
form_methods = require_http_methods(["GET", "HEAD", "POST"])


def page_context(request, spec, **more):
    return framed(
        request,
        f"funding_{spec.kind}",
        spec=spec,
        kind=spec.kind,
        page=f"funding_{spec.kind}",
        **{
            f"{name}_url": f"funding_{spec.kind}_{name}"
            for name in ("add", "row", "remove", "take", "settings", "import", "keep", "template", "export")
        },
        **more,
    )


def stale_message(request):
    messages.error(
        request,
        _(
            "Quelqu’un a enregistré entre-temps\u00a0: rien n’a été changé. Relisez la page, "
            "puis recommencez."
        ),
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def edit(request, slug, kind, key=""):
    """One row, new or not; what somebody saved on another row meanwhile is kept."""
    spec = SPECS[kind]
    sheet = sheets.load(request.convention, spec)
    row = next((one for one in sheet.content["rows"] if one["key"] == key), None)
    if key and row is None:
        raise Http404
    initial = row or first_values(request.convention, sheet, spec)
    form = spec.form(request.POST or None, initial=initial, convention=request.convention)
    changed = None
    if request.method == "POST" and form.is_valid():
        texts = sheets.texts_of(form, spec)
        seen = request.POST.get("seen", "")
        if row and seen != fingerprint(row):
            changed = row
        elif sheets.twin_of(sheet.content["rows"], texts, spec, key):
            form.add_error(
                "name", _("Une autre ligne porte déjà ce nom\u00a0: corrigez-la, ou changez le nom.")
            )
        elif not key and len(sheet.content["rows"]) >= sheets.MAX_ROWS:
            form.add_error(None, _("%(n)s lignes au plus.") % {"n": sheets.MAX_ROWS})
        else:
            try:
                sheets.save(
                    by=request.user,
                    convention=request.convention,
                    spec=spec,
                    base_version=sheet.version,
                    rows=sheets.with_row(sheet, texts, key),
                )
            except StaleVersion:
                stale_message(request)
            else:
                messages.success(request, _("%(name)s est enregistré.") % {"name": texts["name"]})
            return redirect(f"funding_{kind}", slug)
    return render(
        request,
        "conventions/finance/sheet_row.html",
        page_context(
            request,
            spec,
            form=form,
            row=row,
            seen=fingerprint(row) if row else "",
            changed=[
                (title, sheets.told(form, name, changed[name]) or "–") for name, title in spec.columns.items()
            ]
            if changed
            else None,
        ),
        status=409 if changed else 422 if form.errors else 200,
    )


def fingerprint(row: dict) -> str:
    return signing.Signer(salt=SALT).signature(repr(sorted(row.items())))


def first_values(convention, sheet, spec) -> dict:
    """What a new row most likely is: of the same authority and year as the one before."""
    rows = sheet.content["rows"]
    place = "city" if "city" in spec.columns else "territory"
    last = rows[-1] if rows else {}
    found = {place: last.get(place) or main_city(convention)}
    return found | ({"year": last.get("year") or timezone.localdate().year} if "year" in spec.columns else {})


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def remove(request, slug, kind, key):
    spec = SPECS[kind]
    sheet = sheets.load(request.convention, spec)
    rows = [one for one in sheet.content["rows"] if one["key"] != key]
    if len(rows) == len(sheet.content["rows"]):
        raise Http404
    try:
        sheets.save(
            by=request.user, convention=request.convention, spec=spec, base_version=sheet.version, rows=rows
        )
    except StaleVersion:
        stale_message(request)
    else:
        messages.success(request, _("La ligne est retirée."))
    return redirect(f"funding_{kind}", slug)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def take(request, slug, kind):
    """Add a row for each equipment of the convention that has none yet."""
    spec = SPECS[kind]
    sheet = sheets.load(request.convention, spec)
    if kind == circuits.SPEC.kind:
        found = circuits.from_equipment(request.convention, timezone.localdate().year)
        held = {one["name"] for one in sheet.content["rows"]}
        found = [one for one in found if one["name"] not in held]
    else:
        found = territories.from_equipment(request.convention)
    rows = list(sheet.content["rows"])
    for texts in found:
        if not sheets.twin_of(rows, texts, spec) and len(rows) < sheets.MAX_ROWS:
            rows.append(texts | {"key": sheets.new_key()})
    n_new = len(rows) - len(sheet.content["rows"])
    if n_new:
        try:
            sheets.save(
                by=request.user,
                convention=request.convention,
                spec=spec,
                base_version=sheet.version,
                rows=rows,
            )
        except StaleVersion:
            stale_message(request)
            return redirect(f"funding_{kind}", slug)
    messages.success(
        request,
        ngettext("%(n)s équipement repris.", "%(n)s équipements repris.", n_new) % {"n": n_new}
        if n_new
        else _("Aucun équipement de plus\u00a0: la liste de la convention est déjà reprise, ou vide."),
    )
    return redirect(f"funding_{kind}", slug)


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def read(request, slug, kind):
    spec = SPECS[kind]
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
            table = sheets.read_table(file.name, file.read(MAX_BYTES + 1), spec)
            return preview(request, spec, table)
        except UnreadableSheet as unreadable:
            problem = str(unreadable)
    return render(
        request,
        "conventions/finance/sheet_import.html",
        page_context(request, spec, problem=problem),
        status=422 if problem else 200,
    )


def preview(request, spec, table, *, changed=False):
    sheet = sheets.load(request.convention, spec)
    reading = sheets.understand(table, spec, sheet)
    ticket = signing.dumps(
        {
            "convention": request.convention.pk,
            "user": request.user.pk,
            "kind": str(spec.kind),
            "version": sheet.version,
            "table": table,
        },
        salt=SALT,
        compress=True,
    )
    return render(
        request,
        "conventions/finance/sheet_preview.html",
        page_context(
            request,
            spec,
            reading=reading,
            n_new=reading.n("new"),
            n_changed=reading.n("changed"),
            n_unchanged=reading.n("unchanged"),
            n_gone=reading.n_gone,
            ticket=ticket,
            stale=changed,
        ),
        status=409 if changed else 422 if reading.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def keep(request, slug, kind):
    spec = SPECS[kind]
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        ticket = {}
    mine = (request.convention.pk, request.user.pk, str(kind))
    if (ticket.get("convention"), ticket.get("user"), ticket.get("kind")) != mine:
        messages.error(
            request,
            _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect(f"funding_{kind}_import", slug)
    reading = sheets.understand(ticket["table"], spec, sheets.load(request.convention, spec))
    if reading.errors:
        return preview(request, spec, ticket["table"])
    try:
        sheets.save(
            by=request.user,
            convention=request.convention,
            spec=spec,
            base_version=ticket["version"],
            rows=[row.kept for row in reading.rows],
        )
    except StaleVersion:
        return preview(request, spec, ticket["table"], changed=True)
    messages.success(
        request,
        ngettext("%(n)s ligne enregistrée.", "%(n)s lignes enregistrées.", len(reading.rows))
        % {"n": len(reading.rows)},
    )
    return redirect(f"funding_{kind}", slug)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_safe
def template(request, slug, kind):
    """The sheet to fill in, with what the convention already knows of its equipment."""
    spec = SPECS[kind]
    rows = sheets.load(request.convention, spec).content["rows"]
    if not rows:
        year = timezone.localdate().year
        rows = (
            circuits.from_equipment(request.convention, year)
            if kind == circuits.SPEC.kind
            else territories.from_equipment(request.convention)
        )
    book = Workbook(
        title=f"{spec.title} – {request.convention}",
        subject=str(spec.title),
        author="Ansanm",
        produced_on=timezone.localdate(),
        readme_name=_("Lisez-moi"),
        readme=[
            (_("Remplir"), _("Une ligne par équipement, dans la dernière feuille\u202f; gardez les titres.")),
            (
                _("Montants"),
                _("«\u202f345 000\u202f» ou «\u202f345000,50\u202f»\u202f; vide s’il est inconnu."),
            ),
            (
                _("Rendre"),
                _("Le fichier remplace toutes les lignes\u202f: toutes celles qu’il a, ou aucune."),
            ),
            *(
                (str(field.label), str(field.help_text))
                for field in spec.form(convention=request.convention).fields.values()
                if field.help_text
            ),
        ],
        sheets=[sheets.row_sheet(rows, spec, request.convention)],
    )
    return attached(write_xlsx(book), f"{slug}-modele-{kind}.xlsx")
