-- KEYS: video, digests, sentences. ARGV: now.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
redis.call('UNLINK', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'errors_count', '0', 'errors_final', '0', 'updated_us', ARGV[1])
return 'OK'
