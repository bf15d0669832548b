"""Accounts, the audit trail, the demonstration."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ansanm.accounts import audit
from ansanm.accounts.models import Organisation, User
from ansanm.accounts.operations import add_user, invite, reset_second_factor, set_password_link
from ansanm.cli.output import Failure, columns, say


def add(options) -> int:
    organisation = None
    if options.organisation:
        organisation = Organisation.objects.filter(name__iexact=options.organisation).first()
        if organisation is None:
            known = ", ".join(Organisation.objects.values_list("name", flat=True)[:20]) or _("aucun")
            raise Failure(
                _("L’organisme « %(name)s » n’existe pas. Organismes : %(known)s.")
                % {"name": options.organisation, "known": known}
            )
    if User.objects.filter(email=User.clean_email(options.email)).exists():
        raise Failure(_("Un compte existe déjà pour %(email)s.") % {"email": options.email})
    address = options.url.rstrip("/")
    try:
        User(email=options.email, first_name=options.first_name, last_name=options.last_name).clean_fields(
            exclude=["password", "organisation", "platform_role"]
        )
        user = add_user(
            by=None,
            email=options.email,
            first_name=options.first_name,
            last_name=options.last_name,
            organisation=organisation,
            language=options.language,
            platform_role="administrator" if options.administrator else "",
        )
    except ValidationError as error:
        raise Failure(" ".join(error.messages)) from error
    if options.send:
        try:
            invite(user, by=None, absolute=lambda path: address + path)
        except OSError as error:
            raise Failure(
                _("Le compte est ouvert, mais le message n’est pas parti : %(error)s") % {"error": error}
            ) from error
        say(_("Compte ouvert ; le lien est parti à %(email)s.") % {"email": user.email})
        return 0
    say(_("Compte ouvert. Lien à remettre à la personne, valable une seule fois :"))
    say(set_password_link(user, lambda path: address + path))
    return 0


def lose_second_factor(options) -> int:
    user = User.objects.filter(email=User.clean_email(options.email)).first()
    if user is None:
        raise Failure(_("Aucun compte n’a l’adresse %(email)s.") % {"email": options.email})
    try:
        n_taken = reset_second_factor(by=None, user=user, tell=not options.without_message)
    except OSError as error:
        raise Failure(
            _(
                "Rien n’a été retiré, le message qui prévient la personne n’est pas parti\u00a0: %(error)s. "
                "Prévenez-la vous-même, puis recommencez avec --without-message."
            )
            % {"error": error}
        ) from error
    if n_taken:
        say(_("Second facteur retiré, sessions fermées\u00a0: %(email)s.") % {"email": user.email})
    else:
        say(_("Aucun second facteur sur le compte %(email)s.") % {"email": user.email})
    return 0


def list_users(options) -> int:
    rows = [(_("adresse"), _("nom"), _("organisme"), _("rôle"), _("actif"))]
    for user in User.objects.select_related("organisation"):
        rows.append(
            (
                user.email,
                str(user),
                str(user.organisation or ""),
                user.get_platform_role_display(),
                _("oui") if user.is_active else _("non"),
            )
        )
    columns(rows)
    return 0


def verify_audit(options) -> int:
    found = audit.verify()
    if found.ok:
        say(_("Journal intact : %(n)s écritures relues.") % {"n": found.n_entries})
        return 0
    reasons = {
        "missing": _("une écriture manque ou a été déplacée"),
        "altered": _("une écriture a été modifiée"),
        "cut": _("la fin du journal manque ou a été réécrite"),
        "no_head": _("le fichier qui garde la fin du journal est absent"),
    }
    raise Failure(
        _("Le journal n’est plus tel qu’il a été écrit, à partir de l’écriture %(n)s : %(why)s.")
        % {"n": found.broken_at, "why": reasons.get(found.reason, found.reason)}
    )


def demonstration(options) -> int:
    from ansanm.pages import demonstration

    try:
        demonstration.seed()
    except demonstration.NotADemonstration as error:
        raise Failure(_("Mettez ANSANM_DEMO=1 : rien n’est ajouté à une instance réelle.")) from error
    say(_("Démonstration prête."))
    return 0
