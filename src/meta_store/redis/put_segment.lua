-- A segment is "index start end prev first source done failed frames"; what is done stays done.
-- KEYS: video, segments. ARGV: now, index, the five that follow it.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
local rest = found[1] and string.match(found[1], ' %d+ %d+ %d+$') or ' 0 0 0'
redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[2] .. ' ' .. ARGV[3] .. rest)
if not found[1] then
    if redis.call('HGET', KEYS[1], 'split_done') ~= '1' then
        redis.call('HINCRBY', KEYS[1], 'segments', 1)
    end
    finish_counts(KEYS[1], ARGV[1])
end
return 'OK'
