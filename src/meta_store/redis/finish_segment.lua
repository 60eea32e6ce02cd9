-- A segment that was finished is not failed by a late dead letter; a failed one that succeeds after all is whole.
-- KEYS: video, segments, emitted frames by segment. ARGV: now, index, frames, failed.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
if not found[1] then
    return 'NOSEGMENT'
end
local places, done, failed = string.match(found[1], '^(.*) (%d+) (%d+) %d+$')
if ARGV[4] == '1' and done == '1' then
    return 'OK'
end
local frames = ARGV[4] == '1' and (redis.call('HGET', KEYS[3], ARGV[2]) or '0') or ARGV[3]
redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], places .. ' 1 ' .. ARGV[4] .. ' ' .. frames)
if done == '0' then
    redis.call('HINCRBY', KEYS[1], 'segments_done', 1)
end
redis.call('HINCRBY', KEYS[1], 'segments_failed', tonumber(ARGV[4]) - tonumber(failed))
finish_counts(KEYS[1], ARGV[1])
return 'OK'
