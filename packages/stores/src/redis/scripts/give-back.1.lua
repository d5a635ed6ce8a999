#!lua
-- Gives back to the totals of an environment's cap what shards were granted and did not spend.
-- KEYS  1 the environment's totals (hash)
-- ARGV  for each shard: amount, generation, time of the grant (ms)   returns  1 given back, 0 there are no such totals
--- include limits

local kept = redis.call('HMGET', KEYS[1], 't', 'g')
if not kept[1] then
  return 0
end
local totals = { struct.unpack(packed_totals, kept[1]) }
for i = 1, #ARGV, 3 do
  if ARGV[i + 1] == kept[2] then
    give_back(totals, tonumber(ARGV[i]), tonumber(ARGV[i + 2]))
  end
end
redis.call('HSET', KEYS[1], 't', pack_totals(totals))
return 1
