"""The entries of the trail in words, for the page that lists them."""

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
    "feed.create": _("Adresse de calendrier créée"),
    "feed.revoke": _("Adresse de calendrier révoquée"),
    "role.set": _("Rôle donné"),
    "role.remove": _("Rôle retiré"),
}


def told(entries) -> list:
    """Each entry with `.deed` and `.object` as a person says them; people by their present name."""
    entries = list(entries)
    keys = [entry.target_key.partition(":") for entry in entries]
    people = User.objects.in_bulk([int(number) for kind, _colon, number in keys if kind == "accounts.user"])
    names = {f"accounts.user:{pk}": str(user) for pk, user in people.items()}
    for entry in entries:
        entry.deed = DEEDS.get(entry.verb, entry.verb)
        entry.object = entry.target_label or names.get(entry.target_key, entry.target_key)
    return entries
