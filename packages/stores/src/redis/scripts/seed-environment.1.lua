#!lua
-- Makes the totals of an environment's cap, unless they are there.
-- KEYS  1 the environment's totals (hash)   ARGV  1 version   2 totals, packed   3 generation   returns  1 made, 0 kept
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 't', ARGV[2], 'g', ARGV[3])
return 1
