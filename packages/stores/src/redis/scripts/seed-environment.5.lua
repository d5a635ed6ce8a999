#!lua
-- Makes the counter of an environment's caps unless it is there; one that rested takes in what was spent meanwhile.
-- KEYS  1 counter (hash)   2 environment version   3 mark (string)   4 unseeded (sorted set)   5 incarnation (string)
-- ARGV  1 the member of `unseeded`   2 the shard's incarnation, as name-incarnation answers it, to seed what waits for it
--       after a loss; empty for a counter that was not lost   3, 4 from when and until when (ms, exclusive) the totals hold
--       5 the environment's version   6 a name for this counter
--       7 the running total, then for each of four windows its start, its end (ms) and the total when it began; nothing
--       for an environment without caps
-- returns  "seeded", also when it was there | "waiting" for the seeding after a loss | "outdated"
--- include limits

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local waits = redis.call('ZSCORE', KEYS[4], ARGV[1]) or redis.call('EXISTS', KEYS[3]) == 0
if ARGV[2] == '' and waits then
  return 'waiting'
end
if ARGV[2] ~= '' and (redis.call('GET', KEYS[5]) or '') .. ' ' .. run ~= ARGV[2] then
  return 'outdated'
end
local version = string.match(redis.call('GET', KEYS[2]) or '0', '^%d+')
if tonumber(version) > tonumber(ARGV[5]) or now < tonumber(ARGV[3]) or now >= tonumber(ARGV[4]) then
  return 'outdated'
end
local kept = redis.call('HMGET', KEYS[1], 't', 'c', 'v')
if kept[3] and tonumber(kept[3]) > tonumber(ARGV[5]) then
  return 'outdated'
end
if ARGV[7] and not kept[1] then
  local totals = struct.pack(packed_totals, unpack(ARGV, 7, 19))
  redis.call('HSET', KEYS[1], 't', totals, 'v', ARGV[5], 'g', ARGV[6], 'c', '1')
elseif ARGV[7] and kept[2] ~= '1' then
  -- They rested while there were no caps. What they counted before may not be known elsewhere yet, and the reverse.
  local totals = totals_of(kept[1], { 'hour', 'day', 'week', 'month' }, now)
  for i = 1, 4 do
    local spent = tonumber(ARGV[7]) - tonumber(ARGV[3 * i + 7])
    local used = totals[1] - totals[3 * i + 1]
    totals[3 * i + 1] = totals[1] - math.max(used, spent)
  end
  redis.call('HSET', KEYS[1], 't', pack_totals(totals), 'v', ARGV[5], 'c', '1')
elseif ARGV[7] then
  redis.call('HSET', KEYS[1], 'v', ARGV[5])
end
redis.call('ZREM', KEYS[4], ARGV[1])
return 'seeded'
