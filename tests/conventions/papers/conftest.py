from tests.conventions.agreement.conftest import convention, officer, plan

__all__ = ["convention", "officer", "plan"]
