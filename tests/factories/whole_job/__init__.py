"""All stages on a few small fields: run here or in processes that can be killed, damaged, compared."""

import pytest

# So that what is wrong in a tally says more than that something is.
pytest.register_assert_rewrite("tests.factories.whole_job.here", "tests.factories.whole_job.undisturbed")
