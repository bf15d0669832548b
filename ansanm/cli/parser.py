"""The words of the command line, argparse's own included."""

import argparse

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.cli import backup, data, funding, plans, serve, users, zonings
from ansanm.engines.funding.tariff import Care, Custom

ZONING_KINDS = ("quartier", "secteur", "qpv", "bassin", "autre")
FORMATS = ("json", "xlsx", "csv", "pdf", "docx")

# argparse asks gettext for these; it ships no catalogue.
ARGPARSE_FR = {
    "usage: ": "usage : ",
    "options": "options",
    "positional arguments": "arguments",
    "show this help message and exit": "affiche cette aide",
    "%(prog)s: error: %(message)s\n": "%(prog)s : erreur : %(message)s\n",
    "argument %(argument_name)s: %(message)s": "argument %(argument_name)s : %(message)s",
    "the following arguments are required: %s": "il manque : %s",
    "one of the arguments %s is required": "il faut l’un de : %s",
    "unrecognized arguments: %s": "arguments inconnus : %s",
    "not allowed with argument %s": "incompatible avec %s",
    "expected one argument": "attend une valeur",
    "expected at least one argument": "attend au moins une valeur",
    "ambiguous option: %(option)s could match %(matches)s": (
        "option ambiguë : %(option)s peut être %(matches)s"
    ),
    "invalid choice: %(value)r (choose from %(choices)s)": (
        "choix inconnu : %(value)r (au choix : %(choices)s)"
    ),
    "invalid %(type)s value: %(value)r": "valeur incorrecte : %(value)r",
}


def build() -> argparse.ArgumentParser:
    # The module looks `_` up each time it speaks: one assignment turns all its words.
    french = get_language() == "fr"
    argparse._ = (lambda text: ARGPARSE_FR.get(text, text)) if french else (lambda text: text)

    parser = argparse.ArgumentParser(
        prog="ansanm",
        description=_(
            "Le diagnostic partagé d’un territoire et sa convention territoriale globale : servir, mettre à "
            "jour les données, sortir un diagnostic, gérer les comptes, sauvegarder."
        ),
        epilog=_("Aide d’une commande : ansanm COMMANDE --help. In English: ANSANM_LANG=en ansanm --help."),
    )
    commands = parser.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)

    def add(name, function, help, parent=commands):
        one = parent.add_parser(name, help=help, description=help)
        one.set_defaults(command=function)
        return one

    one = add("serve", serve.serve, _("servir l’application, avec le programme des travaux longs"))
    one.add_argument("--host", default="127.0.0.1", help=_("adresse d’écoute (127.0.0.1)"))
    one.add_argument("--port", type=int, default=8000, help=_("port (8000)"))
    one.add_argument("--workers", type=int, default=2, help=_("nombre de processus (2)"))
    one.add_argument("--no-worker", action="store_true", help=_("sans le programme des travaux longs"))

    one = add("worker", serve.worker, _("exécuter les travaux longs (un seul suffit)"))
    one.add_argument("--once", action="store_true", help=_("faire ceux qui attendent, puis s’arrêter"))

    one = add("setup-data", data.setup_data, _("charger les données installées avec le logiciel"))
    one.add_argument("--force", action="store_true", help=_("tout relire, même si rien n’a changé"))
    one.add_argument("--no-fetch", action="store_true", help=_("ne rien télécharger (pas de contours)"))

    group = commands.add_parser("data", help=_("les jeux de données"), description=_("les jeux de données"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    add("list", data.list_datasets, _("jeux de données : producteur, licence, millésime, couverture"), inside)
    add("status", data.status, _("ce qui est chargé : valeurs, dernière lecture, rejets"), inside)

    one = add("sync", data.sync, _("télécharger et charger ce qu’un producteur publie"), inside)
    one.add_argument("source", metavar="SOURCE", help=_("jeu de données, ou groupe : cnaf, insee"))
    one.add_argument(
        "--since",
        default="",
        metavar=_("PÉRIODE"),
        help=_("à partir de cette année ou de ce mois (2023, 2023-12)"),
    )
    one.add_argument("--force", action="store_true", help=_("prendre le fichier même s’il semble incomplet"))
    one = add("import", data.import_file, _("charger un fichier téléchargé à la main"), inside)
    one.add_argument("source", metavar="SOURCE", help=_("jeu de données dont c’est le fichier"))
    one.add_argument("file", metavar=_("FICHIER"), help=_("fichier du producteur, tel quel (CSV, zip…)"))
    one.add_argument(
        "--vintage", default="", metavar=_("MILLÉSIME"), help=_("s’il n’est pas dans le fichier")
    )
    one.add_argument("--force", action="store_true", help=_("prendre le fichier même s’il semble incomplet"))

    one = add("diagnose", data.diagnose, _("sortir le diagnostic d’un territoire"))
    one.add_argument(
        "code",
        metavar="CODE",
        help=_(
            "code INSEE d’une commune, SIREN d’une intercommunalité, département, R04, FR, IRIS, QPV ou zone"
        ),
    )
    one.add_argument("--format", choices=FORMATS, default="json", help=_("format de sortie (json)"))
    one.add_argument("-o", "--output", metavar=_("FICHIER"), help=_("fichier à écrire (sinon : l’écran)"))

    one = add(
        "country", data.country, _("calculer toutes les communes : valeurs, rangs, communes semblables")
    )
    one.add_argument(
        "-o", "--output", required=True, metavar=_("DOSSIER"), help=_("dossier des fichiers Parquet à écrire")
    )

    group = commands.add_parser("zoning", help=_("les zonages"), description=_("les zonages"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    one = add(
        "import",
        zonings.bring,
        _("apporter un zonage : GeoJSON, ou liste « zone ; iris » (CSV, XLSX)"),
        inside,
    )
    one.add_argument(
        "file", metavar=_("FICHIER"), help=_("contours en WGS 84, ou liste d’IRIS ou de communes")
    )
    one.add_argument(
        "--territory",
        required=True,
        metavar="CODE",
        help=_("commune, intercommunalité ou département découpé"),
    )
    one.add_argument("--name", required=True, metavar=_("NOM"), help=_("nom du zonage"))
    one.add_argument("--kind", choices=ZONING_KINDS, default="autre", help=_("nature (autre)"))
    one.add_argument(
        "--source", default="", metavar=_("TEXTE"), help=_("qui l’a dessiné, dans quel document")
    )
    one.add_argument("--vintage", default="", metavar=_("ANNÉE"), help=_("année du découpage"))
    one.add_argument("--dry-run", action="store_true", help=_("vérifier sans rien enregistrer"))
    add("list", zonings.list_zonings, _("zonages en place"), inside)

    group = commands.add_parser("plan", help=_("les plans d’actions"), description=_("les plans d’actions"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    one = add(
        "check",
        plans.check,
        _("lire un plan (.xlsx, .csv, .docx) et dire ce qui ne tient pas ensemble"),
        inside,
    )
    one.add_argument("file", metavar=_("FICHIER"), help=_("plan à lire ; rien n’est enregistré"))
    one.add_argument("--format", choices=("text", "json"), default="text", help=_("format de sortie (text)"))
    one = add(
        "import", plans.bring, _("apporter un plan dans une convention, en entier ou pas du tout"), inside
    )
    one.add_argument("file", metavar=_("FICHIER"), help=_("plan à apporter (.xlsx, .csv, .docx)"))
    one.add_argument(
        "--convention", required=True, metavar=_("ADRESSE"), help=_("fin de son adresse : saint-denis")
    )
    one.add_argument("--by", default="", metavar=_("ADRESSE"), help=_("e-mail de qui importe"))
    one.add_argument("--dry-run", action="store_true", help=_("vérifier sans rien enregistrer"))
    group = commands.add_parser("fund", help=_("l’argent d’une CTG"), description=_("l’argent d’une CTG"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    one = add("tariff", funding.tariff, _("ce que paie une famille en crèche, et pourquoi"), inside)
    income = one.add_mutually_exclusive_group(required=True)
    income.add_argument("--monthly-income", metavar=_("EUROS"), help=_("ressources du foyer par mois"))
    income.add_argument("--yearly-income", metavar=_("EUROS"), help=_("ressources du foyer par an (N-2)"))
    income.add_argument(
        "--income-refused", action="store_true", help=_("ressources non communiquées\u00a0: le plafond")
    )
    income.add_argument(
        "--income-unknown",
        choices=[one.value for one in Custom],
        help=_("enfant confié à l’ASE ou urgence\u00a0: au plancher, ou moyenne du plancher et du plafond"),
    )
    one.add_argument("--children", type=int, default=1, metavar="N", help=_("enfants à charge (1)"))
    one.add_argument(
        "--disabled-children", type=int, default=0, metavar="N", help=_("dont enfants avec AEEH (0)")
    )
    one.add_argument(
        "--care", choices=[one.value for one in Care], default="collective", help=_("accueil (collective)")
    )
    one.add_argument("--on", metavar=_("DATE"), help=_("jour du tarif, AAAA-MM-JJ (aujourd’hui)"))
    one.add_argument(
        "--uncapped", action="store_true", help=_("le règlement applique le taux au-delà du plafond")
    )
    one.add_argument("--hours-per-week", metavar=_("HEURES"), help=_("heures par semaine, pour le forfait"))
    one.add_argument("--weeks", default="52", metavar="N", help=_("semaines du contrat (52)"))
    one.add_argument("--months", type=int, default=12, metavar="N", help=_("mois de facturation (12)"))
    one.add_argument(
        "--closed-hours", default="0", metavar=_("HEURES"), help=_("heures de fermeture de la structure (0)")
    )
    one.add_argument("--format", choices=("text", "json"), default="text", help=_("format de sortie (text)"))

    group = commands.add_parser("user", help=_("les comptes"), description=_("les comptes"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    one = add("add", users.add, _("ouvrir un compte et donner le lien qui choisit le mot de passe"), inside)
    one.add_argument("email", metavar=_("ADRESSE"), help=_("adresse e-mail, qui sert à se connecter"))
    one.add_argument("--first-name", required=True, metavar=_("PRÉNOM"), help=_("prénom"))
    one.add_argument("--last-name", required=True, metavar=_("NOM"), help=_("nom"))
    one.add_argument("--organisation", metavar=_("NOM"), help=_("organisme, tel qu’il est enregistré"))
    one.add_argument("--administrator", action="store_true", help=_("administrateur de la plateforme"))
    one.add_argument("--language", choices=("fr", "en"), default="fr", help=_("langue (fr)"))
    one.add_argument(
        "--send", action="store_true", help=_("envoyer le lien par e-mail au lieu de l’afficher")
    )
    one.add_argument("--url", default="http://127.0.0.1:8000", help=_("adresse publique de l’application"))
    add("list", users.list_users, _("comptes, rôles et organismes"), inside)
    one = add(
        "reset-second-factor",
        users.lose_second_factor,
        _("en dernier recours, retirer le second facteur d’une personne qui l’a perdu"),
        inside,
    )
    one.add_argument("email", metavar=_("ADRESSE"), help=_("adresse e-mail du compte"))
    one.add_argument(
        "--without-message",
        action="store_true",
        help=_("sans prévenir la personne par e-mail (serveur de courrier en panne)"),
    )

    one = add("backup", backup.backup, _("sauvegarder la base et les fichiers, sans arrêter le service"))
    one.add_argument("file", metavar=_("FICHIER"), help=_("archive à écrire (.tar.gz)"))
    one.add_argument("--with-observations", action="store_true", help=_("avec les données publiques"))
    one.add_argument("--force", action="store_true", help=_("remplacer le fichier s’il existe"))
    one = add("restore", backup.restore, _("remettre une sauvegarde en place, après l’avoir vérifiée"))
    one.add_argument("file", metavar=_("FICHIER"), help=_("archive faite par « ansanm backup »"))
    one.add_argument("--force", action="store_true", help=_("remplacer les données qui sont là"))

    group = commands.add_parser("audit", help=_("le journal"), description=_("le journal"))
    inside = group.add_subparsers(title=_("commandes"), metavar=_("COMMANDE"), required=True)
    add("verify", users.verify_audit, _("relire tout le journal et vérifier qu’il est intact"), inside)

    add("demo", users.demonstration, _("installer la convention et les comptes de démonstration"))
    return parser
