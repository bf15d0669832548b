"""Contributions and workshops: read what came in, keep it or put it aside, type what was said."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import AuditEntry
from ansanm.accounts.permissions import Permission
from ansanm.conventions import history
from ansanm.conventions.concertation import answering
from ansanm.conventions.concertation import contribution_operations as operations
from ansanm.conventions.concertation.forms import MOST_CONTRIBUTION_SIGNS, TypedForm, WorkshopForm
from ansanm.conventions.concertation.need_views import ticked
from ansanm.conventions.concertation.pages import concertation_context
from ansanm.conventions.concertation.thread import became_of
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Channel, Contribution, Moderation, Need, Workshop
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_day, format_number
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])
EDIT = Permission.CONCERTATION_EDIT
AT_ONCE = 40
# Beyond, one passage of the notes is no idea.
MOST_PASSAGES = 200


def page(request, template, view, *, status=200, **more):
    context = concertation_context(request, view, **more)
    return render(request, f"conventions/concertation/{template}.html", context, status=status)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def concertation(request, slug):
    """Where the concertation is: what is open, what is to be read, what comes of it."""
    convention = request.convention
    surveys = list(convention.surveys.standing())
    for one in surveys:
        one.convention = convention
        one.n_counted = one.answers.counted().count()
        one.n_to_read = one.answers.filter(moderation=Moderation.TO_READ).count()
    held = convention.contributions.standing()
    counts = {state: held.filter(moderation=state).count() for state in Moderation.values}
    return page(
        request,
        "overview",
        "concertation",
        here=_("Concertation"),
        surveys=surveys,
        n_open=sum(one.now == "open" for one in surveys),
        n_sheets=sum(one.n_counted for one in surveys),
        n_sheets_to_read=sum(one.n_to_read for one in surveys),
        workshops=convention.workshops.filter(deleted_at__isnull=True).select_related("theme"),
        n_contributions=sum(counts.values()),
        n_shown=counts[Moderation.SHOWN],
        n_to_read=counts[Moderation.TO_READ],
        n_needs=convention.needs.standing().count(),
        binned=convention.surveys.filter(deleted_at__isnull=False),
        binned_workshops=convention.workshops.filter(deleted_at__isnull=False),
        public_page=getattr(convention, "consultation_page", None),
    )


class ContributionFilter(forms.Form):
    """Bound to the address."""

    q = forms.CharField(
        label=gettext_lazy("Mots cherchés"), required=False, max_length=80, widget=forms.SearchInput
    )
    state = forms.ChoiceField(label=gettext_lazy("Lecture"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Recueillie"), required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Thématique"), required=False)
    link = forms.ChoiceField(label=gettext_lazy("Lien"), required=False)

    def __init__(self, query, convention):
        super().__init__({name: query[name] for name in self.base_fields if name in query})
        self.convention = convention
        self.fields["state"].choices = [("", _("Toutes")), *Moderation.choices]
        self.fields["channel"].choices = [("", _("Tous les moyens")), *Channel.choices]
        self.fields["theme"].choices = [
            ("", _("Toutes")), *convention.themes.values_list("slug", "label"), ("-", _("Sans thématique")),
        ]  # fmt: skip
        self.fields["link"].choices = [
            ("", _("Toutes")), ("free", _("Reliées à aucun besoin")), ("linked", _("Reliées à un besoin")),
        ]  # fmt: skip

    def found(self):
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        rows = self.convention.contributions.standing()
        if words := given.get("q"):
            for word in words.split():
                rows = rows.filter(text__icontains=word) | rows.filter(reference__iexact=word)
        if state := given.get("state"):
            rows = rows.filter(moderation=state)
        if channel := given.get("channel"):
            rows = rows.filter(channel=channel)
        match given.get("theme"):
            case None:
                pass
            case "-":
                rows = rows.filter(themes__isnull=True)
            case slug:
                rows = rows.filter(themes__slug=slug)
        if link := given.get("link"):
            linked = Exists(Need.objects.standing().filter(contributions=OuterRef("pk")))
            rows = rows.filter(~linked if link == "free" else linked)
        return (
            rows.distinct()
            .select_related("place", "workshop")
            .prefetch_related("themes", Prefetch("needs", Need.objects.standing()))
            .order_by("-received_on", "-pk")
        )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def contributions(request, slug):
    """The queue: a resident's words not read yet are for those who lead the concertation."""
    context = concertation_context(request, "contributions")
    filters = ContributionFilter(request.GET, request.convention)
    rows = filters.found()
    if not context["may_concertation_edit"]:
        rows = rows.filter(moderation=Moderation.SHOWN)
    shown = Paginator(rows, AT_ONCE).get_page(request.GET.get("page"))
    for one in shown:
        one.doubt_words = answering.DOUBTS.get(one.doubt, "")
    query = request.GET.copy()
    query.pop("page", None)
    held = request.convention.contributions.standing()
    return page(
        request,
        "contributions",
        "contributions",
        here=_("Contributions"),
        filters=filters,
        shown=shown,
        n_found=shown.paginator.count,
        n_total=held.count() if context["may_concertation_edit"] else held.shown().count(),
        n_to_read=held.filter(moderation=Moderation.TO_READ).count(),
        query=query.urlencode() + "&" if query else "",
        back=query.urlencode(),
    )


@requires(EDIT, on=find)
@require_POST
def contributions_moderate(request, slug):
    keys = ticked(request.POST.getlist("row"))
    rows = list(request.convention.contributions.standing().filter(pk__in=keys))
    if not rows:
        messages.error(request, _("Cochez au moins une contribution."))
    else:
        try:
            n = operations.moderate(
                by=request.user,
                convention=request.convention,
                rows=rows,
                state=request.POST.get("state", ""),
                reason=request.POST.get("reason", ""),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            said = ngettext("%(n)s contribution changée.", "%(n)s contributions changées.", n)
            messages.success(request, said % {"n": format_number(n)})
    back = request.POST.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect(reverse("contributions", args=[slug]) + (f"?{back}" if back else ""))


@requires(EDIT, on=find)
@form_methods
def contribution_new(request, slug):
    """A letter, or words said at a counter, typed with the same standing as what comes online."""
    convention = request.convention
    subject = f"typed:{convention.pk}"
    form = TypedForm(request.POST or None, convention=convention)
    if request.method == "POST" and form.is_valid():
        ticket = answering.opened(form.cleaned_data["ticket"], subject)
        if ticket is None:
            form.add_error(None, _("Cette page a vieilli : votre texte est là, enregistrez-le de nouveau."))
        else:
            made = operations.add_contribution(
                by=request.user, convention=convention, key=ticket.key, **form.facts
            )
            messages.success(
                request, _("La contribution %(reference)s est retenue.") % {"reference": made.reference}
            )
            return redirect(
                "contribution_new" if "next" in request.POST else made,
                *([slug] if "next" in request.POST else []),
            )
    return page(
        request,
        "contribution_form",
        "contributions",
        here=_("Saisir une contribution"),
        parent=_("Contributions"),
        parent_url=reverse("contributions", args=[slug]),
        form=form,
        ticket=answering.new_ticket(subject),
        status=422 if form.errors else 200,
    )


def find_contribution(request, pk, *, is_editor: bool) -> Contribution:
    rows = request.convention.contributions.standing()
    if not is_editor:
        rows = rows.shown()
    found = get_object_or_404(
        rows.select_related("place", "workshop", "answer__survey", "entered_by").prefetch_related("themes"),
        pk=pk,
    )
    found.convention = request.convention
    return found


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def contribution(request, slug, pk):
    """One contribution: its words, where it comes from, what it led to, and who decided what."""
    context = concertation_context(request, "contributions")
    found = find_contribution(request, pk, is_editor=context["may_concertation_edit"])
    question = found.answer.survey.questions.filter(key=found.question).first() if found.answer else None
    changes = []
    if context["may_audit_read"]:
        entries = AuditEntry.objects.for_convention(request.convention).filter(
            target_key=f"conventions.contribution:{found.pk}"
        )
        changes = history.told(entries.select_related("actor"))
    return page(
        request,
        "contribution",
        "contributions",
        here=found.reference,
        parent=_("Contributions"),
        parent_url=reverse("contributions", args=[slug]),
        contribution=found,
        became=became_of(found),
        question=question,
        doubt=answering.DOUBTS.get(found.doubt, ""),
        changes=changes,
    )


@requires(EDIT, on=find)
@form_methods
def contribution_edit(request, slug, pk):
    found = find_contribution(request, pk, is_editor=True)
    form = TypedForm(request.POST or None, convention=request.convention, contribution=found)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_contribution(
                by=request.user,
                contribution=found,
                version=form.cleaned_data["version"] or 0,
                **form.facts,
            )
        except StaleVersion as conflict:
            stale = conflict.current
            form.data = form.data.copy()
            form.data["version"] = stale.version
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La contribution est enregistrée."))
            return redirect(found)
    return page(
        request,
        "contribution_form",
        "contributions",
        here=_("Classer la contribution"),
        parent=found.reference,
        parent_url=found.get_absolute_url(),
        contribution=found,
        form=form,
        stale=stale,
        status=409 if stale else 422 if form.errors else 200,
    )


def export_sheet(convention, rows, *, is_editor: bool) -> Sheet:
    lines = [
        [
            one.reference,
            one.received_on,
            one.get_channel_display(),
            one.get_author_display(),
            one.organisation,
            one.text,
            "; ".join(theme.label for theme in one.themes.all()),
            one.place.name if one.place else "",
            one.get_moderation_display(),
            one.moderation_reason if is_editor else "",
            "; ".join(need.title for need in one.needs.all()),
        ]
        for one in rows
    ]
    return Sheet(
        _("Contributions"),
        [
            Column(_("Référence"), 12),
            Column(_("Reçue le"), 12),
            Column(_("Recueillie"), 14),
            Column(_("Qui parle"), 14),
            Column(_("Organisme"), 24, wrap=True),
            Column(_("Contribution"), 70, wrap=True),
            Column(_("Thématiques"), 28, wrap=True),
            Column(_("Lieu"), 20),
            Column(_("Lecture"), 18),
            Column(_("Motif"), 24, wrap=True),
            Column(_("Besoins reliés"), 40, wrap=True),
        ],
        lines,
        frozen_columns=1,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def contributions_export(request, slug, format):
    """What the filters show, as a file."""
    if format not in {"xlsx", "csv"}:
        raise Http404(f"No such format: {format}")
    is_editor = concertation_context(request)["may_concertation_edit"]
    rows = ContributionFilter(request.GET, request.convention).found()
    if not is_editor:
        rows = rows.filter(moderation=Moderation.SHOWN)
    sheet = export_sheet(request.convention, rows, is_editor=is_editor)
    if format == "csv":
        content = write_csv(sheet)
    else:
        today = timezone.localdate()
        content = write_xlsx(
            Workbook(
                title=_("Contributions : %(convention)s") % {"convention": request.convention.name},
                subject=_("Contributions à la concertation"),
                author="Ansanm",
                produced_on=today,
                readme_name=_("Lisez-moi"),
                readme=[
                    (_("Convention"), request.convention.name),
                    (_("Date"), format_day(today)),
                    (_("Contributions"), format_number(len(sheet.rows))),
                ],
                sheets=[sheet],
            )
        )
    return attached(content, f"{slug}-contributions.{format}")


# ---- workshops ----


def find_workshop(request, pk) -> Workshop:
    found = get_object_or_404(
        request.convention.workshops.filter(deleted_at__isnull=True).select_related("theme", "file"), pk=pk
    )
    found.convention = request.convention
    return found


@requires(EDIT, on=find)
@form_methods
def workshop_new(request, slug):
    blank = Workshop(convention=request.convention, is_fictitious=request.convention.is_demonstration)
    form = WorkshopForm(
        request.POST or None, request.FILES or None, convention=request.convention, instance=blank
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create_workshop(
                by=request.user,
                convention=request.convention,
                upload=form.cleaned_data["upload"],
                **form.facts,
            )
        except ValidationError as error:
            with_errors(
                form, error if hasattr(error, "error_dict") else ValidationError({"upload": error.messages})
            )
        else:
            messages.success(request, _("L’atelier est enregistré."))
            return redirect("workshop", slug, made.pk)
    return workshop_form(request, form, here=_("Ajouter un atelier"))


def workshop_form(request, form, *, here, workshop=None, stale=None):
    more = (
        {
            "parent": workshop.title,
            "parent_url": reverse("workshop", args=[request.convention.slug, workshop.pk]),
        }
        if workshop
        else {}
    )
    return page(
        request,
        "workshop_form",
        "concertation",
        here=here,
        form=form,
        workshop=workshop,
        stale=stale,
        status=409 if stale else 422 if form.errors else 200,
        **more,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def workshop(request, slug, pk):
    found = find_workshop(request, pk)
    return page(
        request,
        "workshop",
        "concertation",
        here=found.title,
        workshop=found,
        contributions=found.contributions.standing().order_by("pk"),
    )


@requires(EDIT, on=find)
@form_methods
def workshop_edit(request, slug, pk):
    found = find_workshop(request, pk)
    form = WorkshopForm(
        request.POST or None, request.FILES or None, convention=request.convention, instance=found
    )
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_workshop(
                by=request.user,
                workshop=found,
                version=form.cleaned_data["version"],
                upload=form.cleaned_data["upload"],
                **form.facts,
            )
        except StaleVersion as conflict:
            # Both notes stay on the page: two people wrote what they heard.
            stale = conflict.current
            form = form.with_version(stale.version)
        except ValidationError as error:
            with_errors(
                form, error if hasattr(error, "error_dict") else ValidationError({"upload": error.messages})
            )
        else:
            messages.success(request, _("L’atelier est enregistré."))
            return redirect("workshop", slug, pk)
    fresh = find_workshop(request, pk)
    return workshop_form(request, form, here=_("Corriger l’atelier"), workshop=fresh, stale=stale)


@requires(EDIT, on=find)
@require_POST
def workshop_delete(request, slug, pk):
    operations.delete_workshop(by=request.user, workshop=find_workshop(request, pk))
    messages.success(request, _("L’atelier est à la corbeille ; les contributions qui en viennent restent."))
    return redirect("concertation", slug)


@requires(EDIT, on=find)
@require_POST
def workshop_restore(request, slug, pk):
    found = get_object_or_404(request.convention.workshops.filter(deleted_at__isnull=False), pk=pk)
    operations.restore_workshop(by=request.user, workshop=found)
    messages.success(request, _("L’atelier est revenu."))
    return redirect("workshop", slug, pk)


def passages_of(workshop) -> list[str]:
    """The notes, idea by idea: a paragraph, or a line where there is no blank one."""
    notes = workshop.notes.replace("\r\n", "\n")
    parts = notes.split("\n\n") if "\n\n" in notes else notes.split("\n")
    lines = [" ".join(part.split()).lstrip("-–—•* ").strip() for part in parts]
    return list(dict.fromkeys(line for line in lines if line))[:MOST_PASSAGES]


@requires(EDIT, on=find)
@form_methods
def workshop_cut(request, slug, pk):
    """Notes on one side, contributions on the other: tick what somebody said, mend its words, keep it."""
    found = find_workshop(request, pk)
    convention = request.convention
    passages = passages_of(found)
    keys = {operations.passage_key(found, one): one for one in passages}
    made = {one.key: one for one in convention.contributions.filter(key__in=keys)}
    themes = {one.slug: one for one in convention.themes.all()}
    errors = []
    if request.method == "POST":
        wanted = []
        for key in request.POST.getlist("passage"):
            if key not in keys:
                errors.append(_("Les notes ont changé pendant que vous les découpiez : relisez-les."))
                break
            text = request.POST.get(f"text_{key}", "").replace("\0", "").strip() or keys[key]
            author = request.POST.get(f"author_{key}", "")
            if author not in Contribution.Author.values:
                author = Contribution.Author.RESIDENT
            if len(text) > MOST_CONTRIBUTION_SIGNS:
                errors.append(
                    _("Un passage fait %(n)s signes : %(most)s au plus.")
                    % {"n": format_number(len(text)), "most": format_number(MOST_CONTRIBUTION_SIGNS)}
                )
                continue
            theme = themes.get(request.POST.get(f"theme_{key}", ""))
            wanted.append((keys[key], text, author, [theme] if theme else []))
        if not wanted and not errors:
            errors.append(_("Cochez au moins un passage."))
        if not errors:
            kept = operations.cut_workshop(by=request.user, workshop=found, passages=wanted)
            said = ngettext("%(n)s contribution retenue.", "%(n)s contributions retenues.", len(kept))
            messages.success(request, said % {"n": format_number(len(kept))})
            return redirect("workshop", slug, pk)
    rows = [
        {
            "key": key,
            "n": n,
            "text": request.POST.get(f"text_{key}", text),
            "is_ticked": key in request.POST.getlist("passage"),
            "author": request.POST.get(f"author_{key}", Contribution.Author.RESIDENT),
            "theme": request.POST.get(f"theme_{key}", found.theme.slug if found.theme else ""),
            "contribution": made.get(key),
        }
        for n, (key, text) in enumerate(keys.items(), start=1)
    ]
    return page(
        request,
        "workshop_cut",
        "concertation",
        here=_("Découper les notes"),
        parent=found.title,
        parent_url=reverse("workshop", args=[slug, pk]),
        workshop=found,
        rows=rows,
        themes=list(themes.values()),
        authors=Contribution.Author.choices,
        errors=errors,
        status=422 if errors else 200,
    )
