"""The database itself keeps the ledger: an entry is sealed only when its two sides are equal, and then
neither it nor its postings change or vanish.

Installed after every `migrate`, for the reason told in accounts/triggers.py, and removed before one that
changes something: these name each other's table, and SQLite refuses to rebuild a table that a trigger of
another one names. One change of a sealed
entry is let through: its author becomes null when the account is erased.
"""

from django.db import connections

ENTRIES = "conventions_ledgerentry"
POSTINGS = "conventions_ledgerposting"
FROZEN = (
    "convention_id",
    "kind",
    "booked_on",
    "agreement_id",
    "payment_id",
    "declaration_id",
    "reverses_id",
    "note",
    "at",
    "is_sealed",
)
SAID = "A sealed entry of the ledger never changes."
UNEQUAL = "The two sides of an entry are not equal."
OPEN_FIRST = "An entry is sealed once its postings stand."

SQLITE = (
    # An INSERT OR REPLACE deletes the row that stands without its DELETE trigger: it is refused before.
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_begins_open BEFORE INSERT ON {ENTRIES}
    WHEN NEW.is_sealed OR EXISTS (SELECT 1 FROM {ENTRIES} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{OPEN_FIRST}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_balances BEFORE UPDATE OF is_sealed ON {ENTRIES}
    WHEN NEW.is_sealed AND (
      (SELECT COUNT(*) FROM {POSTINGS} WHERE entry_id = NEW.id) < 2
      OR (SELECT SUM(amount_cents) FROM {POSTINGS} WHERE entry_id = NEW.id) <> 0)
    BEGIN SELECT RAISE(ABORT, '{UNEQUAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_never_changes
    BEFORE UPDATE OF id, {", ".join(FROZEN)} ON {ENTRIES}
    WHEN OLD.is_sealed BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_author_only_vanishes BEFORE UPDATE OF by_id ON {ENTRIES}
    WHEN OLD.is_sealed AND NEW.by_id IS NOT NULL BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_never_vanishes BEFORE DELETE ON {ENTRIES}
    WHEN OLD.is_sealed BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_posting_comes_before BEFORE INSERT ON {POSTINGS}
    WHEN (SELECT is_sealed FROM {ENTRIES} WHERE id = NEW.entry_id)
    OR EXISTS (SELECT 1 FROM {POSTINGS} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_posting_never_changes BEFORE UPDATE ON {POSTINGS}
    WHEN (SELECT MAX(is_sealed) FROM {ENTRIES} WHERE id IN (OLD.entry_id, NEW.entry_id))
    BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_posting_never_vanishes BEFORE DELETE ON {POSTINGS}
    WHEN (SELECT is_sealed FROM {ENTRIES} WHERE id = OLD.entry_id)
    BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
)
_REFUSED = "USING ERRCODE = 'integrity_constraint_violation'"
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION ledger_entry_rules() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.is_sealed THEN RAISE EXCEPTION '{OPEN_FIRST}' {_REFUSED}; END IF;
        RETURN NEW;
      END IF;
      IF TG_OP = 'DELETE' THEN
        IF OLD.is_sealed THEN RAISE EXCEPTION '{SAID}' {_REFUSED}; END IF;
        RETURN OLD;
      END IF;
      IF OLD.is_sealed THEN
        IF (NEW.id, {", ".join("NEW." + column for column in FROZEN)})
           IS DISTINCT FROM (OLD.id, {", ".join("OLD." + column for column in FROZEN)})
           OR (NEW.by_id IS DISTINCT FROM OLD.by_id AND NEW.by_id IS NOT NULL) THEN
          RAISE EXCEPTION '{SAID}' {_REFUSED};
        END IF;
      ELSIF NEW.is_sealed AND (
        (SELECT COUNT(*) FROM {POSTINGS} WHERE entry_id = NEW.id) < 2
        OR (SELECT SUM(amount_cents) FROM {POSTINGS} WHERE entry_id = NEW.id) <> 0) THEN
        RAISE EXCEPTION '{UNEQUAL}' {_REFUSED};
      END IF;
      RETURN NEW;
    END $$""",
    f"""CREATE OR REPLACE FUNCTION ledger_posting_rules() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        IF (SELECT is_sealed FROM {ENTRIES} WHERE id = OLD.entry_id) THEN
          RAISE EXCEPTION '{SAID}' {_REFUSED};
        END IF;
      END IF;
      IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
      IF (SELECT is_sealed FROM {ENTRIES} WHERE id = NEW.entry_id) THEN
        RAISE EXCEPTION '{SAID}' {_REFUSED};
      END IF;
      RETURN NEW;
    END $$""",
    f"""CREATE OR REPLACE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{SAID}' {_REFUSED};
    END $$""",
    f"""CREATE OR REPLACE TRIGGER ledger_entry_never_changes BEFORE INSERT OR UPDATE OR DELETE ON {ENTRIES}
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_rules()""",
    f"""CREATE OR REPLACE TRIGGER ledger_posting_never_changes BEFORE INSERT OR UPDATE OR DELETE ON {POSTINGS}
    FOR EACH ROW EXECUTE FUNCTION ledger_posting_rules()""",
    f"""CREATE OR REPLACE TRIGGER ledger_entries_never_emptied BEFORE TRUNCATE ON {ENTRIES}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()""",
    f"""CREATE OR REPLACE TRIGGER ledger_postings_never_emptied BEFORE TRUNCATE ON {POSTINGS}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()""",
)
NAMES = {
    "sqlite": {
        ENTRIES: (
            "ledger_entry_begins_open",
            "ledger_entry_balances",
            "ledger_entry_never_changes",
            "ledger_author_only_vanishes",
            "ledger_entry_never_vanishes",
        ),
        POSTINGS: (
            "ledger_posting_comes_before",
            "ledger_posting_never_changes",
            "ledger_posting_never_vanishes",
        ),
    },
    "postgresql": {
        ENTRIES: ("ledger_entry_never_changes", "ledger_entries_never_emptied"),
        POSTINGS: ("ledger_posting_never_changes", "ledger_postings_never_emptied"),
    },
}


def install(connection):
    with connection.cursor() as cursor:
        for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor]:
            cursor.execute(statement)


def remove(connection):
    """Before a migration, and for the tests, which empty their database."""
    with connection.cursor() as cursor:
        for table, names in NAMES[connection.vendor].items():
            on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            for name in names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def remove_before_migrate(sender, using, plan, **kwargs):
    connection = connections[using]
    if plan and {ENTRIES, POSTINGS} <= set(connection.introspection.table_names()):
        remove(connection)


def install_after_migrate(sender, using, **kwargs):
    connection = connections[using]
    # A migration back to before the ledger has no such tables.
    if {ENTRIES, POSTINGS} <= set(connection.introspection.table_names()):
        install(connection)
