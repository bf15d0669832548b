"""What is typed to prepare a vote, to fill a ballot, and to close."""

import json

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ansanm.conventions.forms import PeriodField
from ansanm.conventions.models import ConventionParty, Need, PrioritySession, PriorityVote
from ansanm.ui.formats import labelled

# What tables that prioritise compare by: « the levers we control » comes first in every account of one.
USUAL_CRITERIA = (
    (
        gettext_lazy("Leviers"),
        gettext_lazy("Nous pouvons agir nous-mêmes : la décision et les moyens sont dans nos mains."),
        2,
    ),
    (
        gettext_lazy("Urgence"),
        gettext_lazy("Attendre un an de plus aggraverait la situation des familles."),
        1,
    ),
    (
        gettext_lazy("Familles concernées"),
        gettext_lazy(
            "Le nombre de familles qui vivent ce besoin, d’après les chiffres et les contributions."
        ),
        1,
    ),
    (
        gettext_lazy("Équité"),
        gettext_lazy("Y répondre profite d’abord aux quartiers et aux familles qui ont le moins."),
        1,
    ),
)
WEIGHT = {"max_digits": 5, "decimal_places": 2, "min_value": 0, "max_value": 100, "localize": True}
# Beyond, a row of buttons no longer fits a phone.
MOST_BUTTONS = 5


class SessionForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Titre"), max_length=200)
    held_on = PeriodField(
        label=gettext_lazy("Date"),
        required=False,
        help_text=gettext_lazy("« 2026 », « juin 2026 » ou « 6 juin 2026 »."),
    )
    scale_max = forms.IntegerField(
        label=gettext_lazy("Note maximale"),
        min_value=1,
        max_value=10,
        help_text=gettext_lazy(
            "De zéro à cette note. Trois suffit : pas du tout, un peu, bien, tout à fait."
        ),
    )
    n_to_keep = forms.IntegerField(
        label=gettext_lazy("Nombre à retenir"),
        required=False,
        min_value=1,
        max_value=40,
        help_text=gettext_lazy("Vide : le classement seul, sans ligne entre retenu et non retenu."),
    )
    needs = forms.MultipleChoiceField(
        label=gettext_lazy("Besoins à comparer"), required=False, widget=forms.CheckboxSelectMultiple
    )
    proposals = forms.CharField(
        label=gettext_lazy("Autres propositions"),
        required=False,
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Une par ligne : ce qui n’est pas écrit comme un besoin."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.needs = list(convention.needs.standing().filter(kind=Need.Kind.NEED))
        self.fields["needs"].choices = [(str(one.pk), one.title) for one in self.needs]
        if not self.needs:
            del self.fields["needs"]

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("title", "held_on", "scale_max", "n_to_keep")}

    def options(self, session=None) -> list[dict]:
        """The needs ticked, then the free proposals; one that was there keeps its row."""
        held = list(session.options.all()) if session else []
        by_need = {one.need_id: one.pk for one in held if one.need_id}
        by_label = {one.label: one.pk for one in held if not one.need_id}
        chosen = set(self.cleaned_data.get("needs", []))
        lines = [" ".join(line.split())[:200] for line in self.cleaned_data["proposals"].splitlines()]
        return [
            {"pk": by_need.get(one.pk), "need": one, "label": one.title}
            for one in self.needs
            if str(one.pk) in chosen
        ] + [
            {"pk": by_label.get(line), "need": None, "label": line}
            for line in dict.fromkeys(filter(None, lines))
        ]


class CriterionForm(forms.Form):
    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    label = forms.CharField(label=gettext_lazy("Critère"), max_length=120, required=False)
    meaning = forms.CharField(label=gettext_lazy("Ce qu’il veut dire"), max_length=300, required=False)
    weight = forms.DecimalField(label=gettext_lazy("Poids"), required=False, **WEIGHT)


class VoterForm(forms.Form):
    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    label = forms.CharField(label=gettext_lazy("Qui vote"), max_length=160, required=False)
    weight = forms.DecimalField(label=pgettext_lazy("vote", "Poids de sa voix"), required=False, **WEIGHT)
    user = forms.ChoiceField(label=gettext_lazy("Son compte"), required=False)

    def __init__(self, *args, people=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["user"].choices = [
            ("", _("Aucun : un agent saisit son bulletin")),
            *((pk, str(one)) for pk, one in self.people.items()),
        ]


class Rows(BaseFormSet):
    """Lines without a name are left out; a weight not said is one."""

    def __init__(self, *args, initial=None, n_blank=2, **kwargs):
        self.extra = n_blank
        super().__init__(*args, initial=initial, **kwargs)

    def rows(self) -> list[dict]:
        found = []
        for form in self.forms:
            data = form.cleaned_data
            if not data.get("label"):
                continue
            row = data | {"weight": 1 if data["weight"] is None else data["weight"]}
            if "user" in row:
                row["user"] = form.people.get(row["user"])
            found.append(row)
        return found


CriteriaSet = formset_factory(CriterionForm, formset=Rows, max_num=20, absolute_max=60)
VoterSet = formset_factory(VoterForm, formset=Rows, max_num=60, absolute_max=100)


class Preparation:
    """The whole page that prepares a vote: its facts, its criteria, who is at the table."""

    def __init__(self, data, *, convention, session=None):
        self.session = session
        people = [
            one.user for one in convention.roles.select_related("user").order_by("user__last_name", "pk")
        ]
        self.form = SessionForm(data, convention=convention, initial=facts_of(session, convention))
        self.criteria = CriteriaSet(data, initial=criteria_of(session), prefix="criteria")
        self.voters = VoterSet(
            data,
            initial=voters_of(session, convention),
            prefix="voters",
            n_blank=3,
            form_kwargs={"people": people},
        )

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.criteria.is_valid(), self.voters.is_valid()])

    @property
    def is_wrong(self) -> bool:
        return self.form.is_bound and not self.is_valid()

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(address of the field, what is wrong), for the summary at the top."""
        if not self.form.is_bound:
            return []
        forms_ = [self.form, *self.criteria.forms, *self.voters.forms]
        said = [("", error) for error in self.form.non_field_errors()]
        for form in forms_:
            for field in form:
                said += [(f"#{field.id_for_label}", labelled(field.label, error)) for error in field.errors]
        said += [("", error) for rows in (self.criteria, self.voters) for error in rows.non_form_errors()]
        return said

    @property
    def facts(self) -> dict:
        return self.form.facts | {
            "criteria": self.criteria.rows(),
            "voters": self.voters.rows(),
            "options": self.form.options(self.session),
        }


def facts_of(session, convention) -> dict:
    if session is None:
        # What is still to be discussed is what there is to rank.
        open_ = convention.needs.standing().filter(kind=Need.Kind.NEED, state=Need.State.DRAFT)
        return {"scale_max": 3, "needs": [str(pk) for pk in open_.values_list("pk", flat=True)]}
    options = list(session.options.all())
    return {
        "title": session.title,
        "held_on": session.held_on,
        "scale_max": session.scale_max,
        "n_to_keep": session.n_to_keep,
        "needs": [str(one.need_id) for one in options if one.need_id],
        "proposals": "\n".join(one.label for one in options if not one.need_id),
        "version": session.version,
    }


def criteria_of(session) -> list[dict]:
    if session is None:
        return [
            {"label": label, "meaning": meaning, "weight": weight}
            for label, meaning, weight in USUAL_CRITERIA
        ]
    return [
        {"pk": one.pk, "label": one.label, "meaning": one.meaning, "weight": one.weight.normalize()}
        for one in session.criteria.all()
    ]


def voters_of(session, convention) -> list[dict]:
    if session is None:
        parties = ConventionParty.objects.filter(convention=convention).select_related("organisation")
        return [{"label": str(one.organisation), "weight": 1} for one in parties]
    return [
        {"pk": one.pk, "label": one.label, "weight": one.weight.normalize(), "user": one.user_id or ""}
        for one in session.voters.all()
    ]


class Ballot:
    """The marks of one party, as its page shows and sends them.

    « seen » is what the page showed: only what was changed on it is written, so that an older page
    does not put back the marks that somebody entered meanwhile.
    """

    def __init__(self, voter, data=None):
        self.voter, self.session = voter, voter.session
        self.options = list(self.session.options.select_related("need"))
        self.criteria = list(self.session.criteria.all())
        self.held = {
            (one.option_id, one.criterion_id): one.score for one in PriorityVote.objects.filter(voter=voter)
        }
        self.data = data

    @property
    def scale(self) -> range:
        return range(self.session.scale_max + 1)

    @property
    def has_buttons(self) -> bool:
        return self.session.scale_max <= MOST_BUTTONS

    @property
    def rows(self) -> list[tuple]:
        """(option, [(criterion, name of the field, mark or "")])."""
        return [
            (
                option,
                [
                    (one, name_of(option.pk, one.pk), self.held.get((option.pk, one.pk), ""))
                    for one in self.criteria
                ],
            )
            for option in self.options
        ]

    @property
    def n_marks(self) -> int:
        return len(self.options) * len(self.criteria)

    @property
    def n_given(self) -> int:
        cells = {(option.pk, one.pk) for option in self.options for one in self.criteria}
        return len(cells & self.held.keys())

    @property
    def seen(self) -> str:
        return json.dumps({name_of(*cell): score for cell, score in self.held.items()})

    def marks(self) -> dict[tuple[int, int], int | None]:
        """What was changed on the page; anything else than a whole number takes the mark back."""
        try:
            seen = json.loads(self.data.get("seen", ""))
        except ValueError:
            seen = None
        if not isinstance(seen, dict):
            seen = {name_of(*cell): score for cell, score in self.held.items()}
        changed = {}
        for option in self.options:
            for criterion in self.criteria:
                name = name_of(option.pk, criterion.pk)
                if name not in self.data:
                    continue
                text = self.data[name]
                mark = int(text) if text.isdecimal() and len(text) < 4 else None
                if mark != seen.get(name):
                    changed[option.pk, criterion.pk] = mark
        return changed


def name_of(option: int, criterion: int) -> str:
    return f"m-{option}-{criterion}"


class CloseForm(forms.Form):
    minutes = forms.CharField(
        label=gettext_lazy("Compte rendu"),
        max_length=30_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=gettext_lazy(
            "Qui était là, ce qui a été discuté, comment les ex æquo ont été départagés. Un brouillon est "
            "écrit d’après les bulletins : complétez-le."
        ),
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi rouvrir"),
        max_length=300,
        help_text=gettext_lazy("Le résultat gardé est effacé ; ce motif reste au journal."),
    )


class ApplyForm(forms.Form):
    """For each need of the vote: kept, put off, or left as it is, and the answer that residents read."""

    def __init__(self, *args, session: PrioritySession, result, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = []
        options = {
            one.pk: one
            for one in session.options.exclude(need=None).select_related("need")
            if one.need.deleted_at is None
        }
        for line in result.lines:
            if line.pk not in options:
                continue
            need = options[line.pk].need
            wanted = {"kept": Need.State.KEPT, "out": Need.State.LATER}.get(line.outcome, "")
            if not result.facts["n_to_keep"]:
                wanted = ""
            state = forms.ChoiceField(
                label=_("Suite donnée à « %(need)s »") % {"need": need.title},
                required=False,
                initial=wanted,
                choices=[
                    ("", _("Ne rien changer (%(state)s)") % {"state": need.get_state_display()}),
                    (Need.State.KEPT, Need.State.KEPT.label),
                    (Need.State.LATER, Need.State.LATER.label),
                ],
            )
            answer = forms.CharField(
                label=_("Réponse aux habitants sur « %(need)s »") % {"need": need.title},
                required=False,
                max_length=3_000,
                initial=need.public_answer,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"state-{line.pk}"], self.fields[f"answer-{line.pk}"] = state, answer
            self.fields[f"version-{line.pk}"] = forms.IntegerField(
                widget=forms.HiddenInput, required=False, initial=need.version
            )
            self.lines.append((line, need, f"state-{line.pk}", f"answer-{line.pk}"))

    def with_versions(self):
        """The same form, what was typed kept, that writes over the needs as they are now."""
        self.data = self.data.copy()
        for line, need, _state, _answer in self.lines:
            self.data[f"version-{line.pk}"] = need.version
        return self

    @property
    def shown(self):
        return [
            (line, need, self[state], self[answer], self[f"version-{line.pk}"])
            for line, need, state, answer in self.lines
        ]

    @property
    def versions(self) -> dict[int, int | None]:
        return {line.pk: self.cleaned_data[f"version-{line.pk}"] for line, *_others in self.lines}

    @property
    def states(self) -> dict[int, str]:
        return {line.pk: self.cleaned_data[state] for line, _need, state, _answer in self.lines}

    @property
    def answers(self) -> dict[int, str]:
        return {
            line.pk: self.cleaned_data[answer].replace("\r\n", "\n")
            for line, _need, _state, answer in self.lines
        }
