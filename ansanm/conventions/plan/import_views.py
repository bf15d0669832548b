"""Bring a plan in: choose the file, say which column is what, see what it changes, then all or nothing."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.plan import columns, consistency, import_jobs, importing, marking, uploads
from ansanm.conventions.plan.pages import undoable
from ansanm.conventions.plan.reading import drafts, source
from ansanm.conventions.plan.reading.guards import MAX_BYTES, UnreadablePlan
from ansanm.conventions.plan.reading.matching import FIELDS, propose
from ansanm.conventions.views import context_of, find
from ansanm.jobs.operations import enqueue
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

# A rich fiche takes 33 ms of processor and 44 queries to write (measured): beyond, no page waits.
INLINE_FICHES = 60
SHOWN_PROBLEMS = 60


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request, slug):
    if request.method != "POST":
        return render(request, "conventions/plan/import.html", context_of(request))
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadablePlan(_("Aucun fichier n’a été choisi."))
        content = file.read(MAX_BYTES + 1)
        read_source = source.read(file.name, content)
    except UnreadablePlan as problem:
        return render(
            request, "conventions/plan/import.html", context_of(request, problem=str(problem)), status=422
        )
    mapping = propose([cell.text for cell in read_source.headings], read_source.samples())
    token = uploads.keep(content)
    return preview(request, read_source, mapping, {}, token)


def preview(request, read_source, mapping, choices, token, *, changed=False):
    plan = drafts.understand(read_source, mapping)
    reading = importing.understand(plan, convention=request.convention, by=request.user, choices=choices)
    samples = read_source.samples()
    headings = [
        {
            "index": index,
            "text": cell.text,
            "field": mapping[index],
            "sample": " · ".join(dict.fromkeys(samples[index]))[:90],
        }
        for index, cell in enumerate(read_source.headings)
        if cell
    ]
    return render(
        request,
        "conventions/plan/import_preview.html",
        context_of(
            request,
            reading=reading,
            source=read_source,
            headings=headings,
            fields=[(key, str(field.label)) for key, field in FIELDS.items()],
            n_left_out=sum(not one["field"] for one in headings),
            errors=reading.errors[:SHOWN_PROBLEMS],
            warnings=reading.warnings[:SHOWN_PROBLEMS],
            more_errors=max(0, len(reading.errors) - SHOWN_PROBLEMS),
            more_warnings=max(0, len(reading.warnings) - SHOWN_PROBLEMS),
            findings=consistency.of_plan(plan, on=timezone.localdate()),
            n_new=reading.n("new"),
            n_changed=reading.n("changed"),
            n_unchanged=reading.n("unchanged"),
            may_mark=bool(reading.errors or reading.warnings) and read_source.kind in {"xlsx", "csv"},
            changed=changed,
            shown=reading.fingerprint,
            ticket=uploads.ticket(
                token=token, name=read_source.name, convention=request.convention, user=request.user
            ),
        ),
        status=409 if changed else 422 if reading.errors else 200,
    )


def reopened(request):
    """The source, the columns and the choices that a page sent back; None when its file is gone."""
    held = uploads.opened(request.POST.get("ticket", ""), convention=request.convention, user=request.user)
    if held is None:
        return None
    token, name, content = held
    read_source = source.read(name, content)
    mapping = [
        key if (key := request.POST.get(f"column-{index}", "")) in FIELDS else ""
        for index in range(len(read_source.headings))
    ]
    choices = {
        name.removeprefix("organisation:"): value
        for name, value in request.POST.items()
        if name.startswith("organisation:")
    }
    return token, content, read_source, mapping, choices


def expired(request):
    messages.error(
        request, _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré.")
    )
    return redirect("plan_import", request.convention.slug)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def again(request, slug):
    """The same file with other columns or other organisations."""
    held = reopened(request)
    if held is None:
        return expired(request)
    token, _content, read_source, mapping, choices = held
    return preview(request, read_source, mapping, choices, token)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def marked(request, slug):
    """The file that was sent, each cell to mend marked."""
    held = reopened(request)
    if held is None:
        return expired(request)
    _token, content, read_source, mapping, choices = held
    plan = drafts.understand(read_source, mapping)
    importing.understand(plan, convention=request.convention, by=request.user, choices=choices)
    file = marking.marked(plan, content)
    if file is None:
        raise Http404
    return attached(file, f"{slug}-a-corriger.{read_source.kind}")


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def keep(request, slug):
    held = reopened(request)
    if held is None:
        return expired(request)
    token, _content, read_source, mapping, choices = held
    plan = drafts.understand(read_source, mapping)
    reading = importing.understand(plan, convention=request.convention, by=request.user, choices=choices)
    if reading.errors or reading.fingerprint != request.POST.get("shown"):
        return preview(request, read_source, mapping, choices, token, changed=True)
    if len(reading.rows) > INLINE_FICHES:
        uploads.keep_choices(
            token,
            {"mapping": mapping, "choices": choices, "shown": reading.fingerprint, "name": read_source.name},
        )
        job = enqueue(
            import_jobs.KIND,
            by=request.user,
            arguments={"token": token, "convention": request.convention.pk, "user": request.user.pk},
        )
        return redirect("job", job.pk)
    try:
        bulk = importing.save(reading, convention=request.convention, by=request.user)
    except importing.Changed:
        return preview(request, read_source, mapping, choices, token, changed=True)
    uploads.drop(token)
    return redirect("plan_import_done", slug, bulk.pk)


@requires(Permission.PLAN_EDIT, on=find)
@require_safe
def done(request, slug, pk):
    """What an import did, for as long as its deed is known."""
    bulk = get_object_or_404(request.convention.bulk_edits, pk=pk, kind="import")
    actions = {str(one.pk): one for one in request.convention.actions.filter(pk__in=bulk.versions)}
    opened = [actions[pk] for pk, (before, _after) in bulk.versions.items() if not before and pk in actions]
    updated = [actions[pk] for pk, (before, _after) in bulk.versions.items() if before and pk in actions]
    last = undoable(request.convention, request.user)
    return render(
        request,
        "conventions/plan/import_done.html",
        context_of(
            request,
            bulk=bulk,
            opened=opened,
            updated=updated,
            undo=last,
            binned=bool(bulk.undone_at),
        ),
    )


@requires(Permission.PLAN_EDIT, on=find)
@require_safe
def template(request, slug):
    """Our workbook, empty: a sheet of fiches, and one for each kind of rows they hold."""
    sheets = [
        Sheet(
            sheet.title,
            [
                Column(column.title, column.width, wrap=column.wrap)
                for column in sheet.columns
                if column.key != "version"
            ],
            [],
        )
        for sheet in columns.SHEETS
    ]
    return attached(workbook(request, sheets, readme()), f"{slug}-modele-plan.xlsx")


def readme() -> list[tuple[str, str]]:
    return [
        (
            _("Remplir"),
            _("Une ligne par action dans « Actions ». Seul l’intitulé est obligatoire ; gardez les titres."),
        ),
        (
            _("Autres feuilles"),
            _("Une ligne par opération, jalon, indicateur ou financement ; « Fiche » redit le numéro."),
        ),
        (_("Dates"), _("« mars 2026 », « 2e semestre 2026 », « pas avant 2027 », « 15/03/2026 ».")),
        (_("États"), _("À discuter, à lancer, en cours, en pause, réalisée, abandonnée.")),
        (_("Organismes"), _("Plusieurs dans une cellule : séparez-les par un point-virgule.")),
        (_("Rendre"), _("Le fichier est relu avant tout enregistrement : toutes les lignes, ou aucune.")),
    ]


def workbook(request, sheets, readme) -> bytes:
    return write_xlsx(
        Workbook(
            title=_("Plan d’actions – %(convention)s") % {"convention": request.convention},
            subject=_("Plan d’actions"),
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=readme,
            sheets=sheets,
        )
    )


# --- what does not hold together


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def coherence(request, slug):
    findings = consistency.of_convention(request.convention, on=timezone.localdate())
    return render(
        request,
        "conventions/plan/consistency.html",
        context_of(
            request,
            groups=consistency.grouped(findings),
            n_findings=len(findings),
            n_actions=request.convention.actions.standing().count(),
        ),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def coherence_export(request, slug, format):
    sheet = consistency.sheet_of(consistency.of_convention(request.convention, on=timezone.localdate()))
    match format:
        case "csv":
            return attached(write_csv(sheet), f"{slug}-coherence.csv")
        case "xlsx":
            about = [
                (_("Contenu"), _("Ce qui ne tient pas ensemble dans le plan, au jour de l’export.")),
            ]
            return attached(workbook(request, [sheet], about), f"{slug}-coherence.xlsx")
    raise Http404
