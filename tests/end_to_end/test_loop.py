"""Decide, click, learn, decide better; and what a web developer relies on around it."""

from __future__ import annotations

import subprocess
import sys
import urllib.parse
from collections import Counter
from pathlib import Path

import pytest

from bandit.archive.files import read_events, read_outcomes
from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually


def _shop(service: Running, rounds: int) -> Counter[str]:
    """Mobile shoppers click `sale`, desktop ones `new`; which was shown to mobile ones."""
    shown: Counter[str] = Counter()
    for i in range(rounds):
        device = "mobile" if i % 2 else "desktop"
        answer = service.decide(policy="sure", context={"device": device}, placements=["hero"], user={"key": f"u{i}"})
        template = answer["ads"][0]["template"]
        if template == ("sale" if device == "mobile" else "new"):
            service.tell({"id": f"c-{answer['decision_id']}", "type": "click", "decision_id": answer["decision_id"]})
        shown[f"{device} {template}"] += 1
    return shown


def test_what_was_clicked_is_shown_more(service: Running) -> None:
    before = service.report("sure")["learned"]
    _shop(service, 300)
    eventually(lambda: service.report("sure")["learned"] == before + 300, 30.0)
    shown = _shop(service, 200)
    assert shown["mobile sale"] > 80
    assert shown["desktop new"] > 80


def test_new_weights_are_served_within_a_second_of_the_horizon(service: Running) -> None:
    version = service.decide(policy="sure")["model_version"]
    answer = service.decide(policy="sure")
    service.tell({"id": f"c-{answer['decision_id']}", "type": "click", "decision_id": answer["decision_id"]})
    eventually(
        lambda: service.decide(policy="sure", options={"dry_run": True})["model_version"] > version,
        0.5 + 1.0 + 0.5,
    )


def test_every_propensity_is_the_probability_it_was_drawn_with(service: Running) -> None:
    answer = service.decide(policy="home", count=20, user={"key": "somebody"})
    places = [ad["placement"] for ad in answer["ads"]]
    templates = [ad["template"] for ad in answer["ads"]]
    assert len(places) == len(set(places)) == len(set(templates)) == 2
    assert answer["ads"][1]["propensity"] == 1.0
    assert 0 < answer["ads"][0]["propensity"] < 1


def test_a_user_stays_in_one_arm(service: Running) -> None:
    arms = {f"u{i}": {service.decide(policy="home", user={"key": f"u{i}"})["arm"] for _ in range(3)} for i in range(40)}
    assert all(len(seen) == 1 for seen in arms.values())
    assert 1 <= sum(seen == {"holdout"} for seen in arms.values()) <= 20


def test_the_holdout_is_not_trained_on(service: Running) -> None:
    answers = [service.decide(policy="home", user={"key": f"h{i}"}) for i in range(60)]
    assert {answer["ads"][0]["trainable"] for answer in answers if answer["arm"] == "holdout"} == {False}


def test_a_repeated_request_gets_the_same_answer(service: Running) -> None:
    request = {"policy": "home", "request_id": "r-1"}
    assert service.decide(**request) == service.decide(**request)


def _decided(service: Running, policy: str) -> int:
    """Decisions of a policy, once all of them are closed."""
    report = eventually(lambda: (found := service.report(policy))["open"] == 0 and found)
    return sum(arm["decisions"] for arm in report["arms"].values())


def test_a_dry_run_leaves_no_trace(service: Running) -> None:
    before = _decided(service, "dry")
    service.decide(policy="dry")
    eventually(lambda: _decided(service, "dry") == before + 1)
    answers = [service.decide(policy="dry", options={"dry_run": True}) for _ in range(5)]
    service.decide(policy="dry")
    eventually(lambda: _decided(service, "dry") >= before + 2)
    assert {answer["ads"][0]["tracking"] for answer in answers} == {None}
    assert _decided(service, "dry") == before + 2


def test_an_event_counts_once(service: Running) -> None:
    answer = service.decide(policy="home")
    event = {"id": f"c-{answer['decision_id']}", "type": "click", "decision_id": answer["decision_id"]}
    fates = [service.tell(event, event), service.tell(event)]
    assert [(fate["accepted"], fate["duplicates"]) for fate in fates] == [(1, 1), (0, 1)]


def test_a_late_event_is_accepted_and_said_to_be_late(service: Running) -> None:
    before = _decided(service, "dry")
    answer = service.decide(policy="dry")
    eventually(lambda: _decided(service, "dry") > before)
    event = {"id": f"l-{answer['decision_id']}", "type": "click", "decision_id": answer["decision_id"]}
    assert service.tell(event)["late"] is True


def test_a_beacon_may_come_as_text(service: Running) -> None:
    answer = service.decide(policy="home")
    event = {"id": f"b-{answer['decision_id']}", "type": "impression", "decision_id": answer["decision_id"]}
    assert service.call("POST", "/v1/events", {"events": [event]}, Content_Type="text/plain;charset=UTF-8")[0] == 202


def test_links_count_and_lead_to_the_landing_page(service: Running) -> None:
    answer = service.decide(policy="home", templates=["sale"])
    tracking = answer["ads"][0]["tracking"]
    clicked = service.pool.request("GET", service.url + tracking["click_url"], redirect=False)
    seen = service.pool.request("GET", service.url + tracking["impression_url"])
    assert (clicked.status, clicked.headers["Location"]) == (302, "https://shop.example/sale?a=1&b=2")
    assert (seen.status, seen.data) == (204, b"")


def _accepted(service: Running) -> str:
    metrics = service.pool.request("GET", service.url + "/metrics").data.decode()
    return metrics.partition('adbandit_events_total{fate="accepted"} ')[2].split()[0]


def test_looking_at_a_link_without_following_it_counts_nothing(service: Running) -> None:
    click_url = service.decide(policy="home", templates=["sale"])["ads"][0]["tracking"]["click_url"]
    before = (
        service.pool.request("GET", service.url + "/metrics").data.decode().partition('fate="accepted"} ')[2].split()[0]
    )
    assert service.pool.request("HEAD", service.url + click_url, redirect=False).status == 302
    after = (
        service.pool.request("GET", service.url + "/metrics").data.decode().partition('fate="accepted"} ')[2].split()[0]
    )
    assert before == after


def test_a_request_cannot_make_links_of_ours_lead_anywhere(service: Running) -> None:
    candidates = [{"template": "t", "creative": {"title": "T", "link": "https://evil.example/"}}]
    ad = service.decide(policy="home", candidates=candidates)["ads"][0]
    assert ad["tracking"]["click_url"] is None
    forged = ad["tracking"]["impression_url"].replace("/v1/t/i/", "/v1/t/c/")
    assert service.call("GET", forged)[0] == 404


def test_a_creative_is_escaped_and_links_to_the_click_counter(service: Running) -> None:
    ad = service.decide(policy="home", templates=["sale"])["ads"][0]
    assert "Sale &lt;now&gt;" in ad["creative"]["html"]
    assert urllib.parse.quote(ad["tracking"]["click_url"], safe="/.-_") in ad["creative"]["html"]


def test_inline_candidates_need_no_catalog(service: Running) -> None:
    candidates = [
        {"template": f"t{i}", "placement": "p", "features": {"price": i}, "creative": {"title": f"T{i}"}}
        for i in range(5)
    ]
    ads = service.decide(policy="bare", candidates=candidates, count=3)["ads"]
    assert len(ads) == 1
    assert ads[0]["creative"]["title"] == ads[0]["template"].upper()


def test_a_batch_answers_each_in_place(service: Running) -> None:
    status, answer = service.call("POST", "/v1/decisions:batch", {"requests": [{"policy": "home"}, {"policy": "x"}, 3]})
    assert status == 200
    assert [one.get("status", 200) for one in answer["answers"]] == [200, 404, 422]


def test_a_changed_catalog_is_served_and_versioned(service: Running) -> None:
    version = service.call("GET", "/v1/catalog")[1]["version"]
    status, answer = service.call("PUT", "/v1/templates/extra", {"creative": {"title": "x"}}, If_Match=f'"{version}"')
    assert (status, answer["version"]) == (200, version + 1)
    assert service.decide(policy="home", templates=["extra"])["catalog_version"] == version + 1
    assert service.call("DELETE", "/v1/templates/extra")[0] == 200
    assert service.call("GET", "/v1/templates/extra")[0] == 404


def test_learning_options_are_fixed_once_there_is_a_model(service: Running) -> None:
    policy = {"horizon_s": 0.5, "learning": {"bits": 20}}
    eventually(lambda: service.report("sure")["learned"] > 0)
    assert service.call("PUT", "/v1/policies/sure", policy)[0] == 409


def test_health_says_how_old_the_model_is(service: Running) -> None:
    status, health = service.call("GET", "/readyz")
    assert (status, health["status"], health["redis"]) == (200, "ok", True)
    assert health["policies"]["home"]["model_age_s"] >= 0
    metrics = service.pool.request("GET", service.url + "/metrics").data.decode()
    assert 'adbandit_requests_total{route="/v1/decisions",status="200"}' in metrics
    assert "adbandit_outbox_backlog_rows" in metrics


def test_every_answer_says_how_long_it_took(service: Running) -> None:
    assert service.pool.request("GET", service.url + "/livez").headers["Server-Timing"].startswith("app;dur=")


@pytest.fixture
def own(tmp_path: Path) -> Running:
    return Running(tmp_path / "data", CATALOG, ADBANDIT_ARCHIVE_S="0.5")


def test_all_survives_a_restart_and_user_keys_are_nowhere_on_disk(own: Running) -> None:
    answers: list[Json] = [own.decide(policy="home", user={"key": f"anna-{i}"}) for i in range(50)]
    for answer in answers[:20]:
        own.tell({"id": answer["decision_id"], "type": "click", "decision_id": answer["decision_id"]})
    own.stop()
    own.start()
    eventually(lambda: _decided(own, "home") >= 50)
    report = own.report("home")
    own.stop()
    assert sum(arm["decisions"] for arm in report["arms"].values()) == 50
    assert report["events"] == 20
    assert sum(arm["clicks"] for arm in report["arms"].values()) == 20
    assert not [path for path in own.data.rglob("*") if path.is_file() and b"anna-" in path.read_bytes()]


def test_what_was_learned_is_archived_once(own: Running) -> None:
    answers: list[Json] = [own.decide(policy="home") for _ in range(30)]
    own.tell(*({"id": a["decision_id"], "type": "click", "decision_id": a["decision_id"]} for a in answers))
    archive = own.data / "archive"
    eventually(lambda: len(read_outcomes(archive, "home")) == 30)
    own.stop()
    outcomes = read_outcomes(archive, "home")
    assert (outcomes["decision"].n_unique(), outcomes["clicks"].sum(), len(read_events(archive, "home"))) == (
        30,
        30,
        30,
    )


def test_a_real_redis_is_used_where_one_is_given(tmp_path: Path, valkey_url: str) -> None:
    running = Running(tmp_path / "data", CATALOG, ADBANDIT_REDIS_URL=valkey_url)
    answer = running.decide(policy="home")
    running.tell({"id": "c", "type": "click", "decision_id": answer["decision_id"]})
    eventually(lambda: running.report("home")["used_events"] == 1)
    assert "valkey" not in running.children()
    running.stop()
    assert not (tmp_path / "data" / "valkey").exists()


def test_a_second_start_on_the_same_folder_is_refused(service: Running) -> None:
    words = [sys.executable, "-m", "service.cli", "up", "--data", str(service.data)]
    refused = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (refused.returncode, str(service.process.pid) in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "loopback"),
        (["--redis-url", "nonsense"], "redis://"),
        (["--workers", "0"], "workers"),
        (["--data", "/proc/none"], "/proc/none"),
        (["--port", "{taken}"], "cannot be used"),
    ],
)
def test_what_cannot_be_started_says_why(service: Running, tmp_path: Path, words: list[str], said: str) -> None:
    taken = service.url.rpartition(":")[2]
    given = ["--data", str(tmp_path), *(word.replace("{taken}", taken) for word in words)]
    command = [sys.executable, "-m", "service.cli", "up", *given]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (refused.returncode, said in refused.stderr, "Traceback" in refused.stderr) == (2, True, False)


def test_a_catalog_file_with_a_fault_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("templates:\n  - {id: a, campaign: none}\n")
    words = [
        sys.executable,
        "-m",
        "service.cli",
        "up",
        "--data",
        str(tmp_path),
        "--catalog",
        str(tmp_path / "shop.yaml"),
    ]
    refused = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (refused.returncode, "templates/0/campaign" in refused.stderr) == (2, True)
