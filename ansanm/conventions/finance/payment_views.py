"""Payments that the Caf made and the ledger underneath: recorded and reconciled, never ordered."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.finance import ledger, payments, screens
from ansanm.conventions.finance.forms import MatchForm
from ansanm.conventions.finance.frame import exported, framed
from ansanm.conventions.finance.report import euros
from ansanm.conventions.finance.screen_views import exports
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Account, FundingAgreement, LedgerEntry, LedgerPosting, Payment
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import tables
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.limits import limited

SALT = "conventions.finance_payments"
ONE_DAY = 24 * 3600
PER_PAGE = 50
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def listed(request, slug):
    """The payments to match first, then all of them."""
    found = request.convention.payments.select_related("agreement__equipment")
    agreements = payments.agreements_of(request.convention)
    unmatched = []
    for one in found.filter(agreement=None)[:PER_PAGE]:
        best = payments.candidates(one, agreements)[:1]
        unmatched.append({"payment": one, "eur": euros(one.amount_cents), "best": best[0] if best else None})
    page = Paginator(found.exclude(agreement=None), PER_PAGE).get_page(request.GET.get("page"))
    context = framed(
        request,
        "finance_payments",
        unmatched=unmatched,
        n_unmatched=found.filter(agreement=None).count(),
        page=page,
        matched=[{"payment": one, "eur": euros(one.amount_cents)} for one in page],
        batches=request.convention.payment_batches.select_related("by")[:20],
        export=exports(slug, "finance_payments_export"),
        words=screens.never_pays(),
    )
    return render(request, "conventions/finance/payments.html", context)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def listed_export(request, slug, format):
    found = request.convention.payments.select_related("agreement__equipment").order_by("paid_on", "pk")
    return exported(screens.payments(request.convention, found), slug, "paiements", format)


@requires(Permission.FINANCE_SETTLE, on=find)
@form_methods
def read(request, slug):
    if request.method != "POST":
        return render(request, "conventions/finance/payments_import.html", framed(request))
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        content = file.read(MAX_BYTES + 1)
        table = tables.read_table(file.name, content, max_rows=payments.MAX_ROWS)
        reading = payments.understand(file.name, table, convention=request.convention)
    except UnreadableSheet as problem:
        context = framed(request, problem=str(problem))
        return render(request, "conventions/finance/payments_import.html", context, status=422)
    ticket = {
        "name": file.name,
        "table": table,
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    context = framed(
        request,
        reading=reading,
        rows=[{"row": one, "eur": euros(one.cents)} for one in reading.rows],
        total=euros(sum(one.cents for one in reading.new)),
        ticket="" if reading.errors else signing.dumps(ticket, salt=SALT, compress=True),
    )
    status = 422 if reading.errors else 200
    return render(request, "conventions/finance/payments_preview.html", context, status=status)


@requires(Permission.FINANCE_SETTLE, on=find)
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
        return redirect("finance_payments_import", slug)
    reading = payments.understand(ticket["name"], ticket["table"], convention=request.convention)
    batch = payments.save(reading, by=request.user, convention=request.convention)
    if batch is None:
        messages.info(request, _("Cette liste est déjà enregistrée\u00a0: rien n’a changé."))
    else:
        n = batch.payments.count()
        n_left = batch.payments.filter(agreement=None).count()
        said = ngettext("%(n)s paiement enregistré", "%(n)s paiements enregistrés", n) % {"n": n}
        left = ngettext("%(n)s à rapprocher", "%(n)s à rapprocher", n_left) % {"n": n_left}
        messages.success(request, _("%(said)s, dont %(left)s à la main.") % {"said": said, "left": left})
    return redirect("finance_payments", slug)


def payment_of(request, pk) -> Payment:
    return get_object_or_404(
        request.convention.payments.select_related("agreement__equipment", "batch"), pk=pk
    )


def payment_page(request, payment, form, *, changed=False, status=200):
    candidates = []
    if payment.agreement_id is None:
        candidates = payments.candidates(payment, payments.agreements_of(request.convention))[:5]
    context = framed(
        request,
        "finance_payments",
        payment=payment,
        eur=euros(payment.amount_cents),
        candidates=candidates,
        form=form,
        changed=changed,
        entries=told_entries(
            LedgerEntry.objects.filter(convention=request.convention, payment=payment, is_sealed=True)
        ),
    )
    return render(request, "conventions/finance/payment.html", context, status=status)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def payment(request, slug, pk):
    one = payment_of(request, pk)
    asked = request.GET.get("cof", "")
    initial = {"version": one.version} | ({"agreement": asked} if asked.isdecimal() else {})
    return payment_page(request, one, MatchForm(convention=request.convention, initial=initial))


@requires(Permission.FINANCE_SETTLE, on=find)
@require_POST
def match(request, slug, pk):
    one = payment_of(request, pk)
    form = MatchForm(request.POST, convention=request.convention)
    changed = False
    if form.is_valid():
        try:
            payments.match(
                by=request.user,
                payment=one,
                agreement=form.cleaned_data["agreement"],
                base_version=form.cleaned_data["version"],
            )
        except StaleVersion:
            changed = True
            one = payment_of(request, pk)
            data = request.POST.copy()
            data["version"] = one.version
            form = MatchForm(data, convention=request.convention)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le paiement est rapproché."))
            return redirect("finance_payment", slug, pk)
    return payment_page(request, one, form, changed=changed, status=409 if changed else 422)


@requires(Permission.FINANCE_SETTLE, on=find)
@require_POST
def unmatch(request, slug, pk):
    one = payment_of(request, pk)
    text = request.POST.get("version", "")
    try:
        payments.unmatch(by=request.user, payment=one, base_version=int(text) if text.isdecimal() else -1)
    except StaleVersion:
        messages.error(request, _("Ce paiement vient de changer\u00a0: relisez-le avant de recommencer."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Le rapprochement est défait, par une écriture inverse."))
    return redirect("finance_payment", slug, pk)


def told_entries(entries) -> list[dict]:
    """Entries with their two sides, as the pages show them."""
    found = []
    for entry in entries.select_related(
        "agreement__equipment", "payment", "reverses", "reversed_by", "by"
    ).prefetch_related("postings__agreement__equipment"):
        found.append(
            {
                "entry": entry,
                "postings": [
                    {
                        "label": one.get_account_display(),
                        "account": one.account,
                        "agreement": one.agreement,
                        "debit": euros(one.amount_cents) if one.amount_cents > 0 else None,
                        "credit": euros(-one.amount_cents) if one.amount_cents < 0 else None,
                    }
                    for one in entry.postings.all()
                ],
            }
        )
    return found


def wanted_of(request) -> tuple[dict, object]:
    """What the address asks for: an account, a COF, a payment, a year; and the entries that answer."""
    entries = LedgerEntry.objects.filter(convention=request.convention, is_sealed=True)
    wanted = {}
    if (account := request.GET.get("account", "")) in Account.values:
        wanted["account"] = account
        entries = entries.filter(postings__account=account)
    for name, model in (("agreement", FundingAgreement), ("payment", Payment)):
        text = request.GET.get(name, "")
        found = (
            model.objects.filter(convention=request.convention, pk=text).first() if text.isdecimal() else None
        )
        if found:
            wanted[name] = found
            entries = entries.filter(**{name: found})
    text = request.GET.get("year", "")
    if text.isdecimal() and len(text) == 4:
        wanted["year"] = int(text)
        entries = entries.filter(agreement__year=int(text))
    return wanted, entries.distinct()


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def accounts(request, slug):
    """Every account with its balance, and the entries that make it, from whatever side one looks."""
    wanted, entries = wanted_of(request)
    postings = LedgerPosting.objects.filter(entry__in=entries)
    if "account" in wanted:
        postings = postings.filter(account=wanted["account"])
    balances = ledger.balances(postings)
    years = request.convention.funding_agreements.order_by("year").values_list("year", flat=True).distinct()
    page = Paginator(entries.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    keys = {name: value.pk if hasattr(value, "pk") else value for name, value in wanted.items()}
    context = framed(
        request,
        "finance_ledger",
        wanted=wanted,
        balances=[
            {
                "account": account,
                "label": Account(account).label,
                "debit": euros(cents) if cents > 0 else None,
                "credit": euros(-cents) if cents < 0 else None,
                "url": f"{reverse('finance_ledger', args=[slug])}?{urlencode(keys | {'account': account})}",
            }
            for account, cents in balances.items()
            if "account" not in wanted or account == wanted["account"]
        ],
        is_balanced=sum(balances.values()) == 0,
        page=page,
        entries=told_entries(LedgerEntry.objects.filter(pk__in=[one.pk for one in page])),
        years=list(years),
        page_query=f"{urlencode(keys)}&" if keys else "",
        export=exports(slug, "finance_ledger_export", urlencode(keys)),
    )
    return render(request, "conventions/finance/ledger.html", context)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def accounts_export(request, slug, format):
    _wanted, entries = wanted_of(request)
    postings = (
        LedgerPosting.objects.filter(entry__in=entries)
        .select_related("entry", "agreement__equipment")
        .order_by("entry", "pk")
    )
    return exported(screens.ledger(request.convention, postings), slug, "comptes", format)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def entry(request, slug, pk):
    one = get_object_or_404(request.convention.ledger_entries.filter(is_sealed=True), pk=pk)
    (told,) = told_entries(LedgerEntry.objects.filter(pk=one.pk))
    return render(request, "conventions/finance/entry.html", framed(request, "finance_ledger", **told))
