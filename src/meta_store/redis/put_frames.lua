-- Frames that were emitted; one that is known stays as it is.
-- KEYS: video, times, emitted frames by segment, buckets.
-- ARGV: now, then of each frame: which key its bucket is, the bucket's name, index, time, segment, value.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
local emitted = 0
for i = 2, #ARGV, 6 do
    if redis.call('HSETNX', KEYS[tonumber(ARGV[i])], ARGV[i + 2], ARGV[i + 5]) == 1 then
        redis.call('ZADD', KEYS[2], 'LT', ARGV[i + 3], ARGV[i + 1])
        redis.call('HINCRBY', KEYS[3], ARGV[i + 4], 1)
        emitted = emitted + 1
    end
end
redis.call('HINCRBY', KEYS[1], 'frames_emitted', emitted)
finish_counts(KEYS[1], ARGV[1])
return 'OK'
