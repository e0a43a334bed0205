"""The page on targeting says what happens."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import msgspec

from bandit.catalog import Campaign
from tests.bandit.eligibility.requests import reasons

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "targeting.md").read_text()


def test_the_example_does_to_requests_what_the_page_says() -> None:
    (example,) = re.findall(r"<!-- example -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    (now, profile, requests) = re.findall(r"<!-- requests (\S+) (.*?) -->\n```text\n(.*?)```", PAGE, re.DOTALL)[0]
    campaign = msgspec.convert(msgspec.yaml.decode(example)["campaigns"][0], Campaign)
    told = [re.fullmatch(r"(\{.*\}) +(.*)", line) for line in requests.splitlines()]
    at = datetime.fromisoformat(now).timestamp()
    found = [reasons([campaign.targeting], json.loads(m[1]), json.loads(profile), at)[0] for m in told]
    assert [reason or "may be shown" for reason in found] == [m[2] for m in told]
