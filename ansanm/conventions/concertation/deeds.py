"""The deeds on needs, priorities and the public page, as the journal tells them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ansanm.conventions.models import Need

DEEDS = {
    "need.add": gettext_lazy("a écrit le besoin ou l’atout %(what)s"),
    "need.update": gettext_lazy("a modifié %(what)s"),
    "need.decide": gettext_lazy("a dit la suite donnée à %(what)s"),
    "need.link": gettext_lazy("a changé les liens de %(what)s"),
    "need.cite": gettext_lazy("a cité un chiffre à l’appui de %(what)s"),
    "need.uncite": gettext_lazy("ne cite plus un chiffre à l’appui de %(what)s"),
    "need.merge": gettext_lazy("a réuni deux besoins sous %(what)s"),
    "need.delete": gettext_lazy("a mis %(what)s à la corbeille"),
    "need.restore": gettext_lazy("a sorti %(what)s de la corbeille"),
    "priority.add": gettext_lazy("a préparé le vote %(what)s"),
    "priority.update": gettext_lazy("a modifié la préparation du vote %(what)s"),
    "priority.open": gettext_lazy("a ouvert le vote %(what)s"),
    "priority.prepare": gettext_lazy("a remis le vote %(what)s en préparation"),
    "priority.vote": gettext_lazy("a enregistré un bulletin du vote %(what)s"),
    "priority.close": gettext_lazy("a clos le vote %(what)s"),
    "priority.reopen": gettext_lazy("a rouvert le vote %(what)s"),
    "priority.apply": gettext_lazy("a appliqué aux besoins le résultat du vote %(what)s"),
    "priority.delete": gettext_lazy("a mis le vote %(what)s à la corbeille"),
    "priority.restore": gettext_lazy("a sorti le vote %(what)s de la corbeille"),
    "consultation.update": gettext_lazy("a modifié la page publique de la concertation"),
    "consultation.publish": gettext_lazy("a publié la page publique de la concertation"),
    "consultation.withdraw": gettext_lazy("a retiré la page publique de la concertation"),
}
LABELS = {
    "kind": pgettext_lazy("besoin", "Nature"),
    "title": gettext_lazy("Intitulé"),
    "statement": gettext_lazy("Constat"),
    "publics": gettext_lazy("Publics concernés"),
    "themes": gettext_lazy("Thématiques"),
    "places": gettext_lazy("Lieux"),
    "state": gettext_lazy("Suite donnée"),
    "public_answer": gettext_lazy("Réponse aux habitants"),
    "n_contributions": gettext_lazy("Contributions liées"),
    "n_nodes": gettext_lazy("Enjeux et objectifs liés"),
    "n_actions": gettext_lazy("Actions liées"),
    "indicator": gettext_lazy("Indicateur"),
    "place": gettext_lazy("Territoire"),
    "period": gettext_lazy("Période"),
    "n_options": gettext_lazy("Propositions"),
    "n_criteria": gettext_lazy("Critères"),
    "n_voters": gettext_lazy("Parties au vote"),
    "n_scores": gettext_lazy("Notes"),
    "n_complete": gettext_lazy("Bulletins complets"),
    "n_kept": gettext_lazy("Besoins retenus"),
    "n_later": gettext_lazy("Besoins remis à plus tard"),
    "reason": gettext_lazy("Motif"),
    "introduction": gettext_lazy("Présentation"),
    "takes_contributions": gettext_lazy("Contributions libres"),
    "n_quotes": gettext_lazy("Contributions citées"),
}


def told(entry) -> list[tuple[str, str, str]]:
    """What changed, as (label, before, after)."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (str(LABELS[name]), shown(name, before.get(name)), shown(name, after.get(name)))
        for name in LABELS
        if before.get(name) != after.get(name)
        and not (before.get(name) in EMPTY and after.get(name) in EMPTY)
    ]


EMPTY = (None, "", [])


def shown(name: str, value) -> str:
    if value in EMPTY:
        return "–"
    match name:
        case "kind" if value in Need.Kind.values:
            return str(Need.Kind(value).label)
        case "state" if value in Need.State.values:
            return str(Need.State(value).label)
        case "themes" | "places":
            return ", ".join(value)
        case _ if isinstance(value, bool):
            return _("oui") if value else _("non")
    return str(value)
