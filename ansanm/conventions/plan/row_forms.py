"""The rows of a fiche as people type them: operations, milestones, indicators, money, links, partners."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PeriodField
from ansanm.conventions.models import (
    ActionIndicator,
    ActionLink,
    ActionPartner,
    FinancingLine,
    Milestone,
    Operation,
)
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.fields import ActorField, TypedNumber, TypedWhole, VagueField
from ansanm.conventions.plan.operations import MOST_OPERATIONS
from ansanm.territories.definitions import definitions

LARGEST_VALUE = 99_999_999_999
LARGEST_AMOUNT = 9_999_999_999


def areas(model, names, *, rows):
    """A taller box for each long text."""
    return {
        name: forms.Textarea(attrs={"rows": rows})
        for name in names
        if isinstance(model._meta.get_field(name), models.TextField)
    }


def label(model, name):
    return wording.capital(model._meta.get_field(name).verbose_name)


class RowForm(forms.ModelForm):
    """One row; what it may hold is said by its model, and written by the operation, not by the form."""

    key = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, *args, editor, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, ActorField):
                editor.prepare(field)

    def _post_clean(self):
        pass

    # Fields that stand folded under the others.
    folded: tuple[str, ...] = ()

    @property
    def first_fields(self):
        return [one for one in self if one.name not in {"DELETE", *self.folded}]

    @property
    def more_fields(self):
        return [one for one in self if one.name in self.folded]

    @property
    def is_unfolded(self) -> bool:
        """Whether what is folded says something, or is wrong."""
        return any(one.value() or one.errors for one in self.more_fields)

    def row(self) -> dict:
        """The row as contents keep it; without key, a new one is given."""
        row = {
            name: clean_text(value)
            for name, value in self.cleaned_data.items()
            if name not in {"ORDER", "DELETE"}
        }
        if not row.get("key"):
            row.pop("key", None)
        return row


def clean_text(value):
    # Browsers send \r\n, files \n: the same text must be equal to itself.
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class OperationForm(RowForm):
    class Meta:
        model = Operation
        fields = contents.OPERATION
        widgets = areas(Operation, contents.OPERATION, rows=2)


class MilestoneForm(RowForm):
    due = VagueField(label=label(Milestone, "due"), required=False)
    done_on = PeriodField(label=label(Milestone, "done_on"), required=False)

    class Meta:
        model = Milestone
        fields = contents.MILESTONE


class TargetForm(forms.Form):
    value = TypedNumber(
        label=_("Cible"), required=False, most=LARGEST_VALUE, places=3, units=("", "percent", "eur")
    )
    text = forms.CharField(label=_("Cible en mots"), required=False, max_length=200)
    due = VagueField(label=_("Échéance"), required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("due") and not cleaned.get("value") and not cleaned.get("text"):
            raise ValidationError(_("Une échéance attend une cible, en chiffre ou en mots."))
        return cleaned


class RowSet(forms.BaseFormSet):
    """The rows of one field. A ticked row goes; their order is the one of « Rang »."""

    default_error_messages = forms.BaseFormSet.default_error_messages | {
        "too_many_forms": _("%d lignes au plus\u00a0: faites-en une autre fiche.")
    }

    def __init__(self, *args, editor, **kwargs):
        super().__init__(*args, form_kwargs={"editor": editor}, **kwargs)

    def rows(self) -> list[dict]:
        kept = [
            (form.cleaned_data.get("ORDER") or 10_000 + place, place, form)
            for place, form in enumerate(self.forms)
            if form not in self.deleted_forms and (form.has_changed() or place < self.initial_form_count())
        ]
        return [form.row() for _order, _place, form in sorted(kept, key=lambda one: one[:2])]

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "ORDER" in form.fields:
            form.fields["ORDER"].label = _("Rang")
            form.fields["ORDER"].widget.attrs["inputmode"] = "numeric"
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Retirer cette ligne")

    def quieten(self):
        self._errors, self._non_form_errors = [{} for _one in self.forms], self.error_class()
        for form in self.forms:
            form._errors = ErrorDict()


class TargetSet(forms.BaseFormSet):
    pass


TARGETS = forms.formset_factory(TargetForm, formset=TargetSet, extra=1, max_num=12, validate_max=True)


class IndicatorForm(RowForm):
    baseline_value = TypedNumber(
        label=label(ActionIndicator, "baseline_value"),
        required=False,
        most=LARGEST_VALUE,
        places=3,
        units=("", "percent", "eur"),
    )
    baseline_on = PeriodField(label=label(ActionIndicator, "baseline_on"), required=False)
    diagnosis_indicator = forms.ChoiceField(
        label=label(ActionIndicator, "diagnosis_indicator"), required=False
    )

    class Meta:
        model = ActionIndicator
        fields = contents.INDICATOR

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        language = (get_language() or "fr")[:2]
        self.fields["diagnosis_indicator"].choices = [
            ("", gettext("aucun")),
            *((one.id, one.title[language]) for one in definitions().values()),
        ]
        self.targets = TARGETS(
            self.data if self.is_bound else None,
            initial=None if self.is_bound else self.initial.get("targets"),
            prefix=f"{self.prefix}-targets",
        )

    def is_valid(self):
        return super().is_valid() and self.targets.is_valid()

    def full_clean(self):
        super().full_clean()
        if self.is_bound and hasattr(self, "targets") and not self.targets.is_valid():
            for one in self.targets.errors:
                for messages in one.values():
                    self.add_error(None, [_("Cible\u00a0: %(what)s") % {"what": one} for one in messages])
            for message in self.targets.non_form_errors():
                self.add_error(None, message)

    def has_changed(self):
        return super().has_changed() or any(one.has_changed() for one in self.targets)

    def row(self):
        empty = {"value": None, "text": "", "due": ""}
        targets = [{**empty, **one.cleaned_data} for one in self.targets if one.cleaned_data]
        return super().row() | {"targets": [one for one in targets if one != empty]}


class FinancingForm(RowForm):
    funder = ActorField(label=_("Financeur"))
    year = TypedWhole(label=label(FinancingLine, "year"), required=False, most=2100)
    amount_eur = TypedNumber(
        label=label(FinancingLine, "amount_eur"),
        required=False,
        most=LARGEST_AMOUNT,
        units=("", "eur"),
        help_text=_("«\u00a0345 000 €\u00a0»\u202f; vide s’il est à définir."),
    )
    source_url = forms.URLField(
        label=label(FinancingLine, "source_url"), required=False, max_length=500, assume_scheme="https"
    )

    operation = forms.ChoiceField(label=label(FinancingLine, "operation"), required=False)
    place = forms.ChoiceField(label=label(FinancingLine, "place"), required=False)

    class Meta:
        model = FinancingLine
        fields = (*contents.FINANCING, *contents.FINANCING_MORE)

    field_order = ["key", "funder", *contents.FINANCING, *contents.FINANCING_MORE]
    folded = contents.FINANCING_MORE

    def __init__(self, *args, editor, **kwargs):
        super().__init__(*args, editor=editor, **kwargs)
        for name in contents.MONEY_ROAD:
            self.fields[name] = TypedNumber(
                label=label(FinancingLine, name), required=False, most=LARGEST_AMOUNT, units=("", "eur")
            )
        self.fields["in_kind_fte"] = TypedNumber(
            label=label(FinancingLine, "in_kind_fte"),
            required=False,
            most=9_999,
            help_text=gettext("S’il s’agit de temps de travail\u202f: le montant en est la valeur."),
        )
        self.fields["operation"].choices = [("", gettext("toute l’action")), *editor.operations]
        self.fields["place"].choices = [("", gettext("toute l’action")), *editor.money_places]
        self.order_fields(self.field_order)

    def clean_year(self):
        year = self.cleaned_data["year"]
        if year is not None and year < 2000:
            raise ValidationError(_("Écrivez une année entre 2000 et 2100."))
        return year

    def clean(self):
        cleaned = super().clean()
        if "amount_eur" in cleaned and cleaned["amount_eur"] is None:
            cleaned["precision"] = FinancingLine.Precision.TO_DEFINE
        elif cleaned.get("precision") == FinancingLine.Precision.TO_DEFINE and "amount_eur" in cleaned:
            self.add_error(
                "precision", _("Un montant est écrit\u00a0: dites s’il est exact, environ, au plus…")
            )
        return cleaned


class LinkForm(RowForm):
    other = forms.TypedChoiceField(label=_("L’autre action"), coerce=int)

    class Meta:
        model = ActionLink
        fields = ["kind"]
        labels = {"kind": pgettext_lazy("actions", "Cette action")}

    field_order = ["key", "kind", "other"]

    def __init__(self, *args, editor, **kwargs):
        super().__init__(*args, editor=editor, **kwargs)
        self.fields["other"].choices = [("", "–"), *editor.other_actions]

    def row(self):
        row = super().row()
        return {"key": f"{row['kind']}:{row['other']}", "kind": row["kind"], "other": row["other"]}


class PartnerForm(RowForm):
    name = ActorField(label=_("Organisme"), required=False)

    class Meta:
        model = ActionPartner
        fields: list[str] = []


def row_set(form, most, *, can_order=False):
    return forms.formset_factory(
        form,
        formset=RowSet,
        extra=1,
        max_num=most,
        absolute_max=most + 5,
        validate_max=True,
        can_delete=True,
        can_order=can_order,
    )


ROW_SETS = {
    "operations": row_set(OperationForm, MOST_OPERATIONS, can_order=True),
    "milestones": row_set(MilestoneForm, 40, can_order=True),
    "indicators": row_set(IndicatorForm, 30, can_order=True),
    "financing": row_set(FinancingForm, 60),
    "links": row_set(LinkForm, 30),
    "partners": row_set(PartnerForm, 60),
}
