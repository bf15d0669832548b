"""What people type about an agreement: a stage, a signature, a contract, a text to take or to sign."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.agreement import snapshot
from ansanm.conventions.agreement.operations import SUBJECTS, owed, token_of
from ansanm.conventions.agreement.stages import LINE, RANKS, WAYS_OUT
from ansanm.conventions.agreement.words import signatory
from ansanm.conventions.forms import PRECISE, PeriodField
from ansanm.conventions.models import (
    AgreementVersion,
    Convention,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PartySignature,
    Stage,
)
from ansanm.conventions.plan.content import plain
from ansanm.ui.formats import format_number, format_period


class StageForm(forms.Form):
    to = forms.ChoiceField(label=_("Étape suivante"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Demandé pour revenir en arrière, ou avancer sans ce qui manque. Les membres le liront."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = convention.version
        here = RANKS[convention.stage]
        self.fields["to"].choices = [
            (stage.value, stage.label) for stage in (*LINE, *WAYS_OUT) if stage != convention.stage
        ]
        following = [stage for stage in LINE if RANKS[stage] == here + 1]
        if following:
            self.initial["to"] = following[0].value

    def clean_to(self):
        return Stage(self.cleaned_data["to"])


class RowForm(forms.ModelForm):
    """One row around the agreement; the operation writes and checks, not the form."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.initial["version"] = convention.version
        for name, one in self.fields.items():
            if isinstance(one, PeriodField):
                self.initial[name] = format_period(getattr(self.instance, name))
                one.help_text = one.help_text or PRECISE

    def _post_clean(self):
        pass

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}

    def on_top_of(self, current):
        """The same form, what was typed kept, that saves over `current` once both were read."""
        data = dict(self.data.items()) | {"version": current.version}
        return type(self)(data, convention=current, instance=self.instance)


class VisaForm(RowForm):
    url = forms.URLField(label=_("Adresse du texte"), required=False, max_length=500, assume_scheme="https")
    position = forms.IntegerField(label=_("Ordre"), required=False, min_value=0, max_value=999)

    class Meta:
        model = LegalVisa
        fields = ("text", "url", "position")
        help_texts = {
            "text": _(
                "Sans le «\u00a0Vu\u00a0» qui l’ouvre\u00a0: «\u00a0le code de la sécurité sociale…\u00a0»."
            )
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}

    @property
    def facts(self):
        return without_empty_position(super().facts)


class ContractForm(RowForm):
    starts_on = PeriodField(label=_("Début"), required=False)
    ends_on = PeriodField(label=_("Fin"), required=False)
    url = forms.URLField(label=_("Adresse"), required=False, max_length=500, assume_scheme="https")

    class Meta:
        model = LinkedContract
        fields = ("kind", "title", "partners", "starts_on", "ends_on", "url", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def clean_note(self):
        return self.cleaned_data["note"].replace("\r\n", "\n")

    def clean(self):
        return ordered(self, super().clean())


class ShareField(forms.DecimalField):
    """A share of a post, with a comma or a point."""

    def to_python(self, value):
        return super().to_python(str(value).replace(",", ".") if value else value)


class PostForm(RowForm):
    fte_share = ShareField(
        label=_("Quotité (ETP)"),
        max_digits=3,
        decimal_places=2,
        min_value=0,
        max_value=1,
        help_text=_(
            "La part d’un temps plein\u00a0: «\u00a00,5\u00a0» pour un mi-temps, «\u00a00,2\u00a0» pour 7 "
            "heures par semaine."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    starts_on = PeriodField(label=_("Début"), required=False)
    ends_on = PeriodField(label=_("Fin"), required=False)

    class Meta:
        model = CooperationPost
        fields = ("holder", "employer", "mission", "fte_share", "starts_on", "ends_on")
        help_texts = {"holder": _("Le nom de la personne, ou vide tant que le poste n’est pas pourvu.")}
        widgets = {"holder": forms.TextInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.fte_share is not None:
            self.initial["fte_share"] = plain(self.instance.fte_share).replace(".", ",")

    def clean_fte_share(self):
        if self.cleaned_data["fte_share"] == 0:
            raise ValidationError(_("Une quotité nulle n’est pas un poste."))
        return self.cleaned_data["fte_share"]

    def clean(self):
        return ordered(self, super().clean())


class SignatureForm(RowForm):
    party = forms.ModelChoiceField(None, label=_("Partie"), empty_label=_("À choisir"))
    signed_on = PeriodField(label=_("Signé le"), required=False)
    position = forms.IntegerField(label=_("Ordre"), required=False, min_value=0, max_value=999)

    class Meta:
        model = PartySignature
        fields = ("name", "function", "signed_on", "position")
        help_texts = {
            "name": _("La personne qui signe, si l’acte est publié\u202f; vide sinon."),
            "function": _(
                "Par exemple «\u00a0maire\u00a0» ou «\u00a0président du conseil d’administration\u00a0»."
            ),
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "function": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    field_order = ["party", "name", "function", "signed_on", "position", "version"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["signed_on"].help_text = _(
            "Laissez vide\u00a0: la signature d’une version le remplit. À remplir pour un acte ancien."
        )
        if self.instance.pk:
            del self.fields["party"]
        else:
            self.fields["party"].queryset = self.convention.parties.select_related("organisation")
            self.fields["party"].label_from_instance = lambda party: str(party.organisation)

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("name") and not cleaned.get("function") and not self.errors:
            self.add_error("function", _("Donnez au moins la fonction de qui signe."))
        return cleaned

    @property
    def facts(self):
        party = {"party": self.cleaned_data["party"]} if "party" in self.fields else {}
        return without_empty_position(super().facts) | party


def without_empty_position(facts: dict) -> dict:
    """A row whose place is not typed keeps the one it has, or comes last."""
    return {name: value for name, value in facts.items() if name != "position" or value is not None}


def ordered(form, cleaned):
    """Refuse an end before its start, compared as far as both are known."""
    start, end = cleaned.get("starts_on", ""), cleaned.get("ends_on", "")
    known = min(len(start), len(end))
    if end[:known] < start[:known]:
        form.add_error("ends_on", _("La fin vient avant le début."))
    return cleaned


FORMS = {"visa": VisaForm, "contract": ContractForm, "post": PostForm, "signature": SignatureForm}
assert FORMS.keys() == SUBJECTS.keys()


class DraftForm(forms.ModelForm):
    effective_on = PeriodField(label=_("Prend effet"), required=False, help_text=PRECISE)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = AgreementVersion
        fields = ("title", "purpose", "effective_on")
        help_texts = {
            "purpose": _("En quelques phrases\u00a0: pourquoi ce texte, ce qu’il décide."),
        }
        widgets = {"purpose": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, convention, draft=None, kind, number, **kwargs):
        super().__init__(*args, instance=draft, **kwargs)
        if draft:
            self.initial["token"] = token_of(draft)
            self.initial["effective_on"] = format_period(draft.effective_on)
        elif kind == AgreementVersion.Kind.AMENDMENT:
            # The first amendment is the second version.
            self.initial["title"] = gettext("Avenant n° %(n)s") % {"n": number - 1}
        else:
            self.initial["title"] = str(convention)

    def _post_clean(self):
        pass

    def clean_purpose(self):
        return self.cleaned_data["purpose"].replace("\r\n", "\n").strip()

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in ("title", "purpose", "effective_on")}


class SignForm(forms.Form):
    signed_on = PeriodField(
        label=_("Date de la signature"),
        help_text=_("«\u00a02021\u00a0», «\u00a0décembre 2021\u00a0» ou «\u00a03 décembre 2021\u00a0»."),
    )
    signed_by = forms.MultipleChoiceField(
        label=_("Ont signé"), widget=forms.CheckboxSelectMultiple, required=False
    )
    reason = forms.CharField(
        label=_("Pourquoi certaines signatures manquent"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Demandé si une signature n’est pas cochée. Ce motif est imprimé avec la version."),
    )
    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, version, **kwargs):
        super().__init__(*args, **kwargs)
        lines = owed(snapshot.read(version))
        self.fields["signed_by"].choices = [
            (one["key"], f"{one['party']} · {signatory(one)}") for one in lines
        ]
        # None is ticked beforehand: nobody signs by leaving a form as it is.
        self.initial["token"] = token_of(version)


class CopyForm(forms.Form):
    """Which fiches of the plan before go on, and what comes with them."""

    actions = forms.MultipleChoiceField(
        label=_("Fiches à reprendre"), widget=forms.CheckboxSelectMultiple, required=False
    )
    surroundings = forms.MultipleChoiceField(
        label=_("Reprendre aussi"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            ("contracts", _("les contrats liés")),
            ("visas", _("les visas")),
            ("posts", _("les postes de chargés de coopération")),
        ],
    )

    def __init__(self, *args, previous: Convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.standing = list(previous.actions.standing())
        self.fields["actions"].choices = [
            (str(one.pk), f"{one.number} {one.title}".strip() + f" ({one.get_status_display()})")
            for one in self.standing
        ]
        self.fields["actions"].help_text = gettext("%(n)s fiches. Décochez celles qui s’arrêtent.") % {
            "n": format_number(len(self.standing))
        }
        self.initial |= {
            "actions": [str(one.pk) for one in self.standing if one.status != "abandoned"],
            "surroundings": ["contracts", "visas", "posts"],
        }

    @property
    def chosen(self):
        wanted = set(self.cleaned_data["actions"])
        return [one for one in self.standing if str(one.pk) in wanted]
