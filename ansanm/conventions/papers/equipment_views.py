"""The page of supported equipment: filtered, counted, corrected, imported and given as a document."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.history import Detail
from ansanm.conventions.models import Equipment
from ansanm.conventions.papers import equipment_operations, equipment_sheet, printing
from ansanm.conventions.papers.equipment import (
    EquipmentFilter,
    by_kind,
    by_supporter,
    missing_words,
    totals,
    units_words,
)
from ansanm.conventions.papers.equipment_forms import EquipmentForm, written
from ansanm.conventions.papers.text_views import version_in
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import Workbook, write_csv, write_xlsx
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

SALT = "conventions.equipment_import"
ONE_DAY = 24 * 3600
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def equipment(request, slug):
    convention = request.convention
    narrowed = EquipmentFilter(request.GET, convention)
    return render(
        request,
        "conventions/papers/equipment.html",
        context_of(
            request,
            here="equipment",
            filter=narrowed,
            rows=[
                (
                    one,
                    units_words(one.n_units_existing, one),
                    units_words(one.n_units_new, one),
                    missing_words(one),
                )
                for one in narrowed.found
            ],
            kinds=[(kind, Equipment.Kind(kind).label) for kind in narrowed.kinds],
            operators=Equipment.Operator.choices,
            by_kind=totals(narrowed.found, by=by_kind),
            by_supporter=totals(narrowed.found, by=by_supporter),
            n_lacking=sum(bool(missing_words(one)) for one in narrowed.found),
            has_fictitious=any(one.is_fictitious for one in narrowed.found),
            query=request.GET.urlencode(),
            binned=convention.equipment.filter(deleted_at__isnull=False).order_by("-deleted_at"),
        ),
    )


def find_equipment(request, pk) -> Equipment:
    rows = request.convention.equipment.select_related("operator", "supported_by__organisation", "place")
    return get_object_or_404(rows, pk=pk)


def operators(convention):
    return convention.actors.values_list("name", flat=True)


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def add(request, slug):
    form = EquipmentForm(request.POST or None, convention=request.convention)
    if request.method == "POST" and form.is_valid():
        try:
            equipment_operations.add_equipment(by=request.user, convention=request.convention, **form.facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’équipement est dans la liste."))
            return redirect("equipment", slug)
    return render(
        request,
        "conventions/papers/equipment_form.html",
        context_of(
            request,
            here="equipment",
            form=form,
            title=_("Ajouter un équipement"),
            operators=operators(request.convention),
        ),
        status=422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def edit(request, slug, pk):
    row = find_equipment(request, pk)
    form = EquipmentForm(request.POST or None, convention=request.convention, equipment=row)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            equipment_operations.update_equipment(
                by=request.user,
                equipment=row,
                base_version=form.cleaned_data["version"] or 0,
                **form.facts,
            )
        except StaleVersion:
            row = find_equipment(request, pk)
            stale, form = both(form, row), form.on_top_of(row)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’équipement est enregistré."))
            return redirect("equipment", slug)
    return render(
        request,
        "conventions/papers/equipment_form.html",
        context_of(
            request,
            here="equipment",
            form=form,
            row=row,
            stale=stale,
            title=_("Corriger un équipement"),
            operators=operators(request.convention),
        ),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


def both(form, current) -> list[Detail]:
    """What is saved and what was typed, in the words of the form."""
    saved = written(current)
    return [
        Detail(str(field.label), shown(field, saved[name]), shown(field, form.data.get(name, "")))
        for name, field in form.fields.items()
        if name != "version" and str(saved[name]) != form.data.get(name, "").replace("\r\n", "\n")
    ]


def shown(field, value) -> str:
    choices = getattr(field, "choices", ())
    flat = [
        one for value_, label in choices for one in (label if isinstance(label, list) else [(value_, label)])
    ]
    return str(dict(flat).get(value, value)) or "–"


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def delete(request, slug, pk):
    try:
        equipment_operations.delete_equipment(
            by=request.user, equipment=find_equipment(request, pk), base_version=version_in(request)
        )
    except StaleVersion:
        messages.warning(
            request, _("Quelqu’un vient de le corriger\u00a0: relisez-le avant. Rien n’est à la corbeille.")
        )
    else:
        messages.success(request, _("L’équipement est à la corbeille, au bas de cette page."))
    return redirect("equipment", slug)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def restore(request, slug, pk):
    equipment_operations.restore_equipment(by=request.user, equipment=find_equipment(request, pk))
    messages.success(request, _("L’équipement est de nouveau dans la liste."))
    return redirect("equipment", slug)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def export(request, slug, format):
    """What the filters show as a sheet; the whole list as a document."""
    convention = request.convention
    sheet = equipment_sheet.sheet_of(EquipmentFilter(request.GET, convention).found)
    match format:
        case "csv":
            return attached(write_csv(sheet), f"{slug}-equipements.csv")
        case "xlsx":
            return attached(workbook(convention, sheet), f"{slug}-equipements.xlsx")
        case "pdf" | "docx":
            return attached(printing.equipment_list(convention, format), f"{slug}-equipements.{format}")
    raise Http404(f"No such format: {format}")


def workbook(convention, sheet) -> bytes:
    return write_xlsx(
        Workbook(
            title=_("Équipements et services soutenus – %(convention)s") % {"convention": convention},
            subject=_("La liste qui ouvre le bonus territoire"),
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=[(str(what), str(how)) for what, how in equipment_sheet.README],
            sheets=[sheet],
        )
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def read(request, slug):
    """A sheet brought, understood line by line: nothing is written before it was seen."""
    if request.method != "POST":
        return render(
            request, "conventions/papers/equipment_import.html", context_of(request, here="equipment")
        )
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        table = equipment_sheet.read_table(file.name, file.read(MAX_BYTES + 1))
        reading = equipment_sheet.understand(table, request.convention)
        if not reading.lines:
            raise UnreadableSheet(_("Ce tableau ne contient aucun équipement."))
    except UnreadableSheet as problem:
        return render(
            request,
            "conventions/papers/equipment_import.html",
            context_of(request, here="equipment", problem=str(problem)),
            status=422,
        )
    return preview(request, table, reading)


def preview(request, table, reading, *, changed=False):
    ticket = {
        "table": table,
        "shown": reading.fingerprint,
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    return render(
        request,
        "conventions/papers/equipment_import.html",
        context_of(
            request,
            here="equipment",
            reading=reading,
            changed=changed,
            n_new=reading.n("new"),
            n_changed=reading.n("changed"),
            n_unchanged=reading.n("unchanged"),
            # What was refused must not pass for what may be saved.
            ticket="" if reading.problems else signing.dumps(ticket, salt=SALT, compress=True),
        ),
        status=409 if changed else 422 if reading.problems else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def keep(request, slug):
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        ticket = {}
    if ticket.get("convention") != request.convention.pk or ticket.get("user") != request.user.pk:
        messages.error(
            request,
            _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect("equipment_import", slug)
    reading = equipment_sheet.understand(ticket["table"], request.convention)
    if reading.fingerprint != ticket["shown"]:
        return preview(request, ticket["table"], reading, changed=True)
    try:
        n_saved = equipment_operations.import_equipment(
            by=request.user, convention=request.convention, rows=reading.rows()
        )
    except StaleVersion:
        reading = equipment_sheet.understand(ticket["table"], request.convention)
        return preview(request, ticket["table"], reading, changed=True)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("equipment_import", slug)
    messages.success(
        request,
        ngettext("%(n)s équipement enregistré.", "%(n)s équipements enregistrés.", n_saved) % {"n": n_saved},
    )
    return redirect("equipment", slug)
