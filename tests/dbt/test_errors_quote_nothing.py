"""What a failed table says reaches a log: no value of a row may stand in it, whichever engine said it."""

import pytest

from dagster_project.transformation import _safe_message

# As the engines word them.
MESSAGES = [
    "Runtime Error: Conversion Error: Could not convert string 'SECRET' to INT32",
    "Runtime Error: Constraint Error: Duplicate key 'client_id: SECRET' violates primary key constraint",
    "[CAST_INVALID_INPUT] The value 'SECRET' of the type 'STRING' cannot be cast to 'INT'",
    "Job aborted: SparkArithmeticException: [NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] SECRET",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_value_is_not_repeated(message: str) -> None:
    told = _safe_message("fct_episodes", message)
    assert told.startswith("fct_episodes: ")
    assert "SECRET" not in told


def test_what_quotes_nothing_is_told() -> None:
    assert _safe_message("fct_episodes", "Got 2 results,\n configured to fail if != 0") == (
        "fct_episodes: Got 2 results, configured to fail if != 0"
    )
