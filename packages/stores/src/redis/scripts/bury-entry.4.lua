#!lua flags=allow-oom
-- Moves an entry to the dead list, with its fields; one that is gone already was moved before.
-- KEYS  1 lease (string)   2 outbox (stream)   3 dead list (stream)   4 counters of the outbox (hash)
-- ARGV  1 relay   2 position   3 reason   returns  1 moved or gone, 0 the lease is another's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local entry = redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2])[1]
if not entry then
  return 1
end
redis.call('HGET', KEYS[4], 'buried') -- fails, before anything is written, on a key of another type
redis.call('XADD', KEYS[3], '*', 'position', ARGV[2], 'reason', ARGV[3], unpack(entry[2]))
redis.call('XDEL', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[4], 'buried', 1)
return 1
