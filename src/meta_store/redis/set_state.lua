-- KEYS: video. ARGV: mask of states it may have, new state, now, finished, who asks.
-- Who asks twice because the answer was lost has done it already.
local found = redis.call('HMGET', KEYS[1], 'state', 'state_by')
if not found[1] then
    return 'NONE'
end
if found[2] == ARGV[5] then
    return 'OK'
end
if bit.band(tonumber(ARGV[1]), bit.lshift(1, tonumber(found[1]))) == 0 then
    return found[1]
end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'updated_us', ARGV[3], 'finished_us', ARGV[4], 'state_by', ARGV[5])
return 'OK'
