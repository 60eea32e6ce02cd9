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
redis.call('HSET', KEYS[1], 'tracks', ARGV[2], 'tracked_us', ARGV[1], 'track_steps', ARGV[3])
finish_counts(KEYS[1], ARGV[1])
return 'OK'
