"""The scripts behind the ledger of jobs: each moves jobs in one step, or refuses."""

from collections.abc import Mapping

import redis
from redis.commands.core import Script

from storage import keys
from storage.lua import SHARED

# How long a job counts as followed after a look at its events, which followers take every other
# second at least; and how long an outline is kept for them.
FOLLOWED_S = 6
OUTLINE_KEPT_S = 10

# What is worth nothing a few seconds later stays out of the broker's log.
_BRIEFLY = """
local function keep_briefly(key, value, seconds)
    redis.set_repl(redis.REPL_NONE)
    redis.call('SET', key, value, 'EX', seconds)
    redis.set_repl(redis.REPL_ALL)
end
"""

# KEYS: the index of jobs. ARGV: id, most that may wait, then field, value, ... of the job.
# Returns 0 when too many wait already. A job that is there already stays as it is.
ADD = (
    SHARED
    + """
local id, job = ARGV[1], job_of(ARGV[1])
if redis.call('EXISTS', job) == 1 then return 1 end
redis.call('HSET', job, unpack(ARGV, 3))
local held = redis.call('HMGET', job, 'place', 'status', 'finished_at')
local waits = held[1] ~= ''
if waits and redis.call('ZCARD', WAITING) >= tonumber(ARGV[2]) then
    redis.call('DEL', job)
    return 0
end
redis.call('ZADD', KEYS[1], 0, id)
if waits then
    redis.call('ZADD', WAITING, held[1], id)
    tell(id, false)
else
    finish(id, string.sub(held[2], 2, -2), held[3])
end
return 1
"""
)

# ARGV: worker, how many at most, 1 if it fits in its own process, the time as JSON.
# Returns id, attempt, id, attempt, ...
CLAIM = (
    SHARED
    + f"local SUSPENDED = '{keys.SUSPENDED}'"
    + """
local worker, claimed, time = ARGV[1], {}, now_ms()
redis.call('ZADD', WORKERS, time, worker)
if redis.call('EXISTS', SUSPENDED) == 1 then return claimed end
for _ = 1, tonumber(ARGV[2]) do
    local id = redis.call('ZRANGE', WAITING, 0, 0)[1]
    if not id then break end
    local job = job_of(id)
    -- One that has crashed is claimed alone, so that it takes no others with it.
    local has_crashed = redis.call('HEXISTS', job, 'crashes') == 1
    if has_crashed and #claimed > 0 then break end
    redis.call('ZREM', WAITING, id)
    -- One that is not there any more must not cost the others this call.
    if redis.call('EXISTS', job) == 1 then
        if redis.call('HSETNX', job, 'started_at', ARGV[4]) == 1 then
            observe('wait', math.max(0, time - redis.call('HGET', job, 'accepted_ms')))
        end
        move(id, 'running', ARGV[4])
        redis.call('HSET', job, 'worker', worker, 'in_worker', ARGV[3], 'claimed_ms', time)
        local attempt = redis.call('HINCRBY', job, 'attempts', 1)
        redis.call('HSET', claims_of(worker), id, attempt)
        tell(id, false)
        claimed[#claimed + 1] = id
        claimed[#claimed + 1] = attempt
        if has_crashed then break end
    end
end
return claimed
"""
)

# ARGV: worker. Returns what it still holds: id, attempt, id, attempt, ...
BEAT = (
    SHARED
    + """
redis.call('ZADD', WORKERS, now_ms(), ARGV[1])
return redis.call('HGETALL', claims_of(ARGV[1]))
"""
)

# ARGV: id, attempt, an outline or nothing, then field, value, ...
# Returns 0 if this attempt has lost the job, 2 if somebody follows it.
WRITE = (
    SHARED
    + _BRIEFLY
    + f"""
local id = ARGV[1]
if not is_current(id, ARGV[2]) then return 0 end
redis.call('HSET', job_of(id), unpack(ARGV, 4))
local event = tell(id, false)
if redis.call('EXISTS', '{keys.FOLLOWED_PREFIX}' .. id) == 0 then return 1 end
if ARGV[3] ~= '' then
    keep_briefly('{keys.OUTLINE_PREFIX}' .. id, event .. ' ' .. ARGV[3], {OUTLINE_KEPT_S})
end
return 2
"""
)

# ARGV: id, where in the stream of its events to begin. Returns the events, and the latest outline
# with the id of its event, or nothing.
FOLLOW = (
    _BRIEFLY
    + f"""
keep_briefly('{keys.FOLLOWED_PREFIX}' .. ARGV[1], '', {FOLLOWED_S})
return {{
    redis.call('XRANGE', '{keys.EVENTS_PREFIX}' .. ARGV[1], ARGV[2], '+'),
    redis.call('GET', '{keys.OUTLINE_PREFIX}' .. ARGV[1])
}}
"""
)

# ARGV: id, attempt, final status, the time as JSON, then field, value, ...
# Returns 0 if this attempt has lost the job.
FINISH = (
    SHARED
    + """
local id = ARGV[1]
if not is_current(id, ARGV[2]) then return 0 end
redis.call('HSET', job_of(id), unpack(ARGV, 5))
finish(id, ARGV[3], ARGV[4])
return 1
"""
)

# ARGV: id, attempt, its setback if it had one, the time as JSON.
# Returns what it is now; nothing if this attempt has lost the job.
GIVE_BACK = (
    SHARED
    + """
if not is_current(ARGV[1], ARGV[2]) then return nil end
return give_back(ARGV[1], ARGV[3], ARGV[4])
"""
)

# ARGV: worker, 1 if it died, the time as JSON. Returns id, what it is now, id, what it is now, ...
GIVE_BACK_ALL = SHARED + "return give_back_all(ARGV[1], ARGV[2], ARGV[3])"

# The same for every worker that has been silent for more ms than ARGV[1]; the time as JSON.
SWEEP = (
    SHARED
    + """
local moved = {}
local silent = redis.call('ZRANGEBYSCORE', WORKERS, '-inf', now_ms() - tonumber(ARGV[1]))
for _, worker in ipairs(silent) do
    for _, entry in ipairs(give_back_all(worker, '1', ARGV[2])) do
        moved[#moved + 1] = entry
    end
end
return moved
"""
)

# ARGV: id, the time as JSON. Returns the status it had; nothing if there is no such job.
CANCEL = (
    SHARED
    + """
local status = redis.call('HGET', job_of(ARGV[1]), 'status')
if status == '"queued"' or status == '"running"' then cancel(ARGV[1], ARGV[2]) end
return status
"""
)


def registered(connection: redis.Redis, *sources: str) -> Mapping[str, Script]:
    """Scripts by their source, ready to be called.

    To be kept: to hash the sources anew for every request would take as long as all else that a
    ledger does there.
    """
    return {source: connection.register_script(source) for source in sources}
