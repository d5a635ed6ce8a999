#!lua flags=allow-oom
-- Puts one summary in the place of entries: all or nothing. None of them may be in the log, and each must still be there.
-- KEYS  1 lease (string)   2 outbox (stream)   3 sent mark (string)   4 counters of the outbox (hash)
-- ARGV  1 relay   2 type of the summary   3 summary as JSON   4 how many of the entries are decisions
--       5… positions, in order, at most 1000   returns  1 done, 0 not
--- include positions
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local mark = redis.call('GET', KEYS[3])
if mark and not is_after(ARGV[5], mark) then
  return 0
end
for i = 5, #ARGV do
  if #redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i]) == 0 then
    return 0
  end
end
redis.call('HGET', KEYS[4], 'collapsed') -- fails, before anything is written, on a key of another type
redis.call('XADD', KEYS[2], '*', 'y', ARGV[2], 's', ARGV[3])
redis.call('XDEL', KEYS[2], unpack(ARGV, 5))
redis.call('HINCRBY', KEYS[4], 'collapsed', #ARGV - 4)
redis.call('HINCRBY', KEYS[4], 'eventsCollapsed', ARGV[4])
return 1
