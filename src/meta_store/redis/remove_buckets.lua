-- flags: allow-oom
-- Removes frames of a video that is being removed, and not of one that was made again meanwhile.
-- KEYS: video, times, buckets. ARGV: number, the buckets' names.
local found = redis.call('HMGET', KEYS[1], 'state', 'number')
if found[1] ~= '6' or (found[2] or '') ~= ARGV[1] then
    return 'GONE'
end
for i = 3, #KEYS do
    redis.call('UNLINK', KEYS[i])
    redis.call('ZREM', KEYS[2], ARGV[i - 1])
end
return 'OK'
