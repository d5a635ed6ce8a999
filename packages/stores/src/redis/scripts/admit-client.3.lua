#!lua
-- Lets a client make itself known, as long as the day's number is not reached.
-- KEYS  1 new clients of a day (set)   2 environment version   3 mark of completeness
-- ARGV  1 environment version   2 client   3 how many a day   4 life of the set, ms
-- returns  "admitted" | "full" | "stale" version | "incomplete"
local kept = redis.call('MGET', KEYS[2], KEYS[3])
if not kept[1] or not kept[2] then
  return { 'incomplete' }
end
local version = string.match(kept[1], '^%d+')
if tonumber(version) > tonumber(ARGV[1]) then
  return { 'stale', version }
end
if redis.call('SISMEMBER', KEYS[1], ARGV[2]) == 1 then
  return { 'admitted' }
end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return { 'full' }
end
redis.call('SADD', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 'admitted' }
