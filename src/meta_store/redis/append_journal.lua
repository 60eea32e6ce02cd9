-- An entry is its time and who appended it (eight bytes each), then the value. Who asks twice because the answer was
-- lost has appended already.
-- KEYS: project, journal, names of the journals. ARGV: place it must get or -1, entry, the journal's name.
local known = redis.call('HMGET', KEYS[1], 'incarnation', 'deleting')
if not known[1] or known[2] == '1' then
    return 'NONE'
end
local length = redis.call('LLEN', KEYS[2])
local expected = tonumber(ARGV[1])
if expected >= 0 and expected ~= length then
    local last = redis.call('LINDEX', KEYS[2], expected)
    if last and string.sub(last, 1, 16) == string.sub(ARGV[2], 1, 16) then
        return {'OK', expected}
    end
    return {'MOVED', length}
end
redis.call('SADD', KEYS[3], ARGV[3])
redis.call('RPUSH', KEYS[2], ARGV[2])
return {'OK', length}
