"""Who may do what: permissions are an enum, a role is a described list of them.

Roles of ROLES are held on one convention; those of PLATFORM_ROLES on the whole instance. No platform
role opens a convention: an administrator who must read one is given a role on it, which its members
then see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    CONVENTION_READ = "convention.read"
    CONVENTION_EDIT = "convention.edit"
    PLAN_EDIT = "plan.edit"
    PLAN_COMMENT = "plan.comment"
    CONCERTATION_EDIT = "concertation.edit"
    CONTACT_READ = "contact.read"
    GOVERNANCE_EDIT = "governance.edit"
    FINANCE_READ = "finance.read"
    FINANCE_DECLARE = "finance.declare"
    FINANCE_SETTLE = "finance.settle"
    FIGURE_DECLARE = "figure.declare"
    ZONING_EDIT = "zoning.edit"
    MEMBER_MANAGE = "member.manage"
    AUDIT_READ = "audit.read"
    CONVENTION_CREATE = "convention.create"
    DATA_SYNC = "data.sync"
    USER_ADD = "user.add"
    PLATFORM_AUDIT = "platform.audit"
    PARAMETER_ENTER = "parameter.enter"


PERMISSION_LABELS: dict[Permission, Promise] = {
    Permission.CONVENTION_READ: _("Lire la convention"),
    Permission.CONVENTION_EDIT: _("Modifier la convention"),
    Permission.PLAN_EDIT: _("Écrire le plan d’actions"),
    Permission.PLAN_COMMENT: _("Commenter les fiches actions"),
    Permission.CONCERTATION_EDIT: _("Mener la concertation : enquêtes, ateliers, besoins, priorités"),
    Permission.CONTACT_READ: _("Lire les coordonnées laissées à la maison qui les a demandées"),
    Permission.GOVERNANCE_EDIT: _("Tenir les instances : réunions, comptes rendus, décisions"),
    Permission.FINANCE_READ: _("Lire les financements des équipements"),
    Permission.FINANCE_DECLARE: _("Déclarer l’activité et les comptes d’un équipement"),
    Permission.FINANCE_SETTLE: _("Valider les déclarations et enregistrer les paiements de la Caf"),
    Permission.FIGURE_DECLARE: _("Déclarer un chiffre"),
    Permission.ZONING_EDIT: _("Apporter et retirer des zonages"),
    Permission.MEMBER_MANAGE: _("Gérer les membres de la convention"),
    Permission.AUDIT_READ: _("Lire le journal de la convention"),
    Permission.CONVENTION_CREATE: _("Ouvrir une convention"),
    Permission.DATA_SYNC: _("Mettre à jour les données publiques"),
    Permission.USER_ADD: _("Gérer les comptes et les organismes"),
    Permission.PLATFORM_AUDIT: _("Lire le journal de toute la plateforme"),
    Permission.PARAMETER_ENTER: _("Saisir les barèmes de sa Caf"),
}


@dataclass(frozen=True)
class Role:
    name: str
    label: Promise
    description: Promise
    permissions: frozenset[Permission]
    # Holders of a staff role need a second factor on a real instance.
    staff: bool = False


def described(*roles: Role) -> dict[str, Role]:
    return {role.name: role for role in roles}


OFFICER = frozenset(
    {
        Permission.CONVENTION_READ,
        Permission.CONVENTION_EDIT,
        Permission.PLAN_EDIT,
        Permission.PLAN_COMMENT,
        Permission.CONCERTATION_EDIT,
        Permission.CONTACT_READ,
        Permission.GOVERNANCE_EDIT,
        Permission.FINANCE_READ,
        Permission.FINANCE_DECLARE,
        Permission.FIGURE_DECLARE,
        Permission.ZONING_EDIT,
        Permission.MEMBER_MANAGE,
        Permission.AUDIT_READ,
    }
)

# City and Caf are equals: the same permissions, on purpose, save that a funder settles what it pays.
ROLES = described(
    Role(
        "city_officer",
        _("Chargé de coopération CTG"),
        _("Anime la convention pour la collectivité : modifie, déclare des chiffres, gère les membres."),
        OFFICER,
        staff=True,
    ),
    Role(
        "caf_adviser",
        _("Conseiller Caf"),
        _("Anime la convention pour la Caf, à égalité avec la collectivité ; valide ce que la Caf paie."),
        OFFICER | {Permission.FINANCE_SETTLE},
        staff=True,
    ),
    Role(
        "elected_official",
        _("Élu"),
        _("Lit toute la convention et son journal ; ne modifie rien."),
        frozenset(
            {
                Permission.CONVENTION_READ,
                Permission.PLAN_COMMENT,
                Permission.FINANCE_READ,
                Permission.AUDIT_READ,
            }
        ),
    ),
    Role(
        "association",
        _("Association partenaire"),
        _("Lit et commente la convention, déclare les chiffres de son activité."),
        frozenset({Permission.CONVENTION_READ, Permission.PLAN_COMMENT, Permission.FIGURE_DECLARE}),
    ),
    Role(
        "childcare_manager",
        _("Responsable petite enfance"),
        _(
            "Lit et commente la convention, déclare les chiffres de l’accueil des jeunes enfants et les "
            "comptes de ses équipements."
        ),
        frozenset(
            {
                Permission.CONVENTION_READ,
                Permission.PLAN_COMMENT,
                Permission.FIGURE_DECLARE,
                Permission.FINANCE_DECLARE,
            }
        ),
    ),
    Role(
        "reader",
        _("Lecteur"),
        _("Lit la convention."),
        frozenset({Permission.CONVENTION_READ}),
    ),
)

PLATFORM_ROLES = described(
    Role(
        "administrator",
        _("Administrateur de la plateforme"),
        _(
            "Ouvre les conventions, gère les comptes, les organismes et les données publiques ; lit le "
            "journal de la plateforme."
        ),
        frozenset(
            {
                Permission.CONVENTION_CREATE,
                Permission.DATA_SYNC,
                Permission.USER_ADD,
                Permission.PLATFORM_AUDIT,
            }
        ),
        staff=True,
    ),
    Role(
        "caf_administrator",
        _("Administrateur d’une Caf"),
        _("Saisit et corrige les barèmes que sa Caf connaît, pour toutes ses conventions."),
        frozenset({Permission.PARAMETER_ENTER}),
        staff=True,
    ),
)


def has_permission(user, permission: Permission, convention=None) -> bool:
    """Whether `user` may do this on `convention`, or on the platform where none is given."""
    if not user.is_authenticated or not user.is_active:
        return False
    if convention is None:
        role = PLATFORM_ROLES.get(user.platform_role)
        return role is not None and permission in role.permissions
    # A role that no longer exists gives nothing.
    return any(permission in ROLES[name].permissions for name in convention.roles_of(user) if name in ROLES)


# Apps above hold roles this one may not import: each adds, in its AppConfig.ready, a function from a
# person to the names of the roles they hold on its conventions.
role_sources: list[Callable[..., set[str]]] = []


def holds_staff_role(user) -> bool:
    """Whether any role of `user`, on the platform or on some convention, is a staff role."""
    if user.platform_role and PLATFORM_ROLES[user.platform_role].staff:
        return True
    held = set().union(*(source(user) for source in role_sources))
    return any(ROLES[name].staff for name in held if name in ROLES)
