-- flags: allow-oom
-- What a damaged video does not say is empty.
-- KEYS: video. ARGV: now.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 'NONE'
end
local found = redis.call('HMGET', KEYS[1], 'project', 'number')
redis.call('HSET', KEYS[1], 'state', '6', 'updated_us', ARGV[1], 'finished_us', '0')
return {found[1] or '', found[2] or ''}
