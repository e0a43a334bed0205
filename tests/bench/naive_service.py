"""What an ordinary team would write: Flask, VW's text through Python, and the decision in Valkey before the answer.

Uses `vowpalwabbit` where it is installed, else `vowpal_wabbit_next`; both take about as long. `VALKEY` is the URL.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import time
import uuid
from typing import Any

import redis
from flask import Flask, request

from tests.bench.work import CATALOG

ARGUMENTS = "--cb_explore_adf --squarecb -b 18 -q UA -q UP -q CA -q CP -q AP --ignore_linear U --ignore_linear C"

if importlib.util.find_spec("vowpalwabbit"):
    import vowpalwabbit

    vw = vowpalwabbit.Workspace(f"{ARGUMENTS} --quiet")

    def predict(lines: list[str]) -> list[float]:
        """Probabilities in the order of the candidates."""
        return vw.predict("\n".join(lines))
else:
    from vowpal_wabbit_next import TextFormatParser, Workspace

    workspace = Workspace([*ARGUMENTS.split(), "--quiet"])
    parser = TextFormatParser(workspace)

    def predict(lines: list[str]) -> list[float]:
        """Probabilities in the order of the candidates."""
        found = workspace.predict_one([parser.parse_line(line) for line in lines])
        return [p for _, p in sorted(found)]


app = Flask(__name__)
valkey = redis.Redis.from_url(os.environ["VALKEY"])
candidates = [(template, place) for template in CATALOG["templates"] for place in CATALOG["placements"]]


def text(features: dict[str, Any]) -> str:
    return " ".join(f"{n}={v}" if isinstance(v, str) else f"{n}:{float(v)}" for n, v in features.items())


def lines(context: dict[str, Any]) -> list[str]:
    """The request in VW's text format."""
    plain = {name: value for name, value in context.items() if not isinstance(value, dict)}
    shared = f"shared |User {text(context['user'])} |Context {text(plain)} {text(context['page'])}"
    return [shared] + [
        f"|Ad id={template['id']} {text(template['features'])} |Placement id={place['id']} page_type=home"
        f" {text(place['features'])}"
        for template, place in candidates
    ]


@app.post("/v1/decisions")
def decide() -> dict[str, Any]:
    asked = request.get_json(force=True)
    probabilities = predict(lines(asked["context"]))
    chosen = random.choices(range(len(candidates)), probabilities)[0]
    decision = {
        "id": uuid.uuid4().hex,
        "time": time.time(),
        "user": asked["user"]["key"],
        "context": asked["context"],
        "candidates": [[template["id"], place["id"]] for template, place in candidates],
        "probabilities": probabilities,
        "chosen": chosen,
    }
    valkey.xadd("decisions", {"decision": json.dumps(decision)})
    template, place = candidates[chosen]
    ad = {"template": template["id"], "placement": place["id"], "propensity": probabilities[chosen]}
    return {"decision_id": decision["id"], "ads": [ad | {"creative": template["creative"]}]}
