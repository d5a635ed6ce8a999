#!lua
-- Is this the Redis process that the projector has confirmed for the shard?
-- KEYS  1 run_id of the confirmed process (string)   returns  1 it is, 0 it is not
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return redis.call('GET', KEYS[1]) == run_id and 1 or 0
