"""The Lua behind batches.

The jobs of a batch are written before it, with an expiry, so that nothing is left of a batch whose
acceptance was cut short. One script then gives all of them their places among those that wait.
"""

from storage import keys
from storage.lua import SHARED

_ITEMS = """
local function item_of(batch, index)
    return string.format('job_%s_%05d', string.sub(batch, 7), index)
end
"""

# KEYS: the index of batches. ARGV: id, how many items, most that may wait, the time as JSON, then
# field, value, ...
# Returns 0 when too many wait already, -1 if not all items are there. A batch that is there already
# stays as it is.
ACCEPT = (
    SHARED
    + _ITEMS
    + f"""
local id, total = ARGV[1], tonumber(ARGV[2])
local batch = batch_of(id)
if redis.call('HEXISTS', batch, 'question') == 1 then return 1 end
local refused = redis.call('HLEN', batch .. '{keys.BATCH_REFUSED}')
local items = {{}}
for index = 0, total - 1 do
    local item = item_of(id, index)
    if redis.call('EXISTS', job_of(item)) == 1 then items[#items + 1] = item end
end
-- Another try under the same id may be taking back what it wrote.
if #items + refused < total then return -1 end
if redis.call('ZCARD', WAITING) + #items > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', batch, 'queued', #items, 'running', 0, unpack(ARGV, 5))
redis.call('PERSIST', batch .. '{keys.BATCH_REFUSED}')
redis.call('ZADD', KEYS[1], 0, id)
for _, item in ipairs(items) do
    local job = job_of(item)
    local held = redis.call('HMGET', job, 'place', 'status', 'finished_at')
    redis.call('PERSIST', job)
    if held[1] ~= '' then
        redis.call('ZADD', WAITING, held[1], item)
    else
        -- Answered from the store: its status moves as that of any other.
        redis.call('HSET', job, 'status', '"queued"')
        finish(item, string.sub(held[2], 2, -2), held[3])
    end
end
if #items == 0 then end_batch(id, 'completed', ARGV[4]) end
return 1
"""
)

# ARGV: id, the job of RQ's that they are handed out by, the time as JSON, how many at most.
# Returns how many of its places come after these, then id, attempt, id, attempt, ... of the next
# that wait. What is given back later is behind these, and handed out by itself.
CLAIM_NEXT = (
    SHARED
    + _ITEMS
    + """
local batch, claimed = batch_of(ARGV[1]), {0}
local held = redis.call('HMGET', batch, 'question', 'total', 'next')
if not held[1] then return claimed end
local total, index = tonumber(held[2]), tonumber(held[3] or 0)
while index < total and #claimed < 2 * tonumber(ARGV[4]) do
    local item = item_of(ARGV[1], index)
    local attempt = claim(item, ARGV[2], ARGV[3])
    if attempt then
        claimed[#claimed + 1] = item
        claimed[#claimed + 1] = attempt
    end
    index = index + 1
end
redis.call('HSET', batch, 'next', index)
claimed[1] = total - index
return claimed
"""
)

# ARGV: id, the first and the last of the items to end, the time as JSON.
# Returns 1; 0 if the batch has ended already, or was forgotten, which does not bring it back. The
# last of its open items ends the batch.
CANCEL = (
    SHARED
    + _ITEMS
    + """
local id, batch = ARGV[1], batch_of(ARGV[1])
local held = redis.call('HMGET', batch, 'question', 'finished_at')
if not held[1] or held[2] then return 0 end
redis.call('HSETNX', batch, 'cancelled_at', ARGV[4])
for index = tonumber(ARGV[2]), tonumber(ARGV[3]) do
    local item = item_of(id, index)
    local status = redis.call('HGET', job_of(item), 'status')
    if status == '"queued"' or status == '"running"' then cancel(item, ARGV[4]) end
end
return 1
"""
)
