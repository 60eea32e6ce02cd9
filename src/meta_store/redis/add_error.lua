-- KEYS: video, digests, sentences. ARGV: now, digest, sentence, digests at most, sentences at most, 1 if final.
if not takes_changes(KEYS[1]) then
    return 'NONE'
end
if redis.call('SCARD', KEYS[2]) < tonumber(ARGV[4]) and redis.call('SADD', KEYS[2], ARGV[2]) == 1 then
    if redis.call('LLEN', KEYS[3]) < tonumber(ARGV[5]) then
        redis.call('RPUSH', KEYS[3], ARGV[3])
    end
    redis.call('HINCRBY', KEYS[1], 'errors_count', 1)
    redis.call('HINCRBY', KEYS[1], 'errors_final', ARGV[6])
    redis.call('HSET', KEYS[1], 'updated_us', ARGV[1])
end
return 'OK'
