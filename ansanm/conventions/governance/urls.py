from ansanm.conventions.governance import body_urls, pack_urls

urlpatterns = [*body_urls.urlpatterns, *pack_urls.urlpatterns]
