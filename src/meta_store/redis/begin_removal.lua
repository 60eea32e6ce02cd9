-- flags: allow-oom
-- KEYS: video. ARGV: now.
local found = redis.call('HMGET', KEYS[1], 'state', 'project', 'number')
if not found[1] then
    return 'NONE'
end
redis.call('HSET', KEYS[1], 'state', '6', 'updated_us', ARGV[1], 'finished_us', '0')
return {found[2], found[3]}
