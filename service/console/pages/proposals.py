"""Texts that were generated for an ad: approved into its grammar, or declined."""

from __future__ import annotations

from typing import Literal, cast

from flask import Blueprint, Response, abort, request

from bandit.catalog import Template
from bandit.creatives.proposals import approved, declined
from bandit.errors import AdbanditError, BadInput, Conflict
from service.console.page import Console, fault, lead, only_for_change
from service.creatives.editing import edit_templates

KINDS = ("headline", "call_to_action")
VERBS = {"approve": approved, "decline": declined}


def register(routes: Blueprint, console: Console) -> None:
    @routes.post("/templates/<item_id>/proposals")
    def judge(item_id: str) -> Response:
        only_for_change()
        kind, text, verb = (request.form.get(name, "") for name in ("kind", "text", "verb"))
        if kind not in KINDS or verb not in VERBS:
            abort(400)
        named = cast(Literal["headline", "call_to_action"], kind)

        def edit(template: Template) -> Template:
            return VERBS[verb](template, named, text.replace("\r\n", "\n"))

        try:
            edit_templates(console.web.catalogs, {item_id: edit})
        except (BadInput, Conflict) as wrong:
            return fault(409, "refused", name=item_id, detail=_detail(wrong))
        console.web.serving.refresh()
        return lead(f"/templates/{item_id}", f"{verb}d")


def _detail(wrong: AdbanditError) -> str:
    return wrong.detail if isinstance(wrong, BadInput) else str(wrong)
