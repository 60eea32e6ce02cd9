-- What the indexer found. Where a frame had objects before, their tracks may have to be kept, which the caller does: it
-- gets the values that it has not seen yet, with their numbers among the frames, and comes again; nothing is changed.
-- KEYS: video, times, emitted frames by segment, buckets.
-- ARGV: now, then of each frame: which key its bucket is, the bucket's name, index, time, segment, place, number of
-- objects, objects, value it had when the caller looked.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
local unseen = {}
for i = 2, #ARGV, 9 do
    local value = redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 2])
    if value and objects_of(value) > 0 and ARGV[i + 6] ~= '\0\0' and value ~= ARGV[i + 8] then
        unseen[#unseen + 1] = (i - 2) / 9
        unseen[#unseen + 1] = value
    end
end
if #unseen > 0 then
    return unseen
end
local emitted, indexed, failed, objects = 0, 0, 0, 0
for i = 2, #ARGV, 9 do
    local bucket = KEYS[tonumber(ARGV[i])]
    local value = redis.call('HGET', bucket, ARGV[i + 2])
    local place = ARGV[i + 5]
    if value then
        local state = state_of(value)
        place = place_of(value)
        objects = objects - objects_of(value)
        indexed = indexed + (state ~= 1 and 1 or 0)
        failed = failed - (state == 2 and 1 or 0)
    else
        redis.call('ZADD', KEYS[2], 'LT', ARGV[i + 3], ARGV[i + 1])
        redis.call('HINCRBY', KEYS[3], ARGV[i + 4], 1)
        emitted = emitted + 1
        indexed = indexed + 1
    end
    local low, high = string.byte(ARGV[i + 6], 1, 2)
    objects = objects + low + 256 * high
    redis.call('HSET', bucket, ARGV[i + 2], '\1' .. ARGV[i + 6] .. place .. ARGV[i + 7])
end
redis.call('HINCRBY', KEYS[1], 'frames_emitted', emitted)
redis.call('HINCRBY', KEYS[1], 'frames_indexed', indexed)
redis.call('HINCRBY', KEYS[1], 'frames_failed', failed)
redis.call('HINCRBY', KEYS[1], 'objects', objects)
finish_counts(KEYS[1], ARGV[1])
return 'OK'
