from django.urls import path

from ansanm.conventions import creation_views, figure_views, member_views, party_views, sheet_views, views

urlpatterns = [
    path("", views.conventions, name="conventions"),
    path("creer/", creation_views.create, name="convention_create"),
    path("<slug:slug>/", views.convention, name="convention"),
    path("<slug:slug>/modifier/", views.edit, name="convention_edit"),
    path("<slug:slug>/journal/", views.journal, name="convention_journal"),
    path("<slug:slug>/signataires/ajouter/", party_views.add, name="party_add"),
    path("<slug:slug>/signataires/<int:pk>/", party_views.edit, name="party_edit"),
    path("<slug:slug>/signataires/<int:pk>/retirer/", party_views.remove, name="party_remove"),
    path("<slug:slug>/membres/", member_views.members, name="convention_members"),
    path("<slug:slug>/membres/<int:pk>/", member_views.change, name="convention_member_change"),
    path("<slug:slug>/membres/<int:pk>/retirer/", member_views.remove, name="convention_member_remove"),
    path("<slug:slug>/chiffres/", figure_views.figures, name="convention_figures"),
    path("<slug:slug>/chiffres/declarer/", figure_views.declare, name="figure_declare"),
    path("<slug:slug>/chiffres/importer/", sheet_views.read, name="figures_import"),
    path("<slug:slug>/chiffres/importer/enregistrer/", sheet_views.keep, name="figures_import_keep"),
    path("<slug:slug>/chiffres/importer/a-corriger.xlsx", sheet_views.marked, name="figures_import_marked"),
    path("<slug:slug>/chiffres/modele.xlsx", sheet_views.template, name="figures_template"),
    path("<slug:slug>/chiffres/export.<slug:format>", sheet_views.export, name="figures_export"),
    path("<slug:slug>/chiffres/<int:pk>/", figure_views.figure, name="figure"),
    path("<slug:slug>/chiffres/<int:pk>/corriger/", figure_views.correct, name="figure_correct"),
    path("<slug:slug>/chiffres/<int:pk>/retirer/", figure_views.withdraw, name="figure_withdraw"),
]
