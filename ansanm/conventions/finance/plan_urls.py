from django.urls import path

from ansanm.conventions.finance import plan_views

urlpatterns = [
    path("plan/", plan_views.financing_plan, name="financing_plan"),
    path("plan/export.<slug:format>", plan_views.financing_plan_export, name="financing_plan_export"),
]
