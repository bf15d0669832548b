from django.urls import path

from ansanm.funding import views

urlpatterns = [
    path("tarif-creche/", views.family_tariff, name="family_tariff"),
    path("baremes/", views.parameters, name="funding_parameters"),
    path("baremes.<str:format>", views.parameters_export, name="funding_parameters_export"),
]
