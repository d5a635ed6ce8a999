#!lua
-- Refuses a key that nobody knows: looks again, and counts it in the present minute, by Redis' own clock.
-- KEYS  1 the key's record   2 environment version   3 mark of completeness   4 refusals (hash)
-- ARGV  1 environment version   2 environment|code
-- returns  "counted" | "known" | "stale" version | "incomplete"
local kept = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
if not kept[2] or not kept[3] then
  return { 'incomplete' }
end
local version = string.match(kept[2], '^%d+')
if tonumber(version) > tonumber(ARGV[1]) then
  return { 'stale', version }
end
if kept[1] then
  return { 'known' }
end
local minute = string.format('%d', math.floor(redis.call('TIME')[1] / 60))
redis.call('HINCRBY', KEYS[4], minute .. '|' .. ARGV[2], 1)
return { 'counted' }
