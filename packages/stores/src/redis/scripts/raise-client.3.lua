#!lua
-- Raises the version in a client's hash, never lowers it; the hash's other fields stay. A hash that is made in a shard which
-- was lost gets `s`: its totals are unknown until they are seeded. `unseeded` holds such clients by the time of the loss, ms.
-- KEYS  1 client (hash)   2 mark (string)   3 unseeded (sorted set)
-- ARGV  1 version   2 the member of `unseeded`   returns  1 raised, 0 kept
local kept = redis.call('HGET', KEYS[1], 'v')
if kept and tonumber(kept) >= tonumber(ARGV[1]) then
  return 0
end
if not kept and redis.call('EXISTS', KEYS[2]) == 0 then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000)), ARGV[2])
  redis.call('HSET', KEYS[1], 's', '1')
end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return 1
