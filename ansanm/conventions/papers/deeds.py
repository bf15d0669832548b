"""The deeds on the papers of a convention and on its equipment, as the journal tells them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import Annex, Equipment
from ansanm.ui.formats import format_number, format_period

DEEDS = {
    "papers.start": gettext_lazy("a commencé le texte de %(what)s"),
    "papers.settings": gettext_lazy("a changé l’en-tête des documents de %(what)s"),
    "article.add": gettext_lazy("a ajouté l’article %(what)s"),
    "article.update": gettext_lazy("a modifié l’article %(what)s"),
    "article.move": gettext_lazy("a déplacé l’article %(what)s"),
    "article.remove": gettext_lazy("a retiré l’article %(what)s"),
    "annex.add": gettext_lazy("a ajouté l’annexe %(what)s"),
    "annex.update": gettext_lazy("a modifié l’annexe %(what)s"),
    "annex.move": gettext_lazy("a déplacé l’annexe %(what)s"),
    "annex.remove": gettext_lazy("a retiré l’annexe %(what)s"),
    "deliberation.add": gettext_lazy("a commencé le texte à voter %(what)s"),
    "deliberation.update": gettext_lazy("a modifié le texte à voter %(what)s"),
    "deliberation.remove": gettext_lazy("a retiré le texte à voter %(what)s"),
    "template.bring": gettext_lazy("a apporté le modèle Word %(what)s"),
    "template.retire": gettext_lazy("a écarté le modèle Word %(what)s"),
    "equipment.add": gettext_lazy("a ajouté l’équipement %(what)s"),
    "equipment.update": gettext_lazy("a corrigé l’équipement %(what)s"),
    "equipment.delete": gettext_lazy("a mis l’équipement %(what)s à la corbeille"),
    "equipment.restore": gettext_lazy("a sorti l’équipement %(what)s de la corbeille"),
    "sheet.print": gettext_lazy("a préparé la feuille de signature %(what)s"),
    "scan.bring": gettext_lazy("a déposé la numérisation %(what)s"),
    "scan.place": gettext_lazy("a rattaché la numérisation %(what)s"),
    "scan.remove": gettext_lazy("a retiré la numérisation %(what)s"),
}
LABELS = {
    "heading": gettext_lazy("Titre"),
    "title": gettext_lazy("Titre"),
    "organisation": gettext_lazy("Partie"),
    "session_on": gettext_lazy("Séance"),
    "text": gettext_lazy("Texte"),
    "is_included": gettext_lazy("Dans la convention"),
    "logo_text": gettext_lazy("Texte du logo"),
    "header": gettext_lazy("En-tête"),
    "footer": gettext_lazy("Pied de page"),
    "kind": gettext_lazy("Type"),
    "name": gettext_lazy("Nom"),
    "operator": gettext_lazy("Gestionnaire"),
    "operator_kind": gettext_lazy("Statut du gestionnaire"),
    "supported_by": gettext_lazy("Collectivité qui soutient"),
    "address": gettext_lazy("Adresse"),
    "place": gettext_lazy("Territoire"),
    "in_qpv": gettext_lazy("Dans un QPV"),
    "in_frr": gettext_lazy("En zone FRR (ex-ZRR)"),
    "siret": gettext_lazy("SIRET"),
    "n_units_existing": gettext_lazy("Offre existante"),
    "n_units_new": gettext_lazy("Offre nouvelle"),
    "opens_on": gettext_lazy("Ouverture"),
    "closes_on": gettext_lazy("Fermeture"),
    "note": gettext_lazy("Précisions"),
    "version_title": gettext_lazy("Version"),
    "pages": gettext_lazy("Pages lues"),
}


def told(entry) -> list[tuple[str, str, str]]:
    """What changed, as (label, before, after)."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (str(LABELS[name]), shown(name, before.get(name)), shown(name, after.get(name)))
        for name in LABELS
        if (name in before or name in after) and before.get(name) != after.get(name)
    ]


def shown(name: str, value) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    match name:
        case "kind":
            kinds = {**dict(Annex.Kind.choices), **dict(Equipment.Kind.choices)}
            return str(kinds.get(value, value))
        case "operator_kind":
            return str(dict(Equipment.Operator.choices).get(value, value))
        case "n_units_existing" | "n_units_new":
            return format_number(value)
        case "opens_on" | "closes_on" | "session_on":
            return format_period(value)
        case "pages":
            return ", ".join(map(str, value))
    return str(value)
