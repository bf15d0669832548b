"""What people type into the papers of a convention; the operation writes and checks, not the form."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PRECISE, PeriodField
from ansanm.conventions.models import Annex, Article, Deliberation
from ansanm.conventions.models.documents import DocumentSettings
from ansanm.ui.formats import format_period

MAX_TEXT = 60_000
WRITING = _(
    "Une ligne vide sépare deux paragraphes\u202f; une ligne qui commence par un tiret est une puce. "
    "Ce qui reste à écrire se note «\u00a0à compléter\u00a0»\u00a0: la liste en est faite avant d’imprimer."
)


class PaperForm(forms.ModelForm):
    """One row, saved over the version that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    in_french: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        for name in self.in_french:
            # The papers of a convention are in French, whoever reads the page.
            self.fields[name].widget.attrs["lang"] = "fr"
        for name, field in self.fields.items():
            if isinstance(field, PeriodField):
                self.initial[name] = format_period(getattr(self.instance, name))
                field.help_text = field.help_text or PRECISE

    def _post_clean(self):
        # A refused save must leave `instance` as it is in the base, to be shown beside what was typed.
        pass

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}

    def on_top_of(self, current):
        """The same form, what was typed kept, that saves over `current` once both were read."""
        data = dict(self.data.items()) | {"version": current.version}
        return type(self)(data, instance=current)


class ArticleForm(PaperForm):
    in_french = ("heading", "text")
    text = forms.CharField(
        label=_("Texte"),
        required=False,
        max_length=MAX_TEXT,
        help_text=WRITING,
        widget=forms.Textarea(attrs={"rows": 16}),
    )

    class Meta:
        model = Article
        fields = ("heading", "text")
        help_texts = {"heading": _("Sans son numéro\u00a0: il vient de sa place.")}


class UploadForm(PaperForm):
    """A row with a file beside it."""

    file_field = "file"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        held = getattr(self.instance, self.file_field)
        if held:
            self.fields["upload"].help_text = _(
                "Aujourd’hui\u00a0: %(name)s. Un autre fichier le remplacera."
            ) % {"name": held.name}
        else:
            del self.fields["drop_file"]

    def on_top_of(self, current):
        return type(self)(
            dict(self.data.items()) | {"version": current.version}, self.files, instance=current
        )

    @property
    def uploads(self) -> dict:
        return {
            "upload": self.cleaned_data.get("upload"),
            "drop_file": self.cleaned_data.get("drop_file", False),
        }


class AnnexForm(UploadForm):
    in_french = ("title", "text")
    text = forms.CharField(
        label=_("Texte"),
        required=False,
        max_length=MAX_TEXT,
        help_text=WRITING,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    upload = forms.FileField(
        label=_("Pages à joindre, en PDF"),
        required=False,
        help_text=_("200 pages et 20 Mo au plus. Elles viennent à la fin de l’annexe et sont numérotées."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf"}),
    )
    drop_file = forms.BooleanField(label=_("Retirer les pages jointes"), required=False)

    class Meta:
        model = Annex
        fields = ("kind", "title", "text", "is_included")
        help_texts = {
            "kind": _(
                "Décide de ce que l’annexe prend dans la convention\u00a0: financements, instances, fiches…"
            ),
            "title": _("Vide\u00a0: celui de sa nature."),
        }

    field_order = ["kind", "title", "text", "upload", "drop_file", "is_included", "version"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Its content comes from its kind: another kind is another annex.
            self.fields["kind"].disabled = True

    def clean(self):
        held = super().clean()
        if held.get("kind") == Annex.Kind.FREE and not held.get("title", "").strip():
            raise ValidationError({"title": _("Donnez un titre à cette annexe.")})
        return held


class LetterheadForm(UploadForm):
    file_field = "logo"
    upload = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG ou JPEG, 2 Mo au plus."),
        widget=forms.ClearableFileInput(attrs={"accept": ".png,.jpg,.jpeg"}),
    )
    drop_file = forms.BooleanField(label=_("Retirer le logo"), required=False)

    class Meta:
        model = DocumentSettings
        fields = ("logo_text", "header", "footer")
        help_texts = {
            "logo_text": _(
                "Ce que lit un lecteur d’écran\u00a0: «\u00a0Logo de la Ville de Saint-Denis\u00a0»."
            ),
            "header": _("En haut de chaque page."),
            "footer": _("Au pied de chaque page, avant le titre et le numéro."),
        }

    field_order = ["upload", "logo_text", "drop_file", "header", "footer", "version"]


class DeliberationForm(PaperForm):
    in_french = ("title", "text")
    session_on = PeriodField(label=_("Séance du"), required=False)
    text = forms.CharField(
        label=_("Texte"),
        max_length=MAX_TEXT,
        help_text=WRITING,
        widget=forms.Textarea(attrs={"rows": 22}),
    )

    class Meta:
        model = Deliberation
        fields = ("title", "rapporteur", "session_on", "text")
        widgets = {
            "title": forms.Textarea(attrs={"rows": 2}),
            "rapporteur": forms.TextInput(attrs={"autocomplete": "off"}),
        }


class VotedForm(forms.Form):
    """What came back from the assembly: it is the party's."""

    deliberation_number = forms.CharField(label=_("Numéro de la délibération"), max_length=60)
    deliberation_on = PeriodField(label=_("Date de la délibération"), help_text=PRECISE)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, party, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial |= {
            "deliberation_number": party.deliberation_number,
            "deliberation_on": format_period(party.deliberation_on),
            "version": party.convention.version,
        }
