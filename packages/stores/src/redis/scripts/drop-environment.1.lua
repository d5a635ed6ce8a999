#!lua
-- Forgets the totals of an environment's cap that were made for an older version.
-- KEYS  1 the environment's totals (hash)   ARGV  1 version   returns  1 forgotten, 0 kept
local made_for = redis.call('HGET', KEYS[1], 'v')
if not made_for or tonumber(made_for) >= tonumber(ARGV[1]) then
  return 0
end
return redis.call('DEL', KEYS[1])
