#!lua flags=no-writes
-- KEYS  1 any key of the shard   returns  run_id of this Redis process, its maxmemory: 0 is no bound
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return { run, string.match(redis.call('INFO', 'memory'), 'maxmemory:(%d+)') }
