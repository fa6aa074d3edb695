"""The Lua behind the ledger: each changes one job in one step, or refuses."""

# KEYS: the job. ARGV: the time as JSON.
# Returns the number of the attempt that begins, or 0 when the job is final or unknown.
BEGIN = """
local status = redis.call('HGET', KEYS[1], 'status')
if status ~= '"queued"' and status ~= '"running"' then return 0 end
redis.call('HSETNX', KEYS[1], 'started_at', ARGV[1])
redis.call('HSET', KEYS[1], 'status', '"running"')
return redis.call('HINCRBY', KEYS[1], 'attempts', 1)
"""

# KEYS: the job, the set of open jobs. ARGV: attempt, 1 if final, job id, then field, value, ...
# Returns 1, or 0 when the job is final or another attempt has begun.
WRITE = """
if redis.call('HGET', KEYS[1], 'status') ~= '"running"' then return 0 end
if redis.call('HGET', KEYS[1], 'attempts') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
if ARGV[2] == '1' then redis.call('SREM', KEYS[2], ARGV[3]) end
return 1
"""
