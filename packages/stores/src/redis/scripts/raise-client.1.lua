#!lua
-- Raises the version in a client's hash, never lowers it; the hash's other fields stay.
-- KEYS  1 client (hash)   ARGV  1 version   returns  1 raised, 0 kept
local kept = redis.call('HGET', KEYS[1], 'v')
if kept and tonumber(kept) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return 1
