#!lua
-- Adds a batch to the refusals of the present minute, by Redis' own clock, unless it was added before.
-- KEYS  1 refusals (hash)   2 number of the last batch that this sender added (string)
-- ARGV  1 number of this batch   2 life of that number, ms   then pairs: environment|code, count
-- returns  1 added, 0 added before
local last = redis.call('GET', KEYS[2])
if last and tonumber(last) >= tonumber(ARGV[1]) then
  return 0
end
local minute = string.format('%d', math.floor(redis.call('TIME')[1] / 60))
for i = 3, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], minute .. '|' .. ARGV[i], ARGV[i + 1])
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
