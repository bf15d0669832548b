"""What people type in a concertation: a sheet, a survey and its questions, a workshop, a contribution."""

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.concertation.survey_operations import (
    FACTS,
    MOST_AUDIENCES,
    QUESTION_FACTS,
    WITH_CHOICES,
)
from ansanm.conventions.forms import DayField, PeriodField, WrittenNumberField
from ansanm.conventions.models import Channel, Contribution, Survey, SurveyQuestion, Workshop
from ansanm.conventions.plan.places import place_groups
from ansanm.engines.written import Unreadable, parse_number, write_number
from ansanm.territories.models import Level, Territory
from ansanm.ui.documents.blocks import writable
from ansanm.ui.formats import format_day, format_number, format_period

MOST_SIGNS = 2_000
MOST_CONTRIBUTION_SIGNS = 5_000
MOST_NUMBER = 1_000_000_000
Kind = SurveyQuestion.Kind


class SaidField(forms.CharField):
    """What somebody says, in any script, emoji included; only what no file can hold is left out."""

    def __init__(self, *, most: int, **kwargs):
        self.most = most
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(**kwargs)

    def to_python(self, value):
        text = super().to_python(writable(value) if isinstance(value, str) else value)
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > self.most:
            raise ValidationError(
                gettext(
                    "Votre texte fait %(n)s signes : %(most)s au plus. Rien n’est perdu, raccourcissez-le."
                )
                % {"n": format_number(len(text)), "most": format_number(self.most)}
            )
        return text


class PublicFields(forms.Form):
    """What every public form holds: its ticket, and a field that only machines fill."""

    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)
    website = forms.CharField(
        label=_("Laissez ce champ vide"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )


def places_of(convention) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(pk, name)]): the communes and quartiers a person may say they live in."""
    # Hundreds answer in the same minute: the same places for all of them.
    return cache.get_or_set(f"concertation-places:{convention.pk}", lambda: named_places(convention), 60)


def named_places(convention):
    # Nobody knows the number of the IRIS they live in.
    groups = [
        (group, [one for one in places if not one[0].startswith(f"{Level.IRIS}:")])
        for group, places in place_groups(convention)
    ]
    wanted = {key for _group, places in groups for key, _name in places}
    known = {
        f"{one.level}:{one.code}": one.pk
        for one in Territory.objects.filter(code__in={key.partition(":")[2] for key in wanted})
    }
    # The same quartier may be a zone and a QPV: people know it by its name.
    made, seen = [], set()
    for group, places in groups:
        rows = []
        for key, name in places:
            if name.casefold() not in seen and key in known:
                seen.add(name.casefold())
                rows.append((str(known[key]), name))
        if rows:
            made.append((group, rows))
    return made


class AnswerForm(PublicFields):
    """The sheet of one survey for one audience; on paper, a question may stay empty."""

    def __init__(self, *args, survey, audience="", is_paper=False, questions=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.survey, self.audience, self.is_paper = survey, audience, is_paper
        held = survey.questions.all() if questions is None else questions
        self.questions = [one for one in held if not one.audiences or audience in one.audiences]
        for question in self.questions:
            self.fields[question.key] = self.field_of(question)

    def field_of(self, question):
        common = {
            "label": question.label,
            "help_text": question.help,
            "required": question.is_required and not self.is_paper,
        }
        match question.kind:
            case Kind.ONE | Kind.SEVERAL:
                choices = [(one["key"], one["label"]) for one in question.choices]
                if question.kind == Kind.SEVERAL:
                    return forms.MultipleChoiceField(
                        choices=choices, widget=forms.CheckboxSelectMultiple, **common
                    )
                return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
            case Kind.SCALE:
                return forms.ChoiceField(
                    choices=[(str(n), str(n)) for n in range(1, 6)], widget=forms.RadioSelect, **common
                )
            case Kind.NUMBER:
                return WrittenNumberField(
                    widget=forms.TextInput(
                        attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": "30"}
                    ),
                    **common,
                )
            case Kind.PLACE:
                return forms.ChoiceField(
                    choices=[("", _("Choisissez")), *self.places], widget=forms.Select, **common
                )
        return SaidField(most=MOST_SIGNS, **common)

    @property
    def places(self):
        return places_of(self.survey.convention)

    def clean(self):
        cleaned = super().clean()
        for question in self.questions:
            value = cleaned.get(question.key)
            if (
                question.kind == Kind.NUMBER
                and value is not None
                and not 0 <= float(value.value) <= MOST_NUMBER
            ):
                self.add_error(question.key, _("Écrivez un nombre entre 0 et 1 000 000 000."))
        return cleaned

    @property
    def sheet(self) -> dict:
        """The answers as they are kept: only what was answered."""
        kept = {}
        for question in self.questions:
            value = self.cleaned_data.get(question.key)
            if value in (None, "", []):
                continue
            match question.kind:
                case Kind.NUMBER:
                    number = float(value.value)
                    value = int(number) if number == int(number) else number
                case Kind.SCALE | Kind.PLACE:
                    value = int(value)
            kept[question.key] = value
        return kept

    @property
    def asked(self):
        """The fields of the questions, in their order."""
        return [{"kind": one.kind, "field": self[one.key]} for one in self.questions]

    @property
    def written(self) -> list[tuple[str, str]]:
        """What was typed by hand, to be copied elsewhere when the survey closed meanwhile."""
        return [
            (one.label, text)
            for one in self.questions
            if one.kind == Kind.TEXT and (text := self.data.get(one.key, "").strip())
        ]


class SheetForm(AnswerForm):
    """A paper sheet being typed."""

    channel = forms.ChoiceField(
        label=_("Recueillie"),
        choices=[(one.value, one.label) for one in Channel if one != Channel.ONLINE],
        initial=Channel.PAPER,
    )
    answered_on = DayField(label=_("Répondue le"), required=False, help_text=_("Vide pour aujourd’hui."))

    def clean_answered_on(self):
        day = self.cleaned_data["answered_on"]
        if day and day > timezone.localdate():
            raise ValidationError(_("Cette date est à venir."))
        return day


class ContactForm(PublicFields):
    name = forms.CharField(
        label=_("Nom ou prénom"), required=False, max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Adresse e-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = forms.CharField(
        label=_("Téléphone"), required=False, max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not (cleaned["email"] or cleaned["phone"]):
            raise ValidationError(
                _("Laissez une adresse e-mail ou un téléphone, sans quoi on ne peut pas vous joindre.")
            )
        return cleaned


class StartForm(forms.Form):
    title = forms.CharField(
        label=_("Titre de l’enquête"), max_length=200, help_text=_("Tel que les habitants le liront.")
    )
    starter = forms.ChoiceField(label=_("Partir de"), widget=forms.RadioSelect)

    def __init__(self, *args, starters, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["starter"].choices = [
            *((key, one.name) for key, one in starters.items()),
            ("", _("Une enquête vide")),
        ]
        self.fields["starter"].required = False
        self.fields["starter"].initial = next(iter(starters))


class VersionedForm(forms.ModelForm):
    """The operation writes and checks, not the form, which keeps what was typed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, version: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = version
        for name, one in self.fields.items():
            one.label = str(one.label)[:1].upper() + str(one.label)[1:]
            if isinstance(one, DayField):
                self.initial[name] = (
                    format_day(getattr(self.instance, name)) if getattr(self.instance, name) else ""
                )
            elif isinstance(one, PeriodField):
                self.initial[name] = format_period(getattr(self.instance, name))

    def _post_clean(self):
        pass

    def with_version(self, version: int):
        """The same form, what was typed kept, that saves over `version`."""
        self.data = self.data.copy()
        self.data["version"] = version
        return self


class SurveyForm(VersionedForm):
    opens_on = DayField(
        label=_("Ouverture"),
        required=False,
        help_text=_("« 3 décembre 2026 » ; vide : dès que vous l’ouvrez."),
    )
    closes_on = DayField(
        label=_("Clôture"),
        required=False,
        help_text=_("Dernier jour où l’on répond ; vide : quand vous la clorez."),
    )
    contact_kept_until = DayField(label=_("Coordonnées gardées jusqu’au"), required=False)

    class Meta:
        model = Survey
        fields = FACTS
        help_texts = {
            "introduction": _("Qui demande, pourquoi, ce que deviendront les réponses."),
            "thanks": _("Ce que lit la personne une fois sa réponse envoyée."),
            "house": _("La maison qui mène l’enquête, et qui seule lira les coordonnées laissées."),
            "contact_purpose": _(
                "Vide : aucune n’est demandée. Sinon, dites à quoi elles servent : "
                "tirage au sort, invitation à un atelier…"
            ),
            "is_fictitious": _("Un exemple inventé : chaque page le dira."),
        }
        widgets = {
            "introduction": forms.Textarea(attrs={"rows": 4}),
            "thanks": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"is_fictitious": _("Enquête fictive")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, version=kwargs["instance"].version, **kwargs)
        held = list(self.instance.audiences.all())
        self.audience_names = []
        for i, one in enumerate(held):
            self.add_audience(f"audience_{one.key}", one.label, i + 1)
        for i in range(min(3, MOST_AUDIENCES - len(held))):
            self.add_audience(f"audience_new{i}", "", len(held) + i + 1)

    def add_audience(self, name, label, n):
        self.audience_names.append(name)
        self.fields[name] = forms.CharField(
            label=gettext("Public %(n)s") % {"n": n}, required=False, max_length=120, initial=label,
            help_text=_("Par exemple « Parents d’enfants de moins de 3 ans"
                " » ; vide pour aucun.") if not label else "",
        )  # fmt: skip

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in FACTS}

    @property
    def audiences(self):
        return [
            (
                "" if name.startswith("audience_new") else name.removeprefix("audience_"),
                self.cleaned_data[name],
            )
            for name in self.audience_names
        ]


class QuestionForm(VersionedForm):
    choices = forms.CharField(
        label=_("Choix"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Un par ligne, pour « Un seul choix » et « Plusieurs choix ». "
            "La part attendue dans la population peut suivre une barre : « Femme | 52 % »."
        ),
    )
    audiences = forms.MultipleChoiceField(
        label=_("Posée à"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Aucune case : à tout le monde."),
    )  # fmt: skip
    theme = forms.ChoiceField(label=_("Thématique"), required=False)

    class Meta:
        model = SurveyQuestion
        fields = (
            "label",
            "kind",
            "choices",
            "help",
            "is_required",
            "is_profile",
            "expected_source",
            "audiences",
            "theme",
        )
        help_texts = {
            "is_profile": _("Âge, sexe, quartier… : sert à dire qui a répondu et qui manque."),
            "expected_source": _("Par exemple « Insee, recensement 2022 »."),
        }

    def __init__(self, *args, survey, **kwargs):
        super().__init__(*args, version=survey.version, **kwargs)
        self.initial["choices"] = "\n".join(line_of(one) for one in self.instance.choices)
        audiences = list(survey.audiences.all())
        if audiences:
            self.fields["audiences"].choices = [(one.key, one.label) for one in audiences]
        else:
            del self.fields["audiences"]
        self.fields["theme"].choices = [
            ("", _("Aucune")),
            *survey.convention.themes.values_list("slug", "label"),
        ]

    def clean_choices(self):
        old = list(self.instance.choices)
        by_label = {one["label"].casefold(): one for one in old}
        lines = [line for line in self.cleaned_data["choices"].splitlines() if line.strip()]
        read = [read_choice(line) for line in lines]
        left = [
            one for one in old if one["label"].casefold() not in {label.casefold() for label, _share in read}
        ]
        made = []
        for place, (label, share) in enumerate(read):
            found = by_label.get(label.casefold())
            if found is None and len(read) == len(old) and old[place] in left:
                # A line whose words changed in place is the same choice, corrected.
                found = old[place]
            one = {"label": label} | ({"key": found["key"]} if found else {})
            if share is not None:
                one["expected_share"] = share
            made.append(one)
        return made

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") not in WITH_CHOICES and cleaned.get("choices"):
            self.add_error("choices", _("Cette sorte de question n’a pas de choix à écrire."))
        return cleaned

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in QUESTION_FACTS if name in self.cleaned_data}


def line_of(choice: dict) -> str:
    share = choice.get("expected_share")
    return (
        choice["label"] if share is None else f"{choice['label']} | {write_number(round(share * 100, 2))} %"
    )


def read_choice(line: str) -> tuple[str, float | None]:
    label, bar, share = line.rpartition("|")
    if not bar:
        return " ".join(line.split()), None
    try:
        read = parse_number(share)
    except Unreadable as unreadable:
        raise ValidationError(
            gettext("« %(line)s » : la part attendue s’écrit « 52 %% ».") % {"line": line.strip()[:80]}
        ) from unreadable
    value = float(read.value) / 100
    if not 0 <= value <= 1:
        raise ValidationError(
            gettext("« %(line)s » : une part est entre 0 et 100 %%.") % {"line": line.strip()[:80]}
        )
    return " ".join(label.split()), value


class NoteForm(forms.Form):
    text = SaidField(
        label=_("Limite à connaître"), most=1_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Par exemple « distribuée aux sorties d’école : "
                "les familles sans enfant n’y sont pas »."),
    )  # fmt: skip


class WorkshopForm(VersionedForm):
    held_on = PeriodField(
        label=_("Date"),
        required=False,
        help_text=_("« 2026 », « novembre 2026 » ou « 3 novembre 2026 »."),
    )
    notes = SaidField(
        label=_("Notes de l’atelier"), most=60_000, required=False, widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Une idée par ligne ou par paragraphe : vous les découperez ensuite en contributions."),
    )  # fmt: skip
    upload = forms.FileField(
        label=_("Compte rendu ou photo du tableau"), required=False,
        help_text=_("PDF, DOCX, ODT, XLSX ou image, 20 Mo au plus."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.odt,.xlsx,.jpg,.jpeg,.png"}),
    )  # fmt: skip

    class Meta:
        model = Workshop
        fields = (
            "title", "held_on", "place", "theme", "facilitators", "n_residents", "n_partners", "notes",
            "is_fictitious",
        )  # fmt: skip
        labels = {"is_fictitious": _("Atelier fictif")}

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, version=kwargs["instance"].version, **kwargs)
        self.fields["theme"].queryset = convention.themes.all()
        self.fields["theme"].empty_label = _("Aucune")

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}


class ContributionFields(forms.Form):
    text = SaidField(label=_("Ce que vous voulez dire"), most=MOST_CONTRIBUTION_SIGNS)
    author = forms.ChoiceField(label=_("Vous parlez en tant que"), widget=forms.RadioSelect)
    organisation = forms.CharField(
        label=_("Organisme"), required=False, max_length=200, help_text=_("Pour un partenaire seulement.")
    )
    place = forms.ChoiceField(label=_("Quartier ou commune"), required=False)
    themes = forms.MultipleChoiceField(
        label=_("De quoi parlez-vous ?"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.fields["author"].choices = Contribution.Author.choices
        self.fields["author"].initial = Contribution.Author.RESIDENT
        self.fields["place"].choices = [("", _("Je ne précise pas")), *places_of(convention)]
        self.themes = {one.slug: one for one in convention.themes.all()}
        if self.themes:
            self.fields["themes"].choices = [(slug, one.label) for slug, one in self.themes.items()]
        else:
            del self.fields["themes"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("author") == Contribution.Author.RESIDENT:
            # A resident is never named by what they belong to.
            cleaned["organisation"] = ""
        return cleaned

    @property
    def facts(self) -> dict:
        data = self.cleaned_data
        return {
            "text": data["text"],
            "author": data["author"],
            "organisation": data["organisation"],
            "place": Territory.objects.get(pk=data["place"]) if data["place"] else None,
            "themes": [self.themes[slug] for slug in data.get("themes", ())],
        }


class FreeForm(ContributionFields, PublicFields):
    """A contribution sent from home."""

    field_order = ["text", "themes", "place", "author", "organisation"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        said = Contribution.Author
        self.fields["author"].choices = [
            (said.RESIDENT, _("Habitante ou habitant")),
            (said.PARTNER, _("Partenaire : association, équipement, institution")),
        ]


class TypedForm(ContributionFields):
    """A letter, or what somebody said, typed by an agent."""

    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    channel = forms.ChoiceField(label=_("Recueillie"), choices=Channel.choices)
    received_on = DayField(label=_("Reçue le"), required=False, help_text=_("Vide pour aujourd’hui."))
    is_fictitious = forms.BooleanField(label=_("Contribution fictive"), required=False)
    field_order = [
        "text",
        "channel",
        "received_on",
        "author",
        "organisation",
        "place",
        "themes",
        "is_fictitious",
    ]

    def __init__(self, *args, convention, contribution=None, **kwargs):
        if contribution:
            kwargs["initial"] = {
                "text": contribution.text,
                "channel": contribution.channel,
                "received_on": format_day(contribution.received_on),
                "author": contribution.author,
                "organisation": contribution.organisation,
                "place": contribution.place_id or "",
                "themes": [one.slug for one in contribution.themes.all()],
                "is_fictitious": contribution.is_fictitious,
                "version": contribution.version,
            }
        super().__init__(*args, convention=convention, **kwargs)
        self.fields["text"].label = _("Ce qui est dit")
        self.fields["author"].label = _("Qui parle")
        if "themes" in self.fields:
            self.fields["themes"].label = _("Thématiques")
        if contribution is None:
            self.fields["channel"].choices = [one for one in Channel.choices if one[0] != Channel.ONLINE]
            self.fields["channel"].initial = Channel.LETTER
        elif contribution.entered_by_id is None:
            self.fields["text"].disabled = True
            self.fields["text"].help_text = _("Les mots de la personne : ils ne se réécrivent pas.")
        # Assigned once: the widget keeps a list of its own.
        groups = places_of(convention)
        offered = {value for _group, rows in groups for value, _name in rows}
        places = [("", _("Non précisé")), *groups]
        if contribution and contribution.place_id and str(contribution.place_id) not in offered:
            places.append((str(contribution.place_id), contribution.place.name))
        self.fields["place"].choices = places

    def clean_received_on(self):
        day = self.cleaned_data["received_on"]
        if day and day > timezone.localdate():
            raise ValidationError(_("Cette date est à venir."))
        return day or timezone.localdate()

    @property
    def facts(self):
        own = ("channel", "received_on", "is_fictitious")
        return super().facts | {name: self.cleaned_data[name] for name in own}
