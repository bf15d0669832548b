"""The versions of an agreement: take the text as it stands, read what it changes, sign it, print it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions import files
from ansanm.conventions.agreement import documents, operations, snapshot
from ansanm.conventions.agreement.difference import compare, total_words
from ansanm.conventions.agreement.forms import DraftForm, SignForm
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import AgreementVersion
from ansanm.conventions.papers import printing
from ansanm.conventions.views import context_of, find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

State = AgreementVersion.State
form_methods = require_http_methods(["GET", "HEAD", "POST"])


def find_version(request, number) -> AgreementVersion:
    return get_object_or_404(
        request.convention.versions.select_related("convention", "printed", "created_by"), number=number
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def version(request, slug, number):
    one = find_version(request, number)
    content = snapshot.read(one)
    amended = documents.amended_by(one)
    is_draft = one.state == State.DRAFT
    return render(
        request,
        "conventions/agreement/version.html",
        context_of(
            request,
            version=one,
            content=content,
            amended=amended,
            sections=compare(snapshot.read(amended), content) if amended else None,
            # What moved since the draft was taken: it would not be in what is signed.
            since=compare(content, snapshot.snapshot(request.convention)) if is_draft else [],
            is_intact=is_draft or operations.is_intact(one),
            parties=snapshot.current_parties(content),
            totals=[
                (label, total_words(snapshot.money(content)[key]))
                for key, label in (
                    ("actions", _("Inscrit dans les fiches")),
                    ("whole", _("Inscrit pour toute la convention")),
                )
            ],
            signing=content["signing"],
            token=operations.token_of(one),
        ),
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def draft(request, slug):
    """Take the text as it stands today, or take it again."""
    convention = request.convention
    held = operations.draft_of(convention)
    signed = operations.last_signed(convention)
    about = {
        "convention": convention,
        "draft": held,
        "kind": AgreementVersion.Kind.AMENDMENT if signed else AgreementVersion.Kind.INITIAL,
        "number": signed.number + 1 if signed else 1,
    }
    form = DraftForm(request.POST or None, **about)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            taken = operations.take_draft(
                by=request.user, convention=convention, token=form.cleaned_data["token"], **form.facts
            )
        except operations.StaleDraft:
            stale = True
            form = DraftForm(
                dict(request.POST.items()) | {"token": operations.token_of(held) if held else ""}, **about
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le texte est pris tel qu’il est aujourd’hui."))
            return redirect("agreement_version", slug, taken.number)
    return render(
        request,
        "conventions/agreement/draft.html",
        context_of(request, form=form, stale=stale, draft=held, signed=signed),
        status=409 if stale else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def sign(request, slug, number):
    one = find_version(request, number)
    if one.state != State.DRAFT:
        messages.warning(request, _("Cette version est déjà signée\u00a0: elle ne change plus."))
        return redirect("agreement_version", slug, number)
    form = SignForm(request.POST or None, version=one)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.sign_version(by=request.user, version=one, **form.cleaned_data)
        except operations.StaleDraft:
            one = find_version(request, number)
            if one.state != State.DRAFT:
                messages.warning(request, _("Quelqu’un vient de signer cette version."))
                return redirect("agreement_version", slug, number)
            stale, form = True, SignForm(version=one)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("«\u00a0%(title)s\u00a0» est signé\u00a0: son texte et son PDF ne changeront plus.")
                % {"title": one},
            )
            return redirect("agreement_version", slug, number)
    return render(
        request,
        "conventions/agreement/sign.html",
        context_of(request, form=form, version=one, stale=stale),
        status=409 if stale else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def discard(request, slug, number):
    one = find_version(request, number)
    if one.state != State.DRAFT:
        messages.warning(request, _("Cette version est signée\u00a0: elle ne change plus."))
        return redirect("agreement_version", slug, number)
    if request.method == "POST":
        try:
            operations.discard_draft(by=request.user, version=one, token=request.POST.get("token", ""))
        except (operations.StaleDraft, AgreementVersion.DoesNotExist):
            messages.warning(
                request, _("Le projet vient d’être repris\u00a0: relisez-le. Rien n’a été abandonné.")
            )
            return redirect("agreement", slug)
        messages.success(request, _("Le projet est abandonné. Le plan et la convention n’ont pas changé."))
        return redirect("agreement", slug)
    return render(
        request,
        "conventions/agreement/discard.html",
        context_of(request, version=one, token=operations.token_of(one)),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def printed(request, slug, number, format):
    """The version as a document: the PDF of a signed one is the file frozen that day."""
    one = find_version(request, number)
    if format not in documents.WRITERS:
        raise Http404
    if one.state == State.SIGNED and format == "pdf":
        try:
            content = files.read_bytes(one.printed)
        except FileNotFoundError as missing:
            # Another print would pass for the one that was signed.
            raise Http404("The file that was frozen is not here.") from missing
    else:
        content = printing.agreement(one, format)
    state = "" if one.state == State.SIGNED else "-projet"
    return attached(content, f"{slug}-version-{number}{state}.{format}")
