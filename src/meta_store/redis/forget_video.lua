-- flags: allow-oom
-- Takes a video out of a list, unless it was made again meanwhile.
-- KEYS: list. ARGV: video, number.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then
    redis.call('ZREM', KEYS[1], ARGV[1])
end
return 'OK'
