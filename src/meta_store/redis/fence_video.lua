-- flags: allow-oom
-- Whether a video that stands in a project's list is there. If not, its creation may be under way: what was begun for
-- this incarnation of the project will not be done any more. The fence outlives every call.
-- KEYS: video, fence. ARGV: incarnation, seconds.
if redis.call('EXISTS', KEYS[1]) == 1 then
    return 1
end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return 0
