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

# ARGV: the job of RQ's that they were handed out by, the time as JSON, then ids.
# Returns id, attempt, id, attempt, ... of those that waited.
CLAIM = (
    SHARED
    + """
local claimed = {}
for i = 3, #ARGV do
    local attempt = claim(ARGV[i], ARGV[1], ARGV[2])
    if attempt then
        claimed[#claimed + 1] = ARGV[i]
        claimed[#claimed + 1] = attempt
    end
end
return claimed
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

# ARGV: the job of RQ's that they were handed out by, or nothing for all that run; their setback if
# they had one, the time as JSON. Returns id, what it is now, id, what it is now, ...
GIVE_BACK_ALL = (
    SHARED
    + """
local moved = {}
local running = redis.call('HGETALL', RUNNING)
for i = 1, #running, 2 do
    if ARGV[1] == '' or ARGV[1] == running[i + 1] then
        moved[#moved + 1] = running[i]
        moved[#moved + 1] = give_back(running[i], ARGV[2], ARGV[3])
    end
end
return moved
"""
)

# ARGV: id, the time as JSON. Returns 1 if it had failed, and waits again now as if it were new; 0
# if it had not. Whoever was told that it failed is told how it ends.
REOPEN = (
    SHARED
    + f"local ENDED_ITEMS = '{keys.BATCH_ENDED}'"
    + """
local id, job = ARGV[1], job_of(ARGV[1])
local held = redis.call('HMGET', job, 'status', 'batch', 'index', 'place')
if held[1] ~= '"failed"' then return 0 end
redis.call('HDEL', job, 'problem', 'finished_at', 'crashes', 'losses', 'misses')
if held[2] then
    redis.call('LREM', batch_of(held[2]) .. ENDED_ITEMS, 1, held[3])
    redis.call('HDEL', batch_of(held[2]), 'finished_at')
end
redis.call('ZREM', ENDED, held[2] or id)
move(id, 'queued', ARGV[2])
redis.call('ZADD', WAITING, held[4], id)
tell(id, false)
redis.call('PERSIST', events_of(id))
return 1
"""
)

# ARGV: id, the time as JSON. Returns the status it had, nothing if there is no such job; and the
# job of RQ's that it was handed out by, if it was in work.
CANCEL = (
    SHARED
    + """
local status = redis.call('HGET', job_of(ARGV[1]), 'status')
local holder = redis.call('HGET', RUNNING, ARGV[1])
if status == '"queued"' or status == '"running"' then cancel(ARGV[1], ARGV[2]) end
return {status, holder}
"""
)


def registered(connection: redis.Redis, *sources: str) -> Mapping[str, Script]:
    """Scripts by their source, ready to be called.

    To be kept: to hash the sources anew for every request would take as long as all else that a
    ledger does there.
    """
    return {source: connection.register_script(source) for source in sources}
