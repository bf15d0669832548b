from django.conf import settings


def chrome(request):
    """What the frame around every page needs, without a query."""
    return {"is_demonstration": settings.DEMO, "site_name": "Ansanm"}
