"""The Lua that scripts share: every move of a job, with all that has to happen when it gets there.

A job is in exactly one place: the sorted set of those that wait, the hash of those that run, or
none because it is final. Its event, the count of its batch, the webhook that is due and the figures
for metrics are written by the script that moves it, so that none of them is missing or doubled.
Keys of jobs, events, batches and deliveries are made from ids within the scripts, so the
ledger needs one server, not a cluster.
"""

from storage import keys
from storage.setbacks import LIMITS

# How many events of a job are kept, and for how long after its end.
MAX_EVENTS = 256
# Of a job that has ended, how many: each says all there is to say, so that the last ones are enough
# for whoever was away for a moment.
LAST_EVENTS = 16
EVENTS_KEPT_S = 3600
# Upper bounds of the classes in which seconds are counted.
BOUNDS_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)

# The broker's clock, in ms since 1970: the only one that all machines share.
NOW_MS = """
local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
"""

# A delivery is to be tried at a time; its tenant has its turn then, or has it before.
TRY_AT = f"""
local function try_at(time, tenant, id)
    redis.call('ZADD', '{keys.DELIVERIES_PREFIX}' .. tenant, time, id)
    redis.call('ZADD', '{keys.DELIVERY_TURNS}', 'LT', time, tenant)
end
"""

_LIMITS = ", ".join(
    f"['{setback}'] = {{'{limit.counter}', {limit.most}, [=[{limit.problem.model_dump_json()}]=]}}"
    for setback, limit in LIMITS.items()
)

SHARED = (
    NOW_MS
    + TRY_AT
    + f"""
local WAITING, RUNNING = '{keys.WAITING}', '{keys.RUNNING}'
local ENDED, METRICS = '{keys.ENDED}', '{keys.METRICS}'

local function job_of(id) return '{keys.JOB_PREFIX}' .. id end
local function events_of(id) return '{keys.EVENTS_PREFIX}' .. id end
local function batch_of(id) return '{keys.BATCH_PREFIX}' .. id end

local function count(what) redis.call('HINCRBY', METRICS, what, 1) end

local function observe(what, ms)
    local class = 'inf'
    for _, bound in ipairs({{{", ".join(map(str, BOUNDS_S))}}}) do
        if ms <= bound * 1000 then class = tostring(bound) break end
    end
    count(what .. ':' .. class)
    redis.call('HINCRBYFLOAT', METRICS, what .. ':sum', ms / 1000)
end

-- An event: what those who follow the job want to know of it now. Returns its id.
local function tell(id, final)
    local names = {{'status', 'phase', 'progress', 'model_id', 'met', 'problem'}}
    local values = redis.call('HMGET', job_of(id), unpack(names))
    local members = {{}}
    for i, name in ipairs(names) do
        if values[i] then members[#members + 1] = '"' .. name .. '":' .. values[i] end
    end
    local document = '{{' .. table.concat(members, ',') .. '}}'
    local stream = events_of(id)
    local event = redis.call('XADD', stream, 'MAXLEN', '~', {MAX_EVENTS}, '*', 'job', document)
    if final then
        redis.call('XTRIM', stream, 'MAXLEN', {LAST_EVENTS})
        redis.call('EXPIRE', stream, {EVENTS_KEPT_S})
    end
    redis.call('PUBLISH', '{keys.CHANGES}' .. id, '')
    return event
end

-- A webhook that is due. What it is about ends in one way, so its id is the same when it is told
-- again. Returns whether the webhook asks for this event.
local function deliver(subject, hash, event, status, now)
    local held = redis.call('HMGET', hash, 'webhook_url', 'webhook_events', 'tenant')
    if not held[1] then return false end
    local events = ' ' .. (held[2] or '') .. ' '
    if events ~= '  ' and not string.find(events, ' ' .. event .. ' ', 1, true) then
        return false
    end
    local id = 'msg_' .. subject .. '_' .. status
    redis.call('HSET', '{keys.DELIVERY_PREFIX}' .. id, 'url', held[1], 'tenant', held[3],
        'event', event, 'subject', subject, 'created_at', now, 'attempts', '0')
    try_at(now_ms(), held[3], id)
    redis.call('HSET', hash, 'webhook_delivery',
        '{{"status":"pending","next_attempt_at":' .. now .. '}}')
    return true
end

local function end_batch(id, status, now)
    local batch = batch_of(id)
    redis.call('HSET', batch, 'finished_at', now)
    redis.call('ZADD', ENDED, now_ms(), id)
    deliver(id, batch, 'batch.' .. status, status, now)
    redis.call('PUBLISH', '{keys.CHANGES}' .. id, '')
end

-- Every change of status but the first: the batch of the job counts along.
local function move(id, status, now)
    local held = redis.call('HMGET', job_of(id), 'status', 'batch', 'index')
    redis.call('HSET', job_of(id), 'status', '"' .. status .. '"')
    local final = status ~= 'queued' and status ~= 'running'
    if not held[2] then
        if final then redis.call('ZADD', ENDED, now_ms(), id) end
        return
    end
    local batch = batch_of(held[2])
    redis.call('HINCRBY', batch, string.sub(held[1], 2, -2), -1)
    redis.call('HINCRBY', batch, status, 1)
    if not final then return end
    redis.call('RPUSH', batch .. '{keys.BATCH_ENDED}', held[3])
    local open = redis.call('HMGET', batch, 'queued', 'running', 'cancelled_at')
    if tonumber(open[1]) + tonumber(open[2]) == 0 then
        end_batch(held[2], open[3] and 'cancelled' or 'completed', now)
    end
end

-- Into one of the final states, from whichever other one.
local function finish(id, status, now)
    local job = job_of(id)
    redis.call('HDEL', RUNNING, id)
    move(id, status, now)
    redis.call('HSET', job, 'finished_at', now)
    count('jobs:' .. status)
    local claimed = redis.call('HGET', job, 'claimed_ms')
    if claimed then observe('fit', now_ms() - claimed) end
    deliver(id, job, 'job.' .. status, status, now)
    tell(id, true)
end

local function is_current(id, attempt)
    local held = redis.call('HMGET', job_of(id), 'status', 'attempts')
    return held[1] == '"running"' and held[2] == attempt
end

-- Back to those that wait, at its old place; or failed, if it has had too many setbacks.
local LIMITS = {{{_LIMITS}}}
local function give_back(id, setback, now)
    local job, limit = job_of(id), LIMITS[setback]
    if limit then
        local counter, most, problem = unpack(limit)
        count(counter)
        if redis.call('HINCRBY', job, counter, 1) >= most then
            redis.call('HSET', job, 'problem', problem)
            finish(id, 'failed', now)
            return 'failed'
        end
    end
    redis.call('HDEL', RUNNING, id)
    move(id, 'queued', now)
    redis.call('HDEL', job, 'phase')
    redis.call('ZADD', WAITING, redis.call('HGET', job, 'place'), id)
    tell(id, false)
    return 'queued'
end

-- From those that wait to those that run, under the job of RQ's that it was handed out by. Returns
-- which attempt it is; nothing if it does not wait.
local function claim(id, holder, now)
    if redis.call('ZREM', WAITING, id) == 0 then return nil end
    local job, time = job_of(id), now_ms()
    if redis.call('EXISTS', job) == 0 then return nil end
    if redis.call('HSETNX', job, 'started_at', now) == 1 then
        observe('wait', math.max(0, time - redis.call('HGET', job, 'accepted_ms')))
    end
    move(id, 'running', now)
    redis.call('HSET', job, 'claimed_ms', time)
    redis.call('HSET', RUNNING, id, holder)
    local attempt = redis.call('HINCRBY', job, 'attempts', 1)
    tell(id, false)
    return attempt
end

local function cancel(id, now)
    redis.call('ZREM', WAITING, id)
    finish(id, 'cancelled', now)
end
"""
)
