"""The list of supported equipment: filtered, counted, and what it lacks to open the bonus territoire."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from ansanm.conventions.models import Convention, Equipment
from ansanm.conventions.papers.letterhead import document_with, letterhead
from ansanm.conventions.plan.content import plain
from ansanm.territories.names import search_key
from ansanm.ui.documents.blocks import Block, Document, Heading, Item, Listing, Paragraph, Table
from ansanm.ui.formats import format_day, format_number, format_period

Kind = Equipment.Kind
UNITS = {
    "places": gettext_lazy("places"),
    "hours": gettext_lazy("heures"),
    "fte": gettext_lazy("ETP"),
}
EAJE = (Kind.CRECHE, Kind.MICRO_CRECHE, Kind.FAMILY_CRECHE, Kind.PARENTAL_CRECHE)
# What the bonus needs to know. Its rates depend on the zoning for the places of EAJE alone.
MISSING = {
    "supported_by": gettext_lazy("la collectivité signataire qui le soutient\u00a0: sans elle, pas de bonus"),
    "left": gettext_lazy(
        "une collectivité encore signataire\u00a0: celle qui le soutient a quitté la convention"
    ),
    "operator": gettext_lazy("le gestionnaire, à qui la Caf verse le bonus"),
    "units": gettext_lazy("l’offre, existante ou nouvelle"),
    "zone": gettext_lazy("s’il est en QPV ou en zone FRR, ce qui décide du montant des places nouvelles"),
    "where": gettext_lazy("où il est"),
}


def rows_of(convention: Convention):
    return (
        convention.equipment.standing()
        .select_related("operator", "supported_by__organisation", "place")
        .order_by("kind", "position", "name", "pk")
    )


def missing(one: Equipment) -> list[str]:
    """What is not known and the bonus territoire asks for, as keys of MISSING."""
    found = []
    if one.supported_by is None:
        found.append("supported_by")
    elif one.supported_by.left_on:
        found.append("left")
    if one.operator_id is None:
        found.append("operator")
    if one.n_units_existing is None and one.n_units_new is None:
        found.append("units")
    # Both must be known to be neither; one « yes » is enough.
    is_zoned = one.in_qpv or one.in_frr
    if one.kind in EAJE and not is_zoned and (one.in_qpv is None or one.in_frr is None):
        found.append("zone")
    if not one.address and one.place_id is None:
        found.append("where")
    return found


def missing_words(one: Equipment) -> list[str]:
    return [str(MISSING[name]) for name in missing(one)]


def unit_of(one: Equipment) -> str:
    return str(UNITS[one.unit])


def units_words(value: Decimal | None, one: Equipment) -> str:
    return "–" if value is None else f"{format_number(plain(value))} {unit_of(one)}"


@dataclass
class Count:
    """What some equipment adds up to: one unit only, and how many do not say."""

    label: str
    unit: str
    n: int = 0
    n_unknown: int = 0
    # None until one of them says.
    existing: Decimal | None = None
    new: Decimal | None = None

    def add(self, one: Equipment) -> None:
        self.n += 1
        self.n_unknown += one.n_units_existing is None and one.n_units_new is None
        if one.n_units_existing is not None:
            self.existing = (self.existing or 0) + one.n_units_existing
        if one.n_units_new is not None:
            self.new = (self.new or 0) + one.n_units_new

    def words(self, value: Decimal | None) -> str:
        """« 60 places »; « – » where no equipment says: a sum of nothing is no zero."""
        return "–" if value is None else f"{format_number(plain(value))} {UNITS[self.unit]}"

    @property
    def existing_words(self) -> str:
        return self.words(self.existing)

    @property
    def new_words(self) -> str:
        return self.words(self.new)


def totals(found, *, by) -> list[Count]:
    """By kind, or by whatever `by` names: a place, an hour and a post never add up."""
    counts: dict = {}
    for one in found:
        label, key = by(one)
        counts.setdefault((key, one.unit), Count(label, one.unit)).add(one)
    return list(counts.values())


def by_kind(one):
    return str(one.get_kind_display()), one.kind


def by_supporter(one):
    if one.supported_by is None:
        return _("non renseignée"), None
    return one.supported_by.organisation.name, one.supported_by_id


class EquipmentFilter:
    """What the address asks to see of the list; an unknown value narrows nothing."""

    def __init__(self, data, convention: Convention):
        rows = list(rows_of(convention))
        self.n_total = len(rows)
        self.kinds = sorted({one.kind for one in rows}, key=list(Kind.values).index)
        self.supporters = {
            str(one.supported_by_id): one.supported_by.organisation.name for one in rows if one.supported_by
        }
        self.kind = data.get("type", "") if data.get("type", "") in self.kinds else ""
        self.supporter = data.get("soutien", "")
        if self.supporter != "aucun" and self.supporter not in self.supporters:
            self.supporter = ""
        self.operator = data.get("statut", "") if data.get("statut") in Equipment.Operator.values else ""
        self.incomplete = data.get("manque", "") == "1"
        self.text = data.get("q", "").strip()[:200]
        self.found = [one for one in rows if self._keeps(one)]

    def _keeps(self, one: Equipment) -> bool:
        if self.kind and one.kind != self.kind:
            return False
        if self.supporter == "aucun" and one.supported_by_id is not None:
            return False
        if self.supporter not in ("", "aucun") and str(one.supported_by_id) != self.supporter:
            return False
        if self.operator and one.operator_kind != self.operator:
            return False
        if self.incomplete and not missing(one):
            return False
        told = search_key(f"{one.name} {one.operator or ''} {one.address} {one.place or ''}")
        return all(word in told for word in search_key(self.text).split())

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.supporter or self.operator or self.incomplete or self.text)


# ---- document ----


def equipment_blocks(convention: Convention) -> Iterator[Block]:
    rows = list(rows_of(convention))
    if not rows:
        yield Paragraph(_("Aucun équipement n’est enregistré."), kind="warning", mark=_("À compléter."))
        return
    yield Paragraph(
        _(
            "Les équipements et services que les collectivités signataires soutiennent. Figurer dans cette "
            "liste ouvre droit au bonus territoire, versé par la Caf au gestionnaire."
        )
    )
    for kind in dict.fromkeys(one.kind for one in rows):
        held = [one for one in rows if one.kind == kind]
        yield Heading(2, str(Kind(kind).label))
        yield Table(
            caption=_("%(kind)s\u00a0: %(n)s") % {"kind": Kind(kind).label, "n": len(held)},
            header=[
                _("Nom et adresse"),
                _("Gestionnaire"),
                _("Soutenu par"),
                _("Offre existante"),
                _("Offre nouvelle"),
            ],
            rows=[
                [
                    ", ".join(part for part in (one.name, one.address or str(one.place or "")) if part)
                    + told_zone(one)
                    + told_dates(one),
                    operator_words(one) or "–",
                    one.supported_by.organisation.name if one.supported_by else "–",
                    units_words(one.n_units_existing, one),
                    units_words(one.n_units_new, one),
                ]
                for one in held
            ],
            widths=[2.4, 1.4, 1.4, 1, 1],
            numeric=frozenset({3, 4}),
        )
    for title, by in ((_("Par type"), by_kind), (_("Par collectivité qui soutient"), by_supporter)):
        yield Heading(2, title)
        yield Table(
            caption=_("Totaux\u00a0: %(title)s") % {"title": title.lower()},
            header=[title, _("Équipements"), _("Offre existante"), _("Offre nouvelle"), _("Sans offre dite")],
            rows=[
                [one.label, str(one.n), one.existing_words, one.new_words, str(one.n_unknown)]
                for one in totals(rows, by=by)
            ],
            widths=[2.2, 0.9, 1.1, 1.1, 1],
            numeric=frozenset({1, 2, 3, 4}),
        )
    if lacking := [one for one in rows if missing(one)]:
        yield Heading(2, _("Ce qui manque pour le bonus territoire"))
        yield Listing([Item(f"{one.name}\u00a0: {', '.join(missing_words(one))}.") for one in lacking])
    if any(one.is_fictitious for one in rows):
        yield Paragraph(
            _("Des équipements de cette liste sont fictifs."), kind="warning", mark=_("Attention.")
        )


def told_zone(one: Equipment) -> str:
    zones = [name for name, is_in in (("QPV", one.in_qpv), ("FRR", one.in_frr)) if is_in]
    return f" ({', '.join(zones)})" if zones else ""


def told_dates(one: Equipment) -> str:
    dates = [
        words % {"day": format_period(day)}
        for words, day in (
            (_("ouverture\u00a0: %(day)s"), one.opens_on),
            (_("fermeture\u00a0: %(day)s"), one.closes_on),
        )
        if day
    ]
    return f" – {', '.join(dates)}" if dates else ""


def operator_words(one: Equipment) -> str:
    kind = str(one.get_operator_kind_display()).lower() if one.operator_kind else ""
    if one.operator:
        return f"{one.operator.name} ({kind})" if kind else one.operator.name
    return kind


def document(convention: Convention) -> Document:
    today = timezone.localdate()
    with override("fr"):
        return document_with(
            letterhead(convention),
            title=_("Équipements et services soutenus"),
            subtitle=_("%(convention)s. État au %(day)s")
            % {"convention": convention.name, "day": format_day(today)},
            produced_on=today,
            foot=convention.name,
            blocks=[Heading(1, _("La liste")), *equipment_blocks(convention)],
        )
