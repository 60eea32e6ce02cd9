-- flags: allow-oom
-- KEYS: project.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 'NONE'
end
redis.call('HSET', KEYS[1], 'deleting', '1')
return 'OK'
