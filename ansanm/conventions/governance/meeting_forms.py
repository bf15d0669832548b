"""What people type about meetings: when, where, what about, who came, what was said."""

import re
from datetime import time

from django import forms
from django.core.exceptions import ValidationError
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions import files
from ansanm.conventions.forms import PeriodField
from ansanm.conventions.governance.body_forms import PERIOD_HELP, VersionedForm, WrittenForm
from ansanm.conventions.governance.meeting_operations import ITEM_FACTS, at_hour
from ansanm.conventions.governance.rows import fingerprint
from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import AgendaItem, Attendance, Invitation, Meeting
from ansanm.conventions.plan.fields import TypedWhole
from ansanm.territories.names import search_key
from ansanm.ui.formats import labelled, quoted

A_DAY = len("2026-11-12")
HOUR = re.compile(r"(\d{1,2})\s*(?:[h:]|heures?)\s*(\d{2})?", re.IGNORECASE)


class HourField(forms.CharField):
    """« 14:30 », « 14h30 », « 9 h »; cleans to a time."""

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        match = HOUR.fullmatch(text.strip())
        if not match or int(match[1]) > 23 or int(match[2] or 0) > 59:
            raise ValidationError(
                _(
                    "«\u00a0%(text)s\u00a0» n’est pas une heure. Écrivez par exemple «\u00a014:30\u00a0» ou "
                    "«\u00a09 h\u00a0»."
                ),
                params={"text": text[:20]},
            )
        return time(int(match[1]), int(match[2] or 0))


class MeetingForm(VersionedForm):
    body = forms.ModelChoiceField(None, label=_("Instance"), empty_label=None)
    rank = TypedWhole(
        label=_("Rang"),
        required=False,
        most=999,
        help_text=_(
            "«\u00a05\u00a0» pour le 5e COPIL, quelle que soit sa date\u202f; vide s’il ne se compte pas."
        ),
    )
    held_on = PeriodField(label=_("Date"), required=False, help_text=PERIOD_HELP)
    hour = HourField(
        label=_("Heure"),
        required=False,
        help_text=_("Celle du territoire. Vide tant qu’elle n’est pas fixée."),
    )
    minutes_long = TypedWhole(label=_("Durée, en minutes"), required=False, most=1440)
    url = forms.URLField(
        label=_("Adresse de la visioconférence"), required=False, max_length=500, assume_scheme="https"
    )
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )
    with_usual_agenda = forms.BooleanField(
        label=_("Avec l’ordre du jour habituel"),
        required=False,
        help_text=_(
            "Avancement, retards, suites des décisions, financements, indicateurs\u00a0: lus en "
            "direct dans le plan."
        ),
    )

    class Meta:
        model = Meeting
        fields = ("rank", "held_on", "minutes_long", "title", "place", "url", "source_title", "source_url")

    field_order = [
        "body",
        "rank",
        "held_on",
        "hour",
        "minutes_long",
        "title",
        "place",
        "url",
        "with_usual_agenda",
    ]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        if self.instance.pk:
            # A meeting does not change body: its rank, its members and its minutes are of that one.
            del self.fields["body"], self.fields["with_usual_agenda"]
            if self.instance.starts_at:
                local = self.instance.starts_at.astimezone(zone_of(convention))
                self.initial["hour"] = f"{local:%H:%M}"
        else:
            bodies = convention.bodies.standing().filter(is_external=False)
            self.fields["body"].queryset = bodies

    def clean(self):
        data = super().clean()
        if data.get("hour") and data.get("held_on") is not None and len(data["held_on"]) < A_DAY:
            self.add_error("hour", gettext("Une heure demande le jour\u00a0: écrivez la date entière."))
        return data

    @property
    def facts(self) -> dict:
        held_on, hour = self.cleaned_data["held_on"], self.cleaned_data["hour"]
        return super().facts | {"starts_at": at_hour(self.convention, held_on, hour)}


class CancelForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Motif"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Il est écrit aux personnes convoquées."),
    )


class ItemForm(WrittenForm):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=_("Intitulé"), required=False, max_length=200, help_text=_("Vide\u00a0: le nom de sa nature.")
    )
    minutes_long = TypedWhole(label=_("Minutes prévues"), required=False, most=1440)

    class Meta:
        model = AgendaItem
        fields = ITEM_FACTS
        labels = {"kind": _("Nature du point"), "action": _("Action"), "presenter": _("Présenté par")}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "kind": _("Les points lus en direct montrent le plan à jour, jusqu’à la clôture de la réunion."),
            "note": _("Ce qu’il faut dire ou décider\u00a0: imprimé dans le dossier."),
        }

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["action"].queryset = convention.actions.standing()
        self.fields["action"].empty_label = _("aucune")
        if self.instance.pk:
            self.initial["seen"] = fingerprint(self.instance, ITEM_FACTS)

    def clean_note(self):
        return self.cleaned_data["note"].replace("\r\n", "\n")


class PaperForm(forms.Form):
    file = forms.FileField(
        label=_("Fichier"),
        widget=forms.FileInput(attrs={"accept": files.ACCEPT}),
        help_text=_("PDF, DOCX, XLSX, ODT, JPEG ou PNG\u202f; 20 Mo au plus."),
    )
    title = forms.CharField(label=_("Intitulé"), required=False, max_length=200)


class AnswerForm(forms.Form):
    """What somebody invited answers, on a phone and without account."""

    answer = forms.ChoiceField(
        label=_("Serez-vous là\u202f?"),
        widget=forms.RadioSelect,
        choices=[
            (Invitation.Answer.YES, _("Oui, je viens")),
            (Invitation.Answer.REPRESENTED, _("Je serai représenté")),
            (Invitation.Answer.NO, _("Non, je ne viens pas")),
        ],
    )
    note = forms.CharField(
        label=_("Qui vous représentera, ou un mot"),
        required=False,
        max_length=300,
        help_text=_("Lu par les personnes qui organisent la réunion."),
    )

    def clean(self):
        data = super().clean()
        if data.get("answer") == Invitation.Answer.REPRESENTED and not data.get("note", "").strip():
            self.add_error("note", gettext("Dites qui vous représentera."))
        return data


class AttendanceForm(forms.Form):
    """One line by person of the sheet: here, represented, excused, absent, or not said."""

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = [one for one in lines if one.participant]
        for one in self.lines:
            self.fields[one.key] = forms.ChoiceField(
                label=one.name,
                required=False,
                initial=one.state,
                choices=[("", _("non noté")), *Attendance.State.choices],
            )
            self.fields[f"{one.key}-by"] = forms.CharField(
                label=_("Représenté par"), required=False, max_length=160, initial=one.represented_by
            )
        self.fields["guest_name"] = forms.CharField(
            label=_("Une autre personne présente\u00a0: son nom"), required=False, max_length=160
        )
        self.fields["guest_organisation"] = forms.CharField(
            label=_("Son organisme"), required=False, max_length=200
        )

    def rows(self):
        """(line, its field, the field of who represents it), for the table."""
        return [(one, self[one.key], self[f"{one.key}-by"]) for one in self.lines]

    @property
    def states(self) -> dict:
        data = self.cleaned_data
        return {one.participant.pk: (data[one.key], data[f"{one.key}-by"]) for one in self.lines}

    @property
    def guests(self) -> list:
        data = self.cleaned_data
        if not data["guest_name"].strip():
            return []
        return [(data["guest_name"], data["guest_organisation"], Attendance.State.PRESENT)]


class MinutesForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = forms.CharField(
        label=_("Compte rendu du point"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        # The operation strips what ends the text and nothing else: an indented line is somebody's.
        strip=False,
        help_text=_(
            "Une ligne par idée\u00a0: deux personnes peuvent écrire en même temps, leurs lignes "
            "sont réunies."
        ),
    )


class OpeningForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Ouverture de la séance"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Qui ouvre la séance, ce qui est dit avant le premier point."),
    )


class ApprovalForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    on = PeriodField(label=_("Approuvé le"), help_text=PERIOD_HELP)


MEETING_FILTERS = ("q", "body", "state", "when")


class MeetingFilter(forms.Form):
    q = forms.CharField(label=_("Mots cherchés"), required=False, max_length=80)
    body = forms.ChoiceField(label=_("Instance"), required=False)
    state = forms.ChoiceField(label=_("État"), required=False)
    when = forms.ChoiceField(label=_("Année"), required=False)

    def __init__(self, query, meetings):
        super().__init__({name: query[name] for name in MEETING_FILTERS if name in query})
        self.meetings = list(meetings)
        bodies = {str(one.body_id): one.body.name for one in self.meetings}
        years = sorted({one.held_on[:4] for one in self.meetings if one.held_on}, reverse=True)
        self.offered = {
            "body": sorted(bodies.items(), key=lambda pair: search_key(pair[1])),
            "state": list(Meeting.State.choices),
            "when": [(year, year) for year in years],
        }
        for name, choices in self.offered.items():
            self.fields[name].choices = [("", gettext("toutes")), *choices]

    @property
    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {name: text for name in MEETING_FILTERS if (text := self.cleaned_data.get(name))}

    def found(self) -> list:
        wanted = self.wanted
        words = search_key(wanted.get("q", "")).split()
        return [
            one
            for one in self.meetings
            if wanted.get("body") in (None, str(one.body_id))
            and wanted.get("state") in (None, one.state)
            and one.held_on.startswith(wanted.get("when", ""))
            and all(word in search_key(f"{one.body.name} {one.title} {one.place}") for word in words)
        ]

    @property
    def query(self) -> str:
        return urlencode(self.wanted)

    @property
    def page_query(self) -> str:
        return f"{self.query}&" if self.query else ""

    @property
    def chips(self) -> list[dict]:
        return chips_of(self)


def chips_of(form) -> list[dict]:
    """Each filter in words, with the address of the same list without it."""
    wanted = form.wanted

    def words(name, text):
        if name == "q":
            return quoted(text)
        field = form.fields[name]
        choices = dict(getattr(field, "choices", ()))
        return labelled(field.label, str(choices.get(text, text))) if choices else str(field.label)

    return [
        {
            "text": words(name, text),
            "url": "?" + urlencode({key: kept for key, kept in wanted.items() if key != name}),
        }
        for name, text in wanted.items()
    ]
