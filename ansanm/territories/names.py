"""How a name is written to be found: no accent, case, hyphen or apostrophe, « st » is « saint »."""

import re
import unicodedata

SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def search_key(text: str) -> str:
    """Return the words of `text` as search compares them ("St-Denis" → "saint denis")."""
    # œ and æ have no decomposition: they are written out by hand.
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", plain))
