"""Whether a PDF can be read without eyes: PDF/UA-1, by an independent checker.

`page` follows the rules of veraPDF and passes its corpus; Typst, which writes our PDFs, makes promises
that nobody else would otherwise verify.
"""

import page


def broken_rules(content: bytes) -> list[str]:
    """The rules of PDF/UA-1 that `content` breaks, each with the checker's words, once."""
    report = page.validate_pdf_bytes(content, profile="ua1")
    told = dict.fromkeys(f"{one.rule_id}: {one.message}" for one in report.failures)
    if not report.is_compliant and not told:
        return ["not compliant, for a reason the checker does not tell"]
    return list(told)


def assert_pdf_ua(content: bytes) -> None:
    """Fail, naming the rules, where a screen reader would not read this PDF well."""
    broken = broken_rules(content)
    assert not broken, "PDF/UA-1:\n" + "\n".join(broken)
