"""Keeps malformed passkeys away from allauth, whose parsers answer some of them with a 500."""

import json
from functools import wraps

from django.core.exceptions import BadRequest
from fido2.webauthn import AuthenticationResponse, RegistrationResponse


def passkeys_well_formed(view, *, registering=False):
    """Answer 400 where the `credential` sent is not what a browser makes."""
    response = RegistrationResponse if registering else AuthenticationResponse

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method == "POST" and "credential" in request.POST:
            try:
                response.from_dict(json.loads(request.POST["credential"]))
            # What from_dict raises depends on which piece is missing or of another type.
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadRequest("This is not the answer of a passkey.") from error
        return view(request, *args, **kwargs)

    return guarded
