#!lua
-- Marks the shard as holding the whole projection, unless it was emptied or passed to another process since the writing began.
-- KEYS  1 incarnation (string)   2 mark (string)   3 confirmed run (string)
-- ARGV  1 what name-incarnation answered at the beginning   returns  1 marked, 0 not
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if (redis.call('GET', KEYS[1]) or '') .. ' ' .. run ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], '1')
redis.call('SET', KEYS[3], run)
return 1
