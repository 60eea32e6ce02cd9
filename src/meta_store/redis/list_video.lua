-- Enters a video into a list at its own place. A project's list must still be the project's.
-- KEYS: list, [project]. ARGV: video, number, [incarnation].
if KEYS[2] and redis.call('HGET', KEYS[2], 'incarnation') ~= ARGV[3] then
    return 'GONE'
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 'OK'
