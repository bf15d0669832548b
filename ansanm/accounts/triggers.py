"""The database itself refuses to change or delete an audit entry.

Installed after every `migrate` rather than by one migration: to alter a table, SQLite builds another
and drops the first with its triggers, silently. One change is let through: the author of an erased
account becomes null (the chain does not cover it).
"""

from django.db import connections

TABLE = "accounts_auditentry"
FROZEN = (
    "position",
    "at",
    "actor_key",
    "verb",
    "target_key",
    "target_label",
    "convention_key",
    "before_json",
    "after_json",
    "previous_hash",
    "hash",
)

SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS audit_never_changes BEFORE UPDATE OF {", ".join(FROZEN)} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'The audit trail never changes.'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS audit_author_only_vanishes BEFORE UPDATE OF actor_id ON {TABLE}
    WHEN NEW.actor_id IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'The audit trail never changes.'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS audit_never_shrinks BEFORE DELETE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'The audit trail never shrinks.'); END""",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF ({", ".join("NEW." + column for column in FROZEN)})
           IS NOT DISTINCT FROM ({", ".join("OLD." + column for column in FROZEN)})
           AND NEW.actor_id IS NULL THEN
          RETURN NEW;
        END IF;
      END IF;
      RAISE EXCEPTION 'The audit trail never changes.' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"""CREATE OR REPLACE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    f"""CREATE OR REPLACE TRIGGER audit_never_emptied BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)
NAMES = {
    "sqlite": ("audit_never_changes", "audit_author_only_vanishes", "audit_never_shrinks"),
    "postgresql": ("audit_never_changes", "audit_never_emptied"),
}


def install(connection):
    with connection.cursor() as cursor:
        for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor]:
            cursor.execute(statement)


def remove(connection):
    """For the tests, which empty their database; nothing else calls it."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in NAMES[connection.vendor]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def install_after_migrate(sender, using, **kwargs):
    connection = connections[using]
    # A migration back to nothing takes the table away.
    if TABLE in connection.introspection.table_names():
        install(connection)
