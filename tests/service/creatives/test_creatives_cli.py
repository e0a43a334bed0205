"""The commands on a real store: what is measured and approved is in the catalog, the rest is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bandit.catalog import Catalog, Creative, Template
from bandit.creatives.slots import Grammar
from service.catalogs import Catalogs
from service.creatives.cli import app
from service.creatives.editing import edit_templates
from service.creatives.reference_generator import Handler
from service.store.commands import Store
from tests.service.creatives.pictures import FILES, serving


@pytest.fixture
def catalogs(valkey_url: str, pictures: str, monkeypatch: pytest.MonkeyPatch) -> Catalogs:
    monkeypatch.setenv("ADBANDIT_REDIS_URL", valkey_url)
    found = Catalogs(Store(valkey_url))
    red, blue, broken = (Creative(title="Sale", image_url=f"{pictures}/{name}.png") for name in ("red", "blue", "no"))
    templates = [Template(id="red", creative=red, features={"tone": "calm", "image.old": "x"})]
    templates += [Template(id="blue", creative=blue), Template(id="no", creative=broken), Template(id="bare")]
    found.replace_if_other(Catalog(templates=tuple(templates)))
    return found


def run(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["creatives", *words], env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    return done.output


def template(catalogs: Catalogs, name: str) -> Template:
    return next(one for one in catalogs.current().templates if one.id == name)


def test_pictures_are_measured_into_features_and_what_is_broken_is_named(catalogs: Catalogs) -> None:
    output = run("measure", "--allow-private", status=1)
    red, blue = (template(catalogs, name).features for name in ("red", "blue"))
    assert (red["tone"], red["image.colour"], red["image.aspect"]) == ("calm", "red", "wide")
    assert (blue["image.colour"], blue["image.aspect"]) == ("blue", "tall")
    assert "image.old" not in red
    assert "no: #/creative/image_url" in output
    assert "2 templates measured, 1 refused" in output  # of four: one has nothing to look at


def test_all_that_is_measured_is_one_version_and_measuring_again_makes_none(catalogs: Catalogs) -> None:
    before = catalogs.current().version
    for _ in range(2):
        run("measure", "--allow-private", "--template", "red", "--template", "blue")
        assert catalogs.current().version == before + 1


def test_nothing_private_is_fetched_unless_allowed(catalogs: Catalogs) -> None:
    assert "not a public address" in run("measure", "--template", "red", status=1)


def test_files_of_a_folder_are_taken_instead(catalogs: Catalogs, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(FILES["/blue.png"])
    run("measure", "--template", "red", "--folder", str(tmp_path))
    assert template(catalogs, "red").features["image.colour"] == "blue"


def test_generated_texts_wait_until_somebody_approves_them(catalogs: Catalogs) -> None:
    with serving(Handler) as url:
        run("generate", "--template", "red", "--count", "3", "--url", url)
    waiting = (template(catalogs, "red").grammar or Grammar()).proposed
    assert len(waiting) == 6
    headline, other = [one.text for one in waiting if one.kind == "headline"][:2]
    run("review", "--template", "red", "--approve", headline, "--decline", other)
    found: Any = template(catalogs, "red").grammar
    assert (found.headlines, len(found.proposed)) == ((headline,), 4)


def test_or_are_approved_at_once_where_that_is_asked_for(catalogs: Catalogs) -> None:
    with serving(Handler) as url:
        run("generate", "--template", "red", "--count", "2", "--url", url, "--approve")
    found: Any = template(catalogs, "red").grammar
    assert (len(found.headlines), len(found.calls_to_action), found.proposed) == (2, 2, ())


def test_a_shop_s_own_words_keep_a_text_from_being_approved(catalogs: Catalogs, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# ours\nrange\n")
    with serving(Handler) as url:
        run(
            "generate",
            "--template",
            "red",
            "--count",
            "50",
            "--url",
            url,
            "--words",
            str(tmp_path / "words.txt"),
            "--approve",
        )
    found: Any = template(catalogs, "red").grammar
    assert found.proposed
    assert all(one.flags == ("forbidden",) and "range" in one.text for one in found.proposed)


@pytest.mark.parametrize(
    "words",
    [("generate", "--template", "red"), ("generate", "--template", "x", "--url", "http://127.0.0.1:1/"),
     ("generate", "--template", "red", "--url", "file:///etc/passwd"), ("review", "--template", "x"),
     ("review", "--template", "red", "--approve", "never proposed")],
)  # fmt: skip
def test_what_cannot_be_done_ends_with_status_2_and_changes_nothing(catalogs: Catalogs, words: tuple[str, ...]) -> None:
    before = catalogs.current()
    run(*words, status=2)
    assert catalogs.current() == before


def test_an_edit_that_another_one_overtakes_is_made_on_the_newer_catalog(catalogs: Catalogs) -> None:
    def edit(found: Template) -> Template:
        if template(catalogs, "bare").status == "active":
            catalogs.put("templates", "bare", b'{"status": "paused"}', if_match=None)
        return Template(id="red", features={"edited": True})

    edit_templates(catalogs, {"red": edit})
    assert (template(catalogs, "bare").status, template(catalogs, "red").features) == ("paused", {"edited": True})
