-- Replaces values of frames if all of them still are what the caller has seen.
-- KEYS: video, buckets. ARGV: of each frame: which key its bucket is, index, value seen, new value.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
for i = 1, #ARGV, 4 do
    if redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 1]) ~= ARGV[i + 2] then
        return 'AGAIN'
    end
end
for i = 1, #ARGV, 4 do
    redis.call('HSET', KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 3])
end
return 'OK'
