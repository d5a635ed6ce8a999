#!lua
-- Grants a shard a part of what is left of an environment's cap, in the environment's own shard.
--
-- KEYS  1 the environment's totals (hash)   2 environment version
-- ARGV  1 environment version   2 cost of the request that needs it   3 the shard that asks
--       4..7 the cap for an hour, day, week, month; an empty one is no limit
--       8 what the shard gives back unspent   9 of which generation of these totals   10 granted when, ms
-- returns  "granted" amount, until ms, generation, time of the grant ms | "exceeded" window, end ms, 1 if waiting is
--       hopeless or nothing | "stale" version | "incomplete"
--
-- packages/decision/src/environment-cap.ts states the same rules.
--- include limits

local version = redis.call('GET', KEYS[2])
local last_field = 's' .. ARGV[3]
local kept = redis.call('HMGET', KEYS[1], 't', 'g', last_field)
local state, generation, last_grant = kept[1], kept[2], kept[3]
if not version then
  return { 'incomplete' }
end
version = string.match(version, '^%d+')
if tonumber(version) > tonumber(ARGV[1]) then
  return { 'stale', version }
end
if not state then
  return { 'incomplete' }
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local windows = { 'hour', 'day', 'week', 'month' }
local totals = totals_of(state, windows, now)
if ARGV[9] == generation then
  give_back(totals, tonumber(ARGV[8]), tonumber(ARGV[10]))
end

local cost = tonumber(ARGV[2])
local standings = {}
stand(standings, 'environment', windows, totals, 4)
local last, hopeless = exceeded_by(standings, cost)
if last then
  redis.call('HSET', KEYS[1], 't', pack_totals(totals))
  return { 'exceeded', string.match(last.name, '[^:]+$'), string.format('%d', last.ends), hopeless and '1' or '' }
end

local remaining = math.huge
for _, standing in ipairs(standings) do
  remaining = math.min(remaining, standing.remaining)
end
-- Until any window ends, limited or not: what is spent counts in the windows that it was granted in.
local until_ms = math.min(totals[3], totals[6], totals[9], totals[12])
-- A hundredth of what is left, shared by the 64 shards; a shard that has just got its share gets what it needs at once.
local amount = cost
if not last_grant or math.abs(now - tonumber(last_grant)) >= 50 then
  amount = math.max(cost, math.floor(remaining / 6400))
end
totals[1] = totals[1] + amount
local now_text = string.format('%d', now)
redis.call('HSET', KEYS[1], 't', pack_totals(totals), last_field, now_text)
return { 'granted', string.format('%.0f', amount), string.format('%d', until_ms), generation, now_text }
