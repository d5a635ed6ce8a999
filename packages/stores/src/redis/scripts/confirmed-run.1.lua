#!lua
-- Is this the Redis process that the projector has confirmed for the shard?
-- KEYS  1 run_id of the confirmed process (string)   returns  that run_id if it is, else nothing
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return redis.call('GET', KEYS[1]) == run and run
