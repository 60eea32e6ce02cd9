-- flags: allow-oom
-- Removes a project whose listed videos are all fenced. AGAIN: something has changed since it was looked at.
-- KEYS: project, its videos, names of its journals, the journals. ARGV: incarnation, the fenced videos.
local incarnation = redis.call('HGET', KEYS[1], 'incarnation')
if not incarnation then
    return 'OK'
end
if incarnation ~= ARGV[1] or redis.call('SCARD', KEYS[3]) ~= #KEYS - 3 then
    return 'AGAIN'
end
for i = 2, #ARGV do
    redis.call('ZREM', KEYS[2], ARGV[i])
end
if redis.call('ZCARD', KEYS[2]) > 0 then
    return 'AGAIN'
end
for i = 1, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return 'OK'
