-- KEYS: video. ARGV: names and values of fields.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 'OK'
