"""The entries of the trail in words, for the page that lists them."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from ansanm.accounts.models import User

DEEDS = {
    "user.add": _("Compte ouvert"),
    "user.invite": _("Lien de mot de passe envoyé"),
    "user.update": _("Compte modifié"),
    "user.deactivate": _("Compte désactivé"),
    "user.reactivate": _("Compte réactivé"),
    "organisation.add": _("Organisme ajouté"),
    "organisation.update": _("Organisme modifié"),
    "password.change": _("Mot de passe changé"),
    "password.set": _("Mot de passe choisi"),
    "password.reset": _("Mot de passe réinitialisé"),
    "second_factor.add": _("Second facteur ajouté"),
    "second_factor.remove": _("Second facteur retiré"),
    "second_factor.renew": _("Codes de secours renouvelés"),
    "second_factor.reset": _("Second facteur retiré par un administrateur"),
    "mail.rhythm": _("Rythme des courriels changé"),
    "mail.renew": _("Liens d’arrêt des courriels renouvelés"),
    "mail.again": _("Message renvoyé"),
    "feed.create": _("Adresse de calendrier créée"),
    "feed.revoke": _("Adresse de calendrier révoquée"),
    "role.set": _("Rôle donné"),
    "role.remove": _("Rôle retiré"),
    "convention.create": _("Convention ouverte"),
    "convention.update": _("Convention modifiée"),
    "party.add": _("Signataire ajouté"),
    "party.update": _("Signataire corrigé"),
    "party.remove": _("Signataire retiré"),
    "figure.declare": _("Chiffre déclaré"),
    "figure.correct": _("Chiffre corrigé"),
    "figure.withdraw": _("Chiffre retiré"),
    "zoning.create": _("Zonage apporté"),
    "zoning.attach": _("Zones rattachées à leurs IRIS"),
    "zoning.delete": _("Zonage mis à la corbeille"),
    "zoning.restore": _("Zonage remis en place"),
    "view.save": _("Vue enregistrée"),
    "view.share": _("Vue partagée"),
    "view.unshare": _("Vue qui n’est plus partagée"),
    "view.rename": _("Vue renommée"),
    "view.delete": _("Vue mise à la corbeille"),
    "view.restore": _("Vue remise en place"),
    "job.enqueue": _("Travail demandé"),
    "job.cancel": _("Travail annulé"),
    "data.sync": _("Source synchronisée"),
    "data.import": _("Fichier de données importé"),
    "data.schedule": _("Synchronisation programmée"),
    "parameter.enter": _("Barème saisi par une Caf"),
    "parameter.correct": _("Barème corrigé par une Caf"),
    "parameter.withdraw": _("Barème retiré par une Caf"),
    "scenario.save": _("Simulation enregistrée"),
    "scenario.update": _("Simulation modifiée"),
    "scenario.share": _("Simulation partagée par un lien"),
    "scenario.unshare": _("Lien d’une simulation révoqué"),
    "scenario.delete": _("Simulation mise à la corbeille"),
    "scenario.restore": _("Simulation remise en place"),
}
# Functions of the entries, by which the apps above say in words what their own entries are about: they
# set `.object` and `.details`.
TELLERS: list[Callable[[list], None]] = []


def told(entries) -> list:
    """Each entry with `.deed`, `.object` and `.details` in words; people by their present name."""
    entries = list(entries)
    keys = [entry.target_key.partition(":") for entry in entries]
    people = User.objects.in_bulk([int(number) for kind, _colon, number in keys if kind == "accounts.user"])
    names = {f"accounts.user:{pk}": str(user) for pk, user in people.items()}
    for entry in entries:
        entry.deed = DEEDS.get(entry.verb, entry.verb)
        entry.object = entry.target_label or names.get(entry.target_key, entry.target_key)
        entry.details = None
    for tell in TELLERS:
        tell(entries)
    return entries
