#!lua
-- The shard's incarnation; one that has none, because it is new or was emptied, gets the name that is offered.
-- KEYS  1 incarnation (string)   ARGV  1 a fresh name   returns  the name that holds
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
