"""Budgets in Redis: what may still be decided of each campaign, and who holds how much of that.

One publisher writes what is left by the log; workers exchange with it. All keys share a slot, so a worker exchanges for
many campaigns in one step. A late or repeated command does no harm: what is published are absolute values, and an
exchange first takes back what the worker had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from service.store.commands import Store, reached

UNTIL = "{budget}:until"
KEPT_S = 90 * 86_400  # what is known of a campaign that is in no catalog any more
FORGET_S = 3_600  # after which a dead worker's ads are taken for gone, should the log never say so
TOGETHER = 100  # campaigns exchanged in one script, so that it holds up nobody else


class Told(msgspec.Struct, frozen=True):
    """What a worker tells of a campaign."""

    held: int  # ads it may decide without asking, and has not
    want: int  # more of them that it would like
    used: dict[str, tuple[int, float]]  # policy -> ads decided that the log may not hold, and when the last one was


class Given(NamedTuple):
    """What it is answered."""

    ads: int  # that it may decide besides
    available: int  # what is left for all then; below 0 where more is out than there is
    shadow: float  # price, in shares of the largest reward


class Published(NamedTuple):
    """What the publisher writes of a campaign."""

    left: int  # ads that may be decided and do not stand in the log
    shadow: float
    account: bytes  # of one policy
    state: bytes  # for people


class Budgets:
    """Every method raises StoreAway while Redis cannot be reached."""

    def __init__(self, store: Store) -> None:
        self._redis = store.client

    def publish(self, policy: str, until: float, campaigns: Mapping[str, Published]) -> None:
        """Write how campaigns stand by the logs, of which one policy's is accounted for `until` a time."""
        items = list(campaigns.items())
        with reached():
            for at in range(0, len(items), TOGETHER):
                some = items[at : at + TOGETHER]
                keys = [key for campaign, _ in some for key in (_rows(campaign), _account(campaign))]
                given = [part for _, one in some for part in (one.left, repr(one.shadow), one.account, one.state)]
                self._redis.eval(PUBLISH, len(keys), *keys, policy, KEPT_S, *given)
            # Last: what workers have used counts twice until the log is known to hold it, and never not at all.
            self._redis.hset(UNTIL, policy, repr(until))

    def exchange(
        self, worker: str, told: Mapping[str, Told], *, lapse_s: float, settle_s: float
    ) -> tuple[dict[str, Given], dict[str, float]]:
        """Exchange what a worker holds of some campaigns; what it is given, and until when each log is accounted for.

        lapse_s   after which what a worker held that was not heard of again is free
        settle_s  how much later than an ad the log must be accounted for to hold it
        """
        given: dict[str, Given] = {}
        until: dict[str, float] = {}
        campaigns = list(told)
        with reached():
            for at in range(0, len(campaigns), TOGETHER):
                some = campaigns[at : at + TOGETHER]
                keys = [UNTIL, *map(_rows, some)]
                words = [msgspec.json.encode(told[campaign]) for campaign in some]
                flat, answers = self._redis.eval(
                    EXCHANGE, len(keys), *keys, worker, lapse_s, settle_s, FORGET_S, *words
                )
                until |= {p.decode(): float(time) for p, time in zip(flat[::2], flat[1::2], strict=True)}
                for campaign, (ads, available, shadow) in zip(some, answers, strict=True):
                    given[campaign] = Given(int(ads), int(available), float(shadow))
        return given, until

    def accounts(self, campaign: str) -> dict[str, bytes]:
        """What each policy's log says of a campaign; `state` is the newest published."""
        with reached():
            found = self._redis.hgetall(_account(campaign))
        return {name.decode(): value for name, value in found.items()}

    def state(self, campaign: str) -> bytes | None:
        """What was published last for people; None if nothing was."""
        with reached():
            found: bytes | None = self._redis.hget(_account(campaign), "state")
            return found


def policies_of(fields: Mapping[str, bytes]) -> dict[str, bytes]:
    """Accounts by policy, out of what `Budgets.accounts` found."""
    return {name.removeprefix("of:"): value for name, value in fields.items() if name.startswith("of:")}


def _rows(campaign: str) -> str:
    return f"{{budget}}:left:{campaign}"


def _account(campaign: str) -> str:
    return f"{{budget}}:account:{campaign}"


PUBLISH = """
for k = 1, #KEYS, 2 do
  local at = 2 * k
  redis.call('HSET', KEYS[k], 'left', ARGV[at + 1], 'shadow', ARGV[at + 2])
  redis.call('HSET', KEYS[k + 1], 'of:' .. ARGV[1], ARGV[at + 3], 'state', ARGV[at + 4])
  redis.call('EXPIRE', KEYS[k], ARGV[2])
  redis.call('EXPIRE', KEYS[k + 1], ARGV[2])
end
"""

# A row `w:<worker>` says when it was written, by this server's clock, how many ads are held, and how many are used.
EXCHANGE = """
local worker, lapse_s, settle_s, forget_s = 'w:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local until_at = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do until_at[flat[i]] = tonumber(flat[i + 1]) end

local function unaccounted(used)
  local ads = 0
  for policy, one in pairs(used) do
    if (until_at[policy] or 0) < one[2] + settle_s then ads = ads + one[1] end
  end
  return ads
end

local answers = {}
for k = 2, #KEYS do
  local words = ARGV[3 + k]
  local told = cjson.decode(words)
  local left, shadow, out = 0, '0', 0
  local fields = redis.call('HGETALL', KEYS[k])
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 'left' then left = tonumber(value)
    elseif name == 'shadow' then shadow = value
    elseif name ~= worker then
      local at, held, used = string.match(value, '^(%S+) (%S+) (.*)$')
      local age_s = now - tonumber(at)
      local ads = unaccounted(cjson.decode(used).used)
      if age_s < lapse_s then ads = ads + tonumber(held)
      elseif ads == 0 or age_s > forget_s then ads = 0; redis.call('HDEL', KEYS[k], name) end
      out = out + ads
    end
  end
  local used = unaccounted(told.used)
  local available = left - out - told.held - used
  local ads = 0
  if available > 0 then ads = math.min(told.want, math.max(1, math.floor(available / 4))) end
  if told.held + ads > 0 or used > 0 then
    redis.call('HSET', KEYS[k], worker, string.format('%.6f %d ', now, told.held + ads) .. words)
  else
    redis.call('HDEL', KEYS[k], worker)
  end
  answers[k - 1] = {ads, available - ads, shadow}
end
return {flat, answers}
"""
