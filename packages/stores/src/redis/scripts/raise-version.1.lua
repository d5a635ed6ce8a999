#!lua
-- Raises a plain version, never lowers it.
-- KEYS  1 version (string)   ARGV  1 version   returns  1 raised, 0 kept
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(kept) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
