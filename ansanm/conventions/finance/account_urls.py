from django.urls import path

from ansanm.conventions.finance import cof_views, declare_views, payment_views, screen_views

MINE = "mes-equipements/"
ONE = "mes-equipements/<int:pk>/"
COF = "cof/<int:pk>/"

urlpatterns = [
    path("", screen_views.home, name="finance_home"),
    path("caf/", screen_views.caf, name="finance_caf"),
    path("caf.<slug:format>", screen_views.caf_export, name="finance_caf_export"),
    path("collectivite/", screen_views.city, name="finance_city"),
    path("collectivite.<slug:format>", screen_views.city_export, name="finance_city_export"),
    path("en-une-page/", screen_views.elected, name="finance_elected"),
    path("en-une-page.<slug:format>", screen_views.elected_export, name="finance_elected_export"),
    path("public/", screen_views.public_page, name="finance_public"),
    path("public.<slug:format>", screen_views.public_export, name="finance_public_export"),
    path("publier/", screen_views.publication, name="finance_publication"),
    path("charges-a-payer/", screen_views.accrue, name="finance_accrue"),
    path("echeances/", screen_views.calendar, name="finance_calendar"),
    path("echeances.ics", screen_views.calendar_ics, name="finance_calendar_ics"),
    path("cof/ouvrir/", cof_views.open_agreement, name="finance_agreement_open"),
    path(COF, cof_views.agreement, name="finance_agreement"),
    path(f"{COF}modifier/", cof_views.edit, name="finance_agreement_edit"),
    path(f"{COF}rouvrir/", cof_views.reopen, name="finance_agreement_reopen"),
    path(f"{COF}gestionnaires/", cof_views.managers, name="finance_managers"),
    path(f"{COF}pieces/ajouter/", cof_views.paper_add, name="finance_paper_add"),
    path(f"{COF}pieces/<int:paper>/", cof_views.paper_judge, name="finance_paper_judge"),
    path(f"{COF}pieces/<int:paper>/fichier/", cof_views.paper_file, name="finance_paper_file"),
    path(f"{COF}<slug:phase>/", cof_views.declaration, name="finance_declaration"),
    path(f"{COF}<slug:phase>/decider/", cof_views.decide, name="finance_declaration_decide"),
    path(
        f"{COF}<slug:phase>/export.<slug:format>",
        cof_views.declaration_export,
        name="finance_declaration_export",
    ),
    path(MINE, declare_views.mine, name="finance_mine"),
    path("mes-equipements.<slug:format>", declare_views.mine_export, name="finance_mine_export"),
    path(f"{MINE}echeances.ics", declare_views.mine_ics, name="finance_mine_ics"),
    path(f"{MINE}modele.xlsx", declare_views.template, name="finance_template"),
    path(f"{MINE}importer/", declare_views.read, name="finance_import"),
    path(f"{MINE}importer/enregistrer/", declare_views.keep, name="finance_import_keep"),
    path(ONE, declare_views.agreement, name="finance_mine_agreement"),
    path(f"{ONE}pieces/<int:paper>/", declare_views.paper_give, name="finance_paper_give"),
    path(f"{ONE}pieces/<int:paper>/fichier/", declare_views.paper_file, name="finance_mine_paper_file"),
    path(f"{ONE}<slug:phase>/", declare_views.declare, name="finance_declare"),
    path(
        f"{ONE}<slug:phase>/export.<slug:format>",
        declare_views.declaration_export,
        name="finance_mine_declaration_export",
    ),
    path("paiements/", payment_views.listed, name="finance_payments"),
    path("paiements.<slug:format>", payment_views.listed_export, name="finance_payments_export"),
    path("paiements/importer/", payment_views.read, name="finance_payments_import"),
    path("paiements/importer/enregistrer/", payment_views.keep, name="finance_payments_keep"),
    path("paiements/<int:pk>/", payment_views.payment, name="finance_payment"),
    path("paiements/<int:pk>/rapprocher/", payment_views.match, name="finance_payment_match"),
    path("paiements/<int:pk>/defaire/", payment_views.unmatch, name="finance_payment_unmatch"),
    path("comptes/", payment_views.accounts, name="finance_ledger"),
    path("comptes.<slug:format>", payment_views.accounts_export, name="finance_ledger_export"),
    path("comptes/<int:pk>/", payment_views.entry, name="finance_entry"),
]
