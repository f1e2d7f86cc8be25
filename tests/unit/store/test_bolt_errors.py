"""What the drivers' errors are called, where neither database can be made to raise them at will."""

from __future__ import annotations

import pytest
from neo4j.exceptions import (
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from genealogy.errors import StoreRejected, StoreUnavailable
from genealogy.store.failures import mapped, naming

FULL = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"


def test_a_server_without_memory_for_the_transaction_is_told_and_not_asked_again() -> None:
    with pytest.raises(StoreRejected) as told, naming("load/create_flows.cypher", "CREATE"):
        raise Neo4jError._hydrate_neo4j(code=FULL, message="The allocation of 2 MiB would exceed")
    assert told.value.error_code == "store_out_of_memory"
    assert "load/create_flows.cypher" in told.value.message("en")
    assert "split" in told.value.hint("en")


def test_memory_that_runs_out_at_the_commit_is_told_too() -> None:
    told = mapped(Neo4jError._hydrate_neo4j(code=FULL, message="would exceed"), 120, "bolt://x")
    assert told.error_code == "store_out_of_memory"


def test_other_passing_troubles_are_left_to_the_driver_to_try_again() -> None:
    code = "Neo.TransientError.Transaction.DeadlockDetected"
    with pytest.raises(TransientError), naming("load/create_flows.cypher", "CREATE"):
        raise Neo4jError._hydrate_neo4j(code=code, message="deadlock")


@pytest.mark.parametrize("kind", [ServiceUnavailable, SessionExpired])
def test_a_server_that_goes_in_the_middle_of_a_statement_is_left_to_the_driver_and_then_told(
    kind: type[DriverError],
) -> None:
    with pytest.raises(kind) as gone, naming("load/create_flows.cypher", "CREATE"):
        raise kind("Failed to read from defunct connection")
    told = mapped(gone.value, 120, "bolt://x")
    assert isinstance(told, StoreUnavailable)
    assert "defunct connection" in told.message("en")
