#!lua
-- Marks the shard as holding the whole projection, unless it was emptied since the writing began.
-- KEYS  1 incarnation (string)   2 mark (string)   ARGV  1 the incarnation at the beginning   returns  1 marked, 0 not
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], '1')
return 1
