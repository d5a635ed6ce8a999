#!lua flags=allow-oom
-- A relay works on where memory is full: it is what makes room.
-- KEYS  1 relays (sorted set)   ARGV  1 relay   2 life, ms   returns  how many relays live
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])
