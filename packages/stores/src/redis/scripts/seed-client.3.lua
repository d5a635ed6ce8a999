#!lua
-- Gives the totals back to a client whose shard was lost.
-- KEYS  1 client (hash)   2 unseeded (sorted set)   3 incarnation (string)
-- ARGV  1 the member of `unseeded`   2 the shard's incarnation, as name-incarnation answers it
--       3, 4 from when and until when (ms, exclusive) the totals hold   5 not before, ms
--       6 whether more calls follow, which bring the rest: `more`, or nothing
--       7 how many rotation families get the count of their uses: for each the field, how many there were before those
--       that the hash has counted, and the time of the last, ms
--       then for each subject the field of its totals, followed by 13 numbers: the running total, then for each of four
--       windows its start, its end (ms) and the total when it began
-- returns  "seeded", also when somebody else did | "postponed" to the time that `not before` says | "outdated"
--       | "more": these were written; the totals stay unknown until the last call
if not redis.call('HGET', KEYS[1], 's') then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 'seeded'
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local isSame = (redis.call('GET', KEYS[3]) or '') .. ' ' .. run == ARGV[2]
if not isSame or now < tonumber(ARGV[3]) or now >= tonumber(ARGV[4]) then
  return 'outdated'
end
if now < tonumber(ARGV[5]) then
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
  return 'postponed'
end
local totals_from = 8 + 3 * ARGV[7]
for i = 8, totals_from - 1, 3 do
  local kept = redis.call('HGET', KEYS[1], ARGV[i])
  local since, last = 0, 0
  if kept then
    since, last = struct.unpack('dd', kept)
  end
  redis.call('HSET', KEYS[1], ARGV[i], struct.pack('ddd', since, math.max(last, ARGV[i + 2]), ARGV[i + 1]))
end
for i = totals_from, #ARGV, 14 do
  redis.call('HSET', KEYS[1], ARGV[i], struct.pack('ddddddddddddd', unpack(ARGV, i + 1, i + 13)))
end
if ARGV[6] == 'more' then
  return 'more'
end
redis.call('HDEL', KEYS[1], 's')
redis.call('ZREM', KEYS[2], ARGV[1])
return 'seeded'
