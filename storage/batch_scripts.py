"""The Lua behind batches.

The jobs of a batch are written before it, with an expiry, so that nothing is left of a batch whose
acceptance was cut short. One script then gives all of them their places among those that wait.
"""

from storage import keys
from storage.scripts import SHARED

_ITEMS = """
local function item_of(batch, index)
    return string.format('job_%s_%05d', string.sub(batch, 7), index)
end
"""

# KEYS: the index of batches. ARGV: id, how many items, most that may wait, the time as JSON, then
# field, value, ...
# Returns 0 when too many wait already. A batch that is there already stays as it is.
ACCEPT = (
    SHARED
    + _ITEMS
    + f"""
local id, total = ARGV[1], tonumber(ARGV[2])
local batch = batch_of(id)
if redis.call('HEXISTS', batch, 'question') == 1 then return 1 end
local refused = redis.call('HLEN', batch .. '{keys.BATCH_REFUSED}')
if redis.call('ZCARD', WAITING) + total - refused > tonumber(ARGV[3]) then return 0 end
for index = 0, total - 1 do
    local item = item_of(id, index)
    local place = redis.call('HGET', job_of(item), 'place')
    if place then
        redis.call('PERSIST', job_of(item))
        redis.call('ZADD', WAITING, place, item)
    end
end
redis.call('HSET', batch, 'queued', total - refused, 'running', 0, unpack(ARGV, 5))
redis.call('PERSIST', batch .. '{keys.BATCH_REFUSED}')
redis.call('ZADD', KEYS[1], 0, id)
if refused == total then end_batch(id, 'completed', ARGV[4]) end
return 1
"""
)

# ARGV: id, how many items, the time as JSON. Returns 1; 0 if it has ended already.
CANCEL = (
    SHARED
    + _ITEMS
    + """
local id, batch = ARGV[1], batch_of(ARGV[1])
if redis.call('HEXISTS', batch, 'finished_at') == 1 then return 0 end
redis.call('HSET', batch, 'cancelled_at', ARGV[3])
for index = 0, tonumber(ARGV[2]) - 1 do
    local item = item_of(id, index)
    local status = redis.call('HGET', job_of(item), 'status')
    if status == '"queued"' or status == '"running"' then cancel(item, ARGV[3]) end
end
end_batch(id, 'cancelled', ARGV[3])
return 1
"""
)
