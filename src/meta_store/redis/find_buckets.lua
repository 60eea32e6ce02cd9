-- flags: no-writes
-- The buckets in which frames from a time on, and from a bucket on, can be: names and the times they begin with, in
-- order. Their names have leading zeros, so they sort by number where times are equal, and times and numbers grow
-- together.
-- KEYS: video, times. ARGV: from, first bucket's name, how many.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 'NONE'
end
local first = 0
local before = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'LIMIT', 0, 1)
if before[1] then
    first = redis.call('ZRANK', KEYS[2], before[1])
end
local low, high = first, redis.call('ZCARD', KEYS[2])
while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', KEYS[2], middle, middle)[1] < ARGV[2] then
        low = middle + 1
    else
        high = middle
    end
end
return redis.call('ZRANGE', KEYS[2], low, low + ARGV[3] - 1, 'WITHSCORES')
