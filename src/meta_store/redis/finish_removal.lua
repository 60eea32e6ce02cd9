-- flags: allow-oom
-- KEYS: video, and all else of it. ARGV: number.
local found = redis.call('HMGET', KEYS[1], 'state', 'number')
if found[1] == '6' and (found[2] or '') == ARGV[1] then
    redis.call('UNLINK', unpack(KEYS))
end
return 'OK'
