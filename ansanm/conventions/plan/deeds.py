"""The deeds on the tree, the themes and the organisations of a plan, as the journal tells them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import House, PlanNode

DEEDS = {
    "node.add": gettext_lazy("a ajouté au plan le niveau %(what)s"),
    "node.update": gettext_lazy("a corrigé le niveau %(what)s du plan"),
    "node.delete": gettext_lazy("a retiré du plan le niveau %(what)s"),
    "node.order": gettext_lazy("a déplacé le niveau %(what)s dans le plan"),
    "plan.order": gettext_lazy("a déplacé la fiche %(what)s dans le plan"),
    "theme.add": gettext_lazy("a ajouté la thématique %(what)s"),
    "theme.rename": gettext_lazy("a renommé la thématique %(what)s"),
    "theme.delete": gettext_lazy("a retiré la thématique %(what)s"),
    "theme.order": gettext_lazy("a déplacé la thématique %(what)s"),
    "actor.add": gettext_lazy("a ajouté au plan l’organisme %(what)s"),
    "actor.update": gettext_lazy("a corrigé l’organisme %(what)s"),
    "actor.merge": gettext_lazy("a réuni deux organismes sous le nom %(what)s"),
    "actor.delete": gettext_lazy("a retiré du plan l’organisme %(what)s"),
    "plan.import": gettext_lazy("a importé un plan d’actions dans %(what)s"),
}
LABELS = {
    "kind": gettext_lazy("Niveau"),
    "label": gettext_lazy("Intitulé"),
    "description": gettext_lazy("Description"),
    "name": gettext_lazy("Nom"),
    "aliases": gettext_lazy("Autres noms"),
    "house": gettext_lazy("Maison"),
    "n_actions": gettext_lazy("Fiches"),
    "file": gettext_lazy("Fichier"),
    "n_created": gettext_lazy("Fiches ajoutées"),
    "n_updated": gettext_lazy("Fiches modifiées"),
}


def told(entry) -> list[tuple[str, str, str]]:
    """What changed, as (label, before, after); an order and the numbers of rows say nothing to a reader."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (str(LABELS[name]), shown(name, before.get(name)), shown(name, after.get(name)))
        for name in LABELS
        if (before.get(name) or after.get(name)) and before.get(name) != after.get(name)
    ]


def shown(name: str, value) -> str:
    if value in (None, "", []):
        return "–"
    match name:
        case "kind":
            return str(PlanNode.Kind(value).label)
        case "house":
            return str(House(value).label) if value in House.values else _("Partenaire")
        case "aliases":
            return ", ".join(value)
    return str(value)
