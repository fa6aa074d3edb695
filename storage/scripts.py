"""The Lua behind the ledger: each script moves jobs in one step, or refuses.

A job is in exactly one place: the sorted set of those that wait, the claims of one worker, or none
because it is final. Keys of jobs, events and claims are made from ids within the scripts, so the
ledger needs one server, not a cluster.
"""

from storage.keys import CHANGES, CLAIMS_PREFIX, EVENTS_PREFIX, JOB_PREFIX, WAITING, WORKERS

# A job that has crashed its process this often is not tried again.
MAX_CRASHES = 3
# How many events of a job are kept, and for how long after its end.
MAX_EVENTS = 256
EVENTS_KEPT_S = 3600

_SHARED = f"""
local WAITING, WORKERS = '{WAITING}', '{WORKERS}'

local function job_of(id) return '{JOB_PREFIX}' .. id end
local function claims_of(worker) return '{CLAIMS_PREFIX}' .. worker end

local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- An event: what those who follow the job want to know of it now.
local function tell(id, final)
    local names = {{'status', 'phase', 'progress', 'model_id', 'met', 'problem'}}
    local values = redis.call('HMGET', job_of(id), unpack(names))
    local members = {{}}
    for i, name in ipairs(names) do
        if values[i] then members[#members + 1] = '"' .. name .. '":' .. values[i] end
    end
    local document = '{{' .. table.concat(members, ',') .. '}}'
    local stream = '{EVENTS_PREFIX}' .. id
    redis.call('XADD', stream, 'MAXLEN', '~', {MAX_EVENTS}, '*', 'job', document)
    if final then redis.call('EXPIRE', stream, {EVENTS_KEPT_S}) end
    redis.call('PUBLISH', '{CHANGES}', id)
end

local function is_current(id, attempt)
    local held = redis.call('HMGET', job_of(id), 'status', 'attempts')
    return held[1] == '"running"' and held[2] == attempt
end

local function leave_worker(id)
    local worker = redis.call('HGET', job_of(id), 'worker')
    if worker then redis.call('HDEL', claims_of(worker), id) end
    redis.call('HDEL', job_of(id), 'worker')
end

-- Back to those that wait, at its old place; or failed, if it has crashed too often.
local function give_back(id, crashed, problem, now)
    local job = job_of(id)
    leave_worker(id)
    if crashed == '1' and redis.call('HINCRBY', job, 'crashes', 1) >= {MAX_CRASHES} then
        redis.call('HSET', job, 'status', '"failed"', 'problem', problem, 'finished_at', now)
        tell(id, true)
        return 'failed'
    end
    redis.call('HSET', job, 'status', '"queued"')
    redis.call('HDEL', job, 'phase')
    redis.call('ZADD', WAITING, redis.call('HGET', job, 'place'), id)
    tell(id, false)
    return 'queued'
end

local function give_back_all(worker, crashed, problem, now)
    local moved = {{}}
    local claims = redis.call('HGETALL', claims_of(worker))
    for i = 1, #claims, 2 do
        if is_current(claims[i], claims[i + 1]) then
            moved[#moved + 1] = claims[i]
            moved[#moved + 1] = give_back(claims[i], crashed, problem, now)
        end
    end
    redis.call('DEL', claims_of(worker))
    redis.call('ZREM', WORKERS, worker)
    return moved
end
"""

# KEYS: the index of jobs. ARGV: id, place (empty if it is final), most that may wait, then field,
# value, ... Returns 0 when too many wait already. A job that is there already stays as it is.
ADD = (
    _SHARED
    + """
local id, place = ARGV[1], ARGV[2]
if redis.call('EXISTS', job_of(id)) == 1 then return 1 end
local waits = place ~= ''
if waits and redis.call('ZCARD', WAITING) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', job_of(id), 'place', place, unpack(ARGV, 4))
redis.call('ZADD', KEYS[1], 0, id)
if waits then redis.call('ZADD', WAITING, place, id) end
tell(id, not waits)
return 1
"""
)

# ARGV: worker, how many at most, the time as JSON. Returns id, attempt, id, attempt, ...
CLAIM = (
    _SHARED
    + """
local worker, claimed = ARGV[1], {}
redis.call('ZADD', WORKERS, now_ms(), worker)
for _ = 1, tonumber(ARGV[2]) do
    local id = redis.call('ZPOPMIN', WAITING)[1]
    if not id then break end
    local job = job_of(id)
    redis.call('HSETNX', job, 'started_at', ARGV[3])
    redis.call('HSET', job, 'status', '"running"', 'worker', worker)
    local attempt = redis.call('HINCRBY', job, 'attempts', 1)
    redis.call('HSET', claims_of(worker), id, attempt)
    tell(id, false)
    claimed[#claimed + 1] = id
    claimed[#claimed + 1] = attempt
end
return claimed
"""
)

# ARGV: worker. Returns what it still holds: id, attempt, id, attempt, ...
BEAT = (
    _SHARED
    + """
redis.call('ZADD', WORKERS, now_ms(), ARGV[1])
return redis.call('HGETALL', claims_of(ARGV[1]))
"""
)

# ARGV: id, attempt, 1 if final, then field, value, ... Returns 0 if this attempt has lost the job.
WRITE = (
    _SHARED
    + """
local id, final = ARGV[1], ARGV[3] == '1'
if not is_current(id, ARGV[2]) then return 0 end
redis.call('HSET', job_of(id), unpack(ARGV, 4))
if final then leave_worker(id) end
tell(id, final)
return 1
"""
)

# ARGV: id, attempt, 1 if it crashed, problem, the time as JSON.
# Returns what it is now; nothing if this attempt has lost the job.
GIVE_BACK = (
    _SHARED
    + """
if not is_current(ARGV[1], ARGV[2]) then return nil end
return give_back(ARGV[1], ARGV[3], ARGV[4], ARGV[5])
"""
)

# ARGV: worker, 1 if its jobs are to blame, problem, the time as JSON.
# Returns id, what it is now, id, what it is now, ...
GIVE_BACK_ALL = _SHARED + "return give_back_all(ARGV[1], ARGV[2], ARGV[3], ARGV[4])"

# The same for every worker that has been silent for more ms than ARGV[1]; problem, time.
SWEEP = (
    _SHARED
    + """
local moved = {}
local silent = redis.call('ZRANGEBYSCORE', WORKERS, '-inf', now_ms() - tonumber(ARGV[1]))
for _, worker in ipairs(silent) do
    for _, entry in ipairs(give_back_all(worker, '1', ARGV[2], ARGV[3])) do
        moved[#moved + 1] = entry
    end
end
return moved
"""
)

# ARGV: id, the time as JSON. Returns the status it had; nothing if there is no such job.
CANCEL = (
    _SHARED
    + """
local id = ARGV[1]
local status = redis.call('HGET', job_of(id), 'status')
if status ~= '"queued"' and status ~= '"running"' then return status end
redis.call('ZREM', WAITING, id)
leave_worker(id)
redis.call('HSET', job_of(id), 'status', '"cancelled"', 'finished_at', ARGV[2])
tell(id, true)
return status
"""
)
