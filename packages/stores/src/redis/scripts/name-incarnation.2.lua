#!lua
-- Names what the shard holds and the process that holds it. A shard without a name, because it is new or was emptied, gets
-- the one that is offered. Whichever other process was confirmed is so no more: it may get these data and take over again.
-- KEYS  1 incarnation (string)   2 confirmed run (string)
-- ARGV  1 a fresh name   returns  name, a space, the run_id of this Redis process
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', KEYS[2]) ~= run then
  redis.call('DEL', KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1]) .. ' ' .. run
