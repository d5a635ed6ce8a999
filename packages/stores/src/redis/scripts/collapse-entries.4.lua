#!lua flags=allow-oom
-- Puts summaries in the place of entries: all or nothing. None of them may be in the log, and each must still be there.
-- KEYS  1 lease (string)   2 outbox (stream)   3 sent mark (string)   4 counters of the outbox (hash)
-- ARGV  1 relay   2 type of the summaries   3 how many of the entries are decisions   4 how many summaries
--       5… summaries as JSON   then positions, in order   returns  1 done, 0 not
--- include positions
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local first = 5 + ARGV[4]
local mark = redis.call('GET', KEYS[3])
if mark and not is_after(ARGV[first], mark) then
  return 0
end
for i = first, #ARGV do
  if #redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i]) == 0 then
    return 0
  end
end
redis.call('HGET', KEYS[4], 'collapsed') -- fails, before anything is written, on a key of another type
for i = 5, first - 1 do
  redis.call('XADD', KEYS[2], '*', 'y', ARGV[2], 's', ARGV[i])
end
for i = first, #ARGV, 1000 do -- unpack takes some thousands at most
  redis.call('XDEL', KEYS[2], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
redis.call('HINCRBY', KEYS[4], 'collapsed', #ARGV - first + 1)
redis.call('HINCRBY', KEYS[4], 'eventsCollapsed', ARGV[3])
return 1
