"""An example of each address that takes arguments: url name -> function of the cast -> its arguments.

The rights matrix and the accessibility tests visit every address of the resolver; the owner of a view
adds its line here, and a missing one fails. Where an address belongs to a convention, say it of
`cast.convention`: the matrix replaces it by the other convention itself (`OTHERS`).
"""

EXAMPLES = {
    "account_reset_password_from_key": lambda cast: {"uidb36": "1", "key": "set-password"},
    "mfa_remove_webauthn": lambda cast: {"pk": 1},
    "mfa_edit_webauthn": lambda cast: {"pk": 1},
}
