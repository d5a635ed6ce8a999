#!lua
-- Names what the shard holds and the process that holds it. A shard without a name, because it is new or was emptied, gets
-- the one that is offered.
-- KEYS  1 incarnation (string)   ARGV  1 a fresh name   returns  name, a space, the run_id of this Redis process
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1]) .. ' ' .. string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
