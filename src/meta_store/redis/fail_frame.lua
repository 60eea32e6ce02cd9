-- KEYS: video, bucket. ARGV: now, index, state it must have, state it gets (bytes), change of the count.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
local value = redis.call('HGET', KEYS[2], ARGV[2])
if not value then
    return 'NOFRAME'
end
if string.sub(value, 1, 1) == ARGV[3] then
    redis.call('HSET', KEYS[2], ARGV[2], ARGV[4] .. string.sub(value, 2))
    redis.call('HINCRBY', KEYS[1], 'frames_failed', ARGV[5])
    finish_counts(KEYS[1], ARGV[1])
end
return 'OK'
