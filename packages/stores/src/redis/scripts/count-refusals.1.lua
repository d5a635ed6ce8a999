#!lua
-- Adds to the refusals of a minute.
-- KEYS  1 refusals of a minute (hash)   ARGV  1 life of the hash, ms   then pairs: field, count
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
