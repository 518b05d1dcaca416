"""The benchmark of the day runs on a tiny catalogue, and says what it should. How long anything takes is no test's
business."""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from tests.house.test_bench import bench, document

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn") / "curve.svg"


def test_the_day_is_measured_and_drawn(drawn: Path) -> None:
    made = document("day", "--packages", "2,4", "--rounds", "1", "--jobs", "1", "--svg", drawn)
    costs, peers, growth = made["tables"]
    runs = ["first sync", "the day", "fetch + apply --check", "fetch + rebase", "unchanged world"]
    for size in (2, 4):
        assert [row["run"] for row in costs["rows"] if row["packages"] == size][:5] == runs
    assert {row["peer"] for row in peers["rows"]} >= {"fetch + apply --check", "fetch + rebase"}
    assert all(row["seconds"] > 0 and row["cpu seconds"] > 0 for row in peers["rows"])
    assert [row["run"] for row in growth["rows"]] == ["first sync", "the day", "unchanged world"]
    picture = Xml.parse(drawn).getroot()  # our own file
    assert len(picture.findall(f"{SVG}polyline")) == 5
    assert {"the day", "unchanged world"} <= {text.text for text in picture.findall(f"{SVG}text")}


def test_sizes_that_are_none_are_refused() -> None:
    done = bench("day", "--packages", "few")
    assert done.returncode == 2
    assert "--packages needs numbers" in done.stderr
