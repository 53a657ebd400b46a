-- Counts the calls of one bucket, each as a member of a sorted set with its time in microseconds.
--
-- KEYS: the bucket. ARGV: what to do (take, look, back), now, the start of the window, the number of calls that the
-- bucket takes, how long the key lives in milliseconds, the member for a new call, the time of the call to take back.
-- Times are compared by Redis, because Lua would round them when it writes them.
-- Returns 1 if the call was counted, the number of calls, and the time of the oldest one.
local bucket, now = KEYS[1], ARGV[2]
redis.call('ZREMRANGEBYSCORE', bucket, '-inf', ARGV[3])
-- A clock was set back, or another process's clock is ahead.
for _, call in ipairs(redis.call('ZRANGEBYSCORE', bucket, '(' .. now, '+inf')) do
    redis.call('ZADD', bucket, now, call)
end
local count, counted = redis.call('ZCARD', bucket), 0
if ARGV[1] == 'take' and count < tonumber(ARGV[4]) then
    redis.call('ZADD', bucket, now, ARGV[6])
    redis.call('PEXPIRE', bucket, ARGV[5])
    count, counted = count + 1, 1
elseif ARGV[1] == 'back' then
    local call = redis.call('ZRANGEBYSCORE', bucket, ARGV[7], ARGV[7], 'LIMIT', 0, 1)[1]
        or redis.call('ZRANGE', bucket, -1, -1)[1]
    if call then
        redis.call('ZREM', bucket, call)
        count = count - 1
    end
end
local oldest = redis.call('ZRANGE', bucket, 0, 0)[1]
return { counted, count, oldest and redis.call('ZSCORE', bucket, oldest) or '0' }
