"""What tools/api-check asks for beyond Schemathesis's own checks."""

import schemathesis

# What a slow machine may be told.
NO_FAULTS = ("busy", "timeout")


@schemathesis.check
def unavailable_only_if_slow(_, response, case):
    if response.status_code == 503:
        code = response.json().get("code")
        assert code in NO_FAULTS, f"answers 503, {code}"
