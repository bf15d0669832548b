from ansanm.conventions.concertation import need_urls, survey_urls

urlpatterns = [*survey_urls.urlpatterns, *need_urls.urlpatterns]
