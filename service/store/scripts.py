"""What must happen in Redis in one step, as Lua. A repeated or late script changes nothing: each compares first."""

COMMIT = """
local read = redis.call('HGET', KEYS[1], 'read') or ''
if read ~= ARGV[1] or redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
local fields, files = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('HSET', KEYS[1], unpack(ARGV, 6, 5 + fields))
if files > 0 then redis.call('SADD', KEYS[4], unpack(ARGV, 6 + fields, 5 + fields + files)) end
if #ARGV > 5 + fields + files then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', unpack(ARGV, 6 + fields + files))
end
return 1
"""

LEASE = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.call('GET', KEYS[2])
end
if held and ARGV[3] == '0' then return false end
local number = tonumber(string.match(redis.call('GET', KEYS[2]) or '0', '^%d+')) + 1
local fence = number .. ' ' .. ARGV[1]
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], fence)
return fence
"""

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

KEEP = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('COPY', KEYS[1], KEYS[2], 'REPLACE')
redis.call('HSET', KEYS[2], 'why', ARGV[2], 'kept_at', redis.call('TIME')[1])
redis.call('ZADD', KEYS[3], ARGV[1], ARGV[1])
return 1
"""

SHIP = """
local last = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if last ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
for i = 4, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[i]) end
return 1
"""

MOMENT = """
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]),
        redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1), redis.call('SMEMBERS', KEYS[4])}
"""

PUT_STREAM = """
local i = 1
while i <= #ARGV do
  local parts = tonumber(ARGV[i + 1])
  redis.call('XADD', KEYS[1], ARGV[i], unpack(ARGV, i + 2, i + 1 + parts))
  i = i + 2 + parts
end
"""

PUT_CATALOG = """
local current = redis.call('GET', KEYS[1]) or '0'
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""

AGAIN = """
local last = redis.call('HGET', KEYS[1], ARGV[1])
if last then redis.call('HSET', KEYS[1], ARGV[1], last) end
return last
"""

PUT_STATE = """
if redis.call('GETRANGE', KEYS[1], 0, 3) ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""

BOOKS = """
if (redis.call('HGET', KEYS[1], 'read') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'at', redis.call('TIME')[1], unpack(ARGV, 2))
return 1
"""

TRIM = """
local function before(one, other)
  local a, b = string.match(one, '^(%d+)'), string.match(other, '^(%d+)')
  if a ~= b then return tonumber(a) < tonumber(b) end
  return tonumber(string.match(one, '(%d+)$')) < tonumber(string.match(other, '(%d+)$'))
end
local from = ARGV[1]
local books = redis.call('HMGET', KEYS[2], 'needed', 'at')
if books[1] and redis.call('TIME')[1] - books[2] < tonumber(ARGV[2]) and before(books[1], from) then from = books[1] end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', from)
"""
