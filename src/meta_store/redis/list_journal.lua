-- flags: no-writes
-- Entries of a journal from a place on, as many as asked for or until their bytes are enough; before them the length and
-- the time of the first entry.
-- KEYS: project, journal. ARGV: from, how many, bytes at most.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 'NONE'
end
local length = redis.call('LLEN', KEYS[2])
local answer = {length, length > 0 and string.sub(redis.call('LINDEX', KEYS[2], 0), 1, 8) or ''}
local place, last = tonumber(ARGV[1]), math.min(tonumber(ARGV[1]) + tonumber(ARGV[2]), length)
local bytes, at_once = 0, 1
while place < last do
    local entries = redis.call('LRANGE', KEYS[2], place, math.min(place + at_once, last) - 1)
    for _, entry in ipairs(entries) do
        bytes = bytes + #entry
        if #answer > 2 and bytes > tonumber(ARGV[3]) then
            return answer
        end
        answer[#answer + 1] = entry
    end
    place = place + at_once
    at_once = math.min(at_once * 2, 16)
end
return answer
