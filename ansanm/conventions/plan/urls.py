from ansanm.conventions.plan import fiche_urls, import_urls, list_urls, reported_urls, talk_urls

urlpatterns = [
    *list_urls.urlpatterns,
    *fiche_urls.urlpatterns,
    *import_urls.urlpatterns,
    *reported_urls.urlpatterns,
    *talk_urls.urlpatterns,
]
