-- Begins every script.

-- Whether the video is there and takes changes; 6 is VIDEO_DELETING.
local function takes_changes(video)
    local state = redis.call('HGET', video, 'state')
    return state and state ~= '6'
end

-- Ends a change of a video's counts. Once every segment is done, what was expected is what came
-- (meta_video_update_expected).
local function finish_counts(video, now)
    local c = redis.call('HMGET', video, 'split_done', 'segments', 'segments_done', 'frames_emitted')
    if c[1] == '1' and tonumber(c[3]) >= tonumber(c[2]) then
        redis.call('HSET', video, 'frames_expected', c[4], 'updated_us', now)
    else
        redis.call('HSET', video, 'updated_us', now)
    end
end

-- The last of times in microseconds; what is none does not count (meta_video_tracked_at, meta_video_settled_at).
local function latest(...)
    local last = 0
    for i = 1, select('#', ...) do
        last = math.max(last, tonumber((select(i, ...))) or 0)
    end
    return string.format('%.0f', last)
end

-- A frame's value (redis_frame.h): state, number of objects, place with its length, objects.
local function state_of(value)
    return string.byte(value, 1)
end
local function objects_of(value)
    local low, high = string.byte(value, 2, 3)
    return low + 256 * high
end
local function place_of(value)
    return string.sub(value, 4, 4 + string.byte(value, 4))
end
