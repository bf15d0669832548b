from ansanm.conventions.finance import account_urls, plan_urls, scenario_urls, simulation_urls

urlpatterns = [
    *account_urls.urlpatterns,
    *plan_urls.urlpatterns,
    *simulation_urls.urlpatterns,
    *scenario_urls.urlpatterns,
]
