#!lua
-- The environment has no caps since this version: its totals rest, unless a newer version has claimed them.
-- KEYS  1 the environment's totals (hash)   ARGV  1 version   returns  1 released, 0 not
local made = redis.call('HGET', KEYS[1], 'v')
if not made or tonumber(made) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', '0')
return 1
