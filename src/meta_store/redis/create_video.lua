-- KEYS: video, fence. ARGV: incarnation of its project, number, names and values of the fields.
-- A number is given once, so a video with ours was made by this very call.
local found = redis.call('HMGET', KEYS[1], 'state', 'number')
if found[1] == '6' then
    return 'DELETING'
end
if redis.call('EXISTS', KEYS[1]) == 1 then
    return found[2] == ARGV[2] and 'CREATED' or 'FOUND'
end
if redis.call('GET', KEYS[2]) == ARGV[1] then
    return 'FENCED'
end
redis.call('HSET', KEYS[1], 'number', ARGV[2], 'segments_failed', '0')
for i = 3, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 'CREATED'
