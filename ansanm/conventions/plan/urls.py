from ansanm.conventions.plan import fiche_urls, import_urls, list_urls, talk_urls

urlpatterns = [
    *list_urls.urlpatterns,
    *fiche_urls.urlpatterns,
    *import_urls.urlpatterns,
    *talk_urls.urlpatterns,
]
