"""The COF as the Caf and the city see it: its terms, declarations, papers, payments and managers."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import User
from ansanm.accounts.permissions import ROLES, Permission
from ansanm.conventions.file_views import given
from ansanm.conventions.finance import devices, operations, screens
from ansanm.conventions.finance.explained import doubt_of, lines_of, missing_words
from ansanm.conventions.finance.forms import (
    JudgeForm,
    ManagersForm,
    OpenForm,
    PaperForm,
    ReasonForm,
    TermsForm,
)
from ansanm.conventions.finance.frame import agreement_of, exported, framed, phase_of
from ansanm.conventions.finance.overview import PHASES, Overview, Row, day_words
from ansanm.conventions.finance.report import euros, shown
from ansanm.conventions.forms import with_errors
from ansanm.conventions.history import Detail
from ansanm.conventions.models import Equipment, FundingAgreement, Phase
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def row_of(convention, agreement) -> Row:
    overview = Overview(convention, FundingAgreement.objects.filter(pk=agreement.pk))
    return overview.rows[0]


def told(row: Row) -> dict:
    """What the page of a COF shows, whoever reads it."""
    agreement = row.agreement
    return {
        "row": row,
        "agreement": agreement,
        "phases": [
            {
                "phase": phase,
                "label": Phase(phase).label,
                "declaration": row.declarations.get(phase),
                "due_on": row.due_on(phase),
                "is_late": phase in {one for one, _day in row.late},
                "total": euros(one.total_cents) if (one := row.declarations.get(phase)) else None,
            }
            for phase in PHASES
        ],
        "planned": [
            {
                "label": one.get_kind_display(),
                "due_on": one.due_on,
                "eur": euros(one.amount_cents),
                "lines": lines_of(one.explanation),
                "doubt": doubt_of(one.explanation),
            }
            for one in row.planned
        ],
        "payments": [{"payment": one, "eur": euros(one.amount_cents)} for one in row.payments],
        "keys": [
            {"name": _("Droit connu"), "value": euros(row.entitled_cents)},
            {"name": _("Prévu à ce jour"), "value": euros(row.planned_today_cents)},
            {"name": _("Payé"), "value": euros(row.paid_cents)},
            *(
                [
                    {"name": _("Reste à verser"), "value": euros(row.due_cents)},
                    {"name": _("Trop-perçu à rendre"), "value": euros(row.overpaid_cents)},
                ]
                if agreement.is_settled
                else []
            ),
            *(
                [{"name": _("Charge à payer au 31 décembre"), "value": euros(row.accrued_cents)}]
                if row.accrued_cents
                else []
            ),
        ],
        "days": [
            {
                "title": day_words(one.key),
                "on": one.on,
                "is_past": one.on < row.today,
                "to_confirm": one.used is not None and one.used.value.status.value == "unconfirmed",
            }
            for one in row.calendar
        ],
        "terms": terms(agreement),
    }


def terms(agreement) -> list[tuple[str, str]]:
    found = []
    for name in operations.TERMS:
        if name == "is_fictitious":
            continue
        field = agreement._meta.get_field(name)
        value = getattr(agreement, name)
        if name == "employer":
            value = agreement.get_employer_display()
        elif isinstance(value, bool):
            value = _("oui") if value else _("non")
        found.append((str(field.verbose_name), value))
    return found


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def agreement(request, slug, pk):
    one = agreement_of(request, pk)
    context = framed(
        request,
        is_mine=False,
        managers=one.equipment.managers.select_related("user"),
        **told(row_of(request.convention, one)),
    )
    return render(request, "conventions/finance/agreement.html", context)


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def open_agreement(request, slug):
    form = OpenForm(request.POST or None, convention=request.convention, initial=proposed(request))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = operations.open_agreement(
                by=request.user,
                convention=request.convention,
                equipment=chosen["equipment"],
                device=chosen["device"],
                year=chosen["year"],
                **form.facts,
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La COF est ouverte\u00a0: dites maintenant qui déclare."))
            return redirect("finance_managers", slug, made.pk)
    context = framed(request, form=form, has_equipment=screens.has_equipment(request.convention))
    return render(request, "conventions/finance/open.html", context, status=422 if form.errors else 200)


def proposed(request) -> dict:
    """What is known of the equipment chosen by `?equipment=`; nothing else is guessed."""
    found: dict = {"general_scheme_percent": 100}
    asked = request.GET.get("equipment", "")
    one = request.convention.equipment.standing().filter(pk=asked).first() if asked.isdecimal() else None
    if one is None:
        return found
    found |= {
        "equipment": one.pk,
        "device": devices.USUAL.get(one.kind, ""),
        "beneficiary": one.operator.name if one.operator else "",
        "is_fictitious": one.is_fictitious,
        "territory_units": one.n_units_existing,
        "new_places": one.n_units_new if one.unit == "places" else None,
    }
    if one.operator_kind:
        is_public = one.operator_kind == Equipment.Operator.PUBLIC
        found["employer"] = (
            FundingAgreement.Employer.PUBLIC if is_public else FundingAgreement.Employer.PRIVATE
        )
    if one.in_qpv is not None or one.in_frr is not None:
        found["is_priority_area"] = bool(one.in_qpv or one.in_frr)
    return found


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def edit(request, slug, pk):
    one = agreement_of(request, pk)
    form = TermsForm(request.POST or None, instance=one, initial={"version": one.version})
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_agreement(
                by=request.user,
                agreement=one,
                base_version=form.cleaned_data["version"],
                **form.facts,
            )
        except StaleVersion as conflict:
            stale = [
                Detail(str(form.fields[name].label), said(saved), said(mine))
                for name in operations.TERMS
                if (saved := getattr(conflict.current, name)) != (mine := form.facts.get(name))
            ]
            data = request.POST.copy()
            data["version"] = conflict.current.version
            form = TermsForm(data, instance=one)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La COF est enregistrée."))
            return redirect("finance_agreement", slug, pk)
    context = framed(request, form=form, agreement=one, stale=stale)
    status = 409 if stale is not None else 422 if form.errors else 200
    return render(request, "conventions/finance/edit.html", context, status=status)


def said(value) -> str:
    return "–" if value in (None, "") else str(value)


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def reopen(request, slug, pk):
    one = agreement_of(request, pk)
    form = ReasonForm(request.POST or None, initial={"version": one.version})
    changed = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.reopen(
                by=request.user,
                agreement=one,
                base_version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
            )
        except StaleVersion:
            changed = True
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’année est rouverte\u00a0: la déclaration réelle est à renvoyer."))
            return redirect("finance_agreement", slug, pk)
    context = framed(request, form=form, agreement=one, changed=changed)
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "conventions/finance/reopen.html", context, status=status)


@requires(Permission.MEMBER_MANAGE, on=find)
@form_methods
def managers(request, slug, pk):
    """Who declares for the equipment of this COF, among the members whose role lets them."""
    equipment = agreement_of(request, pk).equipment
    able = [name for name, role in ROLES.items() if Permission.FINANCE_DECLARE in role.permissions]
    members = request.convention.roles.filter(role__in=able).values("user")
    people = User.objects.filter(pk__in=members, is_active=True).order_by("last_name", "first_name")
    form = ManagersForm(
        request.POST or None,
        people=people,
        initial={"users": list(equipment.managers.values_list("user_id", flat=True))},
    )
    if request.method == "POST" and form.is_valid():
        operations.set_managers(by=request.user, equipment=equipment, users=form.cleaned_data["users"])
        messages.success(request, _("Les personnes qui déclarent sont enregistrées."))
        return redirect("finance_agreement", slug, pk)
    context = framed(request, form=form, agreement=agreement_of(request, pk))
    return render(request, "conventions/finance/managers.html", context, status=422 if form.errors else 200)


def declaration_of(agreement, phase):
    found = agreement.declarations.filter(phase=phase).first()
    if found is None:
        raise Http404("Nothing was declared for this phase.")
    return found


def told_declaration(declaration) -> dict:
    """A declaration as a page and a document show it: the figures, each component, its lines."""
    device = declaration.agreement.device
    values = devices.typed(device, declaration.content)
    return {
        "declaration": declaration,
        "facts": [
            {
                "label": field.label,
                "value": values[field.name],
                "unit": field.unit,
                "text": choice(field, values) or shown(values[field.name], field.unit),
            }
            for field in devices.FIELDS[device]
        ],
        "components": [
            {
                "label": devices.label_of(one["key"]),
                "eur": Decimal(one["amount"]["eur"]) if "amount" in one else None,
                "lines": lines_of(one["amount"]) if "amount" in one else [],
                "doubt": doubt_of(one["amount"]) if "amount" in one else None,
                "missing": missing_words(one["missing"]) if "missing" in one else "",
            }
            for one in declaration.computed
        ],
        "total": euros(declaration.total_cents),
        "has_doubt": any("amount" in one and doubt_of(one["amount"]) for one in declaration.computed),
        "revisions": declaration.revisions.select_related("by"),
    }


def choice(field, values) -> str:
    value = values[field.name]
    if field.unit == "choice":
        return str(dict(devices.SERVICES).get(value, ""))
    if field.unit == "yes_no":
        return {"yes": _("oui"), "no": _("non")}.get(value, "")
    return ""


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def declaration(request, slug, pk, phase):
    one = declaration_of(agreement_of(request, pk), phase_of(phase))
    context = framed(
        request,
        agreement=one.agreement,
        reason_form=ReasonForm(initial={"version": one.version}),
        export=exports_of(slug, pk, phase),
        **told_declaration(one),
    )
    return render(request, "conventions/finance/declaration.html", context)


def exports_of(slug, pk, phase, name="finance_declaration_export") -> list[tuple[str, str]]:
    return [
        (format.upper(), reverse(name, args=[slug, pk, phase, format])) for format in ("pdf", "xlsx", "csv")
    ]


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def declaration_export(request, slug, pk, phase, format):
    one = declaration_of(agreement_of(request, pk), phase_of(phase))
    return exported(screens.declaration(told_declaration(one)), slug, f"declaration-{phase}", format)


@requires(Permission.FINANCE_SETTLE, on=find)
@require_POST
def decide(request, slug, pk, phase):
    """Validate a declaration, or give it back with why."""
    one = declaration_of(agreement_of(request, pk), phase_of(phase))
    text = request.POST.get("version", "")
    version = int(text) if text.isdecimal() else -1
    form = ReasonForm(request.POST)
    problems, status = [], 422
    try:
        if request.POST.get("decision") == "validate":
            operations.validate_declaration(by=request.user, declaration=one, base_version=version)
            messages.success(request, _("La déclaration est validée."))
            return redirect("finance_agreement", slug, pk)
        if form.is_valid():
            operations.return_declaration(
                by=request.user,
                declaration=one,
                base_version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("La déclaration est renvoyée au gestionnaire."))
            return redirect("finance_agreement", slug, pk)
        problems = [problem for found in form.errors.values() for problem in found]
    except StaleVersion:
        problems = [_("Cette déclaration vient de changer\u00a0: relisez-la avant de décider.")]
        status = 409
        one = declaration_of(agreement_of(request, pk), phase)
        form = ReasonForm({"reason": request.POST.get("reason", ""), "version": one.version})
    except ValidationError as error:
        problems = error.messages
    context = framed(
        request,
        agreement=one.agreement,
        problems=problems,
        reason_form=form,
        export=exports_of(slug, pk, phase),
        **told_declaration(one),
    )
    return render(request, "conventions/finance/declaration.html", context, status=status)


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def paper_add(request, slug, pk):
    one = agreement_of(request, pk)
    form = PaperForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.add_paper(by=request.user, agreement=one, **form.cleaned_data)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La pièce est attendue."))
            return redirect(reverse("finance_agreement", args=[slug, pk]) + "#papers")
    context = framed(request, form=form, agreement=one, title=_("Attendre une pièce"))
    return render(request, "conventions/finance/paper.html", context, status=422 if form.errors else 200)


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def paper_judge(request, slug, pk, paper):
    one = agreement_of(request, pk)
    document = get_object_or_404(one.due_documents, pk=paper)
    form = JudgeForm(
        request.POST or None,
        initial={"state": document.state, "reason": document.reason, "version": document.version},
    )
    changed = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.judge_paper(
                by=request.user,
                document=document,
                base_version=form.cleaned_data["version"],
                state=form.cleaned_data["state"],
                reason=form.cleaned_data["reason"],
            )
        except StaleVersion:
            changed = True
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’état de la pièce est enregistré."))
            return redirect(reverse("finance_agreement", args=[slug, pk]) + "#papers")
    context = framed(request, form=form, agreement=one, paper=document, changed=changed, title=str(document))
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "conventions/finance/paper.html", context, status=status)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def paper_file(request, slug, pk, paper):
    document = get_object_or_404(agreement_of(request, pk).due_documents.exclude(file=None), pk=paper)
    return given(document.file)
