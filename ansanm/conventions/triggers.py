"""The database itself refuses to change or delete what was signed, and the bytes a file stands for.

Installed after every `migrate`, for the reason told in accounts/triggers.py. One change of a signed
version is let through: its author becomes null when the account is erased.
"""

from django.db import connections

VERSIONS = "conventions_agreementversion"
FILES = "conventions_storedfile"
FROZEN = (
    "convention_id",
    "number",
    "kind",
    "state",
    "title",
    "purpose",
    "effective_on",
    "signed_on",
    "content_json",
    "content_sha256",
    "printed_id",
    "created_at",
    "frozen_at",
)
KEPT = ("convention_id", "n_bytes", "sha256", "uploaded_at")
SAID = "A signed agreement never changes."
SAID_OF_A_FILE = "The bytes of a file never change."

SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS agreement_never_changes
    BEFORE UPDATE OF {", ".join(FROZEN)} ON {VERSIONS}
    WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS agreement_author_only_vanishes
    BEFORE UPDATE OF created_by_id ON {VERSIONS}
    WHEN OLD.state = 'signed' AND NEW.created_by_id IS NOT NULL
    BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS agreement_never_vanishes BEFORE DELETE ON {VERSIONS}
    WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS stored_file_never_changes BEFORE UPDATE OF {", ".join(KEPT)} ON {FILES}
    BEGIN SELECT RAISE(ABORT, '{SAID_OF_A_FILE}'); END""",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION agreement_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state <> 'signed' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
      END IF;
      IF TG_OP = 'UPDATE' THEN
        IF ({", ".join("NEW." + column for column in FROZEN)})
           IS NOT DISTINCT FROM ({", ".join("OLD." + column for column in FROZEN)})
           AND NEW.created_by_id IS NULL THEN
          RETURN NEW;
        END IF;
      END IF;
      RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"""CREATE OR REPLACE FUNCTION agreements_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"""CREATE OR REPLACE FUNCTION stored_file_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF ({", ".join("NEW." + column for column in KEPT)})
         IS DISTINCT FROM ({", ".join("OLD." + column for column in KEPT)}) THEN
        RAISE EXCEPTION '{SAID_OF_A_FILE}' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    f"""CREATE OR REPLACE TRIGGER agreement_never_changes BEFORE UPDATE OR DELETE ON {VERSIONS}
    FOR EACH ROW EXECUTE FUNCTION agreement_refuses()""",
    f"""CREATE OR REPLACE TRIGGER agreements_never_emptied BEFORE TRUNCATE ON {VERSIONS}
    FOR EACH STATEMENT EXECUTE FUNCTION agreements_stay()""",
    f"""CREATE OR REPLACE TRIGGER stored_file_never_changes BEFORE UPDATE ON {FILES}
    FOR EACH ROW EXECUTE FUNCTION stored_file_refuses()""",
)
NAMES = {
    "sqlite": {
        VERSIONS: ("agreement_never_changes", "agreement_author_only_vanishes", "agreement_never_vanishes"),
        FILES: ("stored_file_never_changes",),
    },
    "postgresql": {
        VERSIONS: ("agreement_never_changes", "agreements_never_emptied"),
        FILES: ("stored_file_never_changes",),
    },
}


def install(connection):
    with connection.cursor() as cursor:
        for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor]:
            cursor.execute(statement)


def remove(connection):
    """For the tests, which empty their database; nothing else calls it."""
    with connection.cursor() as cursor:
        for table, names in NAMES[connection.vendor].items():
            on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            for name in names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def install_after_migrate(sender, using, **kwargs):
    connection = connections[using]
    # A migration back to nothing, or to before the plan, has no such tables.
    if {VERSIONS, FILES} <= set(connection.introspection.table_names()):
        install(connection)
