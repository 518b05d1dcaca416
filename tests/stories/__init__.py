"""Stories: what can happen to a patch, told as small git histories and judged."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.storybook", f"{__name__}.tools", f"{__name__}.changes")
