-- Makes the tracks that were laid down under another name those of the video.
-- KEYS: video, tracks, the other name. ARGV: now, count, corrections followed.
if not takes_changes(KEYS[1]) then
    redis.call('UNLINK', KEYS[3])
    return 'NONE'
end
if redis.call('ZCARD', KEYS[3]) ~= tonumber(ARGV[2]) then
    return 'AGAIN'
end
redis.call('UNLINK', KEYS[2])
if ARGV[2] ~= '0' then
    redis.call('RENAME', KEYS[3], KEYS[2])
    redis.call('PERSIST', KEYS[2])
end
local known = redis.call('HMGET', KEYS[1], 'finished_us', 'tracked_us')
local before = tonumber(known[2]) or 0
local tracked = latest(ARGV[1], known[1], before > tonumber(ARGV[1]) and before + 1)
redis.call('HSET', KEYS[1], 'tracks', ARGV[2], 'tracked_us', tracked, 'track_steps', ARGV[3])
finish_counts(KEYS[1], ARGV[1])
return 'OK'
