"""Schemathesis: no request that the OpenAPI document allows, or forbids, is answered wrongly."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from tests.api.clients import StoppedClock
from tests.small_company import engine

schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(engine(), clock=StoppedClock()))


@schema.parametrize()
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_answers_keep_to_the_document(case: schemathesis.Case) -> None:
    # Names are valid text that the data may not know, so 404 and 422 are right answers.
    answer = case.call_and_validate(excluded_checks=[positive_data_acceptance])
    assert answer.status_code < 500
