#!lua
-- Removes what the log has acknowledged, unless the lease has passed to another relay.
-- KEYS  1 lease (string)   2 outbox (stream)   ARGV  1 relay   2 the first id to keep   returns  number removed
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
