from __future__ import annotations

import msgspec

from service.schemas import ActivityMessage
from simulations.demo.living import Living, Plain, shopping
from simulations.demo.mailbox import deed
from simulations.environments.audience import Audience
from simulations.environments.base import Json, Round
from simulations.environments.shop import Shop

WORLD = Audience(3)
VISIT = WORLD.round(0)


def ad(template: str, visit: Round = VISIT, product: str | None = None, variant: int = 0) -> Json:
    place = next(place for one, place in visit.candidates if one == template)
    return {"template": template, "placement": place, "slot": 0, "variant": variant, "product": product}


def test_a_product_is_what_a_shopper_likes_of_an_ad() -> None:
    fit = WORLD.person(WORLD.view(0).user).fit
    products = [row["id"] for row in WORLD.products()]
    most, least = (products[at] for at in (int(fit.argmax()), int(fit.argmin())))
    assert Living(WORLD).opinion(VISIT, ad("for-you", product=most)).chance > (
        Living(WORLD).opinion(VISIT, ad("for-you", product=least)).chance
    )


def test_a_shopper_tires_of_what_she_sees_again() -> None:
    living = Living(WORLD)
    chances = [living.opinion(VISIT, ad("season")).chance for _ in range(3)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[2]


def test_what_caps_hold_back_and_what_is_beyond_them_is_counted() -> None:
    living = Living(WORLD)
    for _ in range(4):  # as often as its cap allows
        living.opinion(VISIT, ad("season"))
    assert (living.held, living.beyond) == (0, 0)
    living.opinion(VISIT, ad("for-you"))
    living.opinion(VISIT, ad("season"))
    assert (living.held, living.beyond) == (1, 1)


def test_what_shoppers_do_is_activity_that_a_service_takes() -> None:
    told = [message for t in range(200) for message in Living(WORLD).deeds(WORLD.round(t))]
    taken = [msgspec.convert(deed("d", i, message), ActivityMessage) for i, message in enumerate(told)]
    assert {one.type for one in taken} == {"search", "view", "add_to_cart", "purchase"}
    assert len({one.id for one in taken}) == len(taken)


def test_shoppers_of_other_worlds_do_as_the_round_says() -> None:
    plain, visit = shopping(Shop(3)), Shop(3).round(5)
    template, placement = visit.candidates[0]
    shown = {"template": template, "placement": placement, "slot": 0}
    assert isinstance(plain, Plain)
    assert plain.opinion(visit, shown).verdict == visit.outcome(template, placement)
    assert plain.deeds(visit) == []
