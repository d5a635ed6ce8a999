#!lua
-- Raises an environment's version, never lowers it. In a shard that was lost and is written anew it becomes `version|since`:
-- what was requested before `since` (ms) may have been answered by what was lost. The shard's budget of the cap ends with
-- the old version.
-- KEYS  1 version (string)   2 mark (string)   3 unseeded (sorted set)   4 the shard's budget of the environment's cap
-- ARGV  1 version   2 the member of `unseeded` for its totals, empty when they live in another shard
-- returns  what was left of the budget, to be given back: amount, generation, time of the grant; or nothing
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(string.match(kept, '^%d+')) >= tonumber(ARGV[1]) then
  return {}
end
-- Redis does not roll back, and this read fails on a key of another type: it comes before the first write.
local budget = redis.call('GET', KEYS[4]) or ''
local since = kept and string.match(kept, '|%d+$') or ''
if not kept and redis.call('EXISTS', KEYS[2]) == 0 then
  local time = redis.call('TIME')
  local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
  since = '|' .. now
  if ARGV[2] ~= '' then
    redis.call('ZADD', KEYS[3], now, ARGV[2])
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. since)
local left, generation, granted_at = string.match(budget, '^(%d+)|[^|]*|([^|]*)|([^|]*)|')
redis.call('DEL', KEYS[4])
return left and { left, generation, granted_at } or {}
