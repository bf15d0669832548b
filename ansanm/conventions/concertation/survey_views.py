"""Surveys, for those who lead the concertation: write, open, type, import, read, count, publish."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions.concertation import (
    answering,
    contribution_operations,
    survey_files,
    survey_import,
)
from ansanm.conventions.concertation import survey_operations as operations
from ansanm.conventions.concertation.forms import (
    AnswerForm,
    NoteForm,
    QuestionForm,
    SheetForm,
    StartForm,
    SurveyForm,
)
from ansanm.conventions.concertation.need_views import ticked
from ansanm.conventions.concertation.pages import concertation_context
from ansanm.conventions.concertation.starters import starters
from ansanm.conventions.concertation.survey_results import Results
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import BiasNote, House, Moderation, Survey, SurveyQuestion
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.views import find
from ansanm.territories.models import Territory
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import pdf
from ansanm.ui.documents.sheets import write_csv, write_xlsx
from ansanm.ui.documents.tables import UnreadableSheet
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_day, format_number
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])
EDIT = Permission.CONCERTATION_EDIT
AT_ONCE = 30


def find_survey(request, pk) -> Survey:
    survey = get_object_or_404(request.convention.surveys.standing(), pk=pk)
    # The convention was found already: no second query, and no other one.
    survey.convention = request.convention
    return survey


def page(request, template, *, survey=None, status=200, **more):
    context = concertation_context(request, "surveys", survey=survey, **more)
    return render(request, f"conventions/concertation/{template}.html", context, status=status)


def crumb(survey) -> dict:
    """What the breadcrumb says above a page of the survey."""
    return {"parent": survey.title, "parent_url": survey.get_absolute_url()}


@requires(EDIT, on=find)
@form_methods
def survey_new(request, slug):
    form = StartForm(request.POST or None, starters=starters())
    if request.method == "POST" and form.is_valid():
        starter = starters().get(form.cleaned_data["starter"])
        given = (
            {
                "introduction": starter.introduction,
                "thanks": starter.thanks,
                "audiences": starter.audiences,
                "questions": starter.questions_of(request.convention),
            }
            if starter
            else {}
        )
        survey = operations.create_survey(
            by=request.user,
            convention=request.convention,
            title=form.cleaned_data["title"],
            house=house_of(request.user, request.convention) or House.SHARED,
            is_fictitious=request.convention.is_demonstration,
            **given,
        )
        messages.success(request, _("L’enquête est prête à relire. Rien n’est ouvert."))
        return redirect(survey)
    return page(
        request, "survey_new", form=form, here=_("Nouvelle enquête"), status=422 if form.errors else 200
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def survey(request, slug, pk):
    """The survey: its state, its address, its questions, what can be done with it."""
    found = find_survey(request, pk)
    return page(
        request,
        "survey",
        survey=found,
        here=found.title,
        questions=[told(one, found) for one in found.questions.all()],
        audiences=[
            {"label": one.label, "address": survey_files.address_of(found, one), "key": one.key}
            for one in found.audiences.all()
        ],
        address=survey_files.address_of(found),
        n_answers=found.answers.count(),
        n_counted=found.answers.counted().count(),
        n_to_read=found.answers.filter(moderation=Moderation.TO_READ).count(),
        n_contacts=found.contact_details.count() if may_read_contacts(request, found) else None,
    )


def told(question, survey) -> dict:
    names = {one.key: one.label for one in survey.audiences.all()}
    return {
        "row": question,
        "choices": [one["label"] for one in question.choices],
        "audiences": [names[key] for key in question.audiences if key in names],
    }


@requires(EDIT, on=find)
@form_methods
def survey_edit(request, slug, pk):
    found = find_survey(request, pk)
    form = SurveyForm(request.POST or None, instance=found)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_survey(
                by=request.user,
                survey=found,
                version=form.cleaned_data["version"],
                audiences=form.audiences,
                **form.facts,
            )
        except StaleVersion as conflict:
            stale, form = True, form.with_version(conflict.current.version)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’enquête est enregistrée."))
            return redirect(found)
    fresh = Survey.objects.get(pk=found.pk)
    return page(
        request,
        "survey_edit",
        survey=fresh,
        form=form,
        saved=differences(form, fresh) if stale else None,
        here=_("Corriger l’enquête"),
        status=409 if stale else 422 if form.errors else 200,
        **crumb(fresh),
    )


def differences(form, current) -> list:
    """What somebody saved meanwhile, beside what was typed, where they differ."""
    saved = SurveyForm(instance=current)
    rows = []
    for name, one in (saved.fields | form.fields).items():
        if name in operations.FACTS:
            theirs = getattr(current, name)
        else:
            theirs = saved.fields[name].initial if name in saved.fields else ""
        before, after = shown(name, theirs), shown(name, form.cleaned_data.get(name))
        if name != "version" and before != after:
            rows.append({"label": one.label, "before": before, "after": after})
    return rows


def shown(name: str, value) -> str:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, date):
        return format_day(value)
    if name == "house" and value in House.values:
        return str(House(value).label)
    return "\n".join(str(value or "").splitlines()) or "–"


def question_page(request, found, form, *, question=None, stale=False):
    title = _("Corriger la question") if question else _("Ajouter une question")
    return page(
        request,
        "question",
        survey=found,
        form=form,
        question=question,
        stale=stale,
        has_answers=found.answers.exists(),
        here=title,
        status=409 if stale else 422 if form.errors else 200,
        **crumb(found),
    )


@requires(EDIT, on=find)
@form_methods
def question_new(request, slug, pk):
    found = find_survey(request, pk)
    form = QuestionForm(request.POST or None, survey=found, instance=SurveyQuestion(kind="one"))
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.add_question(
                by=request.user, survey=found, version=form.cleaned_data["version"], **form.facts
            )
        except StaleVersion as conflict:
            stale, form = True, form.with_version(conflict.current.version)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La question est ajoutée."))
            return redirect(f"{found.get_absolute_url()}#questions")
    return question_page(request, found, form, stale=stale)


@requires(EDIT, on=find)
@form_methods
def question_edit(request, slug, pk, question):
    found = find_survey(request, pk)
    row = get_object_or_404(found.questions, pk=question)
    form = QuestionForm(request.POST or None, survey=found, instance=row)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_question(
                by=request.user,
                survey=found,
                version=form.cleaned_data["version"],
                question=row,
                **form.facts,
            )
        except StaleVersion as conflict:
            stale, form = True, form.with_version(conflict.current.version)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La question est corrigée."))
            return redirect(f"{found.get_absolute_url()}#questions")
    return question_page(request, found, form, question=row, stale=stale)


@requires(EDIT, on=find)
@require_POST
def question_remove(request, slug, pk, question):
    found = find_survey(request, pk)
    row = get_object_or_404(found.questions, pk=question)
    try:
        operations.remove_question(by=request.user, survey=found, version=found.version, question=row)
    except StaleVersion:
        messages.error(request, _("L’enquête vient de changer : relisez-la avant de retirer la question."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La question est retirée."))
    return redirect(f"{found.get_absolute_url()}#questions")


@requires(EDIT, on=find)
@require_POST
def survey_shift(request, slug, pk):
    """« 12:-1 »: the question 12 goes up."""
    found = find_survey(request, pk)
    key, _colon, step = request.POST.get("shift", "").partition(":")
    row = found.questions.filter(pk__in=ticked([key])).first()
    if row:
        operations.shift_question(by=request.user, survey=found, question=row, step=-1 if step == "-1" else 1)
    return redirect(f"{found.get_absolute_url()}#questions")


@requires(EDIT, on=find)
@require_POST
def survey_state(request, slug, pk):
    found = find_survey(request, pk)
    try:
        operations.set_state(by=request.user, survey=found, state=request.POST.get("state", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("C’est fait."))
    return redirect(found)


@requires(EDIT, on=find)
@require_POST
def survey_copy(request, slug, pk):
    copy = operations.copy_survey(by=request.user, survey=find_survey(request, pk))
    messages.success(request, _("Voici la copie, en préparation : ses questions, sans réponse ni date."))
    return redirect(copy)


@requires(EDIT, on=find)
@form_methods
def survey_delete(request, slug, pk):
    found = find_survey(request, pk)
    if request.method == "POST":
        operations.delete_survey(by=request.user, survey=found)
        messages.success(request, _("L’enquête est à la corbeille. Ses réponses y restent avec elle."))
        return redirect("concertation", slug)
    return page(
        request,
        "survey_delete",
        survey=found,
        here=_("Retirer l’enquête"),
        n_answers=found.answers.count(),
        **crumb(found),
    )


@requires(EDIT, on=find)
@require_POST
def survey_restore(request, slug, pk):
    found = get_object_or_404(request.convention.surveys.filter(deleted_at__isnull=False), pk=pk)
    operations.restore_survey(by=request.user, survey=found)
    messages.success(request, _("L’enquête est revenue, dans l’état où elle était."))
    return redirect(found)


@requires(EDIT, on=find)
@require_safe
def survey_preview(request, slug, pk):
    """The sheet as residents will see it; it sends nothing."""
    found = find_survey(request, pk)
    audiences = list(found.audiences.all())
    audience = next((one for one in audiences if one.key == request.GET.get("public")), None)
    if audience is None and audiences:
        audience = audiences[0]
    form = AnswerForm(survey=found, audience=audience.key if audience else "")
    return page(
        request,
        "survey_preview",
        survey=found,
        form=form,
        audience=audience,
        audiences=audiences,
        here=_("Aperçu"),
        **crumb(found),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def survey_poster(request, slug, pk):
    """The posters and sheets to print: for everybody, then for each audience."""
    found = find_survey(request, pk)
    rows = [{"label": _("Tous les publics"), "key": "", "address": survey_files.address_of(found)}]
    rows += [
        {"label": one.label, "key": one.key, "address": survey_files.address_of(found, one)}
        for one in found.audiences.all()
    ]
    for one in rows:
        one["code"] = survey_files.qr_picture(one["address"])
        one["short"] = survey_files.short(one["address"])
    return page(
        request, "survey_poster", survey=found, rows=rows, here=_("Affiches et feuilles"), **crumb(found)
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def survey_print(request, slug, pk, kind, format):
    """The poster or the paper sheet, as a PDF, for the audience of `?public=`."""
    found = find_survey(request, pk)
    writers = {"affiche": survey_files.poster, "feuille": survey_files.paper_sheet}
    if format != "pdf" or kind not in writers:
        raise Http404(f"No such file: {kind}.{format}")
    audience = found.audiences.filter(key=request.GET.get("public", "")).first()
    content = pdf.write(writers[kind](found, audience))
    return attached(content, f"{found.slug}-{kind}.pdf")


@requires(EDIT, on=find)
@form_methods
def survey_enter(request, slug, pk):
    """Type a paper sheet, then the next one."""
    found = find_survey(request, pk)
    subject = f"enter:{found.pk}"
    audiences = list(found.audiences.all())
    sent = request.POST if request.method == "POST" else None
    wanted = (sent if sent is not None else request.GET).get("public", "")
    audience = next((one for one in audiences if one.key == wanted), None)
    form = SheetForm(
        sent,
        survey=found,
        audience=audience.key if audience else "",
        is_paper=True,
        initial={name: request.GET[name] for name in ("channel", "answered_on") if name in request.GET},
    )
    if sent is not None and form.is_valid() and found.state == Survey.State.DRAFT:
        form.add_error(
            None, _("L’enquête est en préparation : ouvrez-la, fût-ce pour les seules feuilles de papier.")
        )
    elif sent is not None and form.is_valid():
        ticket = answering.opened(form.cleaned_data["ticket"], subject)
        if ticket is None:
            form.add_error(None, _("Cette page a vieilli : la feuille est là, enregistrez-la de nouveau."))
        elif not form.sheet:
            form.add_error(None, _("Cette feuille est vide."))
        else:
            _answer, is_new = answering.enter_sheet(
                by=request.user,
                survey=found,
                key=ticket.key,
                answers=form.sheet,
                audience=form.audience,
                channel=form.cleaned_data["channel"],
                answered_on=form.cleaned_data["answered_on"],
            )
            n = found.answers.filter(entered_by__isnull=False).count()
            said = (
                _("Feuille enregistrée (%(n)s saisies en tout). Voici la suivante.")
                if is_new
                else _("Cette feuille était déjà enregistrée (%(n)s saisies en tout).")
            )
            messages.success(request, said % {"n": format_number(n)})
            # The next sheet of the pile comes from the same counter, most often.
            kept = {"public": form.audience, "channel": form.cleaned_data["channel"]}
            return redirect(
                reverse(
                    "survey_enter", args=[slug, pk], query=kept | {"answered_on": sent.get("answered_on", "")}
                )
                + "#sheet"
            )
    return page(
        request,
        "survey_enter",
        survey=found,
        form=form,
        audience=audience,
        audiences=audiences,
        ticket=answering.new_ticket(subject) if sent is None or form.errors else "",
        here=_("Saisir des feuilles"),
        status=422 if form.errors else 200,
        **crumb(found),
    )


@requires(EDIT, on=find)
@form_methods
def survey_import_page(request, slug, pk):
    """A file of answers, read whole before anything is kept."""
    found = find_survey(request, pk)
    reading, problem = None, ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            problem = _("Choisissez un fichier.")
        elif found.state == Survey.State.DRAFT:
            problem = _("L’enquête est en préparation : ouvrez-la d’abord, ses questions ne bougeront plus.")
        else:
            try:
                reading = survey_import.read(found, upload.name, upload.read())
            except UnreadableSheet as error:
                problem = str(error)
            else:
                if not reading.wrong and not reading.rows:
                    problem = _("Aucune ligne ne contient de réponse.")
                elif not reading.wrong:
                    n, there = survey_import.save(by=request.user, survey=found, reading=reading)
                    messages.success(request, imported(n, there))
                    if reading.left:
                        messages.info(
                            request,
                            _("Colonnes laissées dans le fichier : %(names)s.")
                            % {"names": ", ".join(reading.left)},
                        )
                    return redirect("survey_results", slug, pk)
    return page(
        request,
        "survey_import",
        survey=found,
        reading=reading,
        problem=problem,
        here=_("Importer des réponses"),
        status=422 if problem or (reading and reading.wrong) else 200,
        **crumb(found),
    )


def imported(n: int, there: int) -> str:
    said = ngettext("%(n)s feuille importée.", "%(n)s feuilles importées.", n) % {"n": format_number(n)}
    if there:
        said += " " + ngettext("%(n)s était déjà là.", "%(n)s étaient déjà là.", there) % {
            "n": format_number(there)
        }
    return said


@requires(EDIT, on=find)
@require_safe
@limited
def survey_model(request, slug, pk, format):
    if format != "xlsx":
        raise Http404(f"No such format: {format}")
    found = find_survey(request, pk)
    return attached(write_xlsx(survey_files.model(found)), f"{found.slug}-modele.xlsx")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def survey_results(request, slug, pk):
    found = find_survey(request, pk)
    return page(
        request,
        "survey_results",
        survey=found,
        results=Results(found, by=request.GET.get("by", "")),
        form=NoteForm(),
        here=_("Résultats"),
        **crumb(found),
    )


@requires(EDIT, on=find)
@require_POST
def bias_note_add(request, slug, pk):
    found = find_survey(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        operations.add_bias_note(by=request.user, survey=found, text=form.cleaned_data["text"])
        messages.success(request, _("La limite est notée."))
    else:
        messages.error(request, form.errors["text"][0])
    return redirect(reverse("survey_results", args=[slug, pk]) + "#limits")


def may(request, permission) -> bool:
    return has_permission(request.user, permission, request.convention)


@requires(EDIT, on=find)
@require_POST
def bias_note_remove(request, slug, pk, note):
    found = find_survey(request, pk)
    operations.remove_bias_note(by=request.user, note=get_object_or_404(BiasNote, survey=found, pk=note))
    messages.success(request, _("La limite est retirée."))
    return redirect(reverse("survey_results", args=[slug, pk]) + "#limits")


@requires(EDIT, on=find)
@require_POST
def survey_publish(request, slug, pk):
    found = find_survey(request, pk)
    publish = request.POST.get("publish") == "1"
    try:
        operations.publish_results(by=request.user, survey=found, publish=publish)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("Les résultats sont publiés.") if publish else _("Les résultats ne sont plus publiés."),
        )
    return redirect("survey_results", slug, pk)


@requires(EDIT, on=find)
@require_safe
@limited
def survey_export(request, slug, pk, format):
    """The sheets one by one: for those who lead the concertation."""
    found = find_survey(request, pk)
    match format:
        case "xlsx":
            content = write_xlsx(survey_files.workbook(found))
        case "csv":
            content = write_csv(survey_files.answers_sheet(found))
        case _:
            raise Http404(f"No such format: {format}")
    return attached(content, f"{found.slug}-reponses.{format}")


@requires(EDIT, on=find)
@require_safe
def survey_answers(request, slug, pk):
    """The sheets, one by one: what is to be read first, and free answers to make contributions of."""
    found = find_survey(request, pk)
    wanted = request.GET.get("state", "")
    rows = found.answers.all()
    if wanted in Moderation.values:
        rows = rows.filter(moderation=wanted)
    if request.GET.get("texts"):
        rows = rows.filter(pk__in=with_texts(found))
    shown = Paginator(rows, AT_ONCE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    counts = {state: found.answers.filter(moderation=state).count() for state in Moderation.values}
    return page(
        request,
        "survey_answers",
        survey=found,
        shown=shown,
        sheets=sheets_of(found, shown.object_list),
        states=[
            {
                "value": "",
                "label": _("Toutes"),
                "n": sum(counts.values()),
                "is_on": wanted not in Moderation.values,
            },
            *(
                {"value": one.value, "label": one.label, "n": counts[one.value], "is_on": wanted == one.value}
                for one in Moderation
            ),
        ],
        query=query.urlencode() + "&" if query else "",
        texts_only=bool(request.GET.get("texts")),
        wanted=wanted,
        n_found=shown.paginator.count,
        here=_("Réponses une à une"),
        **crumb(found),
    )


def with_texts(survey) -> list[int]:
    free = [one.key for one in survey.questions.all() if one.kind == one.Kind.TEXT]
    return [
        pk
        for pk, answers in survey.answers.values_list("pk", "answers")
        if any(answers.get(key) for key in free)
    ]


def sheets_of(survey, rows) -> list[dict]:
    """The answers of each sheet in words, with the contributions already made of them."""
    questions = list(survey.questions.all())
    audiences = {one.key: one.label for one in survey.audiences.all()}
    rows = list(rows)
    keys = {
        one.answers[question.key]
        for one in rows
        for question in questions
        if question.kind == question.Kind.PLACE and one.answers.get(question.key)
    }
    places = {str(one.pk): one.name for one in Territory.objects.filter(pk__in=keys)}
    made = {
        (one.answer_id, one.question): one
        for one in survey.convention.contributions.standing().filter(answer__in=rows)
    }
    return [
        {
            "row": one,
            "audience": audiences.get(one.audience, ""),
            "doubt": answering.DOUBTS.get(one.doubt, ""),
            "answers": [
                {
                    "question": question,
                    "words": survey_files.cell(question, one.answers[question.key], places),
                    "is_text": question.kind == question.Kind.TEXT,
                    "contribution": made.get((one.pk, question.key)),
                }
                for question in questions
                if one.answers.get(question.key) not in (None, "", [])
            ],
        }
        for one in rows
    ]


def back_to_answers(request, slug, pk):
    query = request.POST.get("back", "")
    return redirect(reverse("survey_answers", args=[slug, pk]) + (f"?{query}" if query else ""))


@requires(EDIT, on=find)
@require_POST
def survey_answers_moderate(request, slug, pk):
    found = find_survey(request, pk)
    keys = ticked(request.POST.getlist("row"))
    rows = list(found.answers.filter(pk__in=keys).select_related("survey"))
    if not rows:
        messages.error(request, _("Cochez au moins une feuille."))
        return back_to_answers(request, slug, pk)
    try:
        n = contribution_operations.moderate(
            by=request.user,
            convention=request.convention,
            rows=rows,
            state=request.POST.get("state", ""),
            reason=request.POST.get("reason", ""),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            ngettext("%(n)s feuille changée.", "%(n)s feuilles changées.", n) % {"n": format_number(n)},
        )
    return back_to_answers(request, slug, pk)


@requires(EDIT, on=find)
@require_POST
def answer_to_contribution(request, slug, pk, answer, question):
    found = find_survey(request, pk)
    row = get_object_or_404(found.answers.select_related("survey__convention"), pk=answer)
    asked = get_object_or_404(found.questions, pk=question)
    try:
        made = contribution_operations.contribution_from_answer(by=request.user, answer=row, question=asked)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("La contribution %(reference)s est retenue.") % {"reference": made.reference}
        )
    return back_to_answers(request, slug, pk)


# ---- contact details ----


def may_read_contacts(request, survey) -> bool:
    """Whether this person is of the house the details were given to, and may read them for it."""
    house = house_of(request.user, request.convention)
    return may(request, Permission.CONTACT_READ) and bool(house) and survey.house in {house, House.SHARED}


@requires(Permission.CONTACT_READ, on=find)
@require_safe
def survey_contacts(request, slug, pk):
    found = find_survey(request, pk)
    mine = may_read_contacts(request, found)
    return page(
        request,
        "survey_contacts",
        survey=found,
        is_mine=mine,
        contacts=list(found.contact_details.all()) if mine else [],
        n_contacts=found.contact_details.count(),
        here=_("Coordonnées laissées"),
        **crumb(found),
    )


@requires(Permission.CONTACT_READ, on=find)
@require_POST
def survey_contacts_export(request, slug, pk):
    """By POST, since taking people's addresses out is a deed, and is in the journal."""
    found = find_survey(request, pk)
    if not may_read_contacts(request, found):
        messages.error(request, _("Ces coordonnées ont été laissées à l’autre maison."))
        return redirect("survey_contacts", slug, pk)
    answering.note_export(by=request.user, survey=found)
    return attached(write_csv(survey_files.contacts_sheet(found)), f"{found.slug}-coordonnees.csv")


@requires(Permission.CONTACT_READ, on=find)
@require_POST
def survey_contacts_delete(request, slug, pk):
    """Those ticked, or all of them, before their day."""
    found = find_survey(request, pk)
    if not may_read_contacts(request, found):
        messages.error(request, _("Ces coordonnées ont été laissées à l’autre maison."))
        return redirect("survey_contacts", slug, pk)
    keys = ticked(request.POST.getlist("row"))
    rows = None if request.POST.get("all") == "1" else list(found.contact_details.filter(pk__in=keys))
    n = answering.delete_contacts(by=request.user, survey=found, contacts=rows)
    messages.success(
        request,
        ngettext("%(n)s personne effacée.", "%(n)s personnes effacées.", n) % {"n": format_number(n)},
    )
    return redirect("survey_contacts", slug, pk)
