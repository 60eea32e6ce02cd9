-- KEYS: video. ARGV: now, names and values of fields.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
for i = 2, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
finish_counts(KEYS[1], ARGV[1])
return 'OK'
