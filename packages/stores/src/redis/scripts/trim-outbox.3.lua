#!lua flags=allow-oom
-- Removes what the log has acknowledged, unless the lease has passed to another relay. What is not marked as sent stays: after
-- a loss, positions may begin anew.
-- KEYS  1 lease (string)   2 outbox (stream)   3 sent mark (string)
-- ARGV  1 relay   2 the last position to remove   3 the first id to keep   returns  number removed
--- include positions
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local mark = redis.call('GET', KEYS[3])
if not mark or is_after(ARGV[2], mark) then
  return 0
end
return redis.call('XTRIM', KEYS[2], 'MINID', ARGV[3])
