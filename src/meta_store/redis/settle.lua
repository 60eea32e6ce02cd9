-- Moves a video to its final state if it still is as it was when that was decided.
-- KEYS: video. ARGV: new state, now, who asks, names and values that decided.
if redis.call('HGET', KEYS[1], 'state_by') == ARGV[3] then
    return 'OK'
end
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
for i = 4, #ARGV, 2 do
    if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then
        return 'AGAIN'
    end
end
local finished = latest(ARGV[2], (tonumber(redis.call('HGET', KEYS[1], 'tracked_us')) or 0) + 1)
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'updated_us', ARGV[2], 'finished_us', finished, 'state_by', ARGV[3])
return 'OK'
