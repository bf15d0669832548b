"""The manager's side: what I declare, what I receive, what is late, for my equipment alone."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.file_views import given
from ansanm.conventions.finance import calendars, declared_sheet, devices, operations, screens
from ansanm.conventions.finance.cof_views import exports_of, row_of, told, told_declaration
from ansanm.conventions.finance.forms import DeclarationForm, typed_back
from ansanm.conventions.finance.frame import exported, framed, own_agreement_of, own_agreements, phase_of
from ansanm.conventions.finance.overview import Overview
from ansanm.conventions.finance.screen_views import exports
from ansanm.conventions.forms import with_errors
from ansanm.conventions.history import Detail
from ansanm.conventions.models import FundingDeclaration, Phase
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

SALT = "conventions.finance_import"
ONE_DAY = 24 * 3600
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
def mine(request, slug):
    overview = Overview(request.convention, own_agreements(request))
    events = [one for one in calendars.events(overview, since=overview.today) if not one.state]
    context = framed(
        request,
        "finance_mine",
        report=screens.manager(overview),
        export=exports(slug, "finance_mine_export"),
        events=events[:8],
        ics=reverse("finance_mine_ics", args=[slug]),
        today=overview.today,
    )
    return render(request, "conventions/finance/mine.html", context)


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
@limited
def mine_export(request, slug, format):
    report = screens.manager(Overview(request.convention, own_agreements(request)))
    return exported(report, slug, "mes-equipements", format)


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
def mine_ics(request, slug):
    return calendars.answered(
        Overview(request.convention, own_agreements(request)), f"{slug}-mes-echeances.ics"
    )


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
def agreement(request, slug, pk):
    one = own_agreement_of(request, pk)
    context = framed(request, is_mine=True, **told(row_of(request.convention, one)))
    return render(request, "conventions/finance/agreement.html", context)


def standing_of(agreement, phase) -> FundingDeclaration | None:
    return agreement.declarations.filter(phase=phase).first()


@requires(Permission.FINANCE_DECLARE, on=find)
@form_methods
def declare(request, slug, pk, phase):
    """Type a declaration, see what it gives right to line by line, then send it."""
    one, phase = own_agreement_of(request, pk), phase_of(phase)
    standing = standing_of(one, phase)
    initial = typed_back(standing.content) if standing else carried(one, phase)
    initial["version"] = standing.version if standing else 0
    form = DeclarationForm(request.POST or None, device=one.device, initial=initial)
    stale = None
    if request.method == "POST" and form.is_valid():
        sending = request.POST.get("deed") == "send"
        try:
            operations.save_declaration(
                by=request.user,
                agreement=one,
                phase=phase,
                content=form.content,
                base_version=form.cleaned_data["version"],
                send=sending,
            )
        except StaleVersion as conflict:
            current = conflict.current
            stale = differences(one.device, current.content if current else {}, form.content)
            data = request.POST.copy()
            data["version"] = current.version if current else 0
            form = DeclarationForm(data, device=one.device)
            standing = current
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("La déclaration est envoyée à la Caf.")
                if sending
                else _("Le brouillon est enregistré\u00a0: voici ce qu’il donne."),
            )
            return redirect("finance_declare", slug, pk, phase)
    context = framed(
        request,
        form=form,
        agreement=one,
        phase=phase,
        phase_label=Phase(phase).label,
        stale=stale,
        is_locked=one.is_settled or bool(standing and standing.state == "validated"),
        export=exports_of(slug, pk, phase, "finance_mine_declaration_export") if standing else [],
        **(told_declaration(standing) if standing else {"declaration": None}),
    )
    status = 409 if stale is not None else 422 if form.errors else 200
    return render(request, "conventions/finance/declare.html", context, status=status)


def carried(agreement, phase) -> dict:
    """The figures of the declaration before, to be corrected: nobody types forty of them four times."""
    order = list(Phase)
    for before in reversed(order[: order.index(Phase(phase))]):
        if found := standing_of(agreement, before):
            return typed_back(found.content)
    return {}


def differences(device, saved: dict, mine: dict) -> list[Detail]:
    return [
        Detail(str(field.label), saved.get(field.name, "–"), mine.get(field.name, "–"))
        for field in devices.FIELDS[device]
        if saved.get(field.name) != mine.get(field.name)
    ]


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
@limited
def declaration_export(request, slug, pk, phase, format):
    one = get_object_or_404(own_agreement_of(request, pk).declarations, phase=phase_of(phase))
    return exported(screens.declaration(told_declaration(one)), slug, f"declaration-{phase}", format)


@requires(Permission.FINANCE_DECLARE, on=find)
@form_methods
def paper_give(request, slug, pk, paper):
    one = own_agreement_of(request, pk)
    document = get_object_or_404(one.due_documents, pk=paper)
    problem = ""
    if request.method == "POST":
        text = request.POST.get("version", "")
        try:
            if "file" not in request.FILES:
                raise ValidationError(_("Aucun fichier n’a été choisi."))
            operations.give_paper(
                by=request.user,
                document=document,
                base_version=int(text) if text.isdecimal() else -1,
                upload=request.FILES["file"],
            )
        except StaleVersion:
            problem = _("L’état de cette pièce vient de changer\u00a0: relisez-le, puis recommencez.")
            document.refresh_from_db()
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(request, _("La pièce est déposée."))
            return redirect(reverse("finance_mine_agreement", args=[slug, pk]) + "#papers")
    context = framed(request, agreement=one, paper=document, problem=problem)
    return render(request, "conventions/finance/paper_give.html", context, status=422 if problem else 200)


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
def paper_file(request, slug, pk, paper):
    document = get_object_or_404(own_agreement_of(request, pk).due_documents.exclude(file=None), pk=paper)
    return given(document.file)


@requires(Permission.FINANCE_DECLARE, on=find)
@require_safe
def template(request, slug):
    """A workbook with one row for each figure of my next declarations: only the value is to be filled."""
    overview = Overview(request.convention, own_agreements(request))
    return attached(declared_sheet.template(overview), f"{slug}-declarations.xlsx")


@requires(Permission.FINANCE_DECLARE, on=find)
@form_methods
def read(request, slug):
    if request.method != "POST":
        return render(request, "conventions/finance/import.html", framed(request))
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        table = declared_sheet.read_table(file.name, file.read(MAX_BYTES + 1))
        reading = understood(request, table)
    except UnreadableSheet as problem:
        context = framed(request, problem=str(problem))
        return render(request, "conventions/finance/import.html", context, status=422)
    return preview(request, table, reading)


def understood(request, table):
    return declared_sheet.understand(table, agreements=own_agreements(request))


def preview(request, table, reading, *, changed=False):
    ticket = {
        "table": table,
        "shown": reading.fingerprint,
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    context = framed(
        request,
        reading=reading,
        changed=changed,
        ticket="" if reading.errors else signing.dumps(ticket, salt=SALT, compress=True),
    )
    status = 409 if changed else 422 if reading.errors else 200
    return render(request, "conventions/finance/import_preview.html", context, status=status)


@requires(Permission.FINANCE_DECLARE, on=find)
@require_POST
def keep(request, slug):
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        ticket = {}
    if (ticket.get("convention"), ticket.get("user")) != (request.convention.pk, request.user.pk):
        messages.error(
            request,
            _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect("finance_import", slug)
    reading = understood(request, ticket["table"])
    if reading.errors or reading.fingerprint != ticket["shown"]:
        return preview(request, ticket["table"], reading, changed=True)
    try:
        n = declared_sheet.save(reading, by=request.user, convention=request.convention)
    except StaleVersion:
        return preview(request, ticket["table"], understood(request, ticket["table"]), changed=True)
    messages.success(
        request,
        ngettext(
            "%(n)s déclaration enregistrée en brouillon\u00a0: relisez-la, puis envoyez-la.",
            "%(n)s déclarations enregistrées en brouillon\u00a0: relisez-les, puis envoyez-les.",
            n,
        )
        % {"n": n},
    )
    return redirect("finance_mine", slug)
