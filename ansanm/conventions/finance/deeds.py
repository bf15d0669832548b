"""The deeds on money as the journal tells them: what was done to what; the figures are on their pages."""

from django.utils.translation import gettext_lazy

DEEDS = {
    "cof.open": gettext_lazy("a ouvert la COF %(what)s"),
    "cof.update": gettext_lazy("a corrigé la COF %(what)s"),
    "cof.managers": gettext_lazy("a dit qui déclare pour l’équipement %(what)s"),
    "cof.reopen": gettext_lazy("a rouvert la COF %(what)s"),
    "cof.accrue": gettext_lazy("a constaté les charges à payer de %(what)s"),
    "declaration.save": gettext_lazy("a enregistré la déclaration %(what)s"),
    "declaration.send": gettext_lazy("a envoyé à la Caf la déclaration %(what)s"),
    "declaration.return": gettext_lazy("a renvoyé au gestionnaire la déclaration %(what)s"),
    "declaration.validate": gettext_lazy("a validé la déclaration %(what)s"),
    "declaration.import": gettext_lazy("a importé des déclarations dans %(what)s"),
    "paper.ask": gettext_lazy("attend une pièce de plus\u00a0: %(what)s"),
    "paper.give": gettext_lazy("a déposé la pièce %(what)s"),
    "paper.judge": gettext_lazy("s’est prononcé sur la pièce %(what)s"),
    "payment.import": gettext_lazy("a importé la liste de paiements %(what)s"),
    "payment.match": gettext_lazy("a rapproché le paiement %(what)s"),
    "payment.unmatch": gettext_lazy("a défait le rapprochement du paiement %(what)s"),
    "scenario.attach": gettext_lazy("a joint à une fiche la simulation %(what)s"),
    "scenario.detach": gettext_lazy("a retiré d’une fiche la simulation %(what)s"),
    "sheet.save": gettext_lazy("a enregistré la simulation %(what)s"),
    "finance.publish": gettext_lazy("a publié qui paie quoi dans %(what)s"),
    "finance.unpublish": gettext_lazy("ne publie plus qui paie quoi dans %(what)s"),
}


def told(entry) -> list[tuple[str, str, str]]:
    """The reason alone: the figures stand on their own pages, which only some may open."""
    reason = (entry.after or {}).get("reason")
    return [(str(gettext_lazy("Motif")), "–", reason)] if reason else []
