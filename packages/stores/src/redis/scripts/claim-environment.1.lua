#!lua
-- Claims totals that have counted all along, for a version with caps, so that no older one releases them.
-- KEYS  1 the environment's totals (hash)   ARGV  1 version   returns  1 claimed, 0 they are missing or rested: seed them
local kept = redis.call('HMGET', KEYS[1], 'v', 'c')
if kept[2] ~= '1' then
  return 0
end
if tonumber(ARGV[1]) > tonumber(kept[1]) then
  redis.call('HSET', KEYS[1], 'v', ARGV[1])
end
return 1
