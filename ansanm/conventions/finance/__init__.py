"""The money of a convention: financing plans, agreements with operators, payments, the ledger."""
