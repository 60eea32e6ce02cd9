-- Makes the project unless it is there, and enters a video into its list if one is given.
-- KEYS: project, its videos. ARGV: incarnation for a new one, now, [video, its number].
local known = redis.call('HMGET', KEYS[1], 'incarnation', 'deleting')
if known[1] and known[2] == '1' then
    return {'DELETING', known[1]}
end
if not known[1] then
    redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'created_us', ARGV[2], 'deleting', '0')
    known[1] = ARGV[1]
end
if ARGV[3] then
    redis.call('ZADD', KEYS[2], 'NX', ARGV[4], ARGV[3])
end
return {'OK', known[1]}
