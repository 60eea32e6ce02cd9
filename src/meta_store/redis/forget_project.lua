-- flags: allow-oom
-- Takes a project out of the list, unless it was made again meanwhile.
-- KEYS: list of projects. ARGV: name, incarnation.
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
    redis.call('HDEL', KEYS[1], ARGV[1])
end
return 'OK'
