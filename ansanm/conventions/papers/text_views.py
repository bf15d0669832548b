"""The text of a convention: articles and annexes, in order, with what is left to write; printed whole."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.agreement import documents
from ansanm.conventions.forms import with_errors
from ansanm.conventions.history import Detail
from ansanm.conventions.models import Annex, Article
from ansanm.conventions.models.documents import DocumentSettings
from ansanm.conventions.papers import operations, printing
from ansanm.conventions.papers.checking import left_to_write
from ansanm.conventions.papers.document import annex_headings, headings
from ansanm.conventions.papers.forms import AnnexForm, ArticleForm, LetterheadForm
from ansanm.conventions.papers.frozen import files_of
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def papers(request, slug):
    convention = request.convention
    articles = list(convention.articles.all())
    annexes = list(convention.annexes.select_related("file", "convention"))
    included = [one for one in annexes if one.is_included]
    numbers = dict(
        zip(
            (one.pk for one in included),
            annex_headings([{"title": str(one)} for one in included]),
            strict=True,
        )
    )
    named = headings([{"key": one.key, "heading": one.heading} for one in articles])
    return render(
        request,
        "conventions/papers/papers.html",
        context_of(
            request,
            here="text",
            articles=list(zip(articles, named, strict=True)),
            annexes=[(one, numbers.get(one.pk, str(one)), files_of(one)) for one in annexes],
            left=left_to_write(convention),
            letterhead=DocumentSettings.objects.select_related("logo").filter(convention=convention).first(),
        ),
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def start(request, slug):
    made = operations.start_text(by=request.user, convention=request.convention)
    if made:
        messages.success(
            request, _("Le texte est commencé\u00a0: relisez chaque article et complétez ce qui manque.")
        )
    else:
        messages.info(request, _("Le texte était déjà commencé\u00a0: rien n’a changé."))
    return redirect("papers", slug)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def printed(request, slug, format):
    """The convention as it stands today, articles and annexes, pages numbered across them."""
    if format not in documents.WRITERS:
        raise Http404(f"No such format: {format}")
    content = printing.convention_of_today(request.convention, format)
    return attached(content, f"{slug}-convention-projet-{timezone.localdate():%Y-%m-%d}.{format}")


@dataclass(frozen=True)
class Part:
    """Articles and annexes have the same pages."""

    model: type
    form: type
    anchor: str
    add: object
    edit: object
    remove: object
    saved: object
    removed: object


PARTS = {
    "article": Part(
        Article,
        ArticleForm,
        "articles",
        gettext_lazy("Ajouter un article"),
        gettext_lazy("Modifier un article"),
        gettext_lazy("Retirer cet article"),
        gettext_lazy("L’article est enregistré."),
        gettext_lazy("L’article est retiré\u202f; le journal en garde le texte."),
    ),
    "annexe": Part(
        Annex,
        AnnexForm,
        "annexes",
        gettext_lazy("Ajouter une annexe"),
        gettext_lazy("Modifier une annexe"),
        gettext_lazy("Retirer cette annexe"),
        gettext_lazy("L’annexe est enregistrée."),
        gettext_lazy("L’annexe est retirée\u202f; le journal en garde le texte."),
    ),
}


def part_of(kind: str) -> Part:
    if kind not in PARTS:
        raise Http404(f"No part of a convention is called {kind!r}.")
    return PARTS[kind]


def find_row(request, part: Part, pk):
    return get_object_or_404(part.model.objects.filter(convention=request.convention), pk=pk)


def back_to(request, part: Part) -> str:
    return reverse("papers", args=[request.convention.slug]) + f"#{part.anchor}"


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def add(request, slug, kind):
    part = part_of(kind)
    form = part.form(request.POST or None, request.FILES or None, instance=part.model())
    if request.method == "POST" and form.is_valid():
        uploads = {"upload": form.uploads["upload"]} if part.model is Annex else {}
        deed = operations.add_annex if part.model is Annex else operations.add_article
        try:
            deed(by=request.user, convention=request.convention, **form.facts, **uploads)
        except ValidationError as error:
            with_errors(form, in_upload(error))
        else:
            messages.success(request, str(part.saved))
            return redirect(back_to(request, part))
    return render(
        request,
        "conventions/papers/row.html",
        context_of(request, here="text", form=form, title=part.add, back=back_to(request, part)),
        status=422 if form.errors else 200,
    )


def in_upload(error: ValidationError) -> ValidationError:
    """What is said of no field is said of the file."""
    return error if hasattr(error, "error_dict") else ValidationError({"upload": error.messages})


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def edit(request, slug, kind, pk):
    part = part_of(kind)
    row = find_row(request, part, pk)
    form = part.form(request.POST or None, request.FILES or None, instance=row)
    stale = None
    if request.method == "POST" and form.is_valid():
        deed = operations.update_annex if part.model is Annex else operations.update_article
        uploads = form.uploads if part.model is Annex else {}
        name = "annex" if part.model is Annex else "article"
        try:
            deed(
                by=request.user,
                **{name: row},
                base_version=form.cleaned_data["version"],
                **form.facts,
                **uploads,
            )
        except part.model.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion as conflict:
            stale, form = both(form, conflict.current), form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, in_upload(error))
        else:
            messages.success(request, str(part.saved))
            return redirect(back_to(request, part))
    return render(
        request,
        "conventions/papers/row.html",
        context_of(
            request,
            here="text",
            form=form,
            title=part.edit,
            back=back_to(request, part),
            stale=stale,
            kind=kind,
            row=row,
            remove=part.remove,
        ),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


def both(form, current) -> list[Detail]:
    """What somebody saved meanwhile, and what this person typed."""
    return [
        Detail(str(form.fields[name].label), str(saved) or "–", str(typed) or "–")
        for name, typed in form.facts.items()
        if (saved := getattr(current, name)) != typed
    ]


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def move(request, slug, kind, pk):
    part = part_of(kind)
    row = find_row(request, part, pk)
    operations.move(by=request.user, row=row, up=request.POST.get("direction") == "up")
    return redirect(reverse("papers", args=[slug]) + f"#{kind}-{pk}")


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def remove(request, slug, kind, pk):
    part = part_of(kind)
    row = find_row(request, part, pk)
    if request.method == "POST":
        try:
            operations.remove(by=request.user, row=row, base_version=version_in(request))
        except part.model.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion:
            messages.warning(
                request,
                _("Quelqu’un vient de l’enregistrer\u00a0: relisez avant de retirer. Rien n’a été retiré."),
            )
        else:
            messages.success(request, str(part.removed))
        return redirect(back_to(request, part))
    return render(
        request,
        "conventions/papers/row_remove.html",
        context_of(request, here="text", row=row, title=part.remove, back=back_to(request, part)),
    )


def version_in(request) -> int:
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def letterhead(request, slug):
    """Logo, head and foot of every document."""
    convention = request.convention
    held = DocumentSettings.objects.select_related("logo").filter(convention=convention).first()
    row = held or DocumentSettings(convention=convention)
    form = LetterheadForm(request.POST or None, request.FILES or None, instance=row)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_settings(
                by=request.user,
                convention=convention,
                base_version=form.cleaned_data["version"],
                upload=form.uploads["upload"],
                drop_logo=form.uploads["drop_file"],
                **form.facts,
            )
        except StaleVersion as conflict:
            stale, form = both(form, conflict.current), form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, in_upload(error))
        else:
            messages.success(request, _("L’en-tête des documents est enregistré."))
            return redirect("papers", slug)
    return render(
        request,
        "conventions/papers/row.html",
        context_of(
            request,
            here="text",
            form=form,
            title=_("En-tête des documents"),
            back=reverse("papers", args=[slug]),
            stale=stale,
        ),
        status=409 if stale is not None else 422 if form.errors else 200,
    )
