#!lua
-- Removes the counter of caps that are gone, unless a newer version of the environment has made it.
-- KEYS  1 counter (hash)   ARGV  1 the version without caps   returns  1 removed, 0 not
local made = redis.call('HGET', KEYS[1], 'v')
if not made or tonumber(made) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
return 1
