#!lua flags=allow-oom
-- Marks what is about to be sent, unless the lease has passed to another relay, or entries gave way to a summary since this
-- was read: they may be among those that were read, and would then be counted twice.
-- What is not there any more is not marked either: another has sent it, or a failover lost it, and then later entries may
-- take positions before it, which the trim would remove unsent.
-- KEYS  1 lease (string)   2 sent mark (string)   3 counters of the outbox (hash)   4 outbox (stream)
-- ARGV  1 relay   2 the last position that is about to be sent   3 `collapsed` when it was read   returns  1 marked, 0 not
--- include positions
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if (redis.call('HGET', KEYS[3], 'collapsed') or '0') ~= ARGV[3] then
  return 0
end
if #redis.call('XRANGE', KEYS[4], ARGV[2], ARGV[2]) == 0 then
  return 0
end
local mark = redis.call('GET', KEYS[2])
if not mark or is_after(ARGV[2], mark) then
  redis.call('SET', KEYS[2], ARGV[2])
end
return 1
