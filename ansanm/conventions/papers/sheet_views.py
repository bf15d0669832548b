"""Signature on paper: print the sheet of a version, bring its scan back, place what waits."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import SignatureScan, SignatureSheet
from ansanm.conventions.papers import sheet_operations, sheets
from ansanm.conventions.views import context_of, find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import caller, limited, spend
from ansanm.ui.views import too_many_requests


class ScanForm(forms.Form):
    upload = forms.FileField(
        label=gettext_lazy("Numérisation"),
        help_text=gettext_lazy("PDF, JPEG ou PNG, 20 Mo et 60 pages au plus."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


class PlaceForm(forms.Form):
    version = forms.ChoiceField(label=gettext_lazy("Version signée"), widget=forms.RadioSelect)

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = [(str(one.number), one.title) for one in versions]


def page(request, form, status=200):
    convention = request.convention
    versions = convention.versions.prefetch_related("signature_sheets__scans__file")
    # The sheet of a scan that was placed goes with the draft it was of: the scan waits again.
    waiting = convention.signature_scans.filter(Q(placed="") | Q(sheet__isnull=True)).select_related(
        "file", "sheet__agreement_version"
    )
    return render(
        request,
        "conventions/papers/signing.html",
        context_of(
            request,
            here="signing",
            form=form,
            versions=[(one, [(sheet, sheets.is_current(sheet)) for sheet in one.signature_sheets.all()])
                      for one in versions],
            waiting=[(one, sheets.why_waiting(one)) for one in waiting],
        ),
        status=status,
    )  # fmt: skip


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def signing(request, slug):
    return page(request, ScanForm())


def find_version(request, number):
    return get_object_or_404(request.convention.versions.select_related("convention"), number=number)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def prepare(request, slug, number):
    version = find_version(request, number)
    try:
        sheet = sheet_operations.sheet_of(by=request.user, version=version)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect("signature_sheets", slug)
    return redirect("signature_sheet", slug, sheet.code, "pdf")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def printed(request, slug, code, format):
    """The sheet again, as long as its text is that of the version."""
    sheet = get_object_or_404(
        SignatureSheet.objects.select_related("agreement_version__convention"),
        agreement_version__convention=request.convention,
        code=code,
    )
    if format != "pdf":
        raise Http404(f"No such format: {format}")
    if not sheets.is_current(sheet):
        messages.warning(
            request, _("Le texte a changé depuis cette feuille\u00a0: imprimez celle du texte d’aujourd’hui.")
        )
        return redirect("signature_sheets", slug)
    content = sheets.written(sheet.agreement_version, sheet.code)
    return attached(content, f"{slug}-feuille-{sheet.code}.pdf")


# What happened to a file brought, when it does not go straight to its version.
TOLD = {
    "unread": gettext_lazy(
        "Aucun code ne se lit sur ce fichier. Il est gardé et attend que vous le placiez."
    ),
    "unknown": gettext_lazy(
        "Le code de ce fichier n’est celui d’aucune feuille de cette convention. Il est gardé et attend."
    ),
    "mixed": gettext_lazy("Plusieurs feuilles sont mêlées dans ce fichier. Il est gardé et attend."),
    "older": gettext_lazy(
        "Cette feuille vient d’un texte plus ancien que celui du jour\u00a0: vérifiez ce qui a été signé. "
        "Le fichier est gardé et attend."
    ),
    "duplicate": gettext_lazy("Des pages de cette feuille étaient déjà là. Le fichier est gardé et attend."),
}


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def bring(request, slug):
    # Each page of a scan is drawn and read: seconds of work.
    if wait := spend("brought", caller(request), settings.DOCUMENTS_PER_MINUTE):
        return too_many_requests(request, wait_seconds=wait, per_minute=settings.DOCUMENTS_PER_MINUTE)
    form = ScanForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, form, status=422)
    try:
        scan, verdict = sheet_operations.bring_scan(
            by=request.user, convention=request.convention, upload=form.cleaned_data["upload"]
        )
    except sheet_operations.AlreadyBrought as twin:
        messages.info(
            request,
            _("Ce fichier est déjà là, sous le nom «\u00a0%(name)s\u00a0». Rien n’a été ajouté.")
            % {"name": twin.scan.file.name},
        )
        return redirect("signature_sheets", slug)
    except ValidationError as error:
        with_errors(form, ValidationError({"upload": error.messages}))
        return page(request, form, status=422)
    pages = ", ".join(map(str, scan.pages))
    if verdict == "complete":
        title = scan.sheet.agreement_version.title
        messages.success(
            request,
            _(
                "Rattaché à «\u00a0%(title)s\u00a0» (pages lues\u00a0: %(pages)s). Reste à dire qui a signé, "
                "et quand\u00a0: rien n’est présumé."
            )
            % {"title": title, "pages": pages},
        )
    elif verdict == "partial":
        missing = ", ".join(map(str, sheets.missing_pages(scan.sheet)))
        messages.warning(
            request,
            _(
                "Pages lues\u00a0: %(pages)s. Il manque\u00a0: %(missing)s. Le fichier est gardé et attend "
                "la suite."
            )
            % {"pages": pages, "missing": missing},
        )
    else:
        messages.warning(request, str(TOLD[verdict]))
    return redirect("signature_sheets", slug)


def find_scan(request, pk) -> SignatureScan:
    return get_object_or_404(
        request.convention.signature_scans.select_related("file", "sheet__agreement_version", "convention"),
        pk=pk,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def place(request, slug, pk):
    scan = find_scan(request, pk)
    versions = list(request.convention.versions.all())
    form = PlaceForm(request.POST or None, versions=versions)
    if request.method == "POST" and form.is_valid():
        version = find_version(request, int(form.cleaned_data["version"]))
        try:
            sheet_operations.place_scan(by=request.user, scan=scan, version=version)
        except SignatureScan.DoesNotExist as gone:
            raise Http404("Removed since.") from gone
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("Rattaché à «\u00a0%(title)s\u00a0». Reste à dire qui a signé, et quand.")
                % {"title": version.title},
            )
            return redirect("signature_sheets", slug)
    return render(
        request,
        "conventions/papers/scan.html",
        context_of(
            request,
            here="signing",
            form=form,
            scan=scan,
            why="" if scan.placed and scan.sheet else sheets.why_waiting(scan),
            versions=versions,
        ),
        status=422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def remove(request, slug, pk):
    try:
        sheet_operations.remove_scan(by=request.user, scan=find_scan(request, pk))
    except SignatureScan.DoesNotExist as gone:
        raise Http404("Removed since.") from gone
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, _("Le fichier est retiré."))
    return redirect("signature_sheets", slug)
